// Ajustes › API: the keys that other systems show instead of a password.
import Alpine from "../../vendor/alpine.min.js";
import { ApiError, get, patch, post, remove } from "../api.js";
import { shell, when } from "../format.js";
import { notify } from "../frame.js";

const KEYS = "/api/user/keys";
const DAY = 86_400_000; // milliseconds
const SOON = 14 * DAY; // before its end a key is marked
const KEEP = "keep"; // the end as it was
const FIELDS = { name: "key-name", expires_at: "key-end", scopes: "key-read" }; // where what is wrong is put right
const date$ = new Intl.DateTimeFormat(shell.locale, { timeZone: shell.timezone, day: "numeric", month: "short", year: "numeric" });

Alpine.data("keys", () => ({
  list: [], ready: false, trouble: "", said: "", busy: false, errors: {},
  form: false, editing: null, name: "", end: "90", scopes: [], formTrouble: "",
  shown: "", shownTitle: "", asked: null, revokeTrouble: "",

  init() { this.load(); },
  async load() {
    try {
      this.list = (await get(`${KEYS}?page_size=200`)).results;
      this.trouble = "";
      this.ready = true;
    } catch (fault) {
      if (!(fault instanceof ApiError)) throw fault;
      this.trouble = fault.words;
    }
  },
  say(text) { this.said = text; notify({ text }); },
  invalid(field) { return this.errors[field] ? "true" : "false"; },
  get empty() { return this.ready && !this.list.length && !this.form; },
  get canAdd() { return this.ready && !this.form; },

  // --- each of them
  prefixOf(key) { return `${key.prefix}…`; },
  endOf(key) { return key.expires_at ? date$.format(new Date(key.expires_at)) : gettext("que la anules"); },
  useOf(key) { return key.last_used_at ? when(key.last_used_at) : gettext("todavía nunca"); },
  stateOf(key) {
    if (!key.expires_at) return "";
    const left = new Date(key.expires_at) - Date.now();
    if (left <= 0) return gettext("Caducó");
    return left < SOON ? gettext("Caduca pronto") : "";
  },
  badgeOf(key) { return new Date(key.expires_at) <= Date.now() ? "badge-out" : "badge-low"; },
  editLabel(key) { return interpolate(gettext("Cambiar «%s»"), [key.name]); },
  revokeLabel(key) { return interpolate(gettext("Anular «%s»"), [key.name]); },
  // «leer y escribir: Productos y pedidos · leer: Contactos»
  scopesOf(key) {
    const labels = Object.fromEntries(this.$root.dataset.areas.split(";").map((pair) => pair.split("=")));
    const of = (act) => key.scopes.filter((scope) => scope.endsWith(`:${act}`)).map((scope) => scope.split(":")[0]);
    const name = (areas, words) => (areas.length ? interpolate(words, [areas.map((area) => labels[area]).join(", ")]) : "");
    if (key.scopes.includes("write")) return gettext("leer y escribir todo");
    const written = of("write"), read = of("read").filter((area) => !written.includes(area));
    return [
      name(written, gettext("leer y escribir: %s")),
      key.scopes.includes("read") ? gettext("leer todo") : name(read, gettext("leer: %s")),
    ].filter(Boolean).join(" · ");
  },

  // --- making and changing
  get formTitle() { return this.editing ? interpolate(gettext("Cambiar «%s»"), [this.editing.name]) : gettext("Una clave nueva"); },
  get saveWords() { return this.editing ? gettext("Guardar") : gettext("Hacer la clave"); },
  open() { this.begin(null, "", "90", []); },
  edit(key) { this.begin(key, key.name, KEEP, [...key.scopes]); },
  begin(key, name, end, scopes) {
    Object.assign(this, { editing: key, name, end, scopes, errors: {}, formTrouble: "", form: true });
    this.settle();
    this.$nextTick(() => document.getElementById("key-name").focus());
  },
  close() {
    this.form = false;
    this.$nextTick(() => document.getElementById("key-new").focus());
  },
  // Who may write may read: the box beside it says so.
  settle() {
    const read = this.scopes.filter((scope) => scope.endsWith("write")).map((scope) => scope.replace(/write$/, "read"));
    this.scopes = [...new Set([...this.scopes, ...read])];
  },
  body() {
    const body = { name: this.name, scopes: this.scopes };
    if (this.end !== KEEP) body.expires_at = this.end ? new Date(Date.now() + Number(this.end) * DAY).toISOString() : null;
    return body;
  },
  async save() {
    this.busy = true;
    this.errors = {};
    this.formTrouble = "";
    try {
      if (this.editing) {
        await patch(`${KEYS}/${this.editing.id}`, this.body());
        this.say(gettext("Listo. La clave cambió."));
      } else {
        const made = await post(KEYS, this.body());
        this.shown = made.key;
        this.shownTitle = interpolate(gettext("La clave «%s»"), [made.name]);
        this.$nextTick(() => document.getElementById("key-box").focus());
      }
      this.form = false;
      await this.load();
    } catch (fault) {
      if (!(fault instanceof ApiError)) throw fault;
      this.errors = fault.fields;
      if (!Object.keys(this.errors).length) this.formTrouble = fault.words;
      const first = Object.keys(FIELDS).find((name) => this.errors[name]);
      if (first) this.$nextTick(() => document.getElementById(FIELDS[first]).focus());
    } finally { this.busy = false; }
  },
  async copy() {
    const field = document.getElementById("key-text");
    try {
      await navigator.clipboard.writeText(this.shown);
      this.say(gettext("Copiada."));
    } catch { // the browser keeps its clipboard to itself
      field.focus();
      field.select();
      this.say(gettext("Está marcada: cópiala con Ctrl C."));
    }
  },
  hide() { this.shown = ""; },

  // --- revoking
  get revokeTitle() { return this.asked ? interpolate(gettext("¿Anular «%s»?"), [this.asked.name]) : ""; },
  ask(key) {
    this.asked = key;
    this.revokeTrouble = "";
    this.$refs.dialog.showModal();
  },
  keep() { this.$refs.dialog.close(); },
  async revoke() {
    this.busy = true;
    try {
      await remove(`${KEYS}/${this.asked.id}`);
      if (this.shown.startsWith(this.asked.prefix)) this.shown = "";
      this.$refs.dialog.close();
      this.say(gettext("Listo. La clave ya no abre nada."));
      await this.load();
    } catch (fault) {
      if (!(fault instanceof ApiError)) throw fault;
      this.revokeTrouble = fault.words;
    } finally { this.busy = false; }
  },
}));
