// One conversation of the inbox: what was said, who speaks, and what can still be done.
import Alpine from "../../vendor/alpine.min.js";
import { ApiError, get, post, query } from "../api.js";
import { clock, dayName, money, number } from "../format.js";
import { iconHref, notify } from "../frame.js";
import { render as renderMarkdown } from "../markdown.js";
import { render as renderMarks } from "../whatsapp.js";
import { API, nameOf, tickOf } from "./inbox-shared.js";

const LIMIT = 50;
const HOUR = 3_600_000;

// An assistant's words are Markdown, everybody else's are written as on WhatsApp. Nothing is ever read as HTML.
Alpine.directive("spoken", (element, { expression }, { evaluateLater, effect }) => {
  const read = evaluateLater(expression);
  effect(() => read((message) => element.replaceChildren((message.role === "assistant" ? renderMarkdown : renderMarks)(message.content || ""))));
});

export const thread = {
  current: null, conversation: null, messages: [], earlier: false, reading: false, threadTrouble: "", deciding: 0,

  async open(id, { push = true, focus = true } = {}) {
    if (this.tab !== "talks") this.tab = "talks";
    const isSame = this.current === id;
    this.current = id;
    if (push && !isSame) history.pushState(null, "", `?conversation=${id}`);
    if (!isSame) {
      this.conversation = this.rows.find((row) => row.id === id) || null;
      this.messages = [];
      this.earlier = false;
      this.threadTrouble = "";
      this.takeDraft();
      await this.read(id);
    }
    if (focus && this.current === id && window.matchMedia("(hover: hover)").matches) this.$nextTick(() => this.part("input")?.focus());
  },
  close({ push = true } = {}) {
    if (!this.current) return;
    const was = this.current;
    this.current = null;
    this.conversation = null;
    if (push) history.pushState(null, "", location.pathname);
    this.$nextTick(() => this.root.querySelector(`[data-talk="${was}"]`)?.focus());
  },
  async read(id, { before = null } = {}) {
    if (!before) this.reading = !this.messages.length;
    try {
      const [row, run] = await Promise.all([
        before ? null : get(`${API}/${id}`), get(`${API}/${id}/messages?${query({ before, limit: LIMIT })}`),
      ]);
      if (this.current !== id) return;
      if (row) this.adopt(row);
      const known = new Set(run.messages.map((message) => message.id));
      const rest = before ? this.messages : this.messages.filter((message) => message.id < (run.messages[0]?.id || 0));
      this.messages = before ? [...run.messages, ...rest.filter((message) => !known.has(message.id))] : [...rest, ...run.messages];
      if (before || !rest.length) this.earlier = run.has_earlier;
      this.forgetSent();
      this.threadTrouble = "";
      if (!before) { this.toEnd(); this.seen(); }
    } catch (fault) {
      if (!(fault instanceof ApiError)) throw fault;
      if (fault.status === 404) {
        notify({ text: gettext("Esa conversación ya no existe."), kind: "bad" });
        this.close();
      } else this.threadTrouble = fault.words;
    } finally {
      this.reading = false;
    }
  },
  readEarlier() { return this.read(this.current, { before: this.messages[0]?.id }); },
  async reread() {
    const atEnd = this.isAtEnd();
    const id = this.current;
    try {
      const run = await get(`${API}/${id}/messages?limit=${LIMIT}`);
      if (this.current !== id) return;
      const first = run.messages[0]?.id || 0;
      this.messages = [...this.messages.filter((message) => message.id < first), ...run.messages];
      this.forgetSent();
      if (atEnd) this.toEnd();
      this.seen();
    } catch (fault) {
      if (!(fault instanceof ApiError)) throw fault; // what is shown stays
    }
  },
  adopt(row) {
    this.conversation = row;
    if (this.rows.some((other) => other.id === row.id)) this.put(row);
  },
  async seen() {
    if (document.hidden || !this.conversation?.unread) return;
    try {
      this.adopt(await post(`${API}/${this.current}/read`));
    } catch (fault) {
      if (!(fault instanceof ApiError)) throw fault; // it stays unread
    }
  },
  toEnd() { this.$nextTick(() => { const box = this.part("thread"); if (box) box.scrollTop = box.scrollHeight; }); },
  isAtEnd() { const box = this.part("thread"); return !box || box.scrollHeight - box.scrollTop - box.clientHeight < 160; },

  // --- head ---
  get isOpen() { return Boolean(this.current); },
  get title() { return this.conversation ? nameOf(this.conversation) : ""; },
  get phone() { return this.conversation?.contact?.phone || ""; },
  get isCustomers() { return this.conversation?.audience === "customer"; },
  get hasWord() { return Boolean(this.conversation?.taken_over); },
  get hasLeft() { return this.isCustomers && Boolean(this.conversation.contact?.opted_out); },
  get mayTake() { return !this.hasWord && !this.hasLeft; },
  get headIcon() { return iconHref(this.hasLeft ? "ban" : this.hasWord ? "user" : "robot"); },
  get speaks() {
    if (!this.conversation) return "";
    if (this.hasLeft) return gettext("Pidió no recibir mensajes (BAJA)");
    if (!this.hasWord) return gettext("Responde tu asistente");
    const until = this.conversation.taken_over_until;
    return until ? interpolate(gettext("Respondes tú hasta las %s"), [clock(until)]) : gettext("Respondes tú hasta que la devuelvas");
  },
  get bannerClass() { return this.hasWord ? "banner is-mine" : "banner"; },
  get windowLeft() {
    const until = this.conversation?.window_until;
    if (!this.isCustomers || this.conversation.channel !== "whatsapp" || !until || this.hasLeft) return "";
    const left = Date.parse(until) - this.now;
    if (left <= 0) return "";
    const hours = Math.floor(left / HOUR), minutes = Math.max(1, Math.floor(left / 60_000));
    return hours >= 1 ? interpolate(ngettext("Te queda %s h para escribirle gratis", "Te quedan %s h para escribirle gratis", hours), [hours])
      : interpolate(ngettext("Te queda %s min para escribirle gratis", "Te quedan %s min para escribirle gratis", minutes), [minutes]);
  },
  get isRefused() { return this.isCustomers && this.conversation && !this.conversation.can_write; },
  get refusal() { return this.conversation?.why_not || ""; },
  get canSendTemplate() { return Boolean(this.conversation?.can_send_template); },
  openTaking() { this.part("taking").showModal(); },
  closeTaking() { this.part("taking").close(); },
  async takeOver(minutes) {
    this.closeTaking();
    await this.change("take-over", { minutes });
  },
  handBack() { return this.change("hand-back"); },
  async change(what, body) {
    try {
      this.adopt(await post(`${API}/${this.current}/${what}`, body));
      this.announcement = this.speaks;
    } catch (fault) {
      if (!(fault instanceof ApiError)) throw fault;
      notify({ text: fault.words, kind: "bad" });
    }
  },

  // --- one message ---
  get shown() {
    let day = "";
    return this.messages.map((message) => {
      const name = dayName(message.created_at);
      const starts = name !== day;
      day = name;
      return { ...message, day: starts ? name : "" };
    });
  },
  bubbleClass(message) {
    const side = { user: "theirs", owner: "mine", assistant: "mine by-assistant", note: "internal-note" };
    return `bubble ${side[message.role]}`;
  },
  author(message) {
    return { user: this.title, owner: gettext("Tú"), assistant: gettext("Asistente"), note: gettext("Nota interna: solo la ves tú") }[message.role];
  },
  showsAuthor(message) { return message.role === "assistant" || message.role === "note"; },
  clock(message) { return clock(message.created_at); },
  tick(message) { return message.delivery ? tickOf(message.delivery.status) : null; },
  ticked(message) { return Boolean(message.delivery); },
  messageTickIcon(message) { return iconHref(this.tick(message)?.icon || "check"); },
  messageTickClass(message) { return this.tick(message)?.kind || ""; },
  messageTickWords(message) { return this.tick(message)?.words || ""; },
  failure(message) { return message.delivery?.error?.text || ""; },
  remedy(message) { return message.delivery?.error?.remedy || ""; },
  canResend(message) { return message.role === "owner" && message.delivery?.status === "failed" && !message.template; },
  isTemplate(message) { return Boolean(message.template); },
  templateWords(message) {
    const charged = message.delivery?.is_billable;
    return charged === false ? gettext("Plantilla, sin costo") : charged ? gettext("Plantilla cobrada por WhatsApp") : gettext("Plantilla: WhatsApp la cobra");
  },
  resend(message) { this.draft = message.content; this.isNote = false; this.keep(); this.part("input").focus(); },
  isPending(message) { return message.status === "pending"; },
  hasFailed(message) { return message.status === "failed"; },
  async letAnswer(message) {
    try {
      await post(`/api/user/chat/messages/${message.id}/retry`);
      await this.reread();
    } catch (fault) {
      if (!(fault instanceof ApiError)) throw fault;
      if (fault.status === 409) await this.reread();
      else notify({ text: fault.words, kind: "bad" });
    }
  },
  hasQuote(message) { return Boolean(message.quoted); },
  quote(message) { return message.quoted?.content || ""; },
  hasSources(message) { return message.role !== "user" && message.sources?.length > 0; },
  sourceHref({ url = "" }) { return url.startsWith("/") && !["/", "\\"].includes(url[1]) ? url : "#"; }, // of ours

  // --- files ---
  isFile(file, kind) {
    if (!file.url) return false;
    const real = { image: "image", sticker: "image", audio: "audio", video: "video" }[file.kind] || "document";
    return real === kind;
  },
  fileName(file) { return file.filename || { audio: gettext("Nota de voz"), video: gettext("Video"), image: gettext("Imagen") }[file.kind] || gettext("Documento"); },
  fileNote(file) {
    if (file.url) return "";
    return file.status === "pending" ? gettext("Trayendo el archivo…") : file.status === "refused" ? gettext("No lo guardamos: es demasiado grande o de un tipo que no aceptamos.") : gettext("No pudimos traer el archivo.");
  },
  fileSize(file) { return file.size ? `${number(Math.max(1, Math.round(file.size / 1024)))} kB` : ""; },
  imageWords(file) { return interpolate(gettext("Imagen de %s"), [this.title]); },

  // --- orders ---
  lines(message) { return message.order?.lines || []; },
  hasOrder(message) { return Boolean(message.order); },
  lineText(line) { return `${number(line.quantity)} × ${line.name}`; },
  linePrice(line) { return line.problem ? line.problem_text : line.price === null ? "" : money(Number(line.price) * line.quantity); },
  lineClass(line) { return line.problem ? "is-bad" : "numeric"; },
  orderTitle(message) { return interpolate(gettext("Pedido %s"), [message.order?.id]); },
  orderTotal(message) { return money(message.order?.total || 0); },
  isOrder(message, status) { return message.order?.status === status; },
  get isDeciding() { return this.deciding > 0; },
  async decide(message, what) {
    if (this.deciding) return;
    this.deciding = message.id;
    try {
      const order = await post(`/api/user/orders/${message.order.id}/${what}`);
      this.setOrder(message.id, order);
      this.announcement = what === "approve" ? gettext("Pedido aprobado.") : gettext("Pedido rechazado.");
    } catch (fault) {
      if (!(fault instanceof ApiError)) throw fault;
      if (fault.data.current) this.setOrder(message.id, fault.data.current);
      notify({ text: fault.words, kind: "bad" });
    } finally {
      this.deciding = 0;
    }
  },
  setOrder(id, order) { this.messages = this.messages.map((message) => (message.id === id ? { ...message, order } : message)); },
};
