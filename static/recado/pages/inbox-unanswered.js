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
