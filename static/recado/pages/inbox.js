// Bandeja: who is waiting? The list, its filters, and what arrives live.
import Alpine from "../../vendor/alpine.min.js";
import { ApiError, get, query } from "../api.js";
import "../export-menu.js";
import { when } from "../format.js";
import { iconHref, shortcut } from "../frame.js";
import { composer } from "./inbox-composer.js";
import { extras } from "./inbox-extras.js";
import { API, merge, nameOf, tickOf } from "./inbox-shared.js";
import { templates } from "./inbox-templates.js";
import { thread } from "./inbox-thread.js";
import { unanswered } from "./inbox-unanswered.js";

const PAGE_SIZE = 40;
const SEARCH_MS = 200;
const AGAIN_MS = 15_000; // between two looks while there is no line
const WHY = () => ({
  handover: gettext("Te pide a ti"), failed_turn: gettext("Sin respuesta"), failed_delivery: gettext("No le llegó"),
});

const list = {
  rows: [], ready: false, trouble: "", next: null, search: "", filters: { unread: false, needs_me: false, taken_over: false, window_open: false },
  audience: "customer", counts: { unread: 0, needs_me: 0, conversations: 0 }, tab: "talks", now: Date.now(),
  root: null, stream: null, timer: 0, calling: null, announcement: "", started: false,

  init() {
    this.root = this.$root;
    const asked = new URLSearchParams(location.search);
    const id = /^\d{1,18}$/.test(asked.get("conversation") || "") ? Number(asked.get("conversation")) : null;
    if (asked.get("tab") === "unanswered") this.tab = "unanswered";
    for (const name of Object.keys(this.filters)) this.filters[name] = asked.get(name) === "true";
    if (asked.get("audience") === "owner") this.audience = "owner";
    this.search = asked.get("search") || "";
    this.load();
    if (id) this.open(id, { push: false });
    if (/^\d{1,18}$/.test(asked.get("person") || "")) this.$nextTick(() => this.openPerson(Number(asked.get("person"))));
    if (this.tab === "unanswered") this.readUnanswered();
    this.listen();
    setInterval(() => { this.now = Date.now(); }, 20_000);
    shortcut("j", () => this.step(1));
    shortcut("k", () => this.step(-1));
    shortcut("/", () => this.part("search")?.focus());
    shortcut("r", () => this.part("input")?.focus());
    shortcut("Escape", () => this.close());
    window.addEventListener("popstate", () => {
      const there = Number(new URLSearchParams(location.search).get("conversation")) || null;
      if (there) this.open(there, { push: false });
      else this.close({ push: false });
    });
    window.addEventListener("online", () => this.refresh());
    document.addEventListener("visibilitychange", () => { if (document.hidden) this.hangUp(); else { this.listen(); this.refresh(); } });
    window.addEventListener("pagehide", () => this.hangUp());
    window.addEventListener("pageshow", (event) => { if (event.persisted) this.listen(); });
  },
  // Not $refs: it finds nothing from a line of a list that has just been removed.
  part(name) { return this.root.querySelector(`[data-part="${name}"]`); },

  // --- the list ---
  get asked() {
    const chosen = Object.fromEntries(Object.entries(this.filters).map(([name, on]) => [name, on ? "true" : ""]));
    return { ...chosen, audience: this.audience === "customer" ? "" : this.audience, search: this.search.trim().slice(0, 200) };
  },
  get filtered() { return Object.values(this.filters).some(Boolean) || Boolean(this.search.trim()); },
  get nobody() { return this.ready && !this.trouble && !this.rows.length && !this.filtered && this.audience === "customer"; },
  get nothing() { return this.ready && !this.trouble && !this.rows.length && !this.nobody; },
  get found() { return this.filtered && this.ready ? interpolate(ngettext("%s conversación", "%s conversaciones", this.rows.length), [this.rows.length]) : ""; },
  async load({ quietly = false } = {}) {
    this.calling?.abort();
    const calling = this.calling = new AbortController();
    if (!quietly) this.ready = false;
    try {
      const [answer, counts] = await Promise.all([
        get(`${API}?${query({ ...this.asked, page_size: PAGE_SIZE })}`, { signal: calling.signal }), get(`${API}/counts`, { signal: calling.signal }),
      ]);
      const open = this.rows.find((row) => row.id === this.current);
      this.rows = answer.results;
      if (open && quietly && !answer.results.some((row) => row.id === open.id)) this.put(open);
      this.next = answer.next;
      this.counts = counts;
      this.trouble = "";
    } catch (fault) {
      if (fault.name === "AbortError") return;
      if (!(fault instanceof ApiError)) throw fault;
      this.trouble = fault.words;
    }
    this.ready = true;
  },
  async more() {
    if (!this.next) return;
    try {
      const address = new URL(this.next);
      const answer = await get(address.pathname + address.search);
      const known = new Set(this.rows.map((row) => row.id));
      this.rows = [...this.rows, ...answer.results.filter((row) => !known.has(row.id))];
      this.next = answer.next;
    } catch (fault) {
      if (!(fault instanceof ApiError)) throw fault;
      this.trouble = fault.words;
    }
  },
  look() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.load({ quietly: true }), SEARCH_MS);
  },
  toggle(name) { this.filters[name] = !this.filters[name]; this.load({ quietly: true }); },
  isOn(name) { return this.filters[name] ? "true" : "false"; },
  chipCount(name) { return this.counts[name] ? ` ${this.counts[name]}` : ""; },
  toggleOwn() { this.audience = this.audience === "owner" ? "customer" : "owner"; this.load({ quietly: true }); },
  get ownIsOn() { return this.audience === "owner" ? "true" : "false"; },
  clear() { for (const name of Object.keys(this.filters)) this.filters[name] = false; this.search = ""; this.load({ quietly: true }); },

  // --- one line ---
  href(row) { return `?conversation=${row.id}`; },
  isCurrent(row) { return row.id === this.current ? "page" : null; },
  name(row) { return nameOf(row); },
  initial(row) { return [...nameOf(row)][0]?.toUpperCase() || "?"; },
  rowClass(row) { return row.unread ? "talk is-unread" : "talk"; },
  when(row) { return when(row.updated_at); },
  preview(row) {
    const last = row.last_message;
    if (!last) return "";
    const who = { owner: gettext("Tú:"), assistant: gettext("Asistente:"), note: gettext("Nota:") }[last.role];
    const said = last.content.replace(/\*\*|__|`/g, ""); // marks of a format that is not shown here
    return who ? `${who} ${said}` : said;
  },
  rowTick(row) { return row.last_message?.delivery ? tickOf(row.last_message.delivery.status) : null; },
  hasTick(row) { return Boolean(this.rowTick(row)); },
  tickIcon(row) { return iconHref(this.rowTick(row)?.icon || "check"); },
  tickClass(row) { return this.rowTick(row)?.kind || ""; },
  tickWords(row) { return this.rowTick(row)?.words || ""; },
  why(row) { return WHY()[row.needs_me] || ""; },
  hasOptedOut(row) { return Boolean(row.contact?.opted_out); },
  unreadWords(row) { return interpolate(ngettext("%s sin leer", "%s sin leer", row.unread), [row.unread]); },
  choose(event, row) {
    if (event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    this.open(row.id);
  },
  step(by) {
    if (!this.rows.length || this.tab !== "talks") return;
    const at = this.rows.findIndex((row) => row.id === this.current);
    const row = this.rows[Math.min(this.rows.length - 1, Math.max(0, at < 0 ? 0 : at + by))];
    this.open(row.id, { focus: false });
    this.$nextTick(() => this.root.querySelector(`[data-talk="${row.id}"]`)?.focus());
  },
  arrows(event) {
    const by = { ArrowDown: 1, ArrowUp: -1, j: 1, k: -1 }[event.key];
    if (!by || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    event.stopPropagation();
    const lines = [...this.root.querySelectorAll("[data-talk]")];
    const at = lines.indexOf(document.activeElement);
    lines[Math.min(lines.length - 1, Math.max(0, at + by))]?.focus();
  },

  // --- live ---
  listen() {
    if (document.hidden || this.stream) return;
    const stream = this.stream = new EventSource(`${API}/stream`);
    stream.addEventListener("conversation", (event) => this.take(JSON.parse(event.data)));
    stream.addEventListener("gone", (event) => this.drop(JSON.parse(event.data).id));
    stream.addEventListener("refresh", () => { if (this.started) this.refresh(); this.started = true; });
    stream.addEventListener("error", () => {
      if (stream.readyState !== EventSource.CLOSED) return; // it comes back by itself
      if (this.stream === stream) this.stream = null;
      setTimeout(() => { if (!document.hidden && !this.stream) { this.refresh(); this.listen(); } }, AGAIN_MS);
    });
  },
  hangUp() { this.stream?.close(); this.stream = null; },
  refresh() {
    this.load({ quietly: true });
    if (this.current) this.reread();
  },
  passes(row) {
    const { filters } = this;
    return (this.audience === "all" || row.audience === this.audience)
      && (!filters.unread || row.unread > 0) && (!filters.needs_me || row.needs_me) && (!filters.taken_over || row.taken_over)
      && (!filters.window_open || Date.parse(row.window_until) > Date.now());
  },
  put(row) {
    this.rows = [...this.rows.filter((other) => other.id !== row.id), row]
      .sort((a, b) => (a.updated_at < b.updated_at ? 1 : a.updated_at > b.updated_at ? -1 : b.id - a.id));
  },
  take(row) {
    const known = this.rows.find((other) => other.id === row.id);
    const isNews = row.last_message?.role === "user" && row.last_message.id > (known?.last_message?.id || 0) && row.unread > 0;
    if (known || (this.passes(row) && !this.search.trim())) {
      if (known && !this.passes(row) && row.id !== this.current) this.rows = this.rows.filter((other) => other.id !== row.id);
      else this.put(row);
    }
    if (row.id === this.current) { this.conversation = row; this.reread(); }
    if (isNews) this.announcement = `${nameOf(row)}: ${row.last_message.content}`;
    clearTimeout(this.counting);
    this.counting = setTimeout(() => this.count(), 500);
  },
  drop(id) {
    this.rows = this.rows.filter((row) => row.id !== id);
    if (id === this.current) this.close();
  },
  async count() {
    try {
      this.counts = await get(`${API}/counts`);
    } catch (fault) {
      if (!(fault instanceof ApiError)) throw fault; // the next change tells
    }
  },

  // --- the two tabs ---
  isTab(name) { return this.tab === name ? "page" : null; },
  showTab(name) {
    this.tab = name;
    history.replaceState(null, "", name === "talks" ? location.pathname : `?tab=${name}`);
    if (name === "unanswered") { this.current = null; this.readUnanswered(); }
  },
  get paneClass() { return this.tab === "unanswered" ? "inbox shows-unanswered" : this.current ? "inbox shows-thread" : "inbox"; },
};

Alpine.data("inbox", () => merge(list, thread, composer, extras, templates, unanswered));
