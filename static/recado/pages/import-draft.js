// An import before it begins: how the file was read, what each column is, and what would become of each row.
import { ApiError, get, query } from "../api.js";
import { number } from "../format.js";
import { actionClass, actionWords, rowsWords, sumWords, valueWords } from "./import-words.js";

const API = "/api/user/imports";
const MOST_HEADER = 20; // rows among which the titles are looked for
const ENCODINGS = () => [
  { value: "utf-8", label: gettext("UTF-8 (lo usual hoy)") }, { value: "windows-1252", label: gettext("Windows occidental (Excel antiguo)") },
  { value: "mac-roman", label: "Mac Roman" }, { value: "cp850", label: "DOS (CP 850)" },
  { value: "utf-16-le", label: "UTF-16 LE" }, { value: "utf-16-be", label: "UTF-16 BE" },
];
const DELIMITERS = () => [
  { value: ";", label: gettext("Punto y coma ( ; )") }, { value: ",", label: gettext("Coma ( , )") },
  { value: "\t", label: gettext("Tabulador") }, { value: "|", label: gettext("Barra ( | )") },
];
const DECIMALS = () => [{ value: ",", label: gettext("Coma: 1.234,50") }, { value: ".", label: gettext("Punto: 1,234.50") }];
const DATE_ORDERS = () => [
  { value: "dmy", label: gettext("Día, mes y año: 31/12/2026") }, { value: "mdy", label: gettext("Mes, día y año: 12/31/2026") },
  { value: "ymd", label: gettext("Año, mes y día: 2026-12-31") },
];
const FORMATS = { csv: "CSV", tsv: "TSV", xlsx: "Excel", xls: "Excel", ods: "OpenDocument", ics: "iCalendar" };
const named = (choices, value) => choices.find((one) => String(one.value) === String(value));
// The choices, with what was found among them when it is another.
const including = (choices, value) => (!value || named(choices, value) ? choices : [...choices, { value, label: String(value) }]);

