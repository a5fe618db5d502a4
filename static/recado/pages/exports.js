// «Tus datos › Exportar»: files that are written in the background, how far they are, and where they lie.
import Alpine from "../../vendor/alpine.min.js";
import { ApiError, get, post, remove } from "../api.js";
import { wordsOf } from "../export-menu.js";
import { number, when } from "../format.js";
import { notify } from "../frame.js";

const API = "/api/user/exports";
const LOOK_MS = 1500; // while one is being written
const SHOWN = 20;
const FORMATS = { products: ["xlsx", "csv", "pdf"], contacts: ["xlsx", "csv"], tasks: ["xlsx", "csv", "pdf", "ics"], appointments: ["xlsx", "csv", "ics"], conversations: ["xlsx", "csv"] };
const FORMAT_NAMES = () => ({ xlsx: "Excel", csv: "CSV", pdf: "PDF", ics: gettext("Calendario (.ics)") });
const isOpen = (job) => job.status === "waiting" || job.status === "running";

function sizeWords(bytes) {
  const steps = [["MB", 1024 ** 2], ["kB", 1024]];
  const [unit, size] = steps.find(([, least]) => bytes >= least) || ["B", 1];
  return `${number(Math.round(bytes / size * 10) / 10)} ${unit}`;
}

Alpine.data("exports", () => ({
  list: [], what: "products", format: "xlsx", ready: false, asking: false, trouble: "", said: "", names: {}, timer: 0,

  init() {
    this.names = Object.fromEntries(this.$root.dataset.names.split(";").map((pair) => pair.split("=")));
    this.load();
    document.addEventListener("visibilitychange", () => { if (!document.hidden) this.load(); });
  },
  destroy() { clearTimeout(this.timer); },
  get formats() { return FORMATS[this.what].map((value) => ({ value, name: FORMAT_NAMES()[value] })); },
  get isEmpty() { return this.ready && !this.list.length; },
  isFormat(one) { return one.value === this.format; },
  chooseWhat() { if (!FORMATS[this.what].includes(this.format)) this.format = FORMATS[this.what][0]; },

  async load() {
    clearTimeout(this.timer);
    try {
      const { results } = await get(`${API}?page_size=${SHOWN}`);
      this.tellDone(results);
      this.list = results;
      this.trouble = "";
    } catch (fault) {
      if (!(fault instanceof ApiError)) throw fault;
      this.trouble = fault.words;
    }
    this.ready = true;
    if (this.list.some(isOpen) && !document.hidden) this.timer = setTimeout(() => this.load(), LOOK_MS);
  },
  // What has just come to its end is said aloud.
  tellDone(results) {
    const before = new Map(this.list.map((job) => [job.id, job]));
    const over = results.find((job) => before.has(job.id) && isOpen(before.get(job.id)) && !isOpen(job));
    if (over) this.said = `${this.titleOf(over)}: ${this.stateOf(over)}`;
  },
  async ask() {
    this.asking = true;
    try {
      const job = await post(API, { what: this.what, format: this.format, filters: {} });
      this.list = [job, ...this.list]; // it may be over before it is looked at again, and that is said, too
      await this.load();
    } catch (fault) {
      if (!(fault instanceof ApiError)) throw fault;
      notify({ text: wordsOf(fault), kind: "bad" });
    } finally { this.asking = false; }
  },
  async drop(job) {
    try {
      await remove(`${API}/${job.id}`);
      this.list = this.list.filter((one) => one.id !== job.id);
    } catch (fault) {
      if (!(fault instanceof ApiError)) throw fault;
      notify({ text: fault.words, kind: "bad" });
      this.load();
    }
  },
  async copy(job) {
    try {
      await navigator.clipboard.writeText(job.url);
      notify({ text: gettext("Enlace copiado. Sirve 24 horas, solo para este archivo.") });
    } catch {
      notify({ text: gettext("Tu navegador no deja copiar aquí. Abre «Bajar» con el botón derecho y copia el enlace."), kind: "bad" });
    }
  },

  isBusy(job) { return isOpen(job); },
  hasFile(job) { return Boolean(job.url); },
  // The page's own way to it, which needs no address of the site.
  hrefOf(job) { return `${API}/${job.id}/file`; },
  share(job) { return job.rows ? Math.min(99, Math.floor(job.done * 100 / job.rows)) : 0; },
  titleOf(job) { return `${this.names[job.what] || job.what} · ${FORMAT_NAMES()[job.format] || job.format}`; },
  stateOf(job) {
    if (job.status === "waiting") return gettext("En espera");
    if (job.status === "running") return job.rows ? interpolate(gettext("%(done)s de %(rows)s filas"), { done: number(job.done), rows: number(job.rows) }, true) : gettext("Empezando");
    if (job.status === "failed") return job.error || gettext("No se pudo preparar.");
    if (job.status === "cancelled") return gettext("Cancelada");
    if (!job.url) return gettext("El archivo ya se borró");
    return interpolate(gettext("%(rows)s filas, %(size)s, hasta %(until)s"), { rows: number(job.rows), size: sizeWords(job.size || 0), until: when(job.expires_at) }, true);
  },
  barLabel(job) { return interpolate(gettext("Avance de %s"), [this.titleOf(job)]); },
  dropLabel(job) { return interpolate(isOpen(job) ? gettext("Cancelar %s") : gettext("Borrar %s"), [this.titleOf(job)]); },
}));
