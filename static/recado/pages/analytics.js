// Analíticas: how is it going, what should I do? The period stands in the address; every chart has its table.
import Alpine from "../../vendor/alpine.min.js";
import { dayOf, later, today } from "../agenda.js";
import { ApiError, get, query } from "../api.js";
import { money, number } from "../format.js";
import { iconHref } from "../frame.js";
import { CHARTS } from "./analytics-charts.js";
import { draw, erase, onScheme } from "./analytics-drawing.js";
import { heatMap } from "./analytics-hours.js";
import { PRESETS, apiQuery, groupOf, pageQuery, presetPeriod, readPeriod } from "./analytics-period.js";
import { sample } from "./analytics-sample.js";
import { compare, duration, range, spent, sum, usd } from "./analytics-words.js";

const API = "/api/user/analytics";
const MOST_HIDDEN_ROWS = 62; // of a table that only screen readers see

Alpine.store("analytics", { data: null, isSample: false, query: "" });
const store = () => Alpine.store("analytics");
const narrow = matchMedia("(max-width: 47.99rem)");

Alpine.data("analytics", () => ({
  period: readPeriod(), own: { from: "", to: "" }, ownShown: false, ownError: "", ready: false, busy: false, trouble: "", said: "", calling: null, read: 0,

  init() {
    this.own = { from: this.period.from, to: this.period.to };
    this.ownShown = this.period.preset === "own";
    this.load();
    window.addEventListener("popstate", () => { this.period = readPeriod(); this.ownShown = this.period.preset === "own"; this.load(); });
    window.addEventListener("online", () => { if (this.trouble) this.load(); });
    // What happens today is in the figures, too: who comes back to the page sees it.
    document.addEventListener("visibilitychange", () => { if (!document.hidden && Date.now() - this.read > 60_000) this.load(); });
  },
  get data() { return store().data; },
  get isSample() { return store().isSample; },

  async load() {
    this.calling?.abort();
    const calling = this.calling = new AbortController();
    const asked = { ...this.period };
    this.busy = true;
    try {
      const data = await get(`${API}?${apiQuery(asked)}`, { signal: calling.signal });
      const isSample = isBare(data) && await hasNothing(calling.signal);
      if (this.calling !== calling) return;
      store().query = apiQuery(asked);
      store().isSample = isSample;
      store().data = isSample ? sample({ ...asked, group: groupOf(asked) }) : data;
      this.trouble = this.ownError = "";
      this.read = Date.now();
      this.said = this.ready ? this.days : "";
      this.ready = true;
    } catch (fault) {
      if (fault.name === "AbortError") return;
      if (!(fault instanceof ApiError)) throw fault;
      const words = Object.values(fault.fields).join(" ") || fault.words;
      if (fault.status === 400 && asked.preset === "own") this.ownError = words;
      else this.trouble = words;
    } finally {
      if (this.calling === calling) this.busy = false;
    }
  },

  // --- the period ---
  isPreset(name) { return this.period.preset === name && (name === "own" || !this.ownShown) ? "true" : "false"; },
  get ownPressed() { return this.ownShown ? "true" : "false"; },
  choose(preset) {
    if (!PRESETS.includes(preset)) return;
    this.ownShown = false;
    this.ownError = "";
    this.move({ ...presetPeriod(preset), group: "" });
  },
  showOwn() {
    this.ownShown = true;
    this.own = { from: this.period.from, to: this.period.to };
    this.$nextTick(() => this.$root.querySelector("#own-from").focus());
  },
  get lastDay() { return today(); },
  get ownInvalid() { return this.ownError ? "true" : "false"; },
  takeOwn() {
    const { from, to } = this.own;
    if (!from || !to) { this.ownError = gettext("Pon los dos días."); return; }
    if (from > to) { this.ownError = gettext("El primer día va antes que el último."); return; }
    this.ownError = "";
    this.move({ preset: "own", from, to, group: "" });
  },
  isGroup(name) { return groupOf(this.period) === name ? "true" : "false"; },
  setGroup(name) { this.move({ ...this.period, group: name }); },
  move(period) {
    this.period = period;
    const text = pageQuery(period);
    history.pushState(null, "", text ? `?${text}` : location.pathname);
    this.load();
  },
  get days() { return this.data ? range(this.data.from, this.data.to) : range(this.period.from, this.period.to); },
  get daysBefore() { return this.data ? interpolate(gettext("comparado con %s"), [range(this.data.before.from, this.data.before.to)]) : ""; },
  get reportHref() { return `${API}/report?${store().query}`; },
  get canTake() { return this.ready && !this.isSample; },
  get isQuiet() { return this.ready && !this.isSample && isBare(this.data, { before: false }); },
  get canWiden() { return this.isQuiet && this.period.preset !== "90"; },
  get bodyClass() { return this.busy && this.ready ? "analytics-body is-busy" : "analytics-body"; },

  // --- the figures ---
  figure(name) { return this.data?.figures[name] || { value: null, before: null }; },
  value(name) {
    const { value } = this.figure(name);
    if (!this.data || value === null || value === undefined) return "–";
    return { response_p50_seconds: duration, cost_usd: spent, orders_value: money }[name]?.(value) ?? number(value);
  },
  compared(name) {
    const how = {
      people: {}, orders: {}, conversations: { better: 0 }, messages_received: { better: 0 }, appointments: { better: 0 }, tasks_completed: {}, reminders_sent: { better: 0 },
      response_p50_seconds: { better: -1, say: duration, quicker: true }, unanswered: { better: -1 }, cost_usd: { better: 0, say: usd },
    };
    return compare(this.figure(name), how[name]);
  },
  change(name) { return this.compared(name).text; },
  changeClass(name) { return `change ${this.compared(name).kind}`; },
  changeIcon(name) { return iconHref(this.compared(name).icon); },
  get slowest() { return this.figure("response_p95_seconds").value === null ? "" : interpolate(gettext("95 de cada 100, en %s o menos"), [duration(this.figure("response_p95_seconds").value)]); },
  get charged() { return interpolate(gettext("y %s mensajes de WhatsApp cobrados"), [number(sum(this.data?.series.whatsapp.charged || []))]); },
  get received() { return interpolate(gettext("%s mensajes"), [this.value("messages_received")]); },
  get worth() { return interpolate(gettext("por %s"), [this.value("orders_value")]); },

  // --- what to do ---
  icon: iconHref,
  get advice() { return this.data?.advice || []; },
  get noAdvice() { return this.ready && !this.advice.length; },
}));

