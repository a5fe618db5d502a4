// The agenda's ways to other calendar programs: a file out, a file in, and a private address.
import Alpine from "../../vendor/alpine.min.js";
import { PERSONAL, tell } from "../agenda.js";
import { ApiError, post, remove, request } from "../api.js";

const API = `${PERSONAL}/calendar`;

Alpine.data("exchange", () => ({
  exists: false, address: "", importing: false, result: "", refused: [], trouble: "",
  init() { this.exists = Boolean(this.$root.dataset.feed); },
  close() { this.$root.close(); },
  choose() { this.$refs.file.click(); },
  async bring(event) {
    const [file] = event.target.files;
    event.target.value = "";
    if (!file) return;
    Object.assign(this, { importing: true, result: "", refused: [], trouble: "" });
    try {
      const answer = await request("POST", API, file, { headers: { "Content-Type": "text/calendar" } });
      this.result = interpolate(gettext("%s nuevas, %s actualizadas, %s que ya estaban igual."), [answer.created, answer.updated, answer.unchanged]);
      this.refused = answer.refused;
      this.$dispatch("stale");
      if (answer.refused.length) return;
      this.close(); // the notice with the way back lies under a dialog
      tell(this.result, answer, () => this.$dispatch("stale"));
    } catch (fault) {
      if (!(fault instanceof ApiError)) throw fault;
      this.trouble = [fault.data.detail].flat().filter(Boolean).join(" ") || fault.words;
    } finally {
      this.importing = false;
    }
  },
  get makeLabel() { return this.exists ? gettext("Crear otra (la de antes deja de servir)") : gettext("Crear una dirección"); },
  async make() {
    try {
      this.address = (await post(`${API}/feed`)).url;
      this.exists = true;
      this.$nextTick(() => this.$refs.address.select());
    } catch (fault) {
      if (!(fault instanceof ApiError)) throw fault;
      this.trouble = fault.words;
    }
  },
  async copy() {
    this.$refs.address.select();
    try {
      await navigator.clipboard.writeText(this.address);
      this.result = gettext("Dirección copiada.");
    } catch {
      this.result = gettext("Cópiala con Ctrl C: está seleccionada."); // no clipboard without HTTPS
    }
  },
  async revoke() {
    try {
      await remove(`${API}/feed`);
      this.exists = false;
      this.address = "";
      this.result = gettext("Listo. Esa dirección ya no muestra nada.");
    } catch (fault) {
      if (!(fault instanceof ApiError)) throw fault;
      this.trouble = fault.words;
    }
  },
}));
