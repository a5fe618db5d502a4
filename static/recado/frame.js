// What every page has: one search, shortcuts, and short notices.
import Alpine from "../vendor/alpine.min.js";
import { get, query } from "./api.js";
import { dayName, money, when } from "./format.js";

export const iconHref = (name) => `${document.body.dataset.icons}#${name}`;

// --- notices --------------------------------------------------------------------------------------------------------
Alpine.store("notices", { list: [], next: 1 });
const timers = new Map();

// Show a line at the bottom; `action` names a button that calls `run`. Gone after `seconds`. One with a button takes the
// place of the one before: two of the same name do not say which is whose.
export function notify({ text, action = "", run = null, kind = "", seconds = action ? 8 : 5 }) {
  const notices = Alpine.store("notices");
  const toast = { id: notices.next++, text, action, run, kind };
  if (action) for (const older of notices.list.filter((one) => one.action)) dismiss(older.id);
  notices.list = [...notices.list.slice(-2), toast];
  timers.set(toast.id, setTimeout(() => dismiss(toast.id), seconds * 1000));
}

function dismiss(id) {
  clearTimeout(timers.get(id));
  timers.delete(id);
  const notices = Alpine.store("notices");
  notices.list = notices.list.filter((toast) => toast.id !== id);
}

Alpine.data("toasts", () => ({
  get list() { return Alpine.store("notices").list; },
  act(toast) { dismiss(toast.id); toast.run?.(); },
  close(toast) { dismiss(toast.id); },
}));

// A session that ended in between: one way back to this very page.
let told = false;
document.addEventListener("signed-out", () => {
  if (told) return;
  told = true;
  const back = encodeURIComponent(location.pathname + location.search);
  notify({
    text: gettext("Tu sesión terminó."), action: gettext("Entrar otra vez"), seconds: 600,
    run: () => location.assign(`/login?next=${back}`),
  });
});

// Whoever leaves on purpose takes the drafts along: the next person at this machine is somebody else.
document.addEventListener("submit", (event) => {
  if (!event.target.matches("form[action='/logout']")) return;
  for (const key of Object.keys(localStorage)) if (key.startsWith("recado:")) localStorage.removeItem(key);
});

// --- shortcuts ------------------------------------------------------------------------------------------------------
const shortcuts = new Map();

// Call `run` when `key` is pressed outside of inputs and dialogs.
export function shortcut(key, run) {
  shortcuts.set(key, run);
}

const typing = (target) => target.closest("input, textarea, select, [contenteditable], dialog");

document.addEventListener("keydown", (event) => {
  if (event.isComposing) return;
  if ((event.ctrlKey || event.metaKey) && !event.altKey && !event.shiftKey && event.key.toLowerCase() === "k") {
    event.preventDefault();
    openPalette();
    return;
  }
  if (event.ctrlKey || event.metaKey || event.altKey || typing(event.target)) return;
  const run = event.key === "?" ? () => document.getElementById("help").showModal() : shortcuts.get(event.key);
  if (!run) return;
  event.preventDefault();
  run();
});

Alpine.data("frame", () => ({
  search() { openPalette(); },
  help() { document.getElementById("help").showModal(); },
  more() { document.getElementById("more").showModal(); },
}));
Alpine.data("help", () => ({ close() { this.$root.close(); } }));

// --- one search -----------------------------------------------------------------------------------------------------
function openPalette() {
  const dialog = document.getElementById("palette");
  if (!dialog.open) dialog.showModal();
  dialog.querySelector("input").focus();
}

