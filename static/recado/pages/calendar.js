// FullCalendar as Recado shows it: on the tenant's clock, without a toolbar of its own, marks that need no colour.
import { capital, clockOf, dayOf, dayWall, fullDay, later, spanWords, today, wallNow, wallOf } from "../agenda.js";
import { shell } from "../format.js";
import { iconHref } from "../frame.js";

export const VIEWS = { month: "dayGridMonth", week: "timeGridWeek", day: "timeGridDay", list: "listDays" };
const LIST_DAYS = 30;
const CLOCK = { hour: "2-digit", minute: "2-digit", hourCycle: "h23" };
const WEEKDAYS = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"]; // as FullCalendar counts them

// 0 is Sunday, as FullCalendar wants it.
function firstDay() {
  const locale = new Intl.Locale(shell.locale);
  const day = (locale.getWeekInfo?.() || locale.weekInfo)?.firstDay ?? 1;
  return day % 7;
}

// What FullCalendar shows of an appointment.
export function eventOf(appointment) {
  const { all_day: allDay } = appointment;
  const wall = allDay ? dayWall : wallOf;
  const [start, end] = [wall(appointment.start_datetime), wall(appointment.end_datetime)];
  const standing = appointment.status === "scheduled";
  return {
    id: String(appointment.id), title: appointment.title, allDay,
    start: allDay ? dayOf(start) : start, end: allDay ? dayOf(end) : end,
    editable: standing, extendedProps: { appointment },
    classNames: [
      appointment.conflicts?.length && standing && "is-conflict", end <= wallNow() && "is-past", !appointment.busy && "is-free",
      !standing && `is-${appointment.status}`,
    ].filter(Boolean),
  };
}

// All that one would see, for who does not see it.
export function spoken(appointment) {
  const past = wallOf(appointment.end_datetime) <= wallNow();
  return [
    appointment.title, spanWords(appointment), appointment.location,
    appointment.rrule && gettext("se repite"),
    appointment.conflicts?.length && appointment.status === "scheduled" && gettext("se cruza con otra cita"),
    appointment.status === "cancelled" ? gettext("cancelada") : appointment.status === "completed" ? gettext("realizada") : past && gettext("ya pasó"),
  ].filter(Boolean).join(", ");
}

function icon(name, label) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  const use = svg.appendChild(document.createElementNS("http://www.w3.org/2000/svg", "use"));
  use.setAttribute("href", iconHref(name));
  const box = document.createElement("span");
  box.className = "event-mark";
  box.title = label;
  box.append(svg);
  return box;
}

function span(className, text) {
  const element = document.createElement("span");
  element.className = className;
  element.textContent = text;
  return element;
}

// In the list a line is a row of a table: what opens it is a button in it. Its click is the row's.
function opener(title, appointment) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "event-title event-open";
  button.textContent = title;
  button.setAttribute("aria-label", spoken(appointment));
  return button;
}

function content({ event, view }) {
  const { appointment } = event.extendedProps;
  const box = document.createElement("div");
  box.className = "event";
  if (!appointment) { box.append(span("event-title", gettext("Nueva cita"))); return { domNodes: [box] }; }
  const line = box.appendChild(span("event-line", ""));
  if (event.classNames.includes("is-conflict")) line.append(icon("alert-triangle", gettext("Se cruza con otra cita")));
  if (appointment.status === "completed") line.append(icon("check", gettext("Realizada")));
  if (appointment.status === "cancelled") line.append(icon("ban", gettext("Cancelada")));
  if (!event.allDay && view.type !== VIEWS.list) line.append(span("event-time numeric", clockOf(event.startStr)));
  line.append(view.type === VIEWS.list ? opener(event.title, appointment) : span("event-title", event.title));
  if (appointment.rrule) line.append(icon("repeat", gettext("Se repite")));
  if (appointment.location && view.type !== VIEWS.month) box.append(span("event-place", appointment.location));
  if (view.type === VIEWS.list) {
    if (event.classNames.includes("is-conflict")) box.append(span("badge-out", gettext("Se cruza")));
    if (appointment.status === "cancelled") box.append(span("badge-off", gettext("Cancelada")));
  }
  return { domNodes: [box] };
}

// {"mon": [["09:00", "18:00"]]} as FullCalendar's business hours.
function businessHours(hours) {
  return Object.entries(hours || {}).flatMap(([day, spans]) =>
    spans.map(([startTime, endTime]) => ({ daysOfWeek: [WEEKDAYS.indexOf(day)], startTime, endTime })));
}

