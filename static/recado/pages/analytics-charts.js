// What each chart says, shows and lists. A chart is {gist, columns, rows, drawings}: a sentence, a table, and what to draw;
// no rows where there is nothing to show.
import { money, number, when } from "../format.js";
import { bars, lines, ranks } from "./analytics-drawing.js";
import { bucketName, cents, duration, hourName, hours, listed, peak, percent, sum, usd, weekdayName } from "./analytics-words.js";

const CHANNELS = { web: "Web", whatsapp: "WhatsApp" };
const FREE_ANSWERS = 1000; // that a number delivers in a month

const some = (...lists) => lists.some((values) => values.some((value) => Number(value) > 0));
const names = (data) => data.buckets.map((bucket) => bucketName(bucket, data.group));
// Rows with the buckets' names first; `cells(n)` are the others.
const byBucket = (data, cells) => data.buckets.map((bucket, n) => [bucketName(bucket, data.group, { inTable: true }), ...cells(n)]);
const firstColumn = () => gettext("Cuándo");
const nothing = { gist: "", columns: [], rows: [], drawings: [] };

function whichOf({ channel, audience, assistant }) {
  const where = CHANNELS[channel] || channel;
  if (audience === "customer") return interpolate(gettext("%s, clientes"), [where]);
  return interpolate(assistant === "personal" ? gettext("%s, tú con el personal") : gettext("%s, tú con el comercial"), [where]);
}

// «El día con más fue mar, 3 nov: 14.»
function best(data, values, say = number) {
  const at = peak(values);
  if (at < 0 || data.buckets.length < 2) return "";
  const name = bucketName(data.buckets[at], data.group, { inTable: true });
  const words = { day: gettext("El día con más fue %s: %s."), week: gettext("La semana con más fue %s: %s."), month: gettext("El mes con más fue %s: %s.") };
  return ` ${interpolate(words[data.group], [name, say(values[at])])}`;
}

function conversations(data) {
  // The largest first: it keeps its colour and pattern from week to week.
  const series = data.series.conversations.filter(({ values }) => some(values)).sort((a, b) => sum(b.values) - sum(a.values));
  if (!series.length) return nothing;
  const totals = data.buckets.map((_, n) => sum(series.map(({ values }) => values[n])));
  const all = sum(totals);
  const shares = Object.keys(CHANNELS).map((channel) => [channel, sum(series.filter((one) => one.channel === channel).flatMap(({ values }) => values))]);
  const parts = shares.filter(([, count]) => count).map(([channel, count]) => interpolate(gettext("%s por %s"), [number(count), CHANNELS[channel]]));
  const count = interpolate(ngettext("%s conversación", "%s conversaciones", all), [number(all)]);
  return {
    gist: `${count}: ${listed(parts)}.${best(data, totals)}`,
    columns: [firstColumn(), ...series.map(whichOf), gettext("Total")],
    rows: byBucket(data, (n) => [...series.map(({ values }) => number(values[n])), number(totals[n])]),
    drawings: [() => bars({ labels: names(data), series: series.map((one) => ({ label: whichOf(one), values: one.values })), stacked: true })],
  };
}

function messages(data) {
  const { messages_received: received, messages_sent: sent } = data.series;
  if (!some(received, sent)) return nothing;
  return {
    gist: interpolate(gettext("Llegaron %s mensajes y salieron %s."), [number(sum(received)), number(sum(sent))]) + best(data, received),
    columns: [firstColumn(), gettext("Recibidos"), gettext("Enviados")],
    rows: byBucket(data, (n) => [number(received[n]), number(sent[n])]),
    drawings: [() => lines({
      labels: names(data), series: [{ label: gettext("Recibidos"), values: received }, { label: gettext("Enviados"), values: sent }],
    })],
  };
}

function response(data) {
  const { response_p50_seconds: half, response_p95_seconds: most } = data.series;
  if (!half.some((value) => value !== null)) return nothing;
  const { response_p50_seconds: p50, response_p95_seconds: p95 } = data.figures;
  const [first, second] = [gettext("La mitad, en"), gettext("95 de cada 100, en")];
  return {
    gist: interpolate(gettext("La mitad de las respuestas llegó en %s o menos; 95 de cada 100, en %s o menos."), [duration(p50.value), duration(p95.value)]),
    columns: [firstColumn(), first, second],
    rows: byBucket(data, (n) => [duration(half[n]), duration(most[n])]),
    drawings: [() => lines({ labels: names(data), say: duration, unit: Math.max(...most) > 60 ? 60 : 1, series: [{ label: first, values: half }, { label: second, values: most }] })],
  };
}

