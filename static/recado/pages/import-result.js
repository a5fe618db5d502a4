// An import that is over: what came of it, which rows were refused and why, and the way back.
import { ApiError, get, query } from "../api.js";
import { number } from "../format.js";
import { iconHref } from "../frame.js";
import { rowsWords, thingsWords } from "./import-words.js";

const API = "/api/user/imports";

const AGENDA = "/api/user/personal/appointments";
const LOOKED_AT = 200; // appointments from today on, among which those are counted that cross others

export const result = () => ({
  crossing: 0,
  // What was brought may cross what was there: told, and not refused.
  async lookForCrossings() {
    this.crossing = 0;
    if (this.job.kind !== "appointments" || !this.wasDone || !(this.job.created || this.job.updated)) return;
    try {
      const ahead = await get(`${AGENDA}?${query({ from: new Date().toISOString(), page_size: LOOKED_AT })}`);
      this.crossing = ahead.results.filter((one) => one.conflicts.length).length;
    } catch (fault) {
      if (!(fault instanceof ApiError)) throw fault; // the agenda says it itself
    }
  },
  get crossingText() { return interpolate(ngettext("%s cita de tu agenda se cruza con otra.", "%s citas de tu agenda se cruzan con otras.", this.crossing), [number(this.crossing)]); },
  leftRow(one) { return interpolate(gettext("Fila %s:"), [number(one.row)]); },
  get left() { return this.job.left || []; },
  // Rows that undoing did not touch; of these the first hundred say why.
  get leftAlone() { return this.job.status === "undone" ? Math.max(this.job.done - this.job.undone, this.left.length) : 0; },
  get hasList() { return ["done", "undone"].includes(this.job.status) || this.job.created + this.job.updated > 0; },
  get wasDone() { return this.job.status === "done"; },
  get resultTitle() {
    const { job } = this;
    if (job.status === "done") return job.refused ? gettext("Listo, menos unas filas") : gettext("Listo, todo está dentro");
    return { failed: gettext("No se importó nada"), cancelled: gettext("La detuviste"), undone: gettext("Deshecha") }[job.status] || job.status;
  },
  get resultDetail() {
    const { job } = this;
    if (job.status === "failed") return job.detail || (job.refused ? gettext("Pediste todo o nada, y hay filas con errores. No cambió nada.") : gettext("Algo falló de nuestro lado. No se guardó nada a medias."));
    if (job.status === "cancelled") return job.created || job.updated ? gettext("Lo que ya había entrado sigue ahí; puedes deshacerlo.") : gettext("No cambió nada.");
    if (job.status === "undone") {
      const undone = interpolate(gettext("Deshicimos %s."), [rowsWords(job.undone)]);
      const kept = this.leftAlone;
      return kept
        ? `${undone} ${interpolate(ngettext("%s cambió después: esa la dejamos como está.", "%s cambiaron después: esas las dejamos como están.", kept), [rowsWords(kept)])}`
        : `${undone} ${gettext("Todo está como antes.")}`;
    }
    return job.file_name;
  },
  get resultIcon() { return iconHref({ done: "circle-check", undone: "arrow-back-up", cancelled: "player-stop" }[this.job.status] || "alert-triangle"); },
  get resultClass() { return this.wasDone && !this.job.refused ? "is-good" : this.job.status === "undone" ? "" : "is-mixed"; },
  get figures() {
    if (this.job.status === "undone") {
      return [{ name: gettext("Deshechas"), value: number(this.job.undone), kind: "" }, { name: gettext("Se quedaron"), value: number(this.leftAlone), kind: "" }];
    }
    const { created, updated, unchanged, skipped, refused } = this.job;
    return [
      { name: gettext("Nuevos"), value: created, kind: "" }, { name: gettext("Actualizados"), value: updated, kind: "" },
      { name: gettext("Ya estaban"), value: (unchanged || 0) + (skipped || 0), kind: "" }, { name: gettext("Con error"), value: refused, kind: refused ? "is-bad" : "" },
    ].map((figure) => ({ ...figure, value: number(figure.value || 0) }));
  },
  // --- the way back ---
  get undoingWords() {
    const { kind, created, updated } = this.job;
    return [
      created ? interpolate(ngettext("Se borra %s que creó esta importación.", "Se borran %s que creó esta importación.", created), [thingsWords(kind, created)]) : "",
      updated ? interpolate(ngettext("%s vuelve a estar como antes.", "%s vuelven a estar como antes.", updated), [thingsWords(kind, updated)]) : "",
      kind === "products" && created ? gettext("Un producto que está en un pedido no se borra: solo deja de venderse.") : "",
      gettext("Lo que cambiaste después de importar se queda como está."),
    ].filter(Boolean);
  },
  askUndo() { this.$refs.undoing.showModal(); },
  keepImport() { this.$refs.undoing.close(); },
  undoNow() {
    this.keepImport();
    return this.act("undo");
  },
  get hasErrors() { return this.job.refused > 0 && this.job.status !== "undone" && (this.isOver || this.wasChecked); },
  get errorsTitle() {
    return this.isDraft
      ? interpolate(ngettext("%s no puede entrar así", "%s no pueden entrar así", this.job.refused), [rowsWords(this.job.refused)])
      : interpolate(ngettext("%s no entró", "%s no entraron", this.job.refused), [rowsWords(this.job.refused)]);
  },
  get errors() { return (this.job.errors || []).map((one, n) => ({ ...one, key: n, value: one.value ?? "" })); },
  get moreErrors() {
    const shown = new Set(this.errors.map((one) => one.row)).size;
    return this.job.refused > shown ? interpolate(gettext("Aquí ves las primeras %s. En el archivo están todas."), [number(shown)]) : "";
  },
  errorsHref(format) { return `${API}/${this.job.id}/errors?format=${format}`; },
});