// A calendar in `element`. `load(from, to)` answers appointments; the others are told what the person did.
export function makeCalendar(element, { view, date, hours, load, show, create, move, changed, drawn }) {
  const opens = Object.values(hours || {}).flat().map(([start]) => start).sort()[0] || "08:00";
  // From the hour before work begins; on the day itself, when that is long past, from shortly before now.
  const scroll = Math.max(0, Number(opens.slice(0, 2)) - 1, view === "day" && !date ? Math.min(16, Number(wallNow().slice(11, 13)) - 2) : 0);
  const moved = (info) => move({
    appointment: info.event.extendedProps.appointment, allDay: info.event.allDay,
    start: info.event.startStr.slice(0, info.event.allDay ? 10 : 16), end: info.event.endStr.slice(0, info.event.allDay ? 10 : 16), revert: info.revert,
  });
  const pick = (start, end, allDay) => create({ start: start.slice(0, allDay ? 10 : 16), end: end.slice(0, allDay ? 10 : 16), allDay });
  const calendar = new FullCalendar.Calendar(element, {
    locale: shell.locale, timeZone: shell.timezone, now: wallNow, firstDay: firstDay(), headerToolbar: false, height: "100%",
    initialView: VIEWS[view], initialDate: date || today(),
    views: { listDays: { type: "list", duration: { days: LIST_DAYS } } },
    nowIndicator: true, editable: true, selectable: true, selectMirror: true, selectMinDistance: 4, longPressDelay: 350,
    eventInteractive: true, dayMaxEvents: true, eventMinHeight: 22, eventShortHeight: 40, slotEventOverlap: false,
    slotDuration: "00:30:00", snapDuration: "00:15:00", scrollTime: `${String(scroll).padStart(2, "0")}:00:00`,
    businessHours: businessHours(hours), slotLabelFormat: CLOCK, eventTimeFormat: CLOCK, listDayFormat: { weekday: "long", day: "numeric", month: "long" },
    listDaySideFormat: false, dayHeaderContent: (info) => head(info),
    allDayText: gettext("Día"), noEventsText: gettext("Nada en estos días."), eventDisplay: "block",
    moreLinkContent: ({ num }) => interpolate(gettext("+%s más"), [num]), moreLinkHint: (num) => interpolate(ngettext("Ver %s cita más", "Ver %s citas más", num), [num]),
    moreLinkDidMount: ({ el }) => el.setAttribute("role", "button"),
    closeHint: gettext("Cerrar"), timeHint: gettext("Hora"), eventHint: gettext("Cita"),
    events: ({ startStr, endStr }, done, failed) => { load(startStr, endStr).then((rows) => done(rows.map(eventOf))).catch(failed); },
    eventContent: content,
    eventDidMount: ({ el, event }) => {
      const { appointment } = event.extendedProps;
      if (!appointment) return;
      el.dataset.appointment = appointment.id;
      requestAnimationFrame(drawn);
      if (el.matches("tr")) return;
      el.setAttribute("aria-label", spoken(appointment));
      el.setAttribute("role", "button");
    },
    eventClick: ({ event, jsEvent }) => { jsEvent.preventDefault(); show(event.extendedProps.appointment); },
    select: ({ startStr, endStr, allDay }) => pick(startStr, endStr, allDay),
    // A click or a tap, which selects nothing: it goes on as long as an appointment usually does.
    dateClick: ({ dateStr, allDay }) => pick(dateStr, allDay ? later(dateStr.slice(0, 10), 1440) : "", allDay),
    eventDrop: moved, eventResize: moved,
    datesSet: (info) => { changed(info); requestAnimationFrame(() => reach(element)); },
  });
  calendar.render();
  return calendar;
}

// What scrolls can be scrolled by keyboard, also when no event in it takes the focus: its first cell does.
function reach(element) {
  for (const box of element.querySelectorAll(".fc-scroller")) {
    if (!["auto", "scroll"].includes(getComputedStyle(box).overflowY)) continue;
    const cell = box.closest("[role=grid]") ? box.querySelector("[role=gridcell]") : box;
    if (cell) cell.tabIndex = 0;
  }
}

function head({ date, view, text }) {
  if (view.type === VIEWS.month || view.type === VIEWS.list) return text;
  const wall = date.toISOString().slice(0, 10);
  const box = document.createElement("span");
  box.className = wall === today() ? "day-head is-today" : "day-head";
  const name = new Intl.DateTimeFormat(shell.locale, { weekday: view.type === VIEWS.day ? "long" : "short", timeZone: "UTC" }).format(date);
  box.append(span("day-name", name), span("day-number numeric", String(date.getUTCDate())));
  if (wall === today()) box.append(span("visually-hidden", gettext("hoy")));
  return { domNodes: [box] };
}

export const titleOf = (view) => view.type === VIEWS.day ? capital(fullDay(view.currentStart.toISOString())) : capital(view.title);