// A table of its own: see analytics-hours.js.
function hoursOfDay(data) {
  const all = data.hours.flat();
  const at = peak(all);
  if (at < 0) return nothing;
  const days = data.hours.map(sum);
  const [day, hour] = [Math.floor(at / 24), at % 24];
  return {
    gist: interpolate(gettext("Cuando más escriben: %s a las %s, con %s mensajes. El día con más mensajes es %s."),
      [weekdayName(day), hourName(hour), number(all[at]), weekdayName(peak(days))]),
    columns: [], rows: data.hours, drawings: [],
  };
}

function products(data) {
  const found = data.products.map((one) => ({ ...one, name: one.name || gettext("(ya no está en el catálogo)") }));
  if (!found.length) return nothing;
  return {
    gist: interpolate(ngettext("Lo más pedido: %s, %s vez.", "Lo más pedido: %s, %s veces.", found[0].times), [found[0].name, number(found[0].times)]),
    columns: [gettext("Producto"), gettext("Veces"), gettext("Antes")],
    rows: found.map((one) => [{ text: one.name, href: `/user/commercial/products?id=${one.id}` }, number(one.times), number(one.before || 0)]),
    drawings: [() => ranks({
      names: found.map((one) => one.name), values: found.map((one) => one.times),
      texts: found.map((one) => interpolate(gettext("%s (antes %s)"), [number(one.times), number(one.before || 0)])),
    })],
  };
}

function missing(data) {
  const found = data.missing;
  if (!found.length) return nothing;
  const count = interpolate(ngettext("%s cosa que te piden y no encontramos.", "%s cosas que te piden y no encontramos.", found.length), [number(found.length)]);
  const most = interpolate(ngettext("La más repetida: «%s», %s vez.", "La más repetida: «%s», %s veces.", found[0].times), [found[0].question, number(found[0].times)]);
  return {
    gist: `${count} ${most}`,
    columns: [gettext("Qué preguntaron"), gettext("Veces"), gettext("La última")],
    rows: found.map((one) => [{ text: one.question, href: "/user/inbox?tab=unanswered" }, number(one.times), when(one.last_asked_at)]),
    drawings: [],
  };
}

function orders(data) {
  const { people_asked: asked, people_ordered: ordered, orders_approved: approved, rate } = data.conversion;
  const { orders: counts, orders_value: values, questions } = data.series;
  if (!asked && !some(counts, questions)) return nothing;
  const steps = [gettext("Preguntaron"), gettext("Pidieron"), gettext("Pedidos aprobados")];
  const gist = interpolate(
    ngettext("De %s persona que preguntó, %s pidió (%s).", "De %s personas que preguntaron, %s pidieron (%s).", asked),
    [number(asked), number(ordered), rate === null ? "–" : percent(rate)]);
  const worth = interpolate(ngettext("%s pedido por %s.", "%s pedidos por %s.", sum(counts)), [number(sum(counts)), money(sum(values))]);
  const drawings = [() => ranks({ names: steps, values: [asked, ordered, approved], texts: [asked, ordered, approved].map((n) => number(n)), fills: [0, 1, 2] })];
  if (some(counts)) drawings.push(() => bars({ labels: names(data), series: [{ label: gettext("Pedidos"), values: counts, fill: 1 }] }));
  return {
    gist: `${gist} ${worth}`,
    columns: [firstColumn(), gettext("Preguntas"), gettext("Pedidos"), gettext("Valor")],
    rows: byBucket(data, (n) => [number(questions[n]), number(counts[n]), money(values[n])]),
    drawings,
  };
}

function agenda(data) {
  const { booked_minutes: booked, working_minutes: working, count, cancelled } = data.series.appointments;
  if (!some(booked, count, cancelled)) return nothing;
  const [used, open] = [sum(booked), sum(working)];
  const load = open ? interpolate(gettext("Tu agenda está ocupada un %s: %s de %s de trabajo."), [percent(used / open), hours(used), hours(open)])
    : interpolate(gettext("Tienes %s agendadas."), [hours(used)]);
  const rest = interpolate(ngettext("%s cita, %s canceladas.", "%s citas, %s canceladas.", sum(count)), [number(sum(count)), number(sum(cancelled))]);
  return {
    gist: `${load} ${rest}`,
    columns: [firstColumn(), gettext("Agendado"), gettext("De trabajo"), gettext("Ocupado"), gettext("Citas"), gettext("Canceladas")],
    rows: byBucket(data, (n) => [hours(booked[n]), hours(working[n]), working[n] ? percent(booked[n] / working[n]) : "–", number(count[n]), number(cancelled[n])]),
    drawings: [() => bars({
      labels: names(data), say: hours, unit: 60, series: [{ label: gettext("Agendado"), values: booked }],
      line: open ? { label: gettext("Tiempo de trabajo"), values: working, fill: 1 } : null,
    })],
  };
}

