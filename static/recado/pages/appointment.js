// The dialog of one appointment: everything that dragging does, with fields, and the rest.
import Alpine from "../../vendor/alpine.min.js";
import {
  PERSONAL, add, all, alter, beforeWords, cancel, capital, clockOf, dayOf, dayWall, dayWords, drop, later, minutesBetween, readRule,
  repeatChoices, spanWords, today, wallNow, wallOf, writeRule,
} from "../agenda.js";
import { ApiError, get, query } from "../api.js";
import { notify } from "../frame.js";
import { askScope } from "./scope.js";

const REMINDERS = [0, 5, 10, 15, 30, 60, 120, 1440, 2880, 10080];
const FREE_DAYS = 7;
const SLOTS = 9;
const PER_DAY = 3;
const PAUSE_MS = 300;
const FIELDS = ["title", "start_datetime", "end_datetime", "location", "attendees", "reminder_minutes", "rrule", "description"];

const blank = ({ minutes = 60, reminders = [15] } = {}) => {
  const start = nextHalfHour();
  const end = later(start, minutes);
  return {
    title: "", all_day: false, day: dayOf(start), clock: clockOf(start), end_day: dayOf(end), end_clock: clockOf(end), location: "",
    attendees: [], reminders: [...reminders], repeat: "", until: "", busy: true, description: "",
  };
};

function nextHalfHour() {
  const now = wallNow();
  return later(now, 30 - (Number(now.slice(14, 16)) % 30));
}

// An appointment, or a draft of one, as the fields show it.
function valuesOf(thing, defaults) {
  const values = blank(defaults);
  const { repeat, until } = readRule(thing.rrule);
  if (thing.start_datetime) {
    const wall = thing.all_day ? dayWall : wallOf;
    const start = wall(thing.start_datetime);
    const end = thing.end_datetime ? wall(thing.end_datetime) : later(start, thing.all_day ? 1440 : defaults.minutes);
    Object.assign(values, {
      day: dayOf(start), clock: clockOf(start), end_clock: clockOf(end), end_day: dayOf(thing.all_day ? later(end, -1) : end),
    });
  }
  if (thing.day) Object.assign(values, { day: thing.day, end_day: thing.day });
  for (const name of ["title", "location", "description", "all_day", "busy"]) if (thing[name] !== undefined && thing[name] !== null) values[name] = thing[name];
  if (thing.attendees) values.attendees = [thing.attendees].flat().map((one) => (typeof one === "string" ? { name: one } : one));
  if (thing.reminder_minutes !== undefined && thing.reminder_minutes !== null) values.reminders = [thing.reminder_minutes].flat();
  return { ...values, repeat, until };
}

function bodyOf(values) {
  return {
    title: values.title.trim(), all_day: values.all_day, busy: values.busy, location: values.location.trim(), description: values.description,
    start_datetime: values.all_day ? `${values.day}T00:00` : `${values.day}T${values.clock}`,
    end_datetime: values.all_day ? `${later(values.end_day, 1440)}T00:00` : `${values.end_day}T${values.end_clock}`,
    attendees: values.attendees.map(({ name = "", email = "", phone = "", contact = null }) => ({ name, email, phone, contact })),
    reminder_minutes: [...values.reminders].sort((one, other) => one - other), rrule: writeRule(values),
  };
}

// Some starts within what is free, at most three a day, so that there is a choice of days too.
function startsIn(slots, minutes) {
  const starts = [], perDay = new Map();
  for (const slot of slots) {
    const end = wallOf(slot.end);
    for (let start = wallOf(slot.start); later(start, minutes) <= end; start = later(start, Math.max(minutes, 60))) {
      const day = dayOf(start), taken = perDay.get(day) || 0;
      if (taken === PER_DAY) break;
      perDay.set(day, taken + 1);
      starts.push({ start, label: `${capital(dayWords(start))} ${clockOf(start)}` });
    }
  }
  return starts.slice(0, SLOTS);
}

const same = (one, other) => JSON.stringify(one) === JSON.stringify(other);

