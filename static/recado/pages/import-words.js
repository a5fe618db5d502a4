// What imports and their rows are called, in the person's language.
import { dayWords, wallOf } from "../agenda.js";
import { clock, money, number, when } from "../format.js";

// Every kind with its fields, as the server knows them: {name, label, accept, sample, takes_calendar, fields: [{name, label, type, required}]}.
export const KINDS = JSON.parse(document.getElementById("import-kinds").textContent);

export const PLACES = {
  products: { href: "/user/commercial/products", label: gettext("Ver mis productos") },
  tasks: { href: "/user/personal/tasks", label: gettext("Ver mis tareas") },
  appointments: { href: "/user/personal/agenda", label: gettext("Ver mi agenda") },
  contacts: { href: "/user/inbox", label: gettext("Ir a la bandeja") },
};

const STATUSES = () => ({
  draft: gettext("Sin empezar"), running: gettext("En curso"), undoing: gettext("Deshaciendo"),
  done: gettext("Listo"), failed: gettext("No se pudo"), cancelled: gettext("Detenida"), undone: gettext("Deshecha"),
});
export const statusWords = (job) => STATUSES()[job.status] || job.status;
export const statusClass = (job) => ({ done: "badge-ok", failed: "badge-out", running: "badge-low", undoing: "badge-low" }[job.status] || "badge-off");

export const rowsWords = (count) => interpolate(ngettext("%s fila", "%s filas", count), [number(count)]);

// «480 productos»
export const thingsWords = (kind, count) => interpolate({
  products: ngettext("%s producto", "%s productos", count), contacts: ngettext("%s contacto", "%s contactos", count),
  tasks: ngettext("%s tarea", "%s tareas", count), appointments: ngettext("%s cita", "%s citas", count),
}[kind] || ngettext("%s fila", "%s filas", count), [number(count)]);

// «Productos · 480 filas · 12 con error · ayer»
export function pastWords(job) {
  const kind = KINDS.find((one) => one.name === job.kind);
  const parts = [kind?.label || job.kind, job.rows ? rowsWords(job.rows) : ""];
  if (job.refused && job.status !== "draft") parts.push(interpolate(ngettext("%s con error", "%s con error", job.refused), [number(job.refused)]));
  return [...parts, when(job.created_at)].filter(Boolean).join(" · ");
}

export const runWords = (job) => job.rows
  ? interpolate(gettext("%s de %s filas"), [number(Math.min(job.done, job.rows)), number(job.rows)])
  : gettext("Empezando…");

const ACTIONS = () => ({
  create: gettext("Nuevo"), update: gettext("Se actualiza"), unchanged: gettext("Ya está igual"), skip: gettext("Se deja como está"),
  refuse: gettext("No se puede"),
});
export const actionWords = (row) => ACTIONS()[row.action] || row.action;
export const actionClass = (row) =>
  ({ create: "badge-ok", update: "badge-low", refuse: "badge-out" }[row.action] || "badge-off");

// «480 nuevos», «12 con error»: how many rows would become what.
export const sumWords = (action, count) => interpolate({
  create: ngettext("%s nuevo", "%s nuevos", count), update: ngettext("%s se actualiza", "%s se actualizan", count),
  unchanged: ngettext("%s ya está igual", "%s ya están igual", count), skip: ngettext("%s se deja como está", "%s se dejan como están", count),
  refuse: ngettext("%s con error", "%s con error", count),
}[action], [number(count)]);

// A value as it would be kept, as one reads it.
export function valueWords(value, type) {
  if (value === null || value === undefined || value === "") return "";
  if (Array.isArray(value)) return value.map((one) => (typeof one === "object" ? one.name || one.email || one.phone : one)).join(", ");
  if (type === "boolean") return value === true || value === "true" ? gettext("Sí") : gettext("No");
  if (type === "money" && !Number.isNaN(Number(value))) return money(value);
  if (["number", "integer"].includes(type) && !Number.isNaN(Number(value))) return number(Number(value));
  if (["date", "datetime"].includes(type) && /^\d{4}-\d\d-\d\d$/.test(value)) return dayWords(value);
  if (type === "datetime" && /^\d{4}-\d\d-\d\dT/.test(value)) return /(Z|[+-]\d\d:?\d\d)$/.test(value) ? `${dayWords(wallOf(value))}, ${clock(value)}` : `${dayWords(value)}, ${value.slice(11, 16)}`;
  return String(value);
}
