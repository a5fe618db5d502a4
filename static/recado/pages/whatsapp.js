// Ajustes › WhatsApp: the customers' link, my phone, my number and how it is.
import Alpine from "../../vendor/alpine.min.js";
import { ApiError, get, patch, post, remove } from "../api.js";
import { number, when } from "../format.js";
import { notify } from "../frame.js";

const CHANNELS = "/api/user/channels";
const PHONES = "/api/whatsapp/link-phone";
const PREFERENCES = "/api/user/preferences";
const SOON = 3000;
const LATER = 20_000;
const TRY_MS = 700, TRIES = 20; // how often one looks what became of a message that is tried
const SECRET = /^[0-9a-f]{32}$/i; // what Meta's app secrets look like
const LEFT = ["sent", "delivered", "read"];
const sleep = (ms) => new Promise((done) => { setTimeout(done, ms); });
const none = () => ({ phone_number_id: "", business_account_id: "", app_secret: "", token: "" });

Alpine.data("whatsapp", () => ({
  channels: [], phones: [], usage: {}, preferences: {}, ready: false, trouble: "", said: "", errors: {}, busy: false,
  phone: "", password: "", wantsPassword: false, phoneTrouble: "", code: null, now: Date.now(),
  form: false, editing: null, values: none(), formTrouble: "", fresh: null, preferred: "", eager: 0, timer: 0,
  tried: {}, asked: {}, played: "",

  init() {
    this.load();
    setInterval(() => { this.now = Date.now(); if (this.code && !this.codeSeconds) this.dropCode(); }, 1000);
    document.addEventListener("visibilitychange", () => { if (!document.hidden) this.look(); });
  },
  async load() {
    try {
      const [channels, phones, preferences] = await Promise.all([get(CHANNELS), get(PHONES), get(PREFERENCES)]);
      this.channels = channels.results;
      this.phones = phones.results;
      this.preferences = preferences;
      this.wantsPassword = this.phones.length > 0;
      this.trouble = "";
      this.ready = true;
      this.plan();
      await this.count();
      if (this.$root.dataset.simulates) this.played = (await get("/api/user/simulator")).phones.find((phone) => phone.kind === "owner")?.phone || "";
    } catch (fault) { this.fail(fault); }
  },
  // What is waited for comes soon: a code that is sent, a token that is checked.
  plan() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.look(), this.code || Date.now() < this.eager ? SOON : LATER);
  },
  async look() {
    if (!this.ready || document.hidden) { this.plan(); return; }
    try {
      const [channels, phones] = await Promise.all([get(CHANNELS), get(PHONES)]);
      const before = new Map(this.phones.map((phone) => [phone.id, phone.linked_at]));
      const linked = phones.results.find((phone) => before.get(phone.id) !== phone.linked_at);
      if (this.code && linked) this.welcome(linked);
      this.channels = channels.results;
      this.channels.forEach((channel) => this.tellChecked(channel));
      this.phones = phones.results;
      this.trouble = "";
    } catch (fault) { this.fail(fault); }
    this.plan();
  },
  async count() {
    for (const channel of this.channels) this.usage = { ...this.usage, [channel.id]: await get(`${CHANNELS}/${channel.id}/usage`) };
  },
  fail(fault) {
    if (!(fault instanceof ApiError)) throw fault;
    this.trouble = fault.words;
  },
  invalid(name) { return this.errors[name] ? "true" : "false"; },
  say(text) { this.said = text; notify({ text }); },
  async copy(id) {
    const field = document.getElementById(id);
    field.select();
    try {
      await navigator.clipboard.writeText(field.value);
      this.say(gettext("Copiado."));
    } catch { this.say(gettext("Cópiala con Ctrl C: está seleccionada.")); } // no clipboard without HTTPS
  },

  // --- my phone
  get isPlayed() { return this.digits(this.phone) === this.played; },
  get offersPlayed() { return Boolean(this.played) && !this.code && !this.phones.some((phone) => this.digits(phone.phone) === this.played); },
  get playedLabel() { return interpolate(gettext("Usar el teléfono del simulador (+%s)"), [this.played]); },
  digits(text) { return text.replace(/\D/g, ""); },
  usePlayed() { this.phone = `+${this.played}`; this.askCode(); },
  // Which phone is waited for: another one's message with this code links nothing.
  get codeFrom() {
    if (!this.isPlayed && this.channels.length) return interpolate(gettext("Envíalo desde %s al número que conectaste: %s."), [this.phone, this.nameOf(this.channels[0])]);
    if (!this.played) return interpolate(gettext("Envíalo desde %s al número de WhatsApp de tu negocio."), [this.phone]);
    if (this.isPlayed) return gettext("Envíalo desde «Tu teléfono» en el simulador.");
    return interpolate(gettext("Esperamos el mensaje de %s. El teléfono del simulador es otro (+%s): desde él este código no sirve."), [this.phone, this.played]);
  },
  get phoneLabel() { return this.phones.length ? gettext("Otro número de WhatsApp") : gettext("Tu número de WhatsApp"); },
  linkedSince(phone) {
    return phone.last_seen_at ? interpolate(gettext("escribió %s"), [when(phone.last_seen_at)]) : interpolate(gettext("vinculado %s"), [when(phone.linked_at)]);
  },
  unlinkLabel(phone) { return interpolate(gettext("Desvincular %s"), [phone.phone]); },
  showPassword() { this.wantsPassword = true; this.$nextTick(() => document.getElementById("phone-password").focus()); },
  async askCode() {
    this.errors = {};
    this.phoneTrouble = "";
    const body = { phone: this.phone, ...(this.password ? { password: this.password } : {}) };
    await this.act(async () => {
      this.code = await post(PHONES, body);
      this.password = "";
      this.plan();
    }, (fault) => {
      this.errors = fault.fields;
      if (this.errors.password) this.wantsPassword = true;
      if (!Object.keys(this.errors).length) this.phoneTrouble = fault.words;
    });
  },
  get codeMessage() { return this.code ? this.code.message : ""; },
  get codeLink() { return this.code ? this.code.wa_me : ""; },
  get codeSeconds() { return this.code ? Math.max(0, Math.round((new Date(this.code.expires_at) - this.now) / 1000)) : 0; },
  get codeState() {
    const seconds = this.codeSeconds;
    return interpolate(gettext("Esperando tu mensaje… quedan %s"), [`${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`]);
  },
  dropCode() { this.code = null; },
  welcome(phone) {
    this.code = null;
    this.phone = "";
    this.wantsPassword = true;
    this.say(interpolate(gettext("Listo: %s ya está vinculado."), [phone.phone]));
  },
  async unlink(phone) {
    if (!confirm(interpolate(gettext("¿Desvincular %s? Lo que escriba desde ahí será de un cliente."), [phone.phone]))) return;
    await this.act(async () => {
      await remove(`${PHONES}/${phone.id}`);
      this.phones = this.phones.filter((other) => other.id !== phone.id);
      this.wantsPassword = this.phones.length > 0;
      this.say(gettext("Desvinculado."));
    });
  },

  // --- my number
  get noChannels() { return this.ready && !this.channels.length && !this.form; },
  get canConnect() { return this.ready && !this.form; },
  get connectLabel() { return this.channels.length ? gettext("Conectar otro número") : gettext("Conectar un número"); },
  get isConnecting() { return !this.editing; },
  get formTitle() { return this.editing ? interpolate(gettext("Claves de %s"), [this.nameOf(this.editing)]) : gettext("Conectar un número"); },
  get saveLabel() { return this.editing ? gettext("Guardar") : gettext("Conectar"); },
  get keptHint() { return this.editing ? gettext("Sin cambios si lo dejas vacío") : ""; },
  nameOf(channel) { return channel.display_phone_number || interpolate(gettext("Número %s"), [channel.phone_number_id]); },
  idOf(channel, name) { return `${name}-${channel.id}`; },
  isNew(channel) { return channel.id === this.fresh || channel.health.problems.some((problem) => problem.code === "webhook"); },
  stateOf(channel) {
    return { ok: gettext("Funciona"), attention: gettext("Requiere atención"), stopped: gettext("Detenido") }[channel.health.state];
  },
  badgeOf(channel) { return { ok: "badge-ok", attention: "badge-low", stopped: "badge-out" }[channel.health.state]; },
  tokenOf({ health }) {
    if (health.token_is_valid === null) return gettext("sin comprobar");
    const text = health.token_is_valid ? gettext("válida, %s") : gettext("no vale, %s");
    return interpolate(text, [when(health.token_checked_at)]);
  },
  seenOf({ health }) { return health.webhook_seen_at ? when(health.webhook_seen_at) : gettext("nunca"); },
  qualityOf({ health }) {
    return { GREEN: gettext("alta"), YELLOW: gettext("media"), RED: gettext("baja") }[health.quality] || gettext("sin dato");
  },
  limitOf({ health }) {
    const tier = health.messaging_limit.replace("TIER_", "");
    if (!tier || tier === "NOT_SET") return gettext("sin dato");
    if (tier === "UNLIMITED") return gettext("sin límite");
    const many = Number(tier.replace("K", "")) * (tier.endsWith("K") ? 1000 : 1);
    return Number.isFinite(many) ? number(many) : tier;
  },
  templatesOf({ health }) {
    if (!health.templates.length) return gettext("ninguna");
    const usable = health.templates.filter((template) => template.is_usable).length;
    return interpolate(gettext("%s de %s se pueden usar"), [usable, health.templates.length]);
  },
  hasUsage(channel) { return Boolean(this.usage[channel.id]); },
  usedOf(channel) { const found = this.usage[channel.id]; return found ? found.free_limit - found.free_left : 0; },
  usageTitle(channel) {
    const found = this.usage[channel.id];
    return found ? interpolate(gettext("%s de %s respuestas gratis este mes"), [number(found.free_limit - found.free_left), number(found.free_limit)]) : "";
  },
  usageText(channel) {
    const found = this.usage[channel.id];
    return found ? interpolate(gettext("%s entregados · %s cobrados"), [number(found.delivered), number(found.charged)]) : "";
  },
  canResume({ health }) { return Boolean(health.paused_for) || Boolean(health.payment_problem_at); },
  open() { this.edit(null); },
  edit(channel) {
    this.editing = channel;
    this.values = { ...none(), ...(channel ? { phone_number_id: channel.phone_number_id, business_account_id: channel.business_account_id } : {}) };
    this.errors = {};
    this.formTrouble = "";
    this.form = true;
    this.$nextTick(() => document.getElementById(channel ? "num-token" : "num-phone_number_id").focus());
  },
  close() { this.form = false; this.editing = null; this.values = none(); },
  async save() {
    this.errors = {};
    this.formTrouble = "";
    const { editing } = this;
    const body = Object.fromEntries(Object.entries(this.values).map(([name, value]) => [name, value.trim()]));
    // A key that is left empty stays as it is.
    if (editing) for (const name of ["token", "app_secret"]) if (!body[name]) delete body[name];
    await this.act(async () => {
      const saved = editing ? await patch(`${CHANNELS}/${editing.id}`, body) : await post(CHANNELS, body);
      if (!editing) this.fresh = saved.id;
      this.put(saved);
      this.close();
      this.say(body.token || editing ? this.wait(saved) : gettext("Guardado. Falta la clave de acceso: sin ella no sale nada."));
      await this.count();
    }, (fault) => {
      this.errors = fault.fields;
      if (!Object.keys(this.errors).length) this.formTrouble = fault.words;
      this.$nextTick(() => this.$root.querySelector('.number-form [aria-invalid="true"]')?.focus());
    });
  },
  put(saved) {
    const known = this.channels.some((channel) => channel.id === saved.id);
    this.channels = known ? this.channels.map((channel) => (channel.id === saved.id ? saved : channel)) : [...this.channels, saved];
    this.eager = Date.now() + 60_000;
    this.plan();
  },
  // A secret of another look is taken: only Meta knows what is a secret of theirs.
  get oddSecret() { const given = this.values.app_secret.trim(); return Boolean(given) && !SECRET.test(given); },

  // --- trying a number, and asking Meta about it
  triedOf(channel) { return this.tried[channel.id] || ""; },
  tell(channel, text) { this.tried = { ...this.tried, [channel.id]: text }; this.said = text; },
  async tryOut(channel) {
    this.tell(channel, gettext("Enviando…"));
    await this.act(async () => {
      const { delivery_id: id } = await post(`${CHANNELS}/${channel.id}/test`, {});
      for (let n = 0; n < TRIES; n += 1) {
        const { status, to, error } = await get(`/api/user/deliveries/${id}`);
        if (LEFT.includes(status)) { this.tell(channel, interpolate(gettext("WhatsApp lo recibió. Mira el teléfono +%s."), [to])); return; }
        if (error) { this.tell(channel, interpolate(gettext("No salió. %s %s"), [error.text, error.remedy])); return; }
        await sleep(TRY_MS);
      }
      this.tell(channel, gettext("Sigue en cola: WhatsApp no ha contestado todavía. Mira tu teléfono en un minuto."));
    }, (fault) => this.tell(channel, [fault.fields.to].flat()[0] || fault.words));
  },
  // Says what is asked of Meta, and remembers since when; what Meta answers is said when it is there.
  wait(channel) {
    this.asked = { ...this.asked, [channel.id]: channel.health.token_checked_at || "never" };
    const text = gettext("Guardado. Le preguntamos a WhatsApp si la clave de acceso sirve para este número…");
    this.tell(channel, text);
    return text;
  },
  tellChecked(channel) {
    const since = this.asked[channel.id], { token_checked_at: at, token_is_valid: isValid } = channel.health;
    if (!since || !at || at === since) return;
    this.asked = { ...this.asked, [channel.id]: "" };
    this.tell(channel, isValid
      ? gettext("Conectado: WhatsApp acepta la clave de acceso. Ahora pega la dirección y la clave de verificación en la consola de Meta.")
      : gettext("WhatsApp no acepta la clave de acceso para este número: revisa las dos y vuelve a intentarlo."));
  },
  async check(channel) {
    await this.act(async () => {
      const checked = await post(`${CHANNELS}/${channel.id}/check`, {});
      this.put(checked);
      this.asked = { ...this.asked, [channel.id]: checked.health.token_checked_at || "never" };
      this.tell(channel, gettext("Le preguntamos a WhatsApp…"));
    });
  },
  async pause(channel) { await this.act(async () => this.put(await post(`${CHANNELS}/${channel.id}/pause`, {}))); },
  async resume(channel) { await this.act(async () => this.put(await post(`${CHANNELS}/${channel.id}/resume`, {}))); },
  async disconnect(channel) {
    if (!confirm(interpolate(gettext("¿Desconectar %s? Lo conversado se queda."), [this.nameOf(channel)]))) return;
    await this.act(async () => {
      await remove(`${CHANNELS}/${channel.id}`);
      this.channels = this.channels.filter((other) => other.id !== channel.id);
      this.say(gettext("Desconectado."));
    });
  },

  // --- how the assistant answers
  async prefer(name, value) {
    this.errors = {};
    this.preferred = "";
    await this.act(async () => {
      this.preferences = await patch(PREFERENCES, { [name]: value });
      this.preferred = gettext("Guardado.");
    }, (fault) => {
      this.errors = fault.fields;
      if (!Object.keys(this.errors).length) this.preferred = fault.words;
    });
  },

  async act(what, otherwise) {
    this.busy = true;
    try { await what(); } catch (fault) {
      if (!(fault instanceof ApiError)) throw fault;
      if (otherwise) otherwise(fault); else this.say(fault.words);
    } finally { this.busy = false; }
  },
}));
