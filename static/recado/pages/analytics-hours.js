// When people write: a table of weekdays and hours whose cells are shaded and hold their numbers. On a phone the hours go
// down and the days across. Hours in which nobody ever writes are left out at both ends.
import { number } from "../format.js";
import { hourName, sum, weekdayName } from "./analytics-words.js";

const SHADES = 5;
const FEWEST = 8; // hours to show, so that the table is one

export function heatMap(hours, { upright }) {
  const used = hours[0].map((_, hour) => sum(hours.map((day) => day[hour])) > 0);
  let first = Math.max(0, used.indexOf(true)), last = used.lastIndexOf(true);
  if (last < 0) return { columns: [], rows: [] };
  while (last - first + 1 < FEWEST) { if (last < 23) last += 1; if (last - first + 1 < FEWEST && first > 0) first -= 1; }
  const most = Math.max(...hours.flat());
  const shown = Array.from({ length: last - first + 1 }, (_, n) => first + n);
  const cell = (day, hour) => {
    const value = hours[day][hour];
    return { text: value ? number(value) : "", shade: `heat heat-${value ? Math.ceil((value / most) * SHADES) : 0}` };
  };
  const days = hours.map((_, day) => day);
  const short = (day) => ({ text: weekdayName(day, { short: true }), full: weekdayName(day) });
  const hour = (one) => ({ text: String(one).padStart(2, "0"), full: hourName(one) });
  return upright
    ? { columns: days.map(short), rows: shown.map((one) => ({ name: hour(one), cells: days.map((day) => cell(day, one)) })) }
    : { columns: shown.map(hour), rows: days.map((day) => ({ name: short(day), cells: shown.map((one) => cell(day, one)) })) };
}
