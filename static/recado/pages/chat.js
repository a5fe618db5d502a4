// Asistente: ask mine, and see who answers from what.
import Alpine from "../../vendor/alpine.min.js";
import { PERSONAL, undoable } from "../agenda.js";
import { ApiError, get, post, query, request } from "../api.js";
import { money, number, shell, when } from "../format.js";
import { notify, shortcut } from "../frame.js";
import { render } from "../markdown.js";
import { follow, newTurn, turnsOf } from "./turn.js";

const CHAT = "/api/user/chat";
const UNDO_MS = 8000;
const PAGE_SIZE = 30;

Alpine.directive("markdown", (element, { expression }, { evaluateLater, effect }) => {
  const read = evaluateLater(expression);
  effect(() => read((text) => element.replaceChildren(render(text || ""))));
});

const products = new Map(); // by id: the promise of what it costs now and how many there are
const product = (id) => {
  if (!products.has(id)) products.set(id, get(`/api/user/products/${id}`).catch(() => null));
  return products.get(id);
};

Alpine.data("chat", () => ({
  conversations: [], listed: false, listTrouble: "", page: 1, moreConversations: false,
  current: null, turns: [], earlier: false, loading: false, trouble: "",
  draft: "", sending: false, suggestions: [], hasProducts: true, announcement: "",
  followed: new Map(), goingAway: new Map(), root: null, type: "commercial",

  init() {
    this.root = this.$root;
    this.type = this.root.dataset.assistant;
    const asked = new URLSearchParams(location.search);
    this.open(/^\d{1,18}$/.test(asked.get("c") || "") ? Number(asked.get("c")) : null, { push: false });
    if (asked.has("new")) history.replaceState(null, "", location.pathname);
    this.list();
    this.suggest();
    shortcut("n", () => this.begin());
    shortcut("/", () => this.part("input").focus());
    window.addEventListener("popstate", () => {
      const id = Number(new URLSearchParams(location.search).get("c")) || null;
      this.open(id, { push: false });
    });
    window.addEventListener("pagehide", () => { for (const id of this.goingAway.keys()) this.deleteNow(id); });
    window.addEventListener("online", () => { if (this.listTrouble) this.list(); });
  },

  // Not $refs: it finds nothing from a line of a list that has just been removed.
  part(name) { return this.root.querySelector(`[data-part="${name}"]`); },

  // --- conversations ---
  get empty() { return this.listed && !this.listTrouble && !this.conversations.length; },
  isCurrent(conversation) { return conversation.id === this.current ? "page" : "false"; },
  href(conversation) { return `?c=${conversation.id}`; },
  when(thing) { return when(thing.updated_at || thing.created_at); },
  titleOf(conversation) { return conversation.title || gettext("Sin título"); },
  deleteLabel(conversation) { return interpolate(gettext("Borrar la conversación «%s»"), [this.titleOf(conversation)]); },
  async list({ page = 1 } = {}) {
    try {
      const answer = await get(`${CHAT}/conversations?${query({ page, page_size: PAGE_SIZE, channel: "web" })}`);
      const fresh = answer.results.filter((row) => row.assistant_type === this.type && !this.goingAway.has(row.id));
      const known = new Set(page > 1 ? this.conversations.map((row) => row.id) : []);
      this.conversations = [...(page > 1 ? this.conversations : []), ...fresh.filter((row) => !known.has(row.id))];
      this.moreConversations = Boolean(answer.next);
      this.page = page;
      this.listTrouble = "";
      if (answer.next && !this.conversations.length) await this.list({ page: page + 1 }); // all of them with the other one
    } catch (fault) {
      if (!(fault instanceof ApiError)) throw fault;
      this.listTrouble = fault.words;
    }
    this.listed = true;
  },
  listMore() { return this.list({ page: this.page + 1 }); },
  choose(event, conversation) {
    if (event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    this.closeList();
    if (conversation.id !== this.current) this.open(conversation.id);
    else this.part("input").focus();
  },
  begin() {
    this.closeList();
    this.open(null);
  },
  openList() { this.part("list").showModal(); },
  closeList() { if (this.part("list").open) this.part("list").close(); },
  async open(id, { push = true } = {}) {
    for (const stop of this.followed.values()) stop();
    this.followed.clear();
    this.current = id;
    this.turns = [];
    this.earlier = false;
    this.trouble = "";
    this.draft = localStorage.getItem(this.draftKey) || "";
    if (push) history.pushState(null, "", id ? `?c=${id}` : location.pathname);
    if (id) await this.read(id);
    if (window.matchMedia("(hover: hover)").matches) this.$nextTick(() => this.part("input").focus());
  },
  async read(id, { before = null } = {}) {
    this.loading = !before;
    try {
      const answer = await get(`${CHAT}/conversations/${id}?${query({ before, limit: 60 })}`);
      if (this.current !== id) return;
      if (answer.assistant_type !== this.type) {
        location.replace(`/user/${answer.assistant_type}/chat?c=${id}`);
        return;
      }
      this.turns = [...turnsOf(answer.messages), ...(before ? this.turns : [])];
      this.earlier = answer.has_earlier;
      for (const turn of this.turns) if (turn.status === "pending" && !this.followed.has(turn.id)) this.follow(turn);
      if (!before) this.toEnd();
      this.settle();
    } catch (fault) {
      if (!(fault instanceof ApiError)) throw fault;
      if (fault.status === 404 && !before) {
        notify({ text: gettext("Esa conversación ya no existe."), kind: "bad" });
        history.replaceState(null, "", location.pathname);
        this.current = null;
      } else this.trouble = fault.words;
    } finally {
      this.loading = false;
    }
  },
  readEarlier() { return this.read(this.current, { before: this.turns.find((turn) => turn.id)?.id }); },
  again() { this.trouble = ""; return this.read(this.current); },

  // A deleted conversation is gone for good, so it only leaves the page first, and the server after a while.
  forget(conversation) {
    this.conversations = this.conversations.filter((row) => row.id !== conversation.id);
    const wasOpen = this.current === conversation.id;
    if (wasOpen) this.open(null);
    this.goingAway.set(conversation.id, setTimeout(() => this.deleteNow(conversation.id), UNDO_MS));
    notify({
      text: gettext("Conversación borrada."), action: gettext("Deshacer"), seconds: UNDO_MS / 1000 - 0.5,
      run: () => {
        clearTimeout(this.goingAway.get(conversation.id));
        if (!this.goingAway.delete(conversation.id)) return;
        this.list();
        if (wasOpen) this.open(conversation.id);
      },
    });
  },
  async deleteNow(id) {
    clearTimeout(this.goingAway.get(id));
    this.goingAway.delete(id);
    try {
      await request("DELETE", `${CHAT}/conversations/${id}`, undefined, { keepalive: true });
    } catch (fault) {
      if (!(fault instanceof ApiError) || fault.status === 404) return;
      notify({ text: fault.words, kind: "bad" });
      this.list();
    }
  },

  // --- asking ---
  get draftKey() { return `recado:${shell.person}:draft:${this.current || (this.type === "commercial" ? "new" : `new-${this.type}`)}`; },
  get isBlank() { return !this.current && !this.turns.length; },
  get canSend() { return this.draft.trim() && !this.sending; },
  keep() {
    if (this.draft) localStorage.setItem(this.draftKey, this.draft);
    else localStorage.removeItem(this.draftKey);
  },
  enter(event) {
    if (event.shiftKey || event.isComposing) return;
    event.preventDefault();
    this.send();
  },
  ask(suggestion) { this.draft = suggestion; return this.send(); },
  async send() {
    const content = this.draft.trim();
    if (!content || this.sending) return;
    const key = this.draftKey;
    this.keep();
    this.sending = true;
    this.trouble = "";
    this.turns.push(newTurn({ content }));
    const turn = this.turns.at(-1);
    this.draft = "";
    this.toEnd();
    const here = this.current;
    try {
      const sent = await post(`${CHAT}/message`, { content, assistant_type: this.type, conversation_id: here });
      localStorage.removeItem(key);
      if (this.current !== here) return; // the person went to another conversation meanwhile
      turn.id = sent.message_id;
      turn.status = sent.status;
      if (!here) {
        this.current = sent.conversation_id;
        history.replaceState(null, "", `?c=${sent.conversation_id}`);
      }
      this.announcement = gettext("El asistente está escribiendo.");
      this.follow(turn);
      this.list();
    } catch (fault) {
      if (!(fault instanceof ApiError)) throw fault;
      this.turns = this.turns.filter((other) => other.key !== turn.key);
      this.draft = content;
      this.trouble = Object.values(fault.fields).join(" ") || fault.words;
    } finally {
      this.sending = false;
    }
  },
  async retry(turn) {
    try {
      await post(`${CHAT}/messages/${turn.id}/retry`);
      Object.assign(turn, { status: "pending", error: "", text: "", shown: "", reply: null });
      this.follow(turn);
    } catch (fault) {
      if (!(fault instanceof ApiError)) throw fault;
      if (fault.status === 409) this.read(this.current);
      else notify({ text: fault.words, kind: "bad" });
    }
  },
  follow(turn) {
    const stop = follow(turn, {
      onGrow: () => this.stayAtEnd(),
      onEnd: (ended) => {
        this.followed.delete(ended.id);
        this.announcement = ended.reply ? `${gettext("El asistente respondió:")} ${ended.reply.content}` : ended.error;
        this.stayAtEnd();
        if (ended.reply?.tools?.length) this.settle();
      },
    });
    this.followed.set(turn.id, stop);
  },

  // --- one turn ---
  isWaiting(turn) { return ["sending", "pending"].includes(turn.status) && !turn.shown; },
  hasFailed(turn) { return turn.status === "failed"; },
  isWhole(turn) { return Boolean(turn.reply) && turn.shown.length >= turn.text.length; },
  hasSources(turn) { return this.isWhole(turn) && turn.reply.sources?.length > 0; },
  sources(turn) { return turn.reply?.sources || []; },
  // What the turn changed, the last of it first: that is the order in which it can be taken back.
  changes(turn) { return (turn.reply?.tools || []).filter((tool) => tool.change).reverse(); },
  canUndo(turn) { return this.isWhole(turn) && !turn.undone && this.changes(turn).some((tool) => Date.parse(tool.until) > Date.now()); },
  // What was taken back elsewhere, as by «deshacer» in words, has no button any more.
  async settle() {
    const open = this.turns.filter((turn) => this.canUndo(turn));
    if (!open.length) return;
    try {
      const standing = new Set(await undoable());
      for (const turn of open) turn.undone = !this.changes(turn).some((tool) => standing.has(tool.change));
    } catch (fault) {
      if (!(fault instanceof ApiError)) throw fault; // the buttons stay, and say so themselves
    }
  },
  async takeBack(turn) {
    try {
      for (const change of new Set(this.changes(turn).map((tool) => tool.change))) await post(`${PERSONAL}/changes/${change}/undo`);
      turn.undone = true;
    } catch (fault) {
      if (!(fault instanceof ApiError)) throw fault;
      if (fault.status === 409) await this.settle();
      if (!turn.undone) notify({ text: fault.words, kind: "bad" });
    }
    if (turn.undone) this.announcement = gettext("Deshecho.");
  },
  signature(turn) {
    if (!turn.reply) return "";
    const { provider, model } = turn.reply;
    const who = provider === "anthropic" ? `Claude (${model})` : provider === "builtin" ? gettext("Asistente incorporado, sin modelo") : model || provider;
    return `${who} · ${when(turn.reply.created_at)}`;
  },
  // What a source costs now and whether there is any; filled in when it comes.
  priceOf(source) {
    if (source.detail === undefined) {
      source.detail = "";
      product(source.id).then((found) => {
        if (!found) return;
        const left = found.stock === 0 ? gettext("agotado") : interpolate(ngettext("%s disponible", "%s disponibles", found.stock), [number(found.stock)]);
        source.detail = `${money(found.price)} · ${left}`;
      });
    }
    return source.detail;
  },

  // --- the thread's place ---
  toEnd() { this.$nextTick(() => { const box = this.part("thread"); box.scrollTop = box.scrollHeight; }); },
  stayAtEnd() {
    const box = this.part("thread");
    if (box.scrollHeight - box.scrollTop - box.clientHeight < 160) this.toEnd();
  },

  // Questions that have an answer: in this catalogue, in anybody's agenda.
  async suggest() {
    if (this.type === "personal") {
      this.suggestions = [gettext("¿Qué tengo hoy?"), gettext("¿Qué tareas tengo vencidas?"), gettext("¿Cuándo estoy libre mañana?"), gettext("Agenda una llamada con mi proveedor mañana a las 10 de la mañana")];
      return;
    }
    try {
      const [categories, some] = await Promise.all([
        get("/api/user/products/categories"), get("/api/user/products?in_stock=true&ordering=-updated_at&page_size=3"),
      ]);
      this.hasProducts = some.count > 0 || categories.length > 0;
      const [first, second] = categories;
      this.suggestions = [
        some.results[0] && interpolate(gettext("¿Cuánto cuesta %s?"), [some.results[0].name]),
        first && interpolate(gettext("¿Qué tienen en %s?"), [first.toLowerCase()]),
        second && interpolate(gettext("¿Qué me recomiendas de %s?"), [second.toLowerCase()]),
        some.results[1] && interpolate(gettext("¿Hay existencias de %s?"), [some.results[1].name]),
      ].filter(Boolean).slice(0, 3);
    } catch (fault) {
      if (!(fault instanceof ApiError)) throw fault; // without a connection there is nothing to suggest
    }
  },
}));
