// Ajustes, «Plan y consumo»: what this month holds, what was used of it, and who answers.
import Alpine from "../../vendor/alpine.min.js";
import { get } from "../api.js";
import { shell } from "../format.js";

const NOTES = {
  little: gettext("Queda poco."),
  reached: gettext("Se acabó por este mes."),
};
const CLASSES = { plenty: "", little: "is-nearly", reached: "is-nearly" };

// «1 de diciembre»: a date without an hour is the same day everywhere.
const dayOf = (iso) => new Intl.DateTimeFormat(shell.locale, { day: "numeric", month: "long", timeZone: "UTC" }).format(new Date(`${iso}T00:00:00Z`));
const sinceOf = (iso) => new Intl.DateTimeFormat(shell.locale, { day: "numeric", month: "long", year: "numeric", timeZone: shell.timezone }).format(new Date(iso));

function whoAnswers({ provider, model, since }) {
  if (provider === "builtin") return gettext("Responde el asistente incorporado.");
  const words = { model, since: since ? sinceOf(since) : "" };
  return since
    ? interpolate(gettext("Responde %(model)s desde el %(since)s; mientras no pueda, el asistente incorporado."), words, true)
    : interpolate(gettext("Responde %(model)s; mientras no pueda, el asistente incorporado."), words, true);
}

Alpine.data("plan", () => ({
  list: [], plan: null, ends: "", notice: "", answering: "", ready: false, trouble: "",

  init() { this.load(); },
  get planWords() {
    if (!this.plan) return "";
    const words = { name: this.plan.name, price: this.plan.price };
    return interpolate(this.plan.price ? gettext("Tu plan es «%(name)s» (%(price)s).") : gettext("Tu plan es «%(name)s»."), words, true);
  },
  get monthWords() { return this.ends ? interpolate(gettext("Este mes termina el %s; entonces empieza otra vez de cero."), [this.ends]) : ""; },

  async load() {
    this.trouble = "";
    try {
      const found = await get("/api/user/usage");
      this.plan = found.plan;
      const last = new Date(`${found.ends_on}T00:00:00Z`);
      last.setUTCDate(last.getUTCDate() - 1);
      this.ends = dayOf(last.toISOString().slice(0, 10));
      this.notice = found.notice;
      this.answering = whoAnswers(found.answering);
      this.list = found.measures.map((one) => ({
        ...one, id: `plan-${one.measure}`, limited: one.share !== null, bar: String(Math.min(one.share ?? 0, 1)), // as text: Alpine does not write the number 0
        class: CLASSES[one.state], note: NOTES[one.state] || "",
      }));
      this.ready = true;
    } catch (fault) {
      this.trouble = fault.words || String(fault);
    }
  },
}));
