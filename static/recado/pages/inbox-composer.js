// Writing in the inbox: drafts that stay, words that go out at once and are tried again, quick replies.
import { ApiError, post } from "../api.js";
import { shell } from "../format.js";
import { API, newKey } from "./inbox-shared.js";

const LONGEST = 12_000;
const MOST_QUICK = 6;
const read = (key) => { try { return JSON.parse(localStorage.getItem(key) || "[]"); } catch { return []; } };

export const composer = {
  draft: "", isNote: false, outgoing: [], quickAt: 0, quickClosed: false,

  get draftKey() { return `recado:${shell.person}:inbox:${this.current}`; },
  get sentKey() { return `recado:${shell.person}:inbox-out:${this.current}`; },
  takeDraft() {
    this.draft = localStorage.getItem(this.draftKey) || "";
    // What was on its way when the page was left: nobody knows whether it arrived, and asking again sends it once.
    this.outgoing = read(this.sentKey).map((one) => ({ ...one, failed: true, why: "" }));
    this.isNote = false;
  },
  keep() {
    this.quickClosed = false;
    this.quickAt = 0;
    if (this.draft) localStorage.setItem(this.draftKey, this.draft);
    else localStorage.removeItem(this.draftKey);
    if (this.quickOpen) this.readQuick();
  },
  keepOutgoing(id = this.current, list = this.outgoing) {
    const key = `recado:${shell.person}:inbox-out:${id}`;
    if (list.length) localStorage.setItem(key, JSON.stringify(list.map(({ key: one, text, note }) => ({ key: one, text, note }))));
    else localStorage.removeItem(key);
  },
  forgetSent() {
    const known = new Set(this.messages.map((message) => message.key).filter(Boolean));
    const left = this.outgoing.filter((one) => !known.has(one.key));
    if (left.length === this.outgoing.length) return;
    this.outgoing = left;
    this.keepOutgoing();
  },
  get canSend() { return Boolean(this.draft.trim()) && (this.isNote || this.conversation?.can_write !== false); },
  get sendWords() { return this.isNote ? gettext("Guardar nota") : gettext("Enviar"); },
  get composerClass() { return this.isNote ? "composer is-note" : "composer"; },
  get placeholder() { return this.isNote ? gettext("Una nota que solo ves tú…") : gettext("Escribe tu respuesta…"); },
  get maxLength() { return this.isNote ? 4000 : LONGEST; },
  setNote(on) { this.isNote = on; this.$nextTick(() => this.part("input").focus()); },
  notePressed(on) { return this.isNote === on ? "true" : "false"; },
  key(event) {
    if (event.isComposing) return;
    if (this.quickOpen && this.quick.length) {
      const last = this.quick.length - 1;
      if (event.key === "ArrowDown") this.quickAt = Math.min(last, this.quickAt + 1);
      else if (event.key === "ArrowUp") this.quickAt = Math.max(0, this.quickAt - 1);
      else if ((event.key === "Enter" && !event.shiftKey) || event.key === "Tab") this.useQuick(this.quick[this.quickAt]);
      else if (event.key === "Escape") this.quickClosed = true;
      else return;
      event.preventDefault();
      event.stopPropagation();
      return;
    }
    if (event.key === "Enter" && !event.shiftKey) {
      event.preventDefault();
      this.send();
    } else if (event.key === "Escape") this.close();
  },
  async send() {
    const text = this.draft.trim();
    if (!text || !this.canSend) return;
    const one = { key: newKey(), text, note: this.isNote, failed: false, why: "" };
    this.outgoing = [...this.outgoing, one];
    this.keepOutgoing();
    this.draft = "";
    this.isNote = false;
    this.keep();
    this.toEnd();
    await this.deliver(one);
  },
  async deliver(one) {
    const id = this.current;
    this.mark(one, { failed: false, why: "" });
    try {
      const message = await post(`${API}/${id}/${one.note ? "notes" : "messages"}`, { text: one.text, key: one.key });
      this.keepOutgoing(id, (this.current === id ? this.outgoing : read(`recado:${shell.person}:inbox-out:${id}`)).filter((other) => other.key !== one.key));
      if (this.current !== id) return; // the person went to another conversation meanwhile
      this.outgoing = this.outgoing.filter((other) => other.key !== one.key);
      if (!this.messages.some((other) => other.id === message.id)) this.messages = [...this.messages, message];
      this.toEnd();
    } catch (fault) {
      if (!(fault instanceof ApiError)) throw fault;
      if (this.current === id) this.mark(one, { failed: true, why: Object.values(fault.fields).join(" ") || fault.words });
    }
  },
  mark(one, fields) { this.outgoing = this.outgoing.map((other) => (other.key === one.key ? { ...other, ...fields } : other)); },
  discard(one) {
    this.outgoing = this.outgoing.filter((other) => other.key !== one.key);
    this.keepOutgoing();
    if (!this.draft) { this.draft = one.text; this.isNote = one.note; this.keep(); }
    this.part("input").focus();
  },
  outClass(one) { return one.note ? "bubble internal-note" : "bubble mine"; },
  outWords(one) { return one.failed ? one.why || gettext("No sabemos si salió.") : gettext("Enviando"); },

  // --- quick replies ---
  get quickOpen() { return !this.quickClosed && !this.isNote && /^\/\S*$/.test(this.draft); },
  get quickShown() { return this.quickOpen && this.quick.length > 0; },
  get quick() {
    const asked = this.draft.slice(1).toLowerCase();
    return this.quickReplies.filter((one) => `${one.title} ${one.text}`.toLowerCase().includes(asked)).slice(0, MOST_QUICK);
  },
  get quickActive() { return this.quickShown ? `quick-${this.quick[this.quickAt]?.id}` : ""; },
  quickId(one) { return `quick-${one.id}`; },
  quickSelected(one) { return this.quick[this.quickAt]?.id === one.id ? "true" : "false"; },
  useQuick(one) {
    if (!one) return;
    this.draft = one.text;
    this.keep();
    this.part("input").focus();
  },
};
