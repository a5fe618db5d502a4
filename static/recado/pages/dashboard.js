// Inicio: what needs me now?
import Alpine from "../../vendor/alpine.min.js";
import { ApiError, get } from "../api.js";
import { number, shell, when } from "../format.js";
import { iconHref } from "../frame.js";

const LOW = 5; // units
const SHOWN = 6;

Alpine.data("dashboard", () => ({
  ready: false, trouble: "", counts: { products: 0, soldOut: 0, conversations: 0 }, facts: false, low: [], talks: [],

  init() {
    this.load();
    window.addEventListener("online", () => { if (this.trouble) this.load(); });
  },
  get greeting() {
    const hour = Number(new Intl.DateTimeFormat("en", { hour: "numeric", hourCycle: "h23", timeZone: shell.timezone }).format());
    return hour < 5 || hour >= 19 ? gettext("Buenas noches") : hour < 12 ? gettext("Buenos días") : gettext("Buenas tardes");
  },
  get today() {
    return new Intl.DateTimeFormat(shell.locale, { weekday: "long", day: "numeric", month: "long", timeZone: shell.timezone }).format();
  },
  async load() {
    try {
      const [stock, soldOut, talks, preferences] = await Promise.all([
        get(`/api/user/products?ordering=stock&page_size=${SHOWN}`), get("/api/user/products/count?in_stock=false"),
        get(`/api/user/chat/conversations?page_size=${SHOWN}`), get("/api/user/preferences"),
      ]);
      this.counts = { products: stock.count, soldOut: soldOut.count, conversations: talks.count };
      this.low = stock.results.filter((product) => product.stock <= LOW);
      this.talks = talks.results;
      this.facts = Boolean(preferences.business_facts.trim());
      this.trouble = "";
      this.ready = true;
    } catch (fault) {
      if (!(fault instanceof ApiError)) throw fault;
      this.trouble = fault.words;
    }
  },
  figure(name) { return number(this.counts[name]); },

  // --- the first three steps ---
  done(step) { return { products: this.counts.products > 0, facts: this.facts, chat: this.counts.conversations > 0 }[step]; },
  get doneCount() { return ["products", "facts", "chat"].filter((step) => this.done(step)).length; },
  get showSteps() { return this.ready && this.doneCount < 3; },
  get stepsDone() { return interpolate(gettext("%s de 3"), [this.doneCount]); },
  stepClass(step) { return this.done(step) ? "is-done" : ""; },
  stepIcon(step) { return iconHref(this.done(step) ? "circle-check" : "chevron-right"); },
  stepState(step) { return this.done(step) ? gettext("Hecho") : gettext("Pendiente"); },

  // --- the lists ---
  get noneLow() { return this.ready && !this.low.length && this.counts.products > 0; },
  get noProducts() { return this.ready && this.counts.products === 0; },
  get noTalks() { return this.ready && !this.talks.length; },
  productHref(product) { return `/user/commercial/products?id=${product.id}`; },
  stockText(product) { return product.stock === 0 ? gettext("Agotado") : interpolate(ngettext("Queda %s", "Quedan %s", product.stock), [number(product.stock)]); },
  stockClass(product) { return product.stock === 0 ? "badge-out" : "badge-low"; },
  talkHref(talk) { return `/user/commercial/chat?c=${talk.id}`; },
  when(talk) { return when(talk.updated_at); },
}));
