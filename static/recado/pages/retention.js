// Ajustes, «Cuánto se guarda»: months, part of the form around it.
import Alpine from "../../vendor/alpine.min.js";
import { number } from "../format.js";

const TALKS = [1, 3, 6, 12, 24, 36, 60];
const EVENTS = [3, 6, 12, 24, 36];

// What a program chose may be none of ours.
function choices(usual, chosen) {
  const all = !chosen || usual.includes(chosen) ? usual : [...usual, chosen].sort((one, other) => one - other);
  return all.map((months) => ({
    months, chosen: months === chosen, label: interpolate(ngettext("%s mes", "%s meses", months), [number(months)]),
  }));
}

Alpine.data("retention", () => ({
  get talks() { return choices(TALKS, this.values.conversations_months); },
  get events() { return choices(EVENTS, this.values.events_months); },
  keep(name, months) {
    this.values[name] = months === "" ? null : Number(months);
    this.touch();
  },
}));
