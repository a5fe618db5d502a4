// Appointments and tasks over the public API, and how their moments are said. A «wall» is what a clock in the tenant's
// zone shows: "2026-11-26T15:30", or "2026-11-26" for a day.
import { ApiError, get, post, query, request } from "./api.js";
import { shell } from "./format.js";
import { notify } from "./frame.js";

export const PERSONAL = "/api/user/personal";
const PAGE_SIZE = 200;
const MOST_PAGES = 10;

// --- clocks ---------------------------------------------------------------------------------------------------------
const wall$ = new Intl.DateTimeFormat("en-CA", {
  timeZone: shell.timezone, hourCycle: "h23", year: "numeric", month: "2-digit", day: "2-digit", hour: "2-digit",
  minute: "2-digit", second: "2-digit",
});

// What the tenant's clock shows at an instant; of a day, its midnight.
export function wallOf(instant) {
  if (typeof instant === "string" && instant.length === 10) return `${instant}T00:00`;
  const parts = Object.fromEntries(wall$.formatToParts(new Date(instant)).map(({ type, value }) => [type, value]));
  return `${parts.year.padStart(4, "0")}-${parts.month}-${parts.day}T${parts.hour}:${parts.minute}`;
}

// Of what takes all day the API writes the days of its own zone: they stay what they are wherever one travels.
export const dayWall = (iso) => `${iso.slice(0, 10)}T00:00`;

export const wallNow = () => wallOf(Date.now());
export const dayOf = (wall) => wall.slice(0, 10);
export const clockOf = (wall) => wall.slice(11, 16);
export const today = () => dayOf(wallNow());

const asUtc = (wall) => new Date(`${wall.length === 10 ? `${wall}T00:00` : wall.slice(0, 16)}Z`);

// The instant at which the tenant's clock shows `wall`; in an hour that exists twice, the first.
export function instantOf(wall) {
  const text = wall.length === 10 ? `${wall}T00:00` : wall.slice(0, 16);
  let guess = new Date(`${text}Z`).getTime();
  for (let n = 0; n < 3; n += 1) guess += new Date(`${text}Z`).getTime() - new Date(`${wallOf(guess)}Z`).getTime();
  return new Date(guess).toISOString();
}

// A wall, `minutes` later on the same clock; days of 24 hours, as calendars draw them.
export function later(wall, minutes) {
  const moved = new Date(asUtc(wall).getTime() + minutes * 60_000).toISOString();
  return wall.length === 10 ? moved.slice(0, 10) : moved.slice(0, 16);
}
export const minutesBetween = (one, other) => Math.round((asUtc(other) - asUtc(one)) / 60_000);
export const daysBetween = (one, other) => Math.round(minutesBetween(dayOf(one), dayOf(other)) / 1440);

// --- in words -------------------------------------------------------------------------------------------------------
const say = (options) => new Intl.DateTimeFormat(shell.locale, { timeZone: "UTC", ...options });
const day$ = say({ weekday: "long", day: "numeric", month: "long" });
const short$ = say({ weekday: "short", day: "numeric", month: "short" });
const dayYear$ = say({ weekday: "long", day: "numeric", month: "long", year: "numeric" });
const year$ = say({ weekday: "short", day: "numeric", month: "short", year: "numeric" });
const weekday$ = say({ weekday: "long" });

// «hoy», «mañana», «ayer», «jueves», «jue, 26 nov»: a day as one says it today.
export function dayWords(wall) {
  const away = daysBetween(today(), wall);
  if (away === 0) return gettext("hoy");
  if (away === 1) return gettext("mañana");
  if (away === -1) return gettext("ayer");
  if (away > 1 && away < 7) return weekday$.format(asUtc(dayOf(wall)));
  return (wall.slice(0, 4) === today().slice(0, 4) ? short$ : year$).format(asUtc(dayOf(wall)));
}