const PLACES = () => [
  { label: gettext("Inicio"), href: "/user/dashboard", icon: "home" },
  { label: gettext("Bandeja"), href: "/user/inbox", icon: "inbox" },
  { label: gettext("Lo que te piden y no tienes"), href: "/user/inbox?tab=unanswered", icon: "message-question" },
  { label: gettext("Productos"), href: "/user/commercial/products", icon: "package" },
  { label: gettext("Agenda"), href: "/user/personal/agenda", icon: "calendar-event" },
  { label: gettext("Tareas"), href: "/user/personal/tasks", icon: "checklist" },
  { label: gettext("Asistente"), href: "/user/commercial/chat", icon: "message-circle" },
  { label: gettext("Asistente personal"), href: "/user/personal/chat", icon: "sparkles" },
  { label: gettext("Analíticas"), href: "/user/analytics", icon: "chart-bar" },
  { label: gettext("Ajustes"), href: "/user/settings", icon: "settings" },
  { label: gettext("Importar un archivo"), href: "/user/import", icon: "upload" },
  { label: gettext("Nuevo producto"), href: "/user/commercial/products?new=1", icon: "plus" },
  { label: gettext("Nueva cita"), href: "/user/personal/agenda?new=1", icon: "calendar-plus" },
  { label: gettext("Nueva tarea"), href: "/user/personal/tasks?new=1", icon: "plus" },
  { label: gettext("Conversación nueva con el asistente"), href: "/user/commercial/chat?new=1", icon: "sparkles" },
  { label: "WhatsApp", href: "/user/whatsapp", icon: "brand-whatsapp" },
  { label: gettext("API: claves para otros sistemas"), href: "/user/api", icon: "key" },
  { label: gettext("Webhooks"), href: "/user/webhooks", icon: "bolt" },
  { label: gettext("Exportar mis datos"), href: "/user/settings#exports", icon: "download" },
  { label: gettext("Cambiar contraseña"), href: "/user/settings#password", icon: "key" },
  { label: gettext("Cambiar el correo de la cuenta"), href: "/user/settings#email", icon: "mail" },
  { label: gettext("Segundo factor y sesiones abiertas"), href: "/user/settings#security", icon: "key" },
  { label: gettext("Descargar todos mis datos, borrar mi cuenta"), href: "/user/settings#own-data", icon: "download" },
  { label: gettext("Correos que recibes"), href: "/user/settings#mail", icon: "mail" },
];
// Where the search looks beside the pages, and what it makes of a row. Each is the public API's own search.
const SOURCES = (asked) => [
  {
    path: `/api/user/products/search?${query({ q: asked, limit: 5 })}`,
    show: (row) => ({ label: row.name, detail: money(row.price), icon: "package", href: `/user/commercial/products?id=${row.id}` }),
  },
  {
    path: `/api/user/inbox?${query({ search: asked, page_size: 4 })}`,
    show: (row) => ({
      label: row.contact?.name || row.title, detail: when(row.updated_at), icon: "message-circle", href: `/user/inbox?conversation=${row.id}`,
    }),
  },
  {
    path: `/api/user/contacts?${query({ search: asked, page_size: 4 })}`,
    show: (row) => ({ label: row.name, detail: row.phone || row.email, icon: "user", href: `/user/inbox?person=${row.id}` }),
  },
  {
    path: `/api/user/personal/appointments?${query({ search: asked, page_size: 4, ordering: "-start_datetime" })}`,
    show: (row) => ({ label: row.title, detail: dayName(row.start_datetime), icon: "calendar-event", href: `/user/personal/agenda?id=${row.id}` }),
  },
  {
    path: `/api/user/personal/tasks?${query({ search: asked, page_size: 4 })}`,
    show: (row) => ({ label: row.title, detail: row.due_date ? dayName(`${row.due_date}T12:00Z`) : "", icon: "checklist", href: `/user/personal/tasks?id=${row.id}` }),
  },
];
const bare = (text) => text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();

Alpine.data("palette", () => ({
  text: "", rows: [], active: 0, failed: "", searching: false, timer: 0, calling: null,
  get items() {
    const asked = bare(this.text.trim());
    const places = PLACES().filter((place) => bare(place.label).includes(asked));
    return [...(asked ? this.rows : []), ...places].map((item, n) => ({ detail: "", ...item, id: `palette-${n}` }));
  },
  get activeId() { return this.items[this.active]?.id || ""; },
  get nothing() { return !this.items.length && !this.searching && !this.failed; },
  isActive(item) { return item.id === this.activeId ? "true" : "false"; },
  point(item) { this.active = this.items.findIndex((other) => other.id === item.id); },
  icon: iconHref,
  look() {
    this.active = 0;
    this.failed = "";
    clearTimeout(this.timer);
    this.calling?.abort();
    const asked = this.text.trim();
    if (!asked) { this.rows = []; this.searching = false; return; }
    this.searching = true;
    this.timer = setTimeout(() => this.fetch(asked), 150);
  },
  async fetch(asked) {
    const { signal } = this.calling = new AbortController();
    const sources = SOURCES(asked.slice(0, 200));
    const found = sources.map(() => []);
    // Each as it comes: who looks for a customer does not wait for the products.
    await Promise.all(sources.map(async ({ path, show }, n) => {
      try {
        const answer = await get(path, { signal });
        if (signal.aborted) return;
        found[n] = (answer.results || answer).map(show);
        this.rows = found.flat();
      } catch (fault) {
        if (fault.name !== "AbortError") this.failed = fault.words || gettext("No se pudo buscar.");
      }
    }));
    if (!signal.aborted) this.searching = false;
  },
  key(event) {
    const last = this.items.length - 1;
    if (event.key === "ArrowDown") this.active = Math.min(last, this.active + 1);
    else if (event.key === "ArrowUp") this.active = Math.max(0, this.active - 1);
    else if (event.key === "Enter" && this.items[this.active]) location.assign(this.items[this.active].href);
    else return;
    event.preventDefault();
    this.$nextTick(() => document.getElementById(this.activeId)?.scrollIntoView({ block: "nearest" }));
  },
  go() { this.close(); },
  close() { this.$root.close(); },
  clear() { this.text = ""; this.rows = []; this.active = 0; this.failed = ""; },
}));
