// «dentista el jueves a las 4»: says what was understood while one types, asks when it is not sure, and Enter books it.
import Alpine from "../../vendor/alpine.min.js";
import { PRIORITIES, add, beforeWords, bodyOf, capital, dayWords, draft, ruleWords, spanWords } from "../agenda.js";
import { ApiError } from "../api.js";

const PAUSE_MS = 350;

Alpine.data("words", () => ({
  text: "", draft: null, others: [], read: "", trouble: "", busy: false, reading: false, timer: 0, calling: null, kind: "", box: null,

  // Not $root, nor $dispatch: a candidate that was chosen is no longer on the page when it is booked.
  init() {
    this.box = this.$root;
    this.kind = this.box.dataset.kind;
  },
  tell(name, detail) { this.box.dispatchEvent(new CustomEvent(name, { detail, bubbles: true })); },
  get path() { return this.kind === "task" ? "tasks" : "appointments"; },
  get shown() { return Boolean(this.draft) && Boolean(this.text.trim()); },
  get isReading() { return this.reading && !this.shown; },
  get asks() { return this.shown && Boolean(this.question); },
  get question() {
    if (!this.draft) return "";
    if (this.draft.ambiguous) return this.draft.question || gettext("¿Cuál de estas?");
    if (this.kind === "appointment" && !this.draft.start_datetime) return this.draft.question || gettext("¿Cuándo? Agrégale el día y la hora.");
    return "";
  },
  get candidates() { return (this.asks && this.draft.candidates) || []; },
  get hasOthers() { return this.shown && !this.question && this.others.length > 0; },
  get canBook() { return this.shown && !this.question && this.draft.title; },
  get title() { return this.draft?.title || ""; },
  get moment() {
    if (!this.draft) return "";
    if (this.kind === "task") return this.draft.due_date ? interpolate(gettext("vence %s"), [dayWords(this.draft.due_date)]) : gettext("sin fecha");
    return spanWords(this.draft);
  },
  get details() {
    if (!this.draft) return "";
    const { location, attendees = [], reminder_minutes: minutes, rrule, priority, category } = this.draft;
    const names = (attendees || []).map((one) => one.name || one.email || one).join(", ");
    return [
      location, names && interpolate(gettext("con %s"), [names]), rrule && ruleWords(rrule).toLocaleLowerCase(),
      priority && priority !== "medium" && this.kind === "task" && interpolate(gettext("prioridad %s"), [PRIORITIES[priority].toLocaleLowerCase()]),
      category, minutes !== undefined && minutes !== null && [minutes].flat().length && interpolate(gettext("aviso %s"), [[minutes].flat().map(beforeWords).join(", ")]),
    ].filter(Boolean).join(" · ");
  },
  // A candidate is a day or an instant.
  labelOf(candidate) { return capital(this.kind === "task" ? dayWords(candidate) : spanWords({ start_datetime: candidate, all_day: candidate.length === 10 })); },

  typed() {
    clearTimeout(this.timer);
    this.trouble = "";
    this.timer = setTimeout(() => this.understand(), PAUSE_MS);
  },
  async understand() {
    const text = this.text.trim();
    this.calling?.abort();
    this.reading = false;
    if (!text) { this.draft = null; this.read = ""; return; }
    this.reading = true;
    const calling = this.calling = new AbortController();
    try {
      const read = await draft(text, this.kind, { signal: calling.signal });
      if (this.calling !== calling) return;
      this.draft = read;
      this.others = read.others || [];
      this.read = text;
      this.reading = false;
    } catch (fault) {
      if (fault.name === "AbortError") return;
      this.reading = false;
      if (!(fault instanceof ApiError)) throw fault;
      this.draft = null;
      this.trouble = Object.values(fault.fields).join(" ") || fault.words;
    }
  },
  async submit() {
    if (this.busy || !this.text.trim()) return;
    clearTimeout(this.timer);
    this.busy = true;
    try {
      if (this.read !== this.text.trim()) await this.understand();
      if (this.canBook) await this.book();
      else if (this.candidates.length) this.$nextTick(() => this.box.querySelector(".candidate")?.focus());
    } finally {
      this.busy = false;
    }
  },
  choose(candidate) {
    const { start_datetime: start, end_datetime: end } = this.draft;
    const chosen = this.kind === "task" ? { due_date: candidate.slice(0, 10) } : { start_datetime: candidate, all_day: candidate.length === 10 };
    if (start && end && candidate.length > 10) chosen.end_datetime = new Date(Date.parse(candidate) + Date.parse(end) - Date.parse(start)).toISOString();
    this.others = [...this.draft.candidates, ...(this.draft.others || []), this.draft.start_datetime].filter((other) => other && other !== candidate);
    this.draft = { ...this.draft, ...chosen, ambiguous: false, question: "", candidates: [] };
    return this.canBook ? this.book() : null;
  },
  async book() {
    try {
      const answer = await add(this.path, bodyOf(this.draft, this.path));
      const others = this.others;
      this.clear();
      if (matchMedia("(pointer: coarse)").matches) this.box.querySelector("[data-part=words]").blur(); // its keyboard would cover what is told
      this.tell("booked", { answer, others });
    } catch (fault) {
      if (!(fault instanceof ApiError)) throw fault;
      this.trouble = Object.values(fault.fields).join(" ") || fault.words;
    }
  },
  more() {
    const [day] = this.candidates; // the day is known where only the hour is asked
    this.tell("detail", this.draft ? { ...bodyOf(this.draft, this.path), ...(day?.length === 10 && { day }) } : { title: this.text });
    this.clear();
  },
  clear() { this.text = this.read = ""; this.draft = null; this.others = []; this.trouble = ""; },
  escape(event) { if (this.text) { event.preventDefault(); this.clear(); } },
}));