// «jueves, 26 de noviembre», with the year when it is not this one.
export const fullDay = (wall) => (wall.slice(0, 4) === today().slice(0, 4) ? day$ : dayYear$).format(asUtc(dayOf(wall)));
export const capital = (text) => text.slice(0, 1).toLocaleUpperCase(shell.locale) + text.slice(1);

// «jueves, 26 de noviembre, 15:30–16:30» for an appointment or a draft of one.
export function spanWords({ start_datetime: start, end_datetime: end, all_day: allDay }) {
  if (!start) return "";
  const wall = allDay ? dayWall : wallOf;
  const from = wall(start), to = end ? wall(end) : "";
  const single = !to || dayOf(from) === dayOf(to);
  if (allDay) {
    const last = to ? later(dayOf(to), -1440) : dayOf(from);
    return last > dayOf(from) ? `${fullDay(from)} – ${fullDay(last)}` : `${fullDay(from)}, ${gettext("todo el día")}`;
  }
  if (!to) return `${fullDay(from)}, ${clockOf(from)}`;
  return single ? `${fullDay(from)}, ${clockOf(from)}–${clockOf(to)}` : `${fullDay(from)}, ${clockOf(from)} – ${fullDay(to)}, ${clockOf(to)}`;
}

// «15 minutos antes», «1 hora antes», «al empezar».
export function beforeWords(minutes) {
  if (minutes === 0) return gettext("al empezar");
  if (minutes % 10080 === 0) return interpolate(ngettext("%s semana antes", "%s semanas antes", minutes / 10080), [minutes / 10080]);
  if (minutes % 1440 === 0) return interpolate(ngettext("%s día antes", "%s días antes", minutes / 1440), [minutes / 1440]);
  if (minutes % 60 === 0) return interpolate(ngettext("%s hora antes", "%s horas antes", minutes / 60), [minutes / 60]);
  return interpolate(ngettext("%s minuto antes", "%s minutos antes", minutes), [minutes]);
}

// «45 minutos», «1 hora», «1 hora y 30 minutos».
export function lengthWords(minutes) {
  const hours = Math.floor(minutes / 60), rest = minutes % 60;
  const parts = [
    hours && interpolate(ngettext("%s hora", "%s horas", hours), [hours]), rest && interpolate(ngettext("%s minuto", "%s minutos", rest), [rest]),
  ].filter(Boolean);
  return new Intl.ListFormat(shell.locale).format(parts);
}

export const PRIORITIES = { high: gettext("Alta"), medium: gettext("Media"), low: gettext("Baja") };

// --- repetition -----------------------------------------------------------------------------------------------------
const REPEATS = {
  "": gettext("No se repite"), "FREQ=DAILY": gettext("Cada día"),
  "FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR": gettext("De lunes a viernes"), "FREQ=WEEKLY": gettext("Cada semana"),
  "FREQ=WEEKLY;INTERVAL=2": gettext("Cada dos semanas"), "FREQ=MONTHLY": gettext("Cada mes"),
  "FREQ=YEARLY": gettext("Cada año"),
};

// The rule without its end, and its last day ("" for none): what the dialog's two fields show.
export function readRule(rrule) {
  const parts = (rrule || "").split(";").filter(Boolean);
  const until = parts.find((part) => part.startsWith("UNTIL="))?.slice(6) || "";
  const rest = parts.filter((part) => !part.startsWith("UNTIL=")).join(";");
  return { repeat: rest, until: until ? `${until.slice(0, 4)}-${until.slice(4, 6)}-${until.slice(6, 8)}` : "" };
}

export function writeRule({ repeat, until }) {
  return repeat && until && !repeat.includes("COUNT=") ? `${repeat};UNTIL=${until.replaceAll("-", "")}T235959` : repeat;
}