function tasks(data) {
  const { due, done, late } = data.series.tasks;
  if (!some(due, done, late)) return nothing;
  return {
    gist: interpolate(gettext("Vencían %s tareas e hiciste %s; %s se pasaron de su fecha."), [sum(due), sum(done), sum(late)].map((n) => number(n))),
    columns: [firstColumn(), gettext("Vencían"), gettext("Hechas"), gettext("Tarde")],
    rows: byBucket(data, (n) => [due[n], done[n], late[n]].map((value) => number(value))),
    drawings: [() => bars({ labels: names(data), series: [
      { label: gettext("Vencían"), values: due, fill: 1 }, { label: gettext("Hechas"), values: done, fill: 0 }, ...(some(late) ? [{ label: gettext("Tarde"), values: late, fill: 4 }] : []),
    ] })],
  };
}

function reminders(data) {
  const { sent, failed, unknown } = data.series.reminders;
  if (!some(sent, failed, unknown)) return nothing;
  return {
    gist: interpolate(gettext("Salieron %s avisos; %s fallaron y %s quedaron sin confirmar."), [sum(sent), sum(failed), sum(unknown)].map((n) => number(n))),
    columns: [firstColumn(), gettext("Enviados"), gettext("Fallaron"), gettext("Sin confirmar")],
    rows: byBucket(data, (n) => [sent[n], failed[n], unknown[n]].map((value) => number(value))),
    drawings: [() => bars({ labels: names(data), stacked: true, series: [
      { label: gettext("Enviados"), values: sent, fill: 0 }, { label: gettext("Fallaron"), values: failed, fill: 1 },
      { label: gettext("Sin confirmar"), values: unknown, fill: 4 },
    ].filter(({ values }) => some(values)) })],
  };
}

function whatsapp(data) {
  const { free, charged, unpriced } = data.series.whatsapp;
  if (!some(free, charged, unpriced)) return nothing;
  const rest = sum(unpriced) ? interpolate(gettext("De %s no dijo el precio."), [number(sum(unpriced))]) : "";
  const limit = interpolate(gettext("Cada número tiene %s respuestas gratis al mes."), [number(FREE_ANSWERS)]);
  return {
    gist: [interpolate(gettext("WhatsApp entregó %s mensajes gratis y cobró %s."), [number(sum(free)), number(sum(charged))]), rest, limit].filter(Boolean).join(" "),
    columns: [firstColumn(), gettext("Gratis"), gettext("Cobrados"), gettext("Sin precio")],
    rows: byBucket(data, (n) => [free[n], charged[n], unpriced[n]].map((value) => number(value))),
    drawings: [() => bars({ labels: names(data), stacked: true, series: [
      { label: gettext("Gratis"), values: free, fill: 0 }, { label: gettext("Cobrados"), values: charged, fill: 1 }, { label: gettext("Sin precio"), values: unpriced, fill: 4 },
    ].filter(({ values }) => some(values)) })],
  };
}

const paid = (total) => (Number(total) === 0 ? gettext("No costó nada.") : interpolate(gettext("Costó %s en total."), [usd(total)]));

function tokens(data) {
  const { tokens: used, cost_usd: cost, turns } = data.series;
  if (!some(used.input, used.output, turns.model, turns.builtin)) return nothing;
  const who = interpolate(gettext("%s respuestas las escribió el modelo y %s el asistente incorporado, que no cuesta."), [number(sum(turns.model)), number(sum(turns.builtin))]);
  const drawings = [];
  const isKnown = !cost.includes(null);
  if (some(cost)) drawings.push(() => bars({ labels: names(data), say: cents, unit: 0, series: [{ label: gettext("Costo"), values: cost.map((value) => Number(value || 0)), fill: 0 }] }));
  else {
    drawings.push(() => bars({ labels: names(data), stacked: true, series: [
      { label: gettext("Del modelo"), values: turns.model, fill: 0 }, { label: gettext("Del asistente incorporado"), values: turns.builtin, fill: 1 },
    ].filter(({ values }) => some(values)) }));
  }
  return {
    gist: `${isKnown ? paid(sum(cost)) : gettext("De una parte no sabemos el costo: al modelo le faltan precios.")} ${who}`,
    columns: [firstColumn(), gettext("Costo"), gettext("Del modelo"), gettext("Del incorporado"), gettext("Tokens leídos"), gettext("Tokens de caché"), gettext("Tokens escritos")],
    rows: byBucket(data, (n) => [cost[n] === null ? "–" : usd(cost[n]), ...[turns.model[n], turns.builtin[n], used.input[n], used.cached[n], used.output[n]].map((value) => number(value))]),
    drawings,
  };
}

export const CHARTS = { conversations, messages, response, hours: hoursOfDay, products, missing, orders, agenda, tasks, reminders, whatsapp, tokens };
