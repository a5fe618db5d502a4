// «Lo que te piden y no tienes».
import { ApiError, get, post, query } from "../api.js";
import { number, when } from "../format.js";
import { notify } from "../frame.js";

const UNANSWERED = "/api/user/unanswered";

export const unanswered = {
  wishes: [], wishesRead: false, wishesTrouble: "", wishOrder: "-times", wishesNext: null,

  async readUnanswered() {
    try {
      const answer = await get(`${UNANSWERED}?${query({ ordering: this.wishOrder, page_size: 50 })}`);
      Object.assign(this, { wishes: answer.results, wishesNext: answer.next, wishesRead: true, wishesTrouble: "" });
    } catch (fault) {
      if (!(fault instanceof ApiError)) throw fault;
      this.wishesTrouble = fault.words;
    }
  },
  async moreWishes() {
    try {
      const address = new URL(this.wishesNext);
      const answer = await get(address.pathname + address.search);
      this.wishes = [...this.wishes, ...answer.results];
      this.wishesNext = answer.next;
    } catch (fault) {
      if (!(fault instanceof ApiError)) throw fault;
      this.wishesTrouble = fault.words;
    }
  },
  get noWishes() { return this.wishesRead && !this.wishes.length; },
  isWishOrder(order) { return this.wishOrder === order ? "true" : "false"; },
  orderWishes(order) { this.wishOrder = order; this.readUnanswered(); },
  wishTimes(wish) { return interpolate(ngettext("%s vez", "%s veces", wish.times), [number(wish.times)]); },
  wishWhen(wish) {
    const day = when(wish.last_at);
    return wish.contact_name ? `${wish.contact_name} · ${day}` : day;
  },
  wishHref(wish) { return `/user/inbox?conversation=${wish.conversation_id}`; },
  newProductHref(wish) { return `/user/commercial/products?${query({ new: 1, name: thingIn(wish.question), wish: wish.id })}`; },
  seeWish(event, wish) {
    if (event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    this.open(wish.conversation_id);
  },
  dismissLabel(wish) { return interpolate(gettext("Quitar «%s» de la lista"), [wish.question]); },
  async dismiss(wish) {
    this.wishes = this.wishes.filter((other) => other.id !== wish.id);
    try {
      await post(`${UNANSWERED}/${wish.id}/dismiss`);
      notify({
        text: gettext("Fuera de la lista."), action: gettext("Deshacer"),
        run: async () => { await post(`${UNANSWERED}/${wish.id}/restore`); await this.readUnanswered(); },
      });
    } catch (fault) {
      if (!(fault instanceof ApiError)) throw fault;
      notify({ text: fault.words, kind: "bad" });
      await this.readUnanswered();
    }
  },
};

// What a question is about, as far as its words show it: «¿Venden bicicletas para niños?» begins «Bicicletas para niños».
// It stands in an open field, so a wrong guess costs a word to be typed.
const GREETING = /(?:hola|buenas(?: tardes| noches)?|buenos días|hello|hi|olá|oi)[,.!\s]+/.source;
const ASKING = /(?:ustedes |vocês |do you )?(?:tiene[ns]?|vende[ns]?|hay|manejan|busco|quiero|necesito|cuánto (?:cuestan?|valen?)|have|sell|t[eê]m|vendem|quanto custam?)/.source;
const ARTICLE = /(?:el|la|los|las|unos?|unas?|algún|alguna|any|an?|the|os?|as?|uma?)\s+/.source;
const LEAD = new RegExp(`^[¡¿\\s]*(?:${GREETING})?[¡¿\\s]*${ASKING}\\s+(?:${ARTICLE})?`, "iu");

function thingIn(question) {
  const [first] = question.split("?");
  const said = (first.trim() ? first : question).replace(LEAD, "").replace(/^[¿¡\s]+|[.!\s]+$/gu, "").slice(0, 200);
  return said ? said[0].toLocaleUpperCase() + said.slice(1) : "";
}