// The choices of the dialog, with the rule at hand among them when it is another.
export function repeatChoices(rule) {
  const choices = Object.entries(REPEATS).map(([value, label]) => ({ value, label }));
  if (rule && !(rule in REPEATS)) choices.push({ value: rule, label: ruleWords(rule) });
  return choices;
}

export function ruleWords(rrule) {
  const { repeat } = readRule(rrule);
  if (repeat in REPEATS) return REPEATS[repeat];
  const parts = Object.fromEntries(repeat.split(";").map((part) => part.split("=")));
  const every = Number(parts.INTERVAL || 1);
  const units = {
    DAILY: ngettext("Cada día", "Cada %s días", every), WEEKLY: ngettext("Cada semana", "Cada %s semanas", every),
    MONTHLY: ngettext("Cada mes", "Cada %s meses", every), YEARLY: ngettext("Cada año", "Cada %s años", every),
  };
  const days = (parts.BYDAY || "").split(",").map((day) => day.slice(-2)).filter((day) => WEEK.includes(day));
  const base = interpolate(units[parts.FREQ] || gettext("Se repite"), [every]);
  const names = days.map((day) => weekday$.format(new Date(Date.UTC(2024, 0, 1 + WEEK.indexOf(day))))); // a Monday
  return names.length && !/[1-9]/.test(parts.BYDAY) ? `${base}: ${new Intl.ListFormat(shell.locale).format(names)}` : base;
}
const WEEK = ["MO", "TU", "WE", "TH", "FR", "SA", "SU"];

// --- the API --------------------------------------------------------------------------------------------------------
// Every row that the filters leave, page by page.
export async function all(path, filters, options) {
  const rows = [];
  for (let page = 1; page <= MOST_PAGES; page += 1) {
    const answer = await get(`${path}?${query({ ...filters, page, page_size: PAGE_SIZE })}`, options);
    rows.push(...answer.results);
    if (!answer.next) break;
  }
  return rows;
}

export const draft = (text, kind, options) => post(`${PERSONAL}/draft`, { text, kind }, options);
export const add = (kind, body) => post(`${PERSONAL}/${kind}`, body);
export const alter = (kind, id, fields, { scope = "" } = {}) =>
  request("PATCH", `${PERSONAL}/${kind}/${id}${scope ? `?scope=${scope}` : ""}`, fields);
export const drop = (kind, id, { scope = "" } = {}) =>
  request("DELETE", `${PERSONAL}/${kind}/${id}${scope ? `?scope=${scope}` : ""}`);
export const cancel = (id, body) => post(`${PERSONAL}/appointments/${id}/cancel`, body);

// The acts that can still be taken back, the latest first.
export const undoable = async () => (await get(`${PERSONAL}/changes?page_size=${PAGE_SIZE}`)).results.map((change) => change.id);

// Take an act back. Answers whether it went back to how it was.
export async function undo(id) {
  try {
    await post(`${PERSONAL}/changes/${id}/undo`);
    return true;
  } catch (fault) {
    if (!(fault instanceof ApiError)) throw fault;
    notify({ text: fault.words, kind: "bad" });
    return false;
  }
}

// Say what was done, with a way back; `after` runs when it was taken back.
export function tell(text, answer, after) {
  const change = answer?.undo?.id;
  notify({
    text, action: change ? gettext("Deshacer") : "", seconds: change ? 10 : 5,
    run: async () => {
      if (!(await undo(change))) return;
      notify({ text: gettext("Listo, como antes.") });
      await after();
    },
  });
}

// The body of a draft as the words gave it; what they did not say is left to the preferences.
export function bodyOf(draft, kind) {
  const names = kind === "tasks"
    ? ["title", "description", "due_date", "priority", "category", "reminder_minutes", "rrule"]
    : ["title", "description", "start_datetime", "end_datetime", "all_day", "location", "attendees", "reminder_minutes", "rrule"];
  return Object.fromEntries(names.map((name) => [name, draft[name]]).filter(([, value]) => value !== undefined && value !== null && value !== ""));
}