Alpine.data("appointment", () => ({
  values: blank(), errors: {}, trouble: "", saving: false, appointment: null, before: {}, conflict: null, defaults: {},
  slots: [], searching: false, searched: false, crossings: [], attendee: "", contacts: [], reason: "", cancelling: false,
  timer: 0, known: new Map(), box: null,

  // Not $root: from a button that has just been removed it finds nothing.
  init() { this.box = this.$root; },

  get heading() { return this.appointment ? gettext("Cita") : gettext("Nueva cita"); },
  get stands() { return this.appointment?.status === "scheduled"; },
  get isClosed() { return Boolean(this.appointment) && !this.stands; },
  get stateText() {
    const reason = this.appointment?.cancel_reason;
    if (this.appointment?.status === "completed") return gettext("Ya se realizó.");
    return reason ? interpolate(gettext("Cancelada: %s"), [reason]) : gettext("Está cancelada.");
  },
  get repeats() { return repeatChoices(this.values.repeat); },
  isRepeat(choice) { return choice.value === this.values.repeat; },
  get reminderChoices() { return REMINDERS.filter((minutes) => !this.values.reminders.includes(minutes)).map((minutes) => ({ minutes, label: beforeWords(minutes) })); },
  get sortedReminders() { return [...this.values.reminders].sort((one, other) => one - other); },
  before_(minutes) { return capital(beforeWords(minutes)); },
  get timesClass() { return this.values.all_day ? "times is-day" : "times"; },
  get crossingText() {
    const [first, ...rest] = this.crossings;
    if (!first) return "";
    const text = interpolate(gettext("Se cruza con «%s» (%s)."), [first.title, `${clockOf(wallOf(first.start_datetime))}–${clockOf(wallOf(first.end_datetime))}`]);
    return rest.length ? `${text} ${interpolate(ngettext("Y con %s más.", "Y con %s más.", rest.length), [rest.length])}` : text;
  },
  invalid(name) { return this.errors[name] ? "true" : "false"; },

  // `detail` is {appointment}, or {draft} with what is known of a new one.
  open({ detail }) {
    const { appointment = null, draft = {}, defaults = {} } = detail;
    this.defaults = defaults;
    this.appointment = appointment;
    this.values = valuesOf(appointment || draft, defaults);
    this.before = appointment ? bodyOf(this.values) : {};
    Object.assign(this, { errors: {}, trouble: "", conflict: null, slots: [], searched: false, crossings: [], attendee: "", cancelling: false, reason: "", saving: false });
    if (!this.box.open) this.box.showModal();
    this.$nextTick(() => { if (!this.cancelling) this.$refs.title.focus(); }); // whoever is quick is in the reason already
    this.look();
  },
  dismiss() { this.box.close(); },
  closed() { this.$dispatch("closed"); },

  // --- when ---
  get start() { return this.values.all_day ? this.values.day : `${this.values.day}T${this.values.clock}`; },
  get end() { return this.values.all_day ? later(this.values.end_day, 1440) : `${this.values.end_day}T${this.values.end_clock}`; },
  get minutes() { return Math.max(5, minutesBetween(this.start, this.end)); },
  // The start moves and takes the end along.
  startMoved(before) {
    const values = this.values;
    if (!values.day || !values.clock) return;
    const length = minutesBetween(`${before.day}T${before.clock}`, `${values.end_day}T${values.end_clock}`);
    const end = later(`${values.day}T${values.clock}`, length > 0 ? length : this.defaults.minutes || 60);
    values.end_day = dayOf(end);
    values.end_clock = clockOf(end);
    this.look();
  },
  setDay(day) { if (day) this.shift({ day }); },
  setClock(clock) { if (clock) this.shift({ clock }); },
  shift(fields) {
    const before = { day: this.values.day, clock: this.values.clock };
    Object.assign(this.values, fields);
    this.startMoved(before);
  },
  allDayChanged() {
    if (!this.values.all_day && minutesBetween(this.start, this.end) <= 0) this.values.end_clock = clockOf(later(this.start, this.defaults.minutes || 60));
    this.values.busy = !this.values.all_day;
    this.look();
  },
  // What it would cross with, while one chooses.
  look() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.cross(), PAUSE_MS);
  },
  async cross() {
    if (!this.values.busy || !this.box.open || this.end <= this.start) { this.crossings = []; return; }
    const [start, end] = [this.start, this.end];
    try {
      const rows = await all(`${PERSONAL}/appointments`, { from: `${start}${start.length === 10 ? "T00:00" : ""}`, to: `${end}${end.length === 10 ? "T00:00" : ""}`, status: "scheduled" });
      if (start !== this.start || end !== this.end) return;
      this.crossings = rows.filter((row) => row.busy && row.id !== this.appointment?.id);
    } catch (fault) {
      if (!(fault instanceof ApiError)) throw fault; // a preview only: saving says what is the matter
    }
  },
  async findFree() {
    this.searching = true;
    const from = this.values.day > today() ? `${this.values.day}T00:00` : wallNow();
    try {
      const minutes = this.values.all_day ? this.defaults.minutes || 60 : Math.min(this.minutes, 1440);
      const { slots } = await get(`${PERSONAL}/appointments/free?${query({ from, to: later(`${dayOf(from)}T00:00`, FREE_DAYS * 1440), minutes })}`);
      this.slots = startsIn(slots, minutes);
      this.searched = true;
    } catch (fault) {
      if (!(fault instanceof ApiError)) throw fault;
      this.trouble = Object.values(fault.fields).join(" ") || fault.words;
    }
    this.searching = false;
  },
  get noSlots() { return this.searched && !this.slots.length; },
  take(slot) {
    const minutes = this.values.all_day ? this.defaults.minutes || 60 : this.minutes;
    const start = slot.start, end = later(start, minutes);
    Object.assign(this.values, { all_day: false, busy: true, day: dayOf(start), clock: clockOf(start), end_day: dayOf(end), end_clock: clockOf(end) });
    this.slots = [];
    this.searched = false;
    this.look();
  },

  // --- who ---
  async suggest() {
    try {
      const answer = await get(`/api/user/contacts?${query({ search: this.attendee.trim(), page_size: 20 })}`);
      this.contacts = answer.results || answer;
      for (const contact of this.contacts) this.known.set(contact.name.toLowerCase(), contact);
    } catch (fault) {
      if (!(fault instanceof ApiError)) throw fault;
      this.contacts = []; // suggestions only
    }
  },
  attendeeTyped() {
    if (this.attendee.includes(",")) this.addAttendee();
    else if (this.known.has(this.attendee.trim().toLowerCase())) this.addAttendee();
    else this.suggest();
  },
  addAttendee() {
    for (const text of this.attendee.split(",").map((part) => part.trim()).filter(Boolean)) {
      const contact = this.known.get(text.toLowerCase());
      const taken = this.values.attendees.some((one) => (one.name || one.email).toLowerCase() === text.toLowerCase());
      if (taken) continue;
      if (contact) this.values.attendees.push({ name: contact.name, email: contact.email || "", phone: contact.phone || "", contact: contact.id });
      else this.values.attendees.push(text.includes("@") ? { name: "", email: text } : { name: text });
    }
    this.attendee = "";
  },
  attendeeName(attendee) { return attendee.name || attendee.email || attendee.phone; },
  removeLabel(text) { return interpolate(gettext("Quitar %s"), [text]); },
  removeAttendee(attendee) { this.values.attendees = this.values.attendees.filter((one) => one !== attendee); },
  addReminder(event) {
    if (event.target.value === "") return;
    this.values.reminders.push(Number(event.target.value));
    event.target.value = "";
  },
  removeReminder(minutes) { this.values.reminders = this.values.reminders.filter((one) => one !== minutes); },

  // --- keeping it ---
  check() {
    const errors = {};
    if (!this.values.title.trim()) errors.title = gettext("Ponle un título.");
    if (!this.values.day || (!this.values.all_day && !this.values.clock)) errors.start_datetime = gettext("Di cuándo empieza.");
    else if (this.end <= this.start) errors.end_datetime = gettext("Tiene que terminar después de empezar.");
    this.errors = errors;
    if (!Object.keys(errors).length) return true;
    this.focusError();
    return false;
  },
  async save() {
    if (this.attendee.trim()) this.addAttendee();
    if (this.saving || !this.check()) return;
    const body = bodyOf(this.values);
    if (!this.appointment) {
      await this.send(() => add("appointments", body), gettext("Listo. %s, %s."));
      return;
    }
    const changes = Object.fromEntries(Object.entries(body).filter(([name, value]) => !same(value, this.before[name])));
    if (!Object.keys(changes).length) { this.dismiss(); return; }
    const scope = await this.scopeFor(gettext("¿Qué citas quieres cambiar?"));
    if (!scope) return;
    await this.send(() => alter("appointments", this.appointment.id, { ...changes, version: this.appointment.version }, { scope }), gettext("Listo. %s, %s."));
  },
  scopeFor(question) { return askScope(this.appointment, question); },
  async send(act, text) {
    this.saving = true;
    this.trouble = "";
    try {
      const answer = await act();
      this.dismiss();
      this.$dispatch("kept", { answer, text: interpolate(text, [answer.title, spanWords(answer)]) });
    } catch (fault) {
      if (!(fault instanceof ApiError)) throw fault;
      this.refuse(fault);
    } finally {
      this.saving = false;
    }
  },
  refuse(fault) {
    if (fault.status === 409 && fault.data.current) {
      this.conflict = fault.data.current;
      this.$nextTick(() => this.box.querySelector(".conflict .btn-primary").focus());
      return;
    }
    this.errors = Object.fromEntries(Object.entries(fault.fields).filter(([name]) => FIELDS.includes(name)));
    const rest = Object.entries(fault.fields).filter(([name]) => !FIELDS.includes(name)).map(([, text]) => text);
    this.trouble = rest.join(" ") || (Object.keys(this.errors).length ? "" : fault.words);
    this.focusError();
  },
  focusError() { this.$nextTick(() => this.box.querySelector('[aria-invalid="true"]')?.focus()); },
  get conflictText() { return this.conflict ? `${this.conflict.title}: ${spanWords(this.conflict)}` : ""; },
  keepMine() {
    this.appointment = this.conflict;
    this.before = {};
    this.conflict = null;
    return this.save();
  },
  takeTheirs() { this.open({ detail: { appointment: this.conflict, defaults: this.defaults } }); this.$dispatch("stale"); },

  // --- what else one does with it ---
  async setStatus(status) {
    await this.send(
      () => alter("appointments", this.appointment.id, { status, version: this.appointment.version }),
      status === "completed" ? gettext("«%s» quedó como realizada.") : gettext("«%s» está en pie otra vez."),
    );
  },
  askReason() {
    this.cancelling = true;
    this.$nextTick(() => this.$refs.reason.focus());
  },
  keepIt() { this.cancelling = false; },
  async callOff() {
    const scope = await this.scopeFor(gettext("¿Qué citas quieres cancelar?"));
    if (!scope) return;
    const { id, version } = this.appointment;
    await this.send(() => cancel(id, { reason: this.reason.trim(), scope, version }), gettext("Cancelaste «%s»."));
  },
  async erase() {
    const scope = await this.scopeFor(gettext("¿Qué citas quieres borrar?"));
    if (!scope) return;
    const { id, title } = this.appointment;
    this.saving = true;
    try {
      const answer = await drop("appointments", id, { scope });
      this.dismiss();
      this.$dispatch("kept", { answer, text: interpolate(gettext("Borraste «%s»."), [title]) });
    } catch (fault) {
      if (!(fault instanceof ApiError)) throw fault;
      if (fault.status === 404) { this.dismiss(); this.$dispatch("stale"); }
      notify({ text: fault.words, kind: "bad" });
    } finally {
      this.saving = false;
    }
  },
}));

