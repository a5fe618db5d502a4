// An example for those who have nothing yet: a made-up shop's weeks in the shape that the API gives. It is drawn only where
// there is nothing of one's own, and says of itself that it is none.
import { dayOf, daysBetween, later } from "../agenda.js";
import { shell } from "../format.js";

const WEEK = [9, 8, 10, 9, 13, 15, 3]; // conversations, Monday first
const DAY = [0, 0, 0, 0, 0, 0, 0, 1, 3, 6, 8, 7, 5, 3, 4, 6, 8, 10, 9, 6, 3, 1, 0, 0];

// The same numbers each time: 0 up to 1.
const noise = (n) => (Math.abs(Math.sin(n * 12.9898) * 43758.5453)) % 1;
const weekday = (day) => (new Date(`${day}T12:00Z`).getUTCDay() + 6) % 7;

function bucketsOf({ from, to, group }) {
  const found = [];
  for (let day = from; day <= to; day = dayOf(later(day, 1440))) {
    const isNew = !found.length || group === "day" || (group === "week" ? weekday(day) === 0 : day.endsWith("-01"));
    if (isNew) found.push({ key: day, start: day, end: day });
    else found.at(-1).end = day;
  }
  return found;
}

export function sample({ from, to, group }) {
  const buckets = bucketsOf({ from, to, group });
  // What a day brings is summed over the days of a bucket.
  const per = (what, salt) => buckets.map(({ start, end }) => {
    let total = 0;
    for (let n = 0; n <= daysBetween(start, end); n += 1) {
      const day = dayOf(later(start, 1440 * n));
      total += Math.round(what * (WEEK[weekday(day)] / 10) * (.6 + noise(salt + daysBetween("2026-01-01", day)) * .8));
    }
    return total;
  });
  const add = (...lists) => buckets.map((_, n) => lists.reduce((total, list) => total + list[n], 0));
  const all = (list) => list.reduce((total, value) => total + value, 0);
  const talks = per(9, 1), web = per(2, 2), own = per(1.4, 3);
  const received = add(talks, web, talks, talks), sent = add(received, web);
  const orders = per(1.6, 4), questions = per(7, 5), done = per(1.7, 6), due = per(1.9, 7);
  const p50 = buckets.map((_, n) => Math.round(6 + noise(n + 8) * 5)), p95 = p50.map((value, n) => Math.round(value * (5 + noise(n) * 3)));
  const booked = per(210, 9), working = per(480, 0).map((_, n) => 480 * (daysBetween(buckets[n].start, buckets[n].end) + 1) - (weekday(buckets[n].start) === 6 && group === "day" ? 480 : 0));
  const model = add(received), cost = model.map((value) => (value * .0021).toFixed(4));
  const zero = buckets.map(() => 0);
  const figure = (value, share) => ({ value, before: typeof value === "number" ? Math.round(value * share) : (Number(value) * share).toFixed(4) });
  const price = 18000;
  return {
    from, to, group, timezone: shell.timezone, currency: shell.currency, buckets, is_sample: true,
    before: { from: dayOf(later(from, -1440 * (daysBetween(from, to) + 1))), to: dayOf(later(from, -1440)) },
    figures: {
      people: figure(Math.round(all(talks) * .6), .85), conversations: figure(all(add(talks, web, own)), .88), messages_received: figure(all(received), .9),
      messages_sent: figure(all(sent), .9), response_p50_seconds: figure(8, 1.5), response_p95_seconds: figure(52, 1.3), unanswered: figure(5, 1.6),
      orders: figure(all(orders), .8), orders_value: figure(String(all(orders) * price), .8), tasks_completed: figure(all(done), 1.1), appointments: figure(all(per(2, 10)), .9),
      reminders_sent: figure(all(per(3, 11)), .9), cost_usd: figure((all(model) * .0021).toFixed(4), .9), tokens: figure(all(model) * 2300, .9), turns: figure(all(model), .9),
    },
    series: {
      conversations: [
        { channel: "whatsapp", assistant: "commercial", audience: "customer", values: talks }, { channel: "web", assistant: "commercial", audience: "owner", values: web },
        { channel: "web", assistant: "personal", audience: "owner", values: own },
      ],
      messages_received: received, messages_sent: sent, response_p50_seconds: p50, response_p95_seconds: p95, unanswered: zero, orders,
      orders_value: orders.map((count) => String(count * price)), questions,
      appointments: { booked_minutes: booked, working_minutes: working, count: per(2, 10), cancelled: zero },
      tasks: { due, done, late: per(.3, 12) }, reminders: { sent: per(3, 11), failed: zero, unknown: zero },
      whatsapp: { free: sent, charged: per(1, 13), unpriced: zero },
      tokens: { input: model.map((n) => n * 2000), output: model.map((n) => n * 300), cached: model.map((n) => n * 1500) }, cost_usd: cost, turns: { model, builtin: own },
    },
    hours: WEEK.map((weight) => DAY.map((value, hour) => Math.round((value * weight) / 10 + (value ? noise(hour * weight) : 0)))), hours_of: "customers",
    products: [
      [gettext("Martillo de uña"), 21, 15], [gettext("Pintura blanca, galón"), 17, 18], [gettext("Taladro percutor"), 12, 6], [gettext("Cable eléctrico, metro"), 9, 9], [gettext("Bombillo LED"), 7, 4],
    ].map(([name, times, before]) => ({ id: 0, name, times, before })),
    missing: [[gettext("¿Tienen cortadora de césped?"), 4], [gettext("¿Hacen copias de llaves?"), 3], [gettext("¿Abren los domingos?"), 2]]
      .map(([question, times], n) => ({ id: 0, question, times, last_asked_at: `${dayOf(later(to, -1440 * (n + 1)))}T12:00Z` })),
    conversion: { people_asked: Math.round(all(talks) * .5), people_ordered: all(orders), orders_approved: Math.round(all(orders) * .9), rate: all(orders) / Math.max(1, Math.round(all(talks) * .5)) },
    events: [],
    advice: [
      { code: "missing", text: gettext("Cuatro personas preguntaron por una cortadora de césped: agrégala, o di en Ajustes que no la vendes."), href: "/user/settings" },
      { code: "hours", text: gettext("Los viernes a las 17:00 es cuando más te escriben: ten a alguien atento a esa hora."), href: "/user/inbox" },
    ],
  };
}