export const draft = () => ({
  preview: [], page: 1, hasNext: false, reading: false, asking: null,
  totals: null, counting: false, wasCounted: false, adding: null, // how many rows would become what
  isWide: false, isAtEnd: false,
  forgetDraft() {
    this.asking?.abort();
    this.adding?.abort();
    Object.assign(this, { preview: [], page: 1, hasNext: false, reading: false, totals: null, counting: false, wasCounted: false });
  },

  // --- how it was read ---
  get isTable() { return this.job.format !== "ics"; },
  get isText() { return ["csv", "tsv"].includes(this.job.format); },
  get hasSheets() { return (this.job.sheets || []).length > 1; },
  get rowsText() { return this.job.rows === null ? gettext("Muchas filas") : rowsWords(this.job.rows); },
  get facts() {
    const { job } = this;
    const facts = [FORMATS[job.format] || job.format];
    if (!this.isTable) return facts;
    if (this.isText) {
      facts.push(named(ENCODINGS(), job.encoding)?.label || job.encoding, named(DELIMITERS(), job.delimiter)?.label || job.delimiter);
    }
    if (job.sheet) facts.push(interpolate(gettext("Hoja «%s»"), [job.sheet]));
    if (job.decimal) facts.push(interpolate(gettext("Decimales con %s"), [job.decimal === "," ? gettext("coma") : gettext("punto")]));
    if (job.date_order) facts.push(interpolate(gettext("Fechas: %s"), [named(DATE_ORDERS(), job.date_order)?.label || job.date_order]));
    facts.push(job.header_row ? interpolate(gettext("Títulos en la fila %s"), [number(job.header_row)]) : gettext("Sin títulos"));
    return facts.filter(Boolean);
  },
  get encodings() { return including(ENCODINGS(), this.job.encoding); },
  get delimiters() { return including(DELIMITERS(), this.job.delimiter); },
  get decimals() { return DECIMALS(); },
  get dateOrders() { return DATE_ORDERS(); },
  get sheetChoices() { return (this.job.sheets || []).map((name) => ({ value: name, label: name })); },
  get headerRows() {
    const rows = Array.from({ length: MOST_HEADER }, (_none, n) => ({ value: n + 1, label: number(n + 1) }));
    return [{ value: 0, label: gettext("No hay títulos") }, ...including(rows, this.job.header_row)];
  },
  isSet(name, choice) { return String(this.job[name] ?? (name === "header_row" ? 0 : "")) === String(choice.value); },
  reread(name, value) { return this.set({ [name]: name === "header_row" ? Number(value) : value }); },

  // --- columns ---
  get fields() { return this.kindNow?.fields || []; },
  columnName(column) { return column.name; },
  samples(column) { return column.samples.filter((text) => text !== "").slice(0, 3).join(" · ") || gettext("(vacía)"); },
  mapLabel(column) { return interpolate(gettext("«%s» es"), [this.columnName(column)]); },
  mapClass(column) { return column.field ? "is-mapped" : ""; },
  isMapped(column, name) { return (column.field || "") === name; },
  fieldLabel(field) { return field.required ? interpolate(gettext("%s (hace falta)"), [field.label]) : field.label; },
  get missing() {
    const names = this.job.missing.map((name) => `«${name}»`).join(", ");
    return names ? interpolate(gettext("Falta decir qué columna es %s."), [names]) : "";
  },
  // What comes in without stock is told to customers as sold out, until somebody counts it.
  get lacksStock() {
    const isRead = this.job.columns.some((column) => column.field === "stock");
    return !isRead && this.fields.some((field) => field.name === "stock") && this.counts.create !== 0;
  },
  mapTo(column, name) {
    const mapping = { [column.index]: name || null };
    // A field is read from one column: whoever had it lets go.
    for (const other of this.job.columns) if (name && other.index !== column.index && other.field === name) mapping[other.index] = null;
    return this.set({ mapping });
  },

  // --- another way of reading it ---
  async set(fields) {
    Object.assign(this, { reading: true, wasCounted: false });
    try {
      this.job = await this.change(fields);
      this.trouble = "";
      await this.readPreview(1);
    } catch (fault) {
      if (!(fault instanceof ApiError)) throw fault;
      this.fail(Object.values(fault.fields).join(" ") || fault.words);
      this.job = { ...this.job }; // so that the choices show again what holds
    } finally {
      this.reading = false;
    }
  },
  isHow(name, value) { return this.job[name] === value; },

  // --- the rows ---
  async readPreview(page) {
    this.asking?.abort();
    const { signal } = (this.asking = new AbortController());
    const { id } = this.job;
    this.reading = true;
    try {
      const answer = await get(`${API}/${id}/preview?${query({ page })}`, { signal, timeout: 60_000 });
      if (signal.aborted || this.job?.id !== id) return;
      const { results, count } = answer;
      const hasNext = count === null ? results.length === answer.page_size : page * answer.page_size < count;
      Object.assign(this, { preview: results, page, hasNext, reading: false });
      this.$nextTick(() => this.measure());
      if (!this.wasCounted) await this.count();
    } catch (fault) {
      if (signal.aborted) return;
      if (!(fault instanceof ApiError)) throw fault;
      this.reading = false;
      this.fail(Object.values(fault.fields).join(" ") || fault.words, { again: () => this.readPreview(page) });
    }
  },
  // How many rows would become what: the server counts as long as somebody may wait, and says nothing of longer files.
  async count() {
    this.adding?.abort();
    const { signal } = (this.adding = new AbortController());
    const { id } = this.job;
    Object.assign(this, { totals: null, counting: !this.wasChecked });
    try {
      const counts = this.wasChecked ? null : (await get(`${API}/${id}/preview?${query({ page_size: 1, counts: true })}`, { signal, timeout: 60_000 })).counts;
      if (signal.aborted || this.job?.id !== id) return;
      Object.assign(this, { totals: counts, counting: false, wasCounted: true });
      this.announcement = [this.rowsText, ...this.sums.map((sum) => sum.text), this.startWhy].filter(Boolean).join(", ");
    } catch (fault) {
      if (signal.aborted) return;
      if (!(fault instanceof ApiError)) throw fault;
      Object.assign(this, { counting: false, wasCounted: true }); // the rows are shown; whoever begins is told the rest
    }
  },
  get sums() {
    return Object.entries(this.counts).filter(([, count]) => count).map(([action, count]) => ({ action, text: sumWords(action, count) }));
  },
  get counts() {
    const { job } = this;
    if (this.wasChecked) return { create: job.created, update: job.updated, unchanged: job.unchanged, skip: job.skipped, refuse: job.refused };
    return this.totals || {};
  },
  get wasChecked() { return this.isDraft && this.job.dry_run && this.job.rows !== null && this.job.done === this.job.rows; },
  get canCheck() { return this.hasPages && !this.wasChecked; },
  check() { return this.act("start", { dry_run: true }); },
  get previewColumns() {
    // What the rows come to: a day and an hour apart are one beginning by now.
    const says = (row, { name }) => ![undefined, null, ""].includes(row.values[name]) || (row.errors || []).some((error) => error.field === name);
    const places = new Map(this.job.columns.map((column) => [column.field, column.index]));
    const place = ({ name }) => places.get(name) ?? places.size; // in the order of the file
    return this.fields.filter((field) => this.preview.some((row) => says(row, field))).sort((one, other) => place(one) - place(other));
  },
  get noRows() { return !this.reading && !this.preview.length; },
  get previewText() { return this.preview.length && this.hasPages ? this.pageText : ""; },
  get hasPages() { return this.hasNext || this.page > 1; },
  get isFirstPage() { return this.page <= 1 || this.reading; },
  get isLastPage() { return !this.hasNext || this.reading; },
  get pageText() {
    const [first, last] = [this.preview[0], this.preview.at(-1)];
    return first ? interpolate(gettext("Filas %s a %s"), [number(first.row), number(last.row)]) : "";
  },
  turnPage(step) { return this.readPreview(this.page + step); },
  rowClass(row) { return `is-${row.action}`; },
  actionClass, actionWords,
  // «Precio de venta ($)»: No es un precio. — by the title that the person's own file has.
  whyOf(row) {
    return (row.errors || []).map((error, n) => ({
      id: error === this.wrongOf(row, { name: error.field }) ? `why-${row.row}-${error.field}` : `why-${row.row}-${n}`,
      text: error.column ? interpolate(gettext("«%s»: %s"), [error.column, error.message]) : error.message,
    }));
  },
  wrongOf(row, column) { return (row.errors || []).find((error) => error.field === column.name); },
  isWrong(row, column) { return Boolean(this.wrongOf(row, column)); },
  whyId(row, column) { return this.isWrong(row, column) ? `why-${row.row}-${column.name}` : null; },
  cellText(row, column) {
    const wrong = this.wrongOf(row, column);
    return wrong ? wrong.value || gettext("(vacía)") : valueWords(row.values[column.name], column.type);
  },
  cellClass(row, column) {
    return [this.isWrong(row, column) ? "is-wrong" : "", ["money", "number", "integer"].includes(column.type) ? "numeric end" : ""].join(" ").trim();
  },
  // Whether the table is wider than its frame, which says so then, and whether its end is in sight.
  measure() {
    const frame = this.box.querySelector(".preview-scroll");
    if (!frame) return;
    this.isWide = frame.scrollWidth > frame.clientWidth + 1;
    this.isAtEnd = frame.scrollLeft + frame.clientWidth >= frame.scrollWidth - 1;
  },
  get frameClass() { return this.isWide && !this.isAtEnd ? "goes-on" : ""; },

  // --- begin ---
  get isWorking() { return this.busy || this.reading || this.counting; },
  get hasColumns() { return this.job.columns.some((column) => column.field); },
  // How many rows would really go in; null while nobody knows.
  get importable() {
    const { create, update, refuse } = this.counts;
    if (create === undefined) return this.job.rows === 0 ? 0 : null;
    return this.isHow("mode", "all_or_nothing") && refuse ? 0 : create + update;
  },
  get cannotStart() { return this.isWorking || this.importable === 0 || !this.hasColumns; },
  get startText() {
    if (this.isWorking && this.importable === null) return gettext("Contando las filas…");
    if (this.importable !== null) return interpolate(ngettext("Importar %s fila", "Importar %s filas", this.importable), [number(this.importable)]);
    return this.job.rows === null ? gettext("Importar todo") : interpolate(ngettext("Importar hasta %s fila", "Importar hasta %s filas", this.job.rows), [number(this.job.rows)]);
  },
  // Beside the button: why it cannot be pressed, or what stays out.
  get startWhy() {
    if (this.reading) return gettext("Leyendo otra vez…");
    const { refuse = 0, unchanged = 0, skip = 0 } = this.counts;
    if (!this.hasColumns) return gettext("Di primero qué es cada columna.");
    if (this.counting) return "";
    if (this.importable === null) return this.isHow("mode", "all_or_nothing") ? gettext("Con un solo error no entra ninguna.") : gettext("Las filas con errores no entran; al final te decimos cuáles.");
    if (this.importable) return refuse ? interpolate(ngettext("%s con error no entra.", "%s con error no entran.", refuse), [rowsWords(refuse)]) : "";
    if (!this.job.rows) return gettext("No hay filas que importar.");
    if (refuse && this.isHow("mode", "all_or_nothing")) return interpolate(ngettext("Elegiste todas o ninguna, y %s tiene un error.", "Elegiste todas o ninguna, y %s tienen errores.", refuse), [rowsWords(refuse)]);
    if (refuse && !unchanged && !skip) return gettext("Ninguna fila puede entrar así: mira arriba qué le falta a cada una.");
    return refuse ? gettext("Las filas sin errores ya están: no hay nada que cambiar.") : gettext("No hay nada que cambiar: todo esto ya lo tienes.");
  },
  start() { return this.act("start"); },
});
