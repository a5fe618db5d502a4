// How the page says amounts: times, money, shares, days, and whether a figure is better than before.
import { number, shell } from "../format.js";

const inUtc = (options) => new Intl.DateTimeFormat(shell.locale, { timeZone: "UTC", ...options });
const short$ = inUtc({ day: "numeric", month: "short" });
const long$ = inUtc({ weekday: "short", day: "numeric", month: "short" });
const year$ = inUtc({ day: "numeric", month: "short", year: "numeric" });
const month$ = inUtc({ month: "short", year: "numeric" });
const weekday$ = inUtc({ weekday: "long" });
const weekdayShort$ = inUtc({ weekday: "short" });
const percent$ = new Intl.NumberFormat(shell.locale, { style: "percent", maximumFractionDigits: 0 });
const one$ = new Intl.NumberFormat(shell.locale, { maximumFractionDigits: 1 });
const usd$ = new Intl.NumberFormat(shell.locale, { style: "currency", currency: "USD" });
const cents$ = new Intl.NumberFormat(shell.locale, { style: "currency", currency: "USD", maximumFractionDigits: 4 });
const list$ = new Intl.ListFormat(shell.locale, { type: "conjunction" });

const noon = (day) => new Date(`${day}T12:00Z`);
const MONDAY = Date.UTC(1970, 0, 5);

export const sum = (values) => values.reduce((total, value) => total + Number(value || 0), 0);
export const percent = (share) => percent$.format(share);
export const listed = (texts) => list$.format(texts);
export const weekdayName = (n, { short = false } = {}) => (short ? weekdayShort$ : weekday$).format(MONDAY + n * 86_400_000);
export const hourName = (hour) => `${String(hour).padStart(2, "0")}:00`;

// «8 s», «2 min 5 s», «1 h 5 min»; «–» where nobody waited.
export function duration(seconds) {
  if (seconds === null || seconds === undefined) return "–";
  if (seconds < 10) return `${one$.format(seconds)} s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  const [hours, minutes, rest] = [Math.floor(whole / 3600), Math.floor((whole % 3600) / 60), whole % 60];
  return (hours ? [hours && `${number(hours)} h`, minutes && `${minutes} min`] : [`${minutes} min`, rest && `${rest} s`]).filter(Boolean).join(" ");
}

export const hours = (minutes) => `${one$.format(minutes / 60)} h`;

// What a model costs is a matter of cents, and of less.
export function usd(value) {
  const amount = Number(value || 0);
  return amount > 0 && amount < 0.01 ? interpolate(gettext("menos de %s"), [usd$.format(0.01)]) : usd$.format(amount);
}

// What was spent in all: of nothing no amount is told.
export const spent = (value) => (Number(value || 0) === 0 ? gettext("nada") : usd(value));

// The same beside a bar, to the hundredth of a cent.
export const cents = (value) => cents$.format(Number(value || 0));

export function range(from, to) {
  const isThisYear = [from, to].every((day) => day.startsWith(String(new Date().getFullYear())));
  return (isThisYear ? short$ : year$).formatRange(noon(from), noon(to));
}

// «3 nov» under a bar; «mar, 3 nov» in a table.
export function bucketName(bucket, group, { inTable = false } = {}) {
  if (group === "month") return month$.format(noon(bucket.start));
  if (group === "week") return inTable ? range(bucket.start, bucket.end) : short$.format(noon(bucket.start));
  return (inTable ? long$ : short$).format(noon(bucket.start));
}

// A figure beside that of the period before: {icon, text, kind}. `better` is the direction that is good: 1, -1, or 0.
export function compare({ value, before }, { better = 1, say = number, quicker = false } = {}) {
  if (before === null || before === undefined || value === null || value === undefined) {
    return { icon: "minus", text: gettext("sin con qué comparar"), kind: "" };
  }
  const [now, then] = [Number(value), Number(before)];
  const change = now - then;
  if (say(Math.abs(change)) === say(0)) return { icon: "minus", text: gettext("igual que antes"), kind: "" };
  const share = then > 0 ? ` (${change > 0 ? "+" : "−"}${percent(Math.abs(change) / then)})` : "";
  const words = quicker
    ? change < 0 ? gettext("%s más rápido") : gettext("%s más lento")
    : change > 0 ? gettext("%s más que antes") : gettext("%s menos que antes");
  return {
    icon: change > 0 ? "arrow-up" : "arrow-down",
    text: interpolate(words, [say(Math.abs(change))]) + share,
    kind: better === 0 ? "" : Math.sign(change) === better ? "is-good" : "is-bad",
  };
}

// The largest value's place, or -1 when there is nothing.
export function peak(values) {
  const top = Math.max(0, ...values.map((value) => Number(value || 0)));
  return top > 0 ? values.findIndex((value) => Number(value) === top) : -1;
}
