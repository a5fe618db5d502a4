// Simulador: a phone beside the shop's inbox. What is written here takes the way of a real message.
import Alpine from "../../vendor/alpine.min.js";
import { ApiError, get, post, query } from "../api.js";
import { when } from "../format.js";
import { notify } from "../frame.js";
import { render as renderMarkdown } from "../markdown.js";
import { render } from "../whatsapp.js";

const SIMULATOR = "/api/user/simulator";
const INBOX = "/api/user/inbox";
const KEPT = "recado:simulator"; // the new customer of this window
const BUSY_MS = 600, CALM_MS = 2500, BUSY_FOR_MS = 60_000; // between two looks at the phone
const TICKS = { sent: "✓", delivered: "✓✓", read: "✓✓", failed: "!" };

Alpine.directive("whatsapp", (element, { expression }, { evaluateLater, effect }) => {
  const read = evaluateLater(expression);
  effect(() => read((text) => element.replaceChildren(render(text || ""))));
});

// What an assistant says is kept with its marks; what people write is text.
Alpine.directive("said", (element, { expression }, { evaluateLater, effect }) => {
  const read = evaluateLater(expression);
  effect(() => read((message) => element.replaceChildren(message.role === "assistant" ? renderMarkdown(message.content) : message.content)));
});

let root = null; // the page's one component: a button that is gone by now has no $root any more

