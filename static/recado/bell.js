// The bell: what one was told, live, and what of it is not read yet.
import Alpine from "../vendor/alpine.min.js";
import { ApiError, get, post, query } from "./api.js";
import { when } from "./format.js";
import { iconHref, notify } from "./frame.js";

const API = "/api/user/notifications";
const SHOWN = 20;
const FIRST_MS = 1000; // after the page has what it came for
const AGAIN_MS = 60_000; // when there was no line to listen on

Alpine.store("bell", { unread: 0, talks: 0, list: [], read: false, trouble: "" });
const bell = () => Alpine.store("bell");
let stream = null;

async function count() {
  try {
    const [bells, inbox] = await Promise.all([get(`${API}?${query({ unread: true, page_size: 1 })}`), get("/api/user/inbox/counts")]);
    Object.assign(bell(), { unread: bells.count, talks: inbox.unread });
  } catch (fault) {
    if (!(fault instanceof ApiError)) throw fault; // the next event, or the next visit, tells
  }
}

async function list() {
  try {
    const answer = await get(`${API}?${query({ page_size: SHOWN })}`);
    Object.assign(bell(), { list: answer.results, read: true, trouble: "" });
  } catch (fault) {
    if (!(fault instanceof ApiError)) throw fault;
    bell().trouble = fault.words;
  }
}

// Only while somebody looks: a page in the background would hold a connection for nothing.
function listen() {
  if (document.hidden || stream) return;
  stream = new EventSource(`${API}/stream`);
  stream.addEventListener("notification", (event) => {
    const fresh = JSON.parse(event.data);
    if (fresh.read_at || bell().list.some((one) => one.id === fresh.id)) return;
    bell().list = [fresh, ...bell().list].slice(0, SHOWN);
    notify({ text: fresh.title, action: fresh.url ? gettext("Ver") : "", seconds: 12, run: () => open(fresh) });
  });
  stream.addEventListener("unread", (event) => { bell().unread = JSON.parse(event.data).unread; });
  stream.addEventListener("inbox", (event) => { bell().talks = JSON.parse(event.data).unread; });
  stream.addEventListener("error", () => {
    if (stream?.readyState !== EventSource.CLOSED) return; // it comes back by itself
    stream = null;
    setTimeout(() => { if (!document.hidden) { count(); listen(); } }, AGAIN_MS);
  });
}

async function open(notification) {
  await mark(notification);
  if (safe(notification.url)) location.assign(notification.url);
}

// Only places on this site.
const safe = (url) => /^\/(?![/\\])/.test(url || "");

async function mark(notification) {
  if (notification.read_at) return;
  try {
    const read = await post(`${API}/${notification.id}/read`);
    notification.read_at = read?.read_at || new Date().toISOString();
    bell().unread = Math.max(0, bell().unread - 1);
  } catch (fault) {
    if (!(fault instanceof ApiError)) throw fault; // it stays unread
  }
}

Alpine.data("bell", () => ({
  init() {
    count();
    setTimeout(listen, FIRST_MS);
    document.addEventListener("visibilitychange", () => {
      if (!document.hidden) { count(); listen(); return; }
      stream?.close();
      stream = null;
    });
    window.addEventListener("pagehide", () => { stream?.close(); stream = null; });
    window.addEventListener("pageshow", (event) => { if (event.persisted) listen(); });
  },
  get unread() { return bell().unread; },
  get badge() { return bell().unread > 99 ? "99+" : String(bell().unread); },
  get label() { return bell().unread ? interpolate(ngettext("Avisos: %s sin leer", "Avisos: %s sin leer", bell().unread), [bell().unread]) : gettext("Avisos"); },
  open() {
    document.getElementById("bell").showModal();
    list();
  },
}));

// How many conversations have something unread, beside the inbox in the navigation.
Alpine.data("inboxCount", () => ({
  get any() { return bell().talks > 0; },
  get text() { return bell().talks > 99 ? "99+" : String(bell().talks); },
  get words() { return interpolate(ngettext("%s sin leer", "%s sin leer", bell().talks), [bell().talks]); },
}));

Alpine.data("bellList", () => ({
  get list() { return bell().list; },
  get none() { return bell().read && !bell().list.length; },
  get trouble() { return bell().trouble; },
  get unread() { return bell().unread; },
  close() { this.$root.close(); },
  when(one) { return when(one.created_at); },
  href(one) { return safe(one.url) ? one.url : "#"; },
  icon(one) { return iconHref(["failed", "unconfirmed", "alert"].includes(one.kind) ? "alert-triangle" : "bell"); },
  lineClass(one) { return one.read_at ? "bell-line" : "bell-line is-unread"; },
  isUnread(one) { return !one.read_at; },
  async go(event, one) {
    event.preventDefault();
    await mark(one);
    if (safe(one.url)) location.assign(one.url);
  },
  async readAll() {
    try {
      await post(`${API}/read`);
      const now = new Date().toISOString();
      for (const one of bell().list) one.read_at ||= now;
      bell().unread = 0;
    } catch (fault) {
      if (!(fault instanceof ApiError)) throw fault;
      bell().trouble = fault.words;
    }
  },
}));
