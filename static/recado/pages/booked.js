// What was understood and booked of an appointment in words, whole: it stands above the calendar, covers nothing, and
// stays until it is closed, taken back or followed by the next one.
import Alpine from "../../vendor/alpine.min.js";
import { alter, beforeWords, capital, clockOf, dayOf, dayWall, fullDay, lengthWords, minutesBetween, ruleWords, spanWords, undo, wallOf } from "../agenda.js";
import { ApiError } from "../api.js";
import { notify } from "../frame.js";

const walls = ({ start_datetime: start, end_datetime: end, all_day: allDay }) => [start, end].map(allDay ? dayWall : wallOf);

Alpine.data("booked", () => ({
  done: null, others: [], acts: [], busy: false, trouble: "",

  // `detail`: the answer, and the other days or hours that the words might have meant.
  show({ detail: { answer, others = [] } }) {
    this.done = answer;
    this.others = answer.series ? [] : others; // a series is moved by its dialog
    this.acts = [answer.undo.id];
    this.trouble = "";
  },
  get shown() { return Boolean(this.done); },
  get title() { return this.done?.title || ""; },
  get facts() {
    if (!this.done) return [];
    const { all_day: allDay, reminder_minutes: minutes, location, attendees, rrule } = this.done;
    const [start, end] = walls(this.done);
    const single = dayOf(start) === dayOf(end);
    const names = attendees.map((one) => one.name || one.email || one.phone).filter(Boolean).join(", ");
    return [
      { name: gettext("Día"), text: capital(allDay || !single ? spanWords(this.done) : fullDay(start)) },
      !allDay && { name: gettext("Hora"), text: `${single ? `${clockOf(start)}–${clockOf(end)}` : clockOf(start)} (${lengthWords(minutesBetween(start, end))})` },
      rrule && { name: gettext("Se repite"), text: ruleWords(rrule) },
      { name: gettext("Aviso"), text: minutes.length ? capital(minutes.map(beforeWords).join(", ")) : gettext("Sin aviso") },
      location && { name: gettext("Lugar"), text: location },
      names && { name: gettext("Con"), text: names },
    ].filter(Boolean);
  },
  get crosses() { return Boolean(this.done?.conflicts?.length); },
  get hasOthers() { return this.others.length > 0; },
  labelOf(other) { return capital(spanWords({ start_datetime: other, all_day: other.length === 10 })); },

  async move(other) {
    const length = Date.parse(this.done.end_datetime) - Date.parse(this.done.start_datetime);
    const start = other.length === 10 ? `${other}T00:00` : other;
    const fields = { start_datetime: start, version: this.done.version };
    if (!this.done.all_day) fields.end_datetime = new Date(Date.parse(other) + length).toISOString();
    await this.act(async () => {
      const before = this.done.start_datetime;
      const answer = await alter("appointments", this.done.id, fields);
      this.others = this.others.map((one) => (one === other ? before : one));
      this.done = answer;
      this.acts.push(answer.undo.id);
      this.$dispatch("look", answer);
    });
  },
  async takeBack() {
    await this.act(async () => {
      while (this.acts.length) if (!(await undo(this.acts.pop()))) return; // the move first, then the booking
      this.close();
      notify({ text: gettext("Listo, como antes.") });
      this.$dispatch("stale");
    });
  },
  async act(run) {
    if (this.busy) return;
    this.busy = true;
    this.trouble = "";
    try {
      await run();
    } catch (fault) {
      if (!(fault instanceof ApiError)) throw fault;
      this.trouble = Object.values(fault.fields).join(" ") || fault.words;
    } finally {
      this.busy = false;
    }
  },
  open() { this.$dispatch("open-booked", this.done); this.close(); },
  close() { this.done = null; this.others = this.acts = []; },
}));
