// Inicio: what needs me now?
import Alpine from "../../vendor/alpine.min.js";
import { PERSONAL, alter, capital, clockOf, dayOf, dayWall, dayWords, later, tell, today, wallNow, wallOf } from "../agenda.js";
import { ApiError, get, query } from "../api.js";
import { number, shell, when } from "../format.js";
import { iconHref, notify } from "../frame.js";
import { apiQuery, presetPeriod } from "./analytics-period.js";
import { duration, spent } from "./analytics-words.js";

const LOW = 5; // units
const SHOWN = 6;
const DAYS = 7; // ahead, for the next appointments
const CALLS = () => ({ handover: gettext("Te pide a ti"), failed_turn: gettext("Sin respuesta"), failed_delivery: gettext("No le llegó") });

Alpine.data("dashboard", () => ({
  ready: false, trouble: "", counts: { products: 0, soldOut: 0, unread: 0, late: 0, appointments: 0 }, tried: false, connected: false,
  low: [], talks: [], waiting: false, appointments: [], tasks: [],
  month: null, monthRead: false,

  init() {
    this.load();
    window.addEventListener("online", () => { if (this.trouble) this.load(); });
    document.addEventListener("visibilitychange", () => { if (!document.hidden && this.ready) this.load(); });
  },
  get greeting() {
    const hour = Number(clockOf(wallNow()).slice(0, 2));
    return hour < 5 || hour >= 19 ? gettext("Buenas noches") : hour < 12 ? gettext("Buenos días") : gettext("Buenas tardes");
  },
  get today() {
    return new Intl.DateTimeFormat(shell.locale, { weekday: "long", day: "numeric", month: "long", timeZone: shell.timezone }).format();
  },
  async load() {
    const now = wallNow();
    try {
      const [stock, soldOut, own, inbox, needy, unread, latest, channels, appointments, overdue, due] = await Promise.all([
        get(`/api/user/products?ordering=stock&page_size=${SHOWN}`), get("/api/user/products/count?in_stock=false"),
        get("/api/user/chat/conversations?channel=web&page_size=1"), get("/api/user/inbox/counts"),
        get(`/api/user/inbox?needs_me=true&page_size=${SHOWN}`), get(`/api/user/inbox?unread=true&page_size=${SHOWN}`),
        get(`/api/user/inbox?page_size=${SHOWN}`), get("/api/user/channels?page_size=1"),
        get(`${PERSONAL}/appointments?${query({ from: now, to: `${later(dayOf(now), DAYS * 1440)}T00:00`, status: "scheduled", page_size: SHOWN })}`),
        get(`${PERSONAL}/tasks?${query({ overdue: true, page_size: SHOWN, ordering: "due_date" })}`),
        get(`${PERSONAL}/tasks?${query({ overdue: false, ordering: "due_date", page_size: 50 })}`),
      ]);
      const todays = due.results.filter((task) => task.due_date === today() && task.status !== "completed");
      this.counts = { products: stock.count, soldOut: soldOut.count, unread: inbox.unread, late: overdue.count, appointments: appointments.count };
      this.low = stock.results.filter((product) => product.stock <= LOW);
      const urgent = new Set(needy.results.map((talk) => talk.id));
      const waiting = [...needy.results, ...unread.results.filter((talk) => !urgent.has(talk.id))];
      this.waiting = waiting.length > 0;
      this.talks = (this.waiting ? waiting : latest.results).slice(0, SHOWN);
      this.appointments = appointments.results;
      this.tasks = [...overdue.results, ...todays].slice(0, SHOWN + 2);
      this.tried = own.count > 0;
      this.connected = inbox.conversations > 0 || (channels.count ?? channels.length) > 0;
      this.trouble = "";
      this.ready = true;
      this.loadMonth();
    } catch (fault) {
      if (!(fault instanceof ApiError)) throw fault;
      this.trouble = fault.words;
    }
  },
  figure(name) { return number(this.counts[name]); },

  // --- the month ---
  async loadMonth() {
    try {
      this.month = (await get(`/api/user/analytics?${apiQuery({ ...presetPeriod("month"), group: "month" })}`)).figures;
    } catch (fault) {
      if (!(fault instanceof ApiError)) throw fault; // the day's work stands without it
    }
    this.monthRead = true;
  },
  monthFigure(name) {
    const value = this.month?.[name].value ?? null;
    if (value === null) return "–";
    return { response_p50_seconds: duration, cost_usd: spent }[name]?.(value) ?? number(value);
  },

  // --- the first three steps ---
  done(step) { return { products: this.counts.products > 0, chat: this.tried, whatsapp: this.connected }[step]; },
  get doneCount() { return ["products", "chat", "whatsapp"].filter((step) => this.done(step)).length; },
  get showSteps() { return this.ready && this.doneCount < 3; },
  get stepsDone() { return interpolate(gettext("%s de 3"), [this.doneCount]); },
  stepClass(step) { return this.done(step) ? "is-done" : ""; },
  stepIcon(step) { return iconHref(this.done(step) ? "circle-check" : "chevron-right"); },
  stepState(step) { return this.done(step) ? gettext("Hecho") : gettext("Pendiente"); },

  // --- the day ---
  get noAppointments() { return this.ready && !this.appointments.length; },
  appointmentHref(appointment) { return `/user/personal/agenda?id=${appointment.id}`; },
  appointmentWhen(appointment) {
    const start = (appointment.all_day ? dayWall : wallOf)(appointment.start_datetime);
    const day = capital(dayWords(start < wallNow() ? wallNow() : start));
    return appointment.all_day ? interpolate(gettext("%s, todo el día"), [day]) : start < wallNow() ? gettext("Ahora") : `${day}, ${clockOf(start)}`;
  },
  crosses(appointment) { return appointment.conflicts.length > 0; },
  get noTasks() { return this.ready && !this.tasks.length; },
  taskHref(task) { return `/user/personal/tasks?id=${task.id}`; },
  tickLabel(task) { return interpolate(gettext("Hecha: %s"), [task.title]); },
  taskDue(task) { return task.due_date < today() ? interpolate(gettext("Venció %s"), [dayWords(task.due_date)]) : gettext("Hoy"); },
  taskClass(task) { return task.due_date < today() ? "badge-out" : "badge-low"; },
  async tick(task) {
    this.tasks = this.tasks.filter((other) => other.id !== task.id);
    try {
      const answer = await alter("tasks", task.id, { status: "completed", version: task.version });
      tell(interpolate(gettext("Hecha: «%s»."), [task.title]), answer, () => this.load());
    } catch (fault) {
      if (!(fault instanceof ApiError)) throw fault;
      notify({ text: fault.status === 409 ? gettext("Esta tarea cambió en otra ventana. Ahora ves cómo está.") : fault.words, kind: "bad" });
      if (fault.status === 0) this.tasks = [task, ...this.tasks];
    }
    await this.load();
  },

  // --- the shop ---
  get noneLow() { return this.ready && !this.low.length && this.counts.products > 0; },
  get noProducts() { return this.ready && this.counts.products === 0; },
  get noTalks() { return this.ready && !this.talks.length; },
  get talksTitle() { return this.waiting ? gettext("Te esperan") : gettext("Últimas conversaciones"); },
  productHref(product) { return `/user/commercial/products?id=${product.id}`; },
  stockText(product) { return product.stock === 0 ? gettext("Agotado") : interpolate(ngettext("Queda %s", "Quedan %s", product.stock), [number(product.stock)]); },
  stockClass(product) { return product.stock === 0 ? "badge-out" : "badge-low"; },
  talkHref(talk) { return `/user/inbox?conversation=${talk.id}`; },
  talkName(talk) { return talk.contact?.name || talk.title; },
  talkCall(talk) { return CALLS()[talk.needs_me] || (talk.unread ? interpolate(ngettext("%s sin leer", "%s sin leer", talk.unread), [number(talk.unread)]) : ""); },
  talkClass(talk) { return talk.needs_me ? "badge-out dash-mark" : "badge-low dash-mark"; },
  when(talk) { return when(talk.updated_at); },
}));
