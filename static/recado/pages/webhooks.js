// Ajustes › Webhooks: which systems are told what happens, and whether they took it.
import Alpine from "../../vendor/alpine.min.js";
import { ApiError, get, patch, post, query, remove } from "../api.js";
import { number, when } from "../format.js";
import { notify } from "../frame.js";

const HOOKS = "/api/user/webhooks";
const TRY_MS = 700, TRIES = 30; // how often one looks what became of a test
const PAGE = 20;
const sleep = (ms) => new Promise((done) => { setTimeout(done, ms); });
const none = () => ({ url: "", description: "", events: [] });
const STATES = () => ({
  queued: gettext("en cola"), sending: gettext("enviando"), delivered: gettext("entregado"), failed: gettext("no se entregó"),
});
const BADGES = { queued: "badge-low", sending: "badge-low", delivered: "badge-ok", failed: "badge-out" };
// By the words that events' names hold: «order_received» is told under «Pedidos».
const GROUPS = () => ({
  talks: [gettext("Conversaciones"), /message|conversation|question|handed|taken|delivery/],
  orders: [gettext("Pedidos"), /^order/],
  products: [gettext("Productos"), /^product/],
  agenda: [gettext("Agenda y tareas"), /^(appointment|task|reminder)/],
  contacts: [gettext("Contactos"), /^contact/],
  others: [gettext("Otros"), /./],
});
const ROOMY = "(min-width: 48rem)";

// The events in their groups; open is what there is room for, and what has a choice in it.
function inGroups(events, chosen) {
  const groups = Object.entries(GROUPS()).map(([name, [label, form]]) => ({ name, label, form, events: [] }));
  for (const event of events) groups.find((group) => group.form.test(event.name)).events.push(event);
  const isOpen = (group) => matchMedia(ROOMY).matches || group.events.some((event) => chosen.includes(event.name));
  return groups.filter((group) => group.events.length).map((group) => ({ ...group, open: isOpen(group) }));
}

