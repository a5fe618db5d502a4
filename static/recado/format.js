// Money, numbers and dates as the tenant writes them.
const element = document.getElementById("shell");
export const shell = element ? JSON.parse(element.textContent) : { locale: "es", currency: "USD", timezone: "UTC" };

const money$ = new Intl.NumberFormat(shell.locale, {
  style: "currency", currency: shell.currency, currencyDisplay: "narrowSymbol", trailingZeroDisplay: "stripIfInteger",
  minimumFractionDigits: 2, maximumFractionDigits: 2, // whatever the currency: some would round pesos otherwise
});
const number$ = new Intl.NumberFormat(shell.locale);
const inZone = (options) => new Intl.DateTimeFormat(shell.locale, { timeZone: shell.timezone, ...options });
const day$ = inZone({ year: "numeric", month: "2-digit", day: "2-digit" });
const time$ = inZone({ hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
const date$ = inZone({ day: "numeric", month: "short" });

export const money = (value) => money$.format(Number(value));
export const number = (value) => number$.format(value);

// «14:05» today, «ayer», else «3 nov».
export function when(iso) {
  if (!iso) return "";
  const date = new Date(iso), today = new Date();
  if (day$.format(date) === day$.format(today)) return time$.format(date);
  if (day$.format(date) === day$.format(new Date(today.getTime() - 86_400_000))) return gettext("ayer");
  return date$.format(date);
}

// «14:05», on the tenant's clock.
export const clock = (iso) => time$.format(new Date(iso));

// «hoy», «ayer», «jueves 26 de noviembre».
const long$ = inZone({ weekday: "long", day: "numeric", month: "long" });
export function dayName(iso) {
  const date = new Date(iso), now = Date.now();
  if (day$.format(date) === day$.format(new Date(now))) return gettext("hoy");
  if (day$.format(date) === day$.format(new Date(now - 86_400_000))) return gettext("ayer");
  return long$.format(date);
}

// "12.500,50", "12,500.50", "12500.5" -> "12500.50"; null for what is no amount. The decimal sign is the one that
// the tenant's locale uses, unless only the other one can be meant.
export function amount(text) {
  const kept = String(text).trim().replace(/[^\d.,-]/g, "");
  if (!/\d/.test(kept) || /.-/.test(kept)) return null;
  const decimal = number$.formatToParts(1.5).find((part) => part.type === "decimal").value;
  const other = decimal === "," ? "." : ",";
  let plain = kept;
  const tail = kept.match(/[.,](\d*)$/)?.[1];
  const both = kept.includes(".") && kept.includes(",");
  const times = (sign) => kept.split(sign).length - 1;
  if (both) {
    const last = kept.lastIndexOf(".") > kept.lastIndexOf(",") ? "." : ",";
    plain = kept.replaceAll(last === "." ? "," : ".", "").replace(last, ".");
  } else if (times(decimal) === 1) plain = kept.replace(decimal, ".");
  else if (times(other) === 1 && tail.length !== 3) plain = kept.replace(other, ".");
  else plain = kept.replaceAll(/[.,]/g, "");
  return /^-?\d+(\.\d*)?$|^-?\.\d+$/.test(plain) ? plain.replace(/\.$/, "") : null;
}

// An amount for an input, without currency sign or thousands: "12500,5".
export function editable(value) {
  return new Intl.NumberFormat(shell.locale, { useGrouping: false, maximumFractionDigits: 2 }).format(Number(value));
}
