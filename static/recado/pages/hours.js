// Two fields of the settings: the week's working hours, and the ways to be reminded in their order. Both change the
// `values` of the form that they stand in.
import Alpine from "../../vendor/alpine.min.js";
import { shell } from "../format.js";

const KEYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
const USUAL = [["09:00", "18:00"]];
const MOST_SPANS = 6;
const names = new Intl.DateTimeFormat(shell.locale, { weekday: "long", timeZone: "UTC" });
const later = (clock, hours) => `${String(Math.min(23, Number(clock.slice(0, 2)) + hours)).padStart(2, "0")}:${clock.slice(3, 5)}`;

Alpine.data("hours", () => ({
  days: KEYS.map((key, n) => {
    const name = names.format(new Date(Date.UTC(2024, 0, 1 + n))); // a Monday
    return { key, name: name.slice(0, 1).toLocaleUpperCase() + name.slice(1) };
  }),
  // The server's message begins with the day it is about.
  errorOf(day) { const text = this.errors.working_hours || ""; return text.toLocaleLowerCase().startsWith(`${day.name.toLocaleLowerCase()}:`) ? text : ""; },
  invalidDay(day) { return this.errorOf(day) ? "true" : "false"; },
  get errorOfAll() { return this.days.some((day) => this.errorOf(day)) ? "" : this.errors.working_hours || ""; },
  all(day) { return this.values.working_hours[day.key] || []; },
  isOpen(day) { return this.all(day).length > 0; },
  isClosed(day) { return !this.all(day).length; },
  // A field for the time has no «24:00»: the day ends at the midnight that it shows as 00:00.
  spansOf(day) { return this.all(day).map(([start, end], n) => ({ key: `${day.key}${n}`, n, start, end: end === "24:00" ? "00:00" : end })); },
  put(day, spans) { this.values.working_hours = Object.fromEntries(KEYS.map((key) => [key, key === day.key ? spans : this.values.working_hours[key] || []]).filter(([, kept]) => kept.length)); this.touch(); },
  toggle(day) { this.put(day, this.isOpen(day) ? [] : this.before.working_hours[day.key] || USUAL.map((span) => [...span])); },
  setSpan(day, n, side, clock) {
    if (!clock) return;
    this.put(day, this.all(day).map((span, m) => (m === n ? span.map((kept, at) => (at === side ? (side && clock === "00:00" ? "24:00" : clock) : kept)) : span)));
  },
  addSpan(day) {
    const spans = this.all(day), last = spans.at(-1)[1];
    if (spans.length < MOST_SPANS) this.put(day, [...spans, [later(last, 1), later(last, 4)]]);
  },
  dropSpan(day, n) { this.put(day, this.all(day).filter((_, m) => m !== n)); },
  copy(day) { this.values.working_hours = Object.fromEntries(KEYS.map((key) => [key, this.all(day).map((span) => [...span])])); this.touch(); },
  spanLabel(day, what) {
    const texts = {
      start: gettext("%s, desde"), end: gettext("%s, hasta"), drop: gettext("Quitar este tramo del %s"), add: gettext("Agregar un tramo al %s"),
      copy: gettext("Copiar el horario del %s a todos los días"),
    };
    return interpolate(texts[what], [["start", "end"].includes(what) ? day.name : day.name.toLocaleLowerCase()]);
  },
}));

Alpine.data("channels", () => ({
  names: [],
  init() { this.names = this.$root.dataset.names.split(";").map((pair) => pair.split("=")); },
  // Those in use in their order, then the others.
  get list() {
    const used = this.values.reminder_channels || [];
    const order = [...used, ...this.names.map(([value]) => value).filter((value) => !used.includes(value))];
    return order.map((value) => ({ value, on: used.includes(value), name: this.names.find(([known]) => known === value)?.[1] || value }));
  },
  get silent() { return this.ready && !this.values.reminder_channels.length; },
  toggle(channel) {
    const used = this.values.reminder_channels;
    this.values.reminder_channels = channel.on ? used.filter((value) => value !== channel.value) : [...used, channel.value];
    this.touch();
  },
  canRise(channel) { return channel.on && this.values.reminder_channels.indexOf(channel.value) > 0; },
  riseLabel(channel) { return interpolate(gettext("Probar antes: %s"), [channel.name]); },
  rise(channel) {
    const used = [...this.values.reminder_channels], at = used.indexOf(channel.value);
    [used[at - 1], used[at]] = [used[at], used[at - 1]];
    this.values.reminder_channels = used;
    this.touch();
  },
}));
