// Ajustes, «Registro de actividad»: the latest events of the business and of the account.
import Alpine from "../../vendor/alpine.min.js";
import { ApiError, get } from "../api.js";
import { clock, dayName, when } from "../format.js";

const SHOWN = 50;

// What one sees of an event beside its name: whom or what it was about, and from where.
function detailOf({ data }) {
  const said = data.title || data.name || data.text || data.query || data.reason;
  const money = data.total && data.currency ? `${data.total} ${data.currency}` : "";
  const from = [data.address, shortAgent(data.agent)].filter(Boolean).join(", ");
  return [said, money, from].filter(Boolean).join(" · ");
}

// «Firefox · Linux» of a browser's long name for itself; the beginning of any other.
function shortAgent(agent = "") {
  const browser = agent.match(/(Edg|OPR|Firefox|Chrome|Safari)\//)?.[1];
  const system = agent.match(/Android|iPhone|iPad|Windows|Mac OS X|Linux/)?.[0];
  const names = { Edg: "Edge", OPR: "Opera" };
  return browser ? [names[browser] || browser, system].filter(Boolean).join(", ") : agent.slice(0, 40);
}

Alpine.data("activity", () => ({
  list: [], security: false, loading: true, trouble: "", actors: {},

  init() {
    this.actors = Object.fromEntries(this.$root.dataset.actors.split(";").map((pair) => pair.split("=")));
    this.load();
  },
  get note() {
    if (this.loading || this.trouble || this.list.length) return "";
    return this.security ? gettext("Nada que cuidar por ahora.") : gettext("Todavía no pasó nada.");
  },
  show(event) {
    return {
      ...event, who: this.actors[event.actor] || event.actor, detail: detailOf(event),
      when: when(event.at), exact: `${dayName(event.at)}, ${clock(event.at)}`,
    };
  },
  async load() {
    this.loading = true;
    this.trouble = "";
    try {
      const { results } = await get(`/api/user/events?page_size=${SHOWN}${this.security ? "&security=true" : ""}`);
      this.list = results.map((event) => this.show(event));
    } catch (fault) {
      if (!(fault instanceof ApiError)) throw fault;
      this.trouble = fault.words;
    } finally { this.loading = false; }
  },
}));