Alpine.data("simulator", () => ({
  ready: false, simulated: true, trouble: "", phones: [], kind: "new", number: "",
  lines: [], last: 0, typing: false, opened: "", draft: "", sending: false, linking: false, password: "", wantsPassword: false, announcement: "",
  conversation: null, messages: [], tab: "phone", products: [], timer: 0, busyUntil: 0, source: null, looking: false,

  async init() {
    root = this.$root;
    document.addEventListener("visibilitychange", () => { if (!document.hidden) this.look(); });
    await this.load();
    if (!this.simulated) return;
    this.listen();
    get("/api/user/products?page_size=2&in_stock=true").then((page) => { this.products = page.results; }).catch(() => {});
  },
  destroy() { clearTimeout(this.timer); this.source?.close(); },
  async load() {
    try {
      const state = await get(SIMULATOR);
      this.simulated = state.simulated;
      this.phones = state.phones;
      this.trouble = "";
      this.ready = true;
      if (this.simulated) await this.pick(this.kind);
    } catch (fault) { this.fail(fault); }
  },
  fail(fault) {
    if (!(fault instanceof ApiError)) throw fault;
    this.trouble = fault.status === 503 ? fault.data.detail : fault.words;
  },

  // --- who holds the phone ---
  phone(kind) { return this.phones.find((one) => one.kind === kind) || { phone: "", name: "", is_known: false }; },
  isKind(kind) { return this.kind === kind; },
  get person() { return this.number === this.phone(this.kind).phone ? this.phone(this.kind).name : gettext("Cliente de prueba"); },
  get shownNumber() { return `+${this.number}`; },
  get isOwner() { return this.kind === "owner"; },
  get mustLink() { return this.ready && this.isOwner && !this.phone("owner").is_known; },
  get canRenew() { return this.kind === "new" && this.lines.length > 0; },
  async pick(kind) {
    this.kind = kind;
    const kept = kind === "new" ? sessionStorage.getItem(KEPT) : "";
    const fresh = this.phone(kind).phone;
    await this.hold(kept && kept.slice(0, -3) === fresh.slice(0, -3) ? kept : fresh);
  },
  async renew() {
    sessionStorage.removeItem(KEPT);
    try { this.phones = (await get(SIMULATOR)).phones; } catch (fault) { this.fail(fault); return; }
    await this.hold(this.phone("new").phone);
    this.focus();
  },
  async hold(number) {
    this.number = number;
    if (this.kind === "new") sessionStorage.setItem(KEPT, number);
    Object.assign(this, { lines: [], last: 0, typing: false, opened: "", conversation: null, messages: [], draft: "" });
    await this.look();
    await this.findConversation();
  },

  // --- the phone ---
  async look() {
    clearTimeout(this.timer);
    const number = this.number;
    if (!number || document.hidden || this.looking) return;
    this.looking = true;
    try {
      const screen = await get(`${SIMULATOR}/messages?${query({ phone: number, after: this.last })}`);
      if (number === this.number) this.take(screen);
      this.trouble = "";
    } catch (fault) {
      this.fail(fault);
    } finally {
      this.looking = false;
      clearTimeout(this.timer);
      this.timer = setTimeout(() => this.look(), Date.now() < this.busyUntil || this.typing ? BUSY_MS : CALM_MS);
    }
  },
  take(screen) {
    this.last = screen.last;
    this.typing = screen.typing;
    const known = new Map(this.lines.map((line) => [line.wamid, line]));
    const came = screen.lines.filter((line) => !known.has(line.wamid));
    for (const line of screen.lines) if (known.has(line.wamid)) Object.assign(known.get(line.wamid), line);
    if (came.length) {
      this.lines = [...this.lines, ...came].sort((one, other) => (one.at < other.at ? -1 : one.at > other.at ? 1 : 0));
      const theirs = came.filter((line) => !line.mine);
      if (theirs.length) {
        this.announcement = `${gettext("La tienda respondió:")} ${theirs.at(-1).text}`;
        post(`${SIMULATOR}/read`, { phone: this.number }).catch(() => {});
        if (this.mustLink) this.refreshPhones();
      }
    }
    if (came.length || screen.typing) this.stayAtEnd();
  },
  async refreshPhones() {
    try { this.phones = (await get(SIMULATOR)).phones; } catch (fault) { this.fail(fault); }
  },
  stayAtEnd() { this.$nextTick(() => { for (const part of ["screen", "thread"]) { const box = this.part(part); if (box) box.scrollTop = box.scrollHeight; } }); },
  part(name) { return root.querySelector(`[data-part=${name}]`); },
  focus() { this.$nextTick(() => this.part("input")?.focus()); },
  get canSend() { return Boolean(this.draft.trim()) && !this.sending && Boolean(this.number); },
  enter(event) {
    if (event.shiftKey || event.isComposing) return;
    event.preventDefault();
    this.send();
  },
  async send() {
    const text = this.draft.trim();
    if (!text || this.sending) return;
    this.draft = "";
    if (!(await this.post({ text }))) this.draft = text;
    this.focus();
  },
  say(text) { this.post({ text }); },
  choose(choice) {
    this.opened = "";
    this.post({ choice_id: choice.id, title: choice.title, is_row: choice.is_row });
  },
  async post(what) {
    this.sending = true;
    this.busyUntil = Date.now() + BUSY_FOR_MS;
    try {
      await post(`${SIMULATOR}/messages`, { phone: this.number, ...what });
      this.trouble = "";
      return true;
    } catch (fault) {
      this.fail(fault);
      return false;
    } finally {
      this.sending = false;
      this.look();
    }
  },
  async link() {
    this.linking = true;
    try {
      const asked = { phone: this.shownNumber, ...(this.password ? { password: this.password } : {}) };
      const { code } = await post("/api/whatsapp/link-phone", asked);
      Object.assign(this, { password: "", wantsPassword: false });
      await this.post({ text: `VINCULAR ${code}` });
    } catch (fault) {
      if (!(fault instanceof ApiError)) throw fault;
      if (fault.fields.password) this.wantsPassword = true; // another phone of theirs is linked already
      notify({ text: Object.values(fault.fields).join(" ") || fault.words, kind: "bad" });
    } finally {
      this.linking = false;
    }
  },

  // --- a line of the chat ---
  lineClass(line) { return line.mine ? "line line-mine" : "line line-theirs"; },
  who(line) { return line.mine ? gettext("Teléfono:") : gettext("Tienda:"); },
  time(line) { return when(line.at); },
  tick(line) { return line.mine ? TICKS[line.status] || "" : ""; },
  tickClass(line) { return line.status === "read" ? "line-tick line-read" : "line-tick"; },
  tickWords(line) {
    if (!line.mine) return "";
    return { sent: gettext("enviado"), delivered: gettext("entregado"), read: gettext("leído"), failed: gettext("no salió") }[line.status] || "";
  },
  buttons(line) { return line.mine || line.list_button ? [] : line.choices; },
  hasList(line) { return !line.mine && Boolean(line.list_button); },
  isOpen(line) { return this.opened === line.wamid; },
  toggle(line) {
    this.opened = this.isOpen(line) ? "" : line.wamid;
    // All of them when they fit, else as many as there is room for.
    this.$nextTick(() => {
      const rows = [...root.querySelectorAll(".line-row")];
      rows.at(-1)?.scrollIntoView({ block: "nearest" });
      rows[0]?.scrollIntoView({ block: "nearest" });
    });
  },
  rows(line) { return this.isOpen(line) ? line.choices : []; },
  get isBlank() { return this.ready && !this.lines.length && !this.mustLink; },
  get suggestions() {
    if (this.isOwner) return [gettext("¿Qué tengo mañana?"), gettext("Recuérdame llamar al proveedor a las 4"), gettext("¿Cuántos productos tengo?")];
    const asked = this.products.map((product) => interpolate(gettext("¿Cuánto cuesta %s?"), [product.name]));
    return [...asked, gettext("Hola, ¿qué venden?"), gettext("¿Cuál es su horario?")].slice(0, 3);
  },

  // --- the shop's inbox ---
  listen() {
    this.source = new EventSource(`${INBOX}/stream`);
    this.source.addEventListener("conversation", () => this.findConversation());
    this.source.addEventListener("refresh", () => this.findConversation());
  },
  async findConversation() {
    const number = this.number;
    const asked = this.isOwner ? { audience: "owner", channel: "whatsapp" } : { search: number };
    try {
      const found = (await get(`${INBOX}?${query({ ...asked, page_size: 1 })}`)).results[0] || null;
      const messages = found ? (await get(`${INBOX}/${found.id}/messages`)).messages : [];
      if (number !== this.number) return;
      this.conversation = found;
      this.messages = messages;
      this.stayAtEnd();
    } catch (fault) {
      if (!(fault instanceof ApiError)) throw fault; // the phone says what is wrong
    }
  },
  get hasConversation() { return Boolean(this.conversation); },
  get conversationHref() { return this.conversation ? `/user/inbox?conversation=${this.conversation.id}` : "/user/inbox"; },
  get conversationName() { return this.conversation?.contact?.name || this.conversation?.contact?.profile_name || this.conversation?.title || this.person; },
  messageClass(message) { return { user: "line line-theirs", note: "line line-mine line-note" }[message.role] || "line line-mine"; },
  speaker(message) {
    return { user: this.conversationName, assistant: gettext("Asistente"), owner: gettext("Tú"), note: gettext("Nota interna") }[message.role];
  },
  messageTime(message) { return when(message.created_at); },
  deliveryTick(message) { return TICKS[message.delivery?.status] || ""; },
  deliveryClass(message) { return message.delivery?.status === "read" ? "line-tick line-read" : "line-tick"; },

  // --- on a narrow screen: one after the other ---
  show(tab) { this.tab = tab; this.stayAtEnd(); },
  isTab(tab) { return this.tab === tab; },
  tabPressed(tab) { return String(this.tab === tab); },
  paneClass(tab) { return this.tab === tab ? "pane" : "pane pane-away"; },
  kindPressed(kind) { return String(this.kind === kind); },
}));
