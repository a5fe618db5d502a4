// Ajustes: mine.
import Alpine from "../../vendor/alpine.min.js";
import { ApiError, get, patch, post } from "../api.js";
import { number } from "../format.js";
import { notify } from "../frame.js";

const API = "/api/user/preferences";
const NAMES = ["business_name", "business_facts", "tone", "language", "currency", "timezone", "accent_color"];
const FACTS_LENGTH = 4000;
const none = () => ({ ...Object.fromEntries(NAMES.map((name) => [name, ""])), accent_color: "#0f766e" });

Alpine.directive("colour", (element, { expression }, { evaluate }) => {
  element.style.setProperty("--swatch", evaluate(expression));
});

Alpine.data("settings", () => ({
  values: none(), before: none(), errors: {}, trouble: "", ready: false, saving: false, state: "",
  colours: [
    { value: "#0f766e", name: gettext("Verde azulado") }, { value: "#1d4ed8", name: gettext("Azul") },
    { value: "#6d28d9", name: gettext("Violeta") }, { value: "#be185d", name: gettext("Fucsia") },
    { value: "#b45309", name: gettext("Ámbar") }, { value: "#15803d", name: gettext("Verde") },
    { value: "#334155", name: gettext("Pizarra") },
  ],
  zones: Intl.supportedValuesOf("timeZone"),

  init() {
    this.load();
    window.addEventListener("beforeunload", (event) => { if (this.changed && !this.saving) event.preventDefault(); });
  },
  get changed() { return this.ready && NAMES.some((name) => this.values[name] !== this.before[name]); },
  get canSave() { return this.changed && !this.saving; },
  get barClass() { return this.changed ? "is-needed" : ""; },
  get factsLeft() {
    const left = FACTS_LENGTH - this.values.business_facts.length;
    return left < 500 ? interpolate(gettext("Quedan %s caracteres."), [number(left)]) : "";
  },
  zoneName(zone) { return zone.replaceAll("_", " ").replace("/", " · "); },
  isZone(zone) { return zone === this.values.timezone; },
  invalid(name) { return this.errors[name] ? "true" : "false"; },
  touch() { this.state = ""; },
  take(answer) {
    if (!this.zones.includes(answer.timezone)) this.zones = [answer.timezone, ...this.zones];
    this.values = Object.fromEntries(NAMES.map((name) => [name, answer[name]]));
    this.before = { ...this.values };
  },
  async load() {
    try {
      this.take(await get(API));
      this.trouble = "";
      this.ready = true;
      if (location.hash === "#password") this.$nextTick(() => document.getElementById("set-current").focus());
    } catch (fault) {
      if (!(fault instanceof ApiError)) throw fault;
      this.trouble = fault.words;
    }
  },
  // Show a colour on the page at once; it is kept with «Guardar».
  paint() {
    this.touch();
    const colour = this.values.accent_color.slice(1).toLowerCase();
    if (/^[0-9a-f]{6}$/.test(colour)) document.getElementById("accent").href = `/theme/${colour}.css`;
  },
  async save() {
    this.saving = true;
    this.errors = {};
    this.trouble = "";
    const changes = Object.fromEntries(NAMES.filter((name) => this.values[name] !== this.before[name]).map((name) => [name, this.values[name]]));
    try {
      this.take(await patch(API, changes));
      document.querySelector(".side-name").textContent = this.values.business_name || document.querySelector("[name=username]").value;
      this.state = gettext("Guardado.");
      // Language, currency and zone are in every text of the page.
      if (["language", "currency", "timezone"].some((name) => name in changes)) location.reload();
    } catch (fault) {
      if (!(fault instanceof ApiError)) throw fault;
      this.errors = fault.fields;
      if (!Object.keys(this.errors).length) this.trouble = fault.words;
      this.$nextTick(() => this.$root.querySelector('[aria-invalid="true"]')?.focus());
    } finally {
      this.saving = false;
    }
  },
}));

Alpine.data("password", () => ({
  current: "", fresh: "", errors: {}, trouble: "", saving: false,
  invalid(name) { return this.errors[name] ? "true" : "false"; },
  async changePassword() {
    this.saving = true;
    this.errors = {};
    this.trouble = "";
    try {
      await post("/api/auth/password", { current: this.current, new: this.fresh });
      this.current = this.fresh = "";
      notify({ text: gettext("Listo. Tu contraseña nueva ya vale.") });
    } catch (fault) {
      if (!(fault instanceof ApiError)) throw fault;
      this.errors = fault.fields;
      if (!Object.keys(this.errors).length) this.trouble = fault.words;
      this.$nextTick(() => this.$root.querySelector('[aria-invalid="true"]')?.focus());
    } finally {
      this.saving = false;
    }
  },
}));
