// Ajustes, «Límites»: what holds for this account, and what is used of it now.
import Alpine from "../../vendor/alpine.min.js";
import { get } from "../api.js";
import { number } from "../format.js";

const NEARLY = 0.8; // from here on it is shown as nearly used up

function inWords(limit) {
  const minutes = Math.round(limit.seconds / 60);
  const period = minutes === 1 ? gettext("por minuto") : interpolate(gettext("cada %s minutos"), [number(minutes)]);
  return interpolate(gettext("%(used)s de %(limit)s %(period)s"), { used: number(limit.used), limit: number(limit.limit), period }, true);
}

Alpine.data("limits", () => ({
  list: [], plan: "", off: false, ready: false, loading: false, trouble: "",

  init() { this.load(); },
  get planWords() { return this.plan ? interpolate(gettext("Tu plan es «%s»."), [this.plan]) : ""; },

  async load() {
    this.loading = true;
    this.trouble = "";
    try {
      const found = await get("/api/user/limits");
      this.plan = found.plan?.name || "";
      this.off = !found.enforced;
      this.list = found.limits.map((limit) => ({
        ...limit, id: `limit-${limit.name}`, words: inWords(limit), state: limit.used >= limit.limit * NEARLY ? "is-nearly" : "",
      }));
      this.ready = true;
    } catch (fault) {
      this.trouble = fault.words || String(fault);
    } finally { this.loading = false; }
  },
}));