// Nothing in the figures of this period nor, unless told so, of the one before.
function isBare(data, { before = true } = {}) {
  const figures = Object.values(data.figures).flatMap((one) => (before ? [one.value, one.before] : [one.value]));
  const load = data.series.appointments;
  return !figures.some((value) => Number(value) > 0) && !data.missing.length && !sum(load.count) && !sum(data.series.tasks.due);
}

// Whether nobody has ever written, nor anything been noted for later.
async function hasNothing(signal) {
  const day = dayOf(later(today(), -1440 * 730));
  const ever = await get(`${API}?${query({ from: day, to: today(), group: "month" })}`, { signal });
  return isBare(ever);
}

Alpine.data("chart", () => ({
  name: "", table: false, upright: narrow.matches,

  init() {
    this.name = this.$root.dataset.chart;
    Alpine.effect(() => { this.draw(store().data, this.table); });
    onScheme(() => this.draw(store().data, this.table));
    narrow.addEventListener("change", () => { this.upright = narrow.matches; });
  },
  destroy() { this.canvases.forEach(erase); },
  get ready() { return Boolean(store().data); },
  get isSample() { return store().isSample; },
  get told() { return store().data ? CHARTS[this.name](store().data) : { gist: "", columns: [], rows: [], drawings: [] }; },
  get gist() { return this.told.gist; },
  get isEmpty() { return this.ready && !this.told.rows.length; },
  get full() { return this.ready && this.told.rows.length > 0; },
  get canvases() { return [...this.$root.querySelectorAll("canvas")]; },
  draw(data, hidden) {
    const { drawings } = data ? CHARTS[this.name](data) : { drawings: [] };
    this.$nextTick(() => this.canvases.forEach((canvas, n) => {
      canvas.parentElement.hidden = !drawings[n];
      if (drawings[n] && !hidden) draw(canvas, drawings[n]());
      else erase(canvas);
    }));
  },

  // --- its table ---
  get columns() { return this.told.columns; },
  get rows() {
    const { rows } = this.told;
    if (!this.table && rows.length > MOST_HIDDEN_ROWS) return [];
    return rows.map((row) => row.map((cell) => (typeof cell === "object" ? cell : { text: cell, href: "" })));
  },
  get tableOpen() { return this.table ? "true" : "false"; },
  get tableWords() { return this.table ? gettext("Ver gráfico") : gettext("Ver tabla"); },
  get tableIcon() { return iconHref(this.table ? "chart-bar" : "table"); },
  get tableClass() { return this.table ? "chart-table" : "chart-table visually-hidden"; },
  get tableStop() { return this.table ? "0" : null; },
  toggle() { this.table = !this.table; },
  hrefOf(cell) { return this.isSample ? null : cell.href; },
  get csvHref() { return `${API}/export?table=${this.name}&${store().query}`; },

  // --- the hours ---
  get heat() { return this.name === "hours" && store().data ? heatMap(store().data.hours, { upright: this.upright }) : { columns: [], rows: [] }; },
  get whose() {
    return store().data?.hours_of === "owner" ? gettext("Son tus propios mensajes: todavía no te escribe ningún cliente.") : "";
  },
}));