Alpine.data("webhooks", () => ({
  list: [], events: [], ready: false, trouble: "", said: "", busy: false, errors: {},
  form: false, editing: null, groups: [], values: none(), formTrouble: "", secret: "", overlap: false, tried: {},
  opened: null, log: [], next: false, page: 1, status: "", logReady: false,

  init() { this.load(); },
  async load() {
    try {
      const [hooks, events] = await Promise.all([get(HOOKS), get(`${HOOKS}/events`)]);
      this.list = hooks.results;
      this.events = events;
      this.trouble = "";
      this.ready = true;
      const asked = Number(new URLSearchParams(location.search).get("id"));
      const hook = this.list.find((one) => one.id === asked);
      if (hook && !this.opened) await this.toggleLog(hook);
    } catch (fault) { this.fail(fault); }
  },
  fail(fault) {
    if (!(fault instanceof ApiError)) throw fault;
    this.trouble = fault.words;
  },
  say(text) { this.said = text; notify({ text }); },
  invalid(name) { return this.errors[name] ? "true" : "false"; },
  async act(what, otherwise) {
    this.busy = true;
    try { await what(); } catch (fault) {
      if (!(fault instanceof ApiError)) throw fault;
      if (otherwise) otherwise(fault); else this.say(fault.words);
    } finally { this.busy = false; }
  },
  put(hook) { this.list = this.list.map((one) => (one.id === hook.id ? { ...one, ...hook } : one)); },

  // --- each of them
  idOf(hook) { return `hook-${hook.id}`; },
  nameOf(hook) { return hook.description || hook.url; },
  stateOf(hook) {
    if (hook.disabled_at) return gettext("Desactivado");
    if (!hook.is_active) return gettext("Pausado");
    return hook.failing_since ? gettext("Fallando") : gettext("Activo");
  },
  badgeOf(hook) {
    if (hook.disabled_at) return "badge-out";
    if (!hook.is_active) return "badge-off";
    return hook.failing_since ? "badge-low" : "badge-ok";
  },
  problemOf(hook) {
    if (hook.disabled_at) return hook.disabled_text;
    return hook.is_active && hook.failing_since ? interpolate(gettext("No recibe bien desde %s."), [when(hook.failing_since)]) : "";
  },
  remedyOf(hook) {
    return hook.disabled_at
      ? gettext("Ya no le avisamos. Cuando esté arreglado, pulsa «Probar» y después «Activar».")
      : gettext("Lo seguimos intentando. Mira en las entregas qué contesta.");
  },
  eventsOf(hook) {
    const labels = this.events.filter((event) => hook.events.includes(event.name)).map((event) => event.label);
    if (labels.length === this.events.length) return gettext("todo");
    if (labels.length <= 3) return labels.join(", ");
    return interpolate(gettext("%(first)s y %(more)s más"), { first: labels.slice(0, 2).join(", "), more: number(labels.length - 2) }, true);
  },
  lastOf(hook) { return hook.delivered_at ? when(hook.delivered_at) : gettext("todavía nunca"); },
  triedOf(hook) { return this.tried[hook.id] || ""; },
  tell(hook, text) { this.tried = { ...this.tried, [hook.id]: text }; },

  async tryOut(hook) {
    this.tell(hook, gettext("Enviando una prueba…"));
    await this.act(async () => {
      const sent = await post(`${HOOKS}/${hook.id}/test`, {});
      for (let n = 0; n < TRIES; n += 1) {
        await sleep(TRY_MS);
        const row = await get(`${HOOKS}/${hook.id}/deliveries/${sent.id}`);
        if (row.status === "queued" || row.status === "sending") continue;
        const last = row.attempts.at(-1);
        this.tell(hook, row.status === "delivered"
          ? interpolate(gettext("Recibida: contestó %(status)s en %(ms)s ms."), { status: last.status_code, ms: number(last.latency_ms) }, true)
          : interpolate(gettext("No la recibió. %s"), [last ? last.text : row.reason_text]));
        break;
      }
      if (this.triedOf(hook) === gettext("Enviando una prueba…")) this.tell(hook, gettext("Sigue en cola. Mira las entregas en un minuto."));
      this.put(await get(`${HOOKS}/${hook.id}`));
      if (this.isOpen(hook)) await this.readLog();
    }, (fault) => this.tell(hook, fault.words));
  },
  async pause(hook) { await this.act(async () => { this.put(await patch(`${HOOKS}/${hook.id}`, { is_active: false })); this.say(gettext("En pausa.")); }); },
  async resume(hook) { await this.act(async () => { this.put(await patch(`${HOOKS}/${hook.id}`, { is_active: true })); this.say(gettext("Activo otra vez.")); }); },
  async rotate(hook) {
    if (!confirm(gettext("¿Hacer una clave nueva? La de ahora sigue valiendo 24 horas."))) return;
    await this.act(async () => {
      const { secret, ...fresh } = await post(`${HOOKS}/${hook.id}/rotate`, {});
      this.put(fresh);
      this.show(secret, true);
    });
  },
  async drop(hook) {
    if (!confirm(interpolate(gettext("¿Borrar %s con sus entregas?"), [this.nameOf(hook)]))) return;
    await this.act(async () => {
      await remove(`${HOOKS}/${hook.id}`);
      this.list = this.list.filter((one) => one.id !== hook.id);
      this.say(gettext("Borrado."));
    });
  },

  // --- the secret, once
  get shown() { return Boolean(this.secret); },
  get overlapWords() { return this.overlap ? gettext("La anterior vale 24 horas más: cámbiala con calma.") : ""; },
  show(secret, overlap) {
    this.secret = secret;
    this.overlap = overlap;
    this.$nextTick(() => document.getElementById("secret-box").focus());
  },
  hideSecret() { this.secret = ""; },
  async copy(id) {
    const field = document.getElementById(id);
    field.select();
    try {
      await navigator.clipboard.writeText(field.value);
      this.say(gettext("Copiado."));
    } catch { this.say(gettext("Cópiala con Ctrl C: está seleccionada.")); } // no clipboard without HTTPS
  },

  // --- adding and changing
  get canAdd() { return this.ready && !this.form; },
  get formTitle() { return this.editing ? gettext("Cambiar el webhook") : gettext("Agregar un webhook"); },
  get hasAll() { return this.values.events.length === this.events.length; },
  get allWords() { return this.hasAll ? gettext("Ninguno") : gettext("Todos"); },
  get chosenWords() { return interpolate(gettext("%(n)s de %(all)s elegidos"), { n: number(this.values.events.length), all: number(this.events.length) }, true); },
  toggleAll() { this.values.events = this.hasAll ? [] : this.events.map((event) => event.name); },
  chosenOf(group) { return group.events.filter((event) => this.values.events.includes(event.name)).length; },
  isWhole(group) { return this.chosenOf(group) === group.events.length; },
  countOf(group) { return interpolate(gettext("%(n)s de %(all)s"), { n: number(this.chosenOf(group)), all: number(group.events.length) }, true); },
  groupWords(group) { return this.isWhole(group) ? gettext("Ninguno") : gettext("Todos"); },
  groupLabel(group) { return `${this.groupWords(group)}: ${group.label}`; },
  toggleGroup(group) {
    const names = group.events.map((event) => event.name), others = this.values.events.filter((name) => !names.includes(name));
    this.values.events = this.isWhole(group) ? others : [...others, ...names];
  },
  open() { this.fill(null, none()); },
  edit(hook) { this.fill(hook, { url: hook.url, description: hook.description, events: [...hook.events] }); },
  fill(hook, values) {
    this.editing = hook;
    this.values = values;
    this.groups = inGroups(this.events, values.events);
    this.errors = {};
    this.formTrouble = "";
    this.form = true;
    this.$nextTick(() => document.getElementById("hook-url").focus());
  },
  close() { this.form = false; this.editing = null; },
  async save() {
    this.errors = {};
    this.formTrouble = "";
    await this.act(async () => {
      if (this.editing) {
        this.put(await patch(`${HOOKS}/${this.editing.id}`, this.values));
        this.say(gettext("Guardado."));
      } else {
        const { secret, ...hook } = await post(HOOKS, this.values);
        this.list = [...this.list, hook];
        this.show(secret, false);
        this.said = gettext("Agregado. Copia la clave secreta.");
      }
      this.close();
    }, (fault) => {
      this.errors = fault.fields;
      if (!Object.keys(this.errors).length) this.formTrouble = fault.words;
      const first = ["url", "description"].find((name) => this.errors[name]);
      if (first) this.$nextTick(() => document.getElementById(`hook-${first}`).focus());
      else if (this.errors.events) this.$nextTick(() => this.$root.querySelector(".hook-all button").focus());
    });
  },

  // --- the log
  isOpen(hook) { return this.opened === hook.id; },
  filterId(hook) { return `hook-filter-${hook.id}`; },
  get logIsEmpty() { return this.logReady && !this.log.length; },
  async toggleLog(hook) {
    this.opened = this.opened === hook.id ? null : hook.id;
    this.status = "";
    this.log = [];
    this.logReady = false;
    if (this.opened) await this.readLog();
  },
  async filter(status) { this.status = status; await this.readLog(); },
  async readLog() { await this.readPages(1); },
  async more() { await this.readPages(this.page + 1); },
  async readPages(page) {
    const asked = this.opened;
    await this.act(async () => {
      const found = await get(`${HOOKS}/${asked}/deliveries?${query({ status: this.status, page, page_size: PAGE })}`);
      if (this.opened !== asked) return;
      const known = new Set(found.results.map((row) => row.id));
      this.log = page === 1 ? found.results : [...this.log.filter((row) => !known.has(row.id)), ...found.results];
      this.page = page;
      this.next = Boolean(found.next);
      this.logReady = true;
    });
  },
  stateOfRow(row) { return STATES()[row.status]; },
  badgeOfRow(row) { return BADGES[row.status]; },
  briefOf(row) {
    const last = row.attempts.at(-1);
    const answer = last && (last.status_code ? `${last.status_code} · ${number(last.latency_ms)} ms` : last.text);
    return [when(row.created_at), answer].filter(Boolean).join(" · ");
  },
  whyOf(row) {
    const again = row.next_attempt_at && row.attempts.length ? interpolate(gettext("Lo intentamos otra vez: %s."), [when(row.next_attempt_at)]) : "";
    return [row.reason_text, again].filter(Boolean).join(" ");
  },
  requestOf(row) {
    const { url, headers, body } = row.request;
    return [`POST ${url}`, ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`), "", body].join("\n");
  },
  attemptsOf(row) {
    return row.attempts.map((attempt, n) => ({
      key: n,
      title: interpolate(gettext("Intento %(n)s: %(status)s, %(ms)s ms"), {
        n: number(n + 1), status: attempt.status_code || gettext("sin respuesta"), ms: number(attempt.latency_ms),
      }, true),
      text: attempt.text,
      answer: attempt.answer,
    }));
  },
  async redeliver(row) {
    const hook = this.opened;
    await this.act(async () => {
      await post(`${HOOKS}/${hook}/deliveries/${row.id}/redeliver`, {});
      this.say(gettext("Enviando otra vez…"));
      for (let n = 0; n < TRIES; n += 1) {
        await sleep(TRY_MS);
        const fresh = await get(`${HOOKS}/${hook}/deliveries/${row.id}`);
        this.log = this.log.map((one) => (one.id === fresh.id ? fresh : one));
        if (fresh.status === "queued" || fresh.status === "sending") continue;
        this.say(fresh.status === "delivered" ? gettext("Entregado.") : gettext("Otra vez no lo recibió."));
        break;
      }
    });
  },
}));
