// Agenda: when?
import Alpine from "../../vendor/alpine.min.js";
import { PERSONAL, all, alter, clockOf, dayOf, dayWall, instantOf, later, minutesBetween, spanWords, tell, today, wallOf } from "../agenda.js";
import { ApiError, get } from "../api.js";
import "../export-menu.js";
import { shell } from "../format.js";
import { notify, shortcut } from "../frame.js";
import "./appointment.js";
import "./booked.js";
import "./exchange.js";
import { VIEWS, makeCalendar, titleOf } from "./calendar.js";
import { askScope } from "./scope.js";
import "./words.js";

const KEY = `recado:${shell.person}:agenda`;
const LID = 60; // the bar at the top of a phone
const BEGINNING = 44; // of an appointment: its hour and title
const SETTLING_MS = 2000;
const narrow = window.matchMedia("(max-width: 47.99rem)");

let calendar = null; // not reactive: it is FullCalendar's

Alpine.data("agenda", () => ({
  title: "", view: "", firstDay: "", ready: false, trouble: "", defaults: { minutes: 60, reminders: [15] }, shown: [], any: true, awaited: null,
  cancelled: false,

  async init() {
    const asked = new URLSearchParams(location.search);
    const kept = localStorage.getItem(`${KEY}:${narrow.matches ? "narrow" : "wide"}`);
    this.view = [asked.get("view"), kept].find((name) => name in VIEWS) || (narrow.matches ? "day" : "week");
    const preferences = await get("/api/user/preferences").catch((fault) => { if (!(fault instanceof ApiError)) throw fault; return {}; });
    this.defaults.minutes = preferences.default_minutes || 60;
    calendar = makeCalendar(this.$refs.calendar, {
      view: this.view, date: /^\d{4}-\d\d-\d\d$/.test(asked.get("date") || "") ? asked.get("date") : "", hours: preferences.working_hours,
      load: (from, to) => this.load(from, to),
      show: (appointment) => this.show(appointment),
      create: ({ start, end, allDay }) => {
        const moment = allDay ? (day) => day : instantOf;
        this.create({ start_datetime: moment(start), end_datetime: end ? moment(end) : null, all_day: allDay });
      },
      move: (info) => this.move(info),
      changed: ({ view }) => this.turned(view),
      drawn: () => this.drawn(),
    });
    const id = asked.get("id") || asked.get("appointment"); // a reminder's letter names it so
    if (id) this.openById(id);
    else if (asked.has("new")) this.create();
    shortcut("n", () => this.create());
    shortcut("/", () => this.$root.querySelector("[data-part=words]").focus());
    shortcut("t", () => this.goToday());
    for (const [key, view] of [["d", "day"], ["s", "week"], ["m", "month"], ["l", "list"]]) shortcut(key, () => this.setView(view));
    window.addEventListener("online", () => this.refresh());
    document.addEventListener("visibilitychange", () => { if (!document.hidden) this.refresh(); });
  },

  async load(from, to) {
    try {
      const rows = await all(`${PERSONAL}/appointments`, { from: from.slice(0, 19), to: to.slice(0, 19) });
      this.shown = rows.filter((row) => this.cancelled || row.status !== "cancelled");
      if (!rows.length && this.any) this.any = (await get(`${PERSONAL}/appointments?page_size=1`)).count > 0;
      else if (rows.length) this.any = true;
      this.trouble = "";
      return this.shown;
    } catch (fault) {
      if (!(fault instanceof ApiError)) throw fault;
      this.trouble = fault.words;
      return this.shown; // what was there stays
    } finally {
      this.ready = true;
    }
  },
  refresh() { calendar?.refetchEvents(); },
  get isFirst() { return this.ready && !this.any && !this.trouble; },
  get conflictCount() { return this.shown.filter((row) => row.status === "scheduled" && row.conflicts?.length).length; },
  get conflictText() {
    const n = this.conflictCount;
    return n ? interpolate(ngettext("%s cita se cruza con otra", "%s citas se cruzan", n), [n]) : "";
  },
  showConflict() { this.show(this.shown.find((row) => row.status === "scheduled" && row.conflicts?.length)); },

  // --- going about ---
  turned(view) {
    this.view = Object.keys(VIEWS).find((name) => VIEWS[name] === view.type);
    this.title = titleOf(view);
    this.firstDay = view.currentStart.toISOString().slice(0, 10); // the calendar keeps its walls as UTC
    localStorage.setItem(`${KEY}:${narrow.matches ? "narrow" : "wide"}`, this.view);
  },
  setView(name) { calendar.changeView(VIEWS[name]); },
  isView(name) { return this.view === name ? "true" : "false"; },
  goToday() { calendar.today(); },
  earlier() { calendar.prev(); },
  later() { calendar.next(); },

  // --- appointments ---
  dialog(detail) { this.$root.querySelector("#appointment").dispatchEvent(new CustomEvent("show-appointment", { detail: { ...detail, defaults: this.defaults } })); },
  show(appointment) { this.dialog({ appointment }); },
  create(draft = {}) { this.dialog({ draft }); },
  detail(event) { this.create(event.detail); },
  async openById(id) {
    if (!/^\d{1,18}$/.test(id)) return;
    try {
      const appointment = await get(`${PERSONAL}/appointments/${id}`);
      calendar.gotoDate(dayOf(wallOf(appointment.start_datetime)));
      this.show(appointment);
    } catch (fault) {
      if (!(fault instanceof ApiError)) throw fault;
      notify({ text: fault.words, kind: "bad" });
    }
  },
  closed() {
    calendar.unselect();
    if (location.search) history.replaceState(null, "", location.pathname);
  },
  say(text, answer) {
    const crossed = answer?.conflicts?.length ? ` ${gettext("Ojo: se cruza con otra cita.")}` : "";
    tell(text + crossed, answer, () => this.refresh());
  },
  kept({ detail }) {
    this.refresh();
    this.say(detail.text, detail.answer);
  },
  booked({ detail }) {
    this.$root.querySelector(".booked-place").dispatchEvent(new CustomEvent("show-booked", { detail }));
    this.bring(detail.answer);
  },
  look({ detail }) { this.bring(detail); },
  // Where the calendar shows it: its day, its hour, and nothing of it under the bar at the bottom of a phone.
  bring(appointment) {
    const wall = (appointment.all_day ? dayWall : wallOf)(appointment.start_datetime);
    const { currentStart, currentEnd } = calendar.view; // the calendar keeps its walls as UTC
    const isInSight = dayOf(wall) >= currentStart.toISOString().slice(0, 10) && dayOf(wall) < currentEnd.toISOString().slice(0, 10);
    this.awaited = { id: appointment.id, hour: appointment.all_day ? "" : clockOf(wall) };
    if (!isInSight) calendar.gotoDate(dayOf(wall));
    this.refresh();
  },
  // Once it is drawn.
  drawn() {
    const shown = this.awaited && this.$root.querySelector(`[data-appointment="${this.awaited.id}"]`);
    if (!shown) return;
    const { hour } = this.awaited;
    this.awaited = null;
    if (hour) calendar.scrollToTime(later(`${today()}T${hour}`, -Math.min(30, minutesBetween(`${today()}T00:00`, `${today()}T${hour}`))).slice(11));
    const bar = document.querySelector(".nav-main").getBoundingClientRect();
    const floor = bar.top > window.innerHeight / 2 ? bar.top : window.innerHeight;
    const isHidden = () => { const { top, bottom } = shown.getBoundingClientRect(); return top < LID || Math.min(bottom, top + BEGINNING) > floor; };
    const show = () => {
      if (!isHidden()) return;
      this.$root.querySelector(".booked-place").scrollIntoView({ behavior: "instant" }); // then both have room, as a rule
      if (isHidden()) shown.scrollIntoView({ block: "center", behavior: "instant" });
    };
    show();
    // What was booked is told above the calendar, and pushes it down when it is drawn.
    const place = new ResizeObserver(() => { if (shown.isConnected) show(); });
    place.observe(this.$root.querySelector(".booked-place"));
    setTimeout(() => place.disconnect(), SETTLING_MS);
  },
  // Dragged or stretched.
  async move({ appointment, start, end, allDay, revert }) {
    const scope = await askScope(appointment, gettext("¿Qué citas quieres mover?"));
    if (!scope) { revert(); return; }
    const fields = { start_datetime: start.length === 10 ? `${start}T00:00` : start, version: appointment.version };
    if (allDay !== appointment.all_day) Object.assign(fields, { all_day: allDay, busy: !allDay });
    if (end) fields.end_datetime = end.length === 10 ? `${end}T00:00` : end;
    try {
      const answer = await alter("appointments", appointment.id, fields, { scope });
      this.say(interpolate(gettext("Listo. %s, %s."), [answer.title, spanWords(answer)]), answer);
    } catch (fault) {
      if (!(fault instanceof ApiError)) throw fault;
      revert();
      const stale = fault.status === 409 ? gettext("Esta cita cambió en otra ventana. Ahora ves cómo está.") : "";
      notify({ text: stale || Object.values(fault.fields).join(" ") || fault.words, kind: "bad" });
    }
    this.refresh();
  },

  // --- options ---
  openMore() { document.getElementById("agenda-more").showModal(); },
  toggleCancelled() { this.cancelled = !this.cancelled; this.refresh(); },
}));
