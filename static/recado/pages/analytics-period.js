// Which days the page shows: what its address says, and what a button means today.
import { dayOf, daysBetween, later, today } from "../agenda.js";
import { query } from "../api.js";

export const PRESETS = ["7", "28", "90", "month"];
export const GROUPS = ["day", "week", "month"];
const USUAL = "28";
const DAY = /^\d{4}-\d{2}-\d{2}$/;
const MOST_DAYS_EACH = 31, MOST_DAYS_BY_WEEK = 190;

const back = (day, days) => dayOf(later(day, -1440 * days));

// {preset, from, to, group} of the address. `group` is empty while nobody chose one.
export function readPeriod(search = location.search) {
  const asked = new URLSearchParams(search);
  const group = GROUPS.includes(asked.get("group")) ? asked.get("group") : "";
  const [from, to] = [asked.get("from") || "", asked.get("to") || ""];
  if (DAY.test(from) && DAY.test(to)) return { preset: "own", from, to, group };
  return { ...presetPeriod(PRESETS.includes(asked.get("period")) ? asked.get("period") : USUAL), group };
}

// What a button means today; months begin on their first day.
export function presetPeriod(preset) {
  const to = today();
  return { preset, from: preset === "month" ? `${to.slice(0, 8)}01` : back(to, Number(preset) - 1), to };
}

// As many bars as one can read.
export function groupOf({ from, to, group }) {
  if (group) return group;
  const days = daysBetween(from, to) + 1;
  return days <= MOST_DAYS_EACH ? "day" : days <= MOST_DAYS_BY_WEEK ? "week" : "month";
}

export const apiQuery = (period) => query({ from: period.from, to: period.to, group: groupOf(period) });

export function pageQuery({ preset, from, to, group }) {
  return query(preset === "own" ? { from, to, group } : { period: preset === USUAL ? "" : preset, group });
}
