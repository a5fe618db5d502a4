// Importar: the spreadsheet that one has, seen as it is read before anything is kept.
import Alpine from "../../vendor/alpine.min.js";
import { ApiError, get, patch, post, query, remove, request } from "../api.js";
import { number } from "../format.js";
import { notify } from "../frame.js";
import { draft } from "./import-draft.js";
import { result } from "./import-result.js";
import { KINDS, PLACES, pastWords, runWords, statusClass, statusWords } from "./import-words.js";

export const API = "/api/user/imports";
const LOOK_AGAIN_MS = 1000;
const SLOWEST_MS = 10_000;
const UPLOAD_MS = 120_000; // a slow line carries ten megabytes in two minutes
const IDLE = ["draft", "done", "failed", "cancelled", "undone"];

// One object of several modules; getters stay getters.
const joined = (...parts) => Object.defineProperties({}, Object.assign({}, ...parts.map(Object.getOwnPropertyDescriptors)));

Alpine.data("imports", () => joined(draft(), result(), {
  kind: "", job: null, past: [], opening: false, sending: false, busy: false, dragging: 0,
  trouble: "", canRetry: false, again: null, announcement: "", said: 0, timer: 0, wait: LOOK_AGAIN_MS,

  init() {
    this.box = this.$root; // from inside a template that has just gone, $root finds nothing
    const asked = new URLSearchParams(location.search);
    this.kind = KINDS.some((kind) => kind.name === asked.get("kind")) ? asked.get("kind") : KINDS[0].name;
    this.follow();
    window.addEventListener("popstate", () => this.follow());
    window.addEventListener("resize", () => this.measure());
    window.addEventListener("online", () => { if (this.isRunning) this.watch(); });
    document.addEventListener("visibilitychange", () => { if (!document.hidden && this.isRunning) this.watch(); });
    // A file that misses the field must not take the place of the page.
    for (const name of ["dragover", "drop"]) window.addEventListener(name, (event) => event.preventDefault());
  },
  destroy() { clearTimeout(this.timer); },

  // Show what the address names: one import, or the start.
  follow() {
    const id = new URLSearchParams(location.search).get("id") || "";
    if (/^\d{1,18}$/.test(id)) return this.open(id, { push: false });
    this.leave();
    return this.loadPast();
  },
  leave() {
    clearTimeout(this.timer);
    Object.assign(this, { job: null, opening: false, trouble: "", canRetry: false, said: 0 });
    this.forgetDraft();
  },

  // --- what is shown ---
  get isStart() { return !this.job && !this.opening; },
  get isOpening() { return this.opening && !this.job; },
  get isDraft() { return this.job?.status === "draft"; },
  get isRunning() { return ["running", "undoing"].includes(this.job?.status); },
  get isOver() { return Boolean(this.job) && !this.isDraft && !this.isRunning; },
  get kindNow() { return KINDS.find((kind) => kind.name === (this.job?.kind || this.kind)); },

  // --- a file ---
  get accept() { return this.kindNow?.accept || ""; },
  get acceptText() {
    return this.kindNow?.takes_calendar
      ? gettext("Excel, OpenDocument, CSV o un calendario (.ics), tal como lo tienes.")
      : gettext("Excel, OpenDocument o CSV, tal como lo tienes: con tus columnas y tus precios.");
  },
  get sampleHref() { return this.kindNow?.sample || ""; },
  get dropText() {
    if (this.sending) return gettext("Leyendo tu archivo…");
    return this.dragging ? gettext("Suéltalo") : gettext("Suelta aquí tu archivo");
  },
  get dropClass() { return this.dragging ? "is-over" : ""; },
  keepKind() { history.replaceState(null, "", `?${query({ kind: this.kind })}`); },
  choose() { this.$refs.file.click(); },
  hover(event) { this.dragging = [...(event.dataTransfer?.types || [])].includes("Files") ? 1 : 0; },
  unhover(event) { if (!event.currentTarget.contains(event.relatedTarget)) this.dragging = 0; },
  release(event) {
    this.dragging = 0;
    const files = [...(event.dataTransfer?.files || [])];
    if (files.length > 1) this.fail(gettext("Importa un archivo a la vez."));
    else if (files.length) return this.send(files[0]);
  },
  chosen(event) {
    const [file] = event.target.files;
    event.target.value = "";
    if (file) return this.send(file);
  },
  async send(file) {
    if (this.sending) return;
    Object.assign(this, { sending: true, trouble: "", canRetry: false, announcement: gettext("Leyendo tu archivo…") });
    const body = new FormData();
    body.append("kind", this.kind);
    body.append("file", file);
    try {
      this.show(await request("POST", API, body, { timeout: UPLOAD_MS }), { push: true });
    } catch (fault) {
      if (!(fault instanceof ApiError)) throw fault;
      this.fail(Object.values(fault.fields).join(" ") || fault.words);
    } finally {
      this.sending = false;
    }
  },

  // --- one import ---
  async open(id, { push = true } = {}) {
    this.leave();
    this.opening = true;
    try {
      this.show(await get(`${API}/${id}`), { push });
    } catch (fault) {
      if (!(fault instanceof ApiError)) throw fault;
      this.fail(fault.status === 404 ? gettext("Esa importación ya no existe.") : fault.words);
      if (fault.status === 404) { history.replaceState(null, "", location.pathname); this.loadPast(); }
      this.opening = false;
    }
  },
  show(job, { push = false } = {}) {
    const before = this.job?.status;
    this.job = job;
    this.opening = false;
    this.trouble = "";
    if (push) history.pushState(null, "", `?${query({ id: job.id })}`);
    if (before !== job.status) this.arrive(before);
    if (this.isRunning) this.watch(LOOK_AGAIN_MS);
  },
  // Something else is shown now: its first words are said, and the keyboard begins at its head.
  arrive(before) {
    if (this.isDraft) {
      this.announcement = `${this.job.file_name}. ${this.rowsText}`;
      this.readPreview(1);
    } else if (this.isRunning) { this.announcement = this.runTitle; this.said = 0; }
    else if (before) this.announcement = `${this.resultTitle} ${this.resultDetail}`;
    if (this.isOver) this.lookForCrossings();
    if (before || this.sending) this.$nextTick(() => this.box.querySelector("[data-part=title]").focus({ preventScroll: true }));
    window.scrollTo({ top: 0 });
  },

  // --- while it runs ---
  get runTitle() {
    if (this.job.status === "undoing") return gettext("Deshaciendo…");
    return this.job.dry_run ? gettext("Revisando todas las filas…") : gettext("Importando…");
  },
  get runWords() { return runWords(this.job); },
  get barMost() { return this.job.rows || 1; },
  get canCancel() { return this.job.status !== "undoing"; },
  watch(pause = 0) {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.look(), pause);
  },
  async look() {
    const id = this.job?.id;
    if (!id || document.hidden) return; // whoever comes back looks again
    try {
      const job = await get(`${API}/${id}`);
      if (this.job?.id !== id) return;
      this.wait = LOOK_AGAIN_MS;
      this.show(job);
      this.sayHowFar();
    } catch (fault) {
      if (!(fault instanceof ApiError)) throw fault;
      if (this.job?.id !== id) return;
      this.wait = Math.min(this.wait * 2, SLOWEST_MS);
      if (fault.status === 404) this.fail(gettext("Esa importación ya no existe."));
      else this.watch(this.wait);
    }
  },
  // Every quarter is said, not every row.
  sayHowFar() {
    const quarter = this.isRunning && this.job.rows ? Math.floor((4 * this.job.done) / this.job.rows) : 0;
    if (quarter <= this.said) return;
    this.said = quarter;
    this.announcement = this.runWords;
  },
  cancel() { return this.act("cancel"); },

  // POST an act of the import that is shown; whether it was done.
  async act(name, body = {}) {
    this.busy = true;
    this.trouble = "";
    try {
      this.show(await post(`${API}/${this.job.id}/${name}`, body, { timeout: UPLOAD_MS }));
      return true;
    } catch (fault) {
      if (!(fault instanceof ApiError)) throw fault;
      this.fail(Object.values(fault.fields).join(" ") || fault.words);
      if (fault.status === 409) this.watch();
      return false;
    } finally {
      this.busy = false;
    }
  },
  change(fields) { return patch(`${API}/${this.job.id}`, fields, { timeout: UPLOAD_MS }); },

  // --- those before ---
  async loadPast() {
    try {
      this.past = (await get(`${API}?${query({ page_size: 20 })}`)).results;
    } catch (fault) {
      if (!(fault instanceof ApiError)) throw fault;
      this.fail(fault.words, { again: () => this.loadPast() });
    }
  },
  startOver() {
    const kind = this.job?.kind || this.kind;
    this.leave();
    this.kind = kind;
    history.pushState(null, "", `?${query({ kind })}`);
    this.$nextTick(() => this.box.querySelector("[data-part=title]").focus());
    return this.loadPast();
  },
  jobHref(one) { return `?${query({ id: one.id })}`; },
  pastWords, statusClass, statusWords,
  isIdle(one) { return IDLE.includes(one.status); },
  forgetLabel(one) { return interpolate(gettext("Quitar de la lista: %s"), [one.file_name]); },
  async forget(one) {
    try {
      await remove(`${API}/${one.id}`);
    } catch (fault) {
      if (!(fault instanceof ApiError)) throw fault;
      if (fault.status !== 404) { notify({ text: fault.words, kind: "bad" }); return; }
    }
    this.past = this.past.filter((other) => other.id !== one.id);
    notify({ text: interpolate(gettext("Quitamos «%s» de la lista. Lo que importaste sigue en su sitio."), [one.file_name]) });
  },

  // --- trouble ---
  fail(words, { again = null } = {}) {
    this.trouble = words;
    this.canRetry = Boolean(again);
    this.again = again;
    this.$nextTick(() => this.box.querySelector("[data-part=trouble]").scrollIntoView({ block: "center" }));
  },
  retry() { this.trouble = ""; return this.again?.(); },
  get listHref() { return PLACES[this.job.kind]?.href || "/user/dashboard"; },
  get listText() { return PLACES[this.job.kind]?.label || gettext("Listo"); },
  numberWords: number,
}));
