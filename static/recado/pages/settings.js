// Ajustes: mine.
import Alpine from "../../vendor/alpine.min.js";
import { ApiError, get, patch, post } from "../api.js";
import { number, shell } from "../format.js";
import { notify } from "../frame.js";
import "./account.js";
import "./activity.js";
import "./exports.js";
import "./hours.js";
import "./retention.js";
import "./limits.js";
import "./logo.js";
import "./mail.js";
import "./plan.js";
import "./settings-index.js";

const API = "/api/user/preferences";
const NAMES = [
  "business_name", "business_facts", "tone", "language", "currency", "timezone", "accent_color", "country", "working_hours", "default_minutes",
  "reminder_channels", "quiet_hours", "due_hour", "morning_digest_at", "evening_digest_at", "burst_seconds",
  "conversations_months", "events_months",
];
const FACTS_LENGTH = 4000;
const LENGTHS = [15, 20, 30, 45, 60, 90, 120];
const QUIET = { start: "21:00", end: "07:00" };
const none = () => ({ ...Object.fromEntries(NAMES.map((name) => [name, ""])), accent_color: "#0f766e", working_hours: {}, reminder_channels: [], quiet_hours: null });
const copyOf = (values) => JSON.parse(JSON.stringify(values));
const differs = (one, other) => JSON.stringify(one) !== JSON.stringify(other);

Alpine.directive("colour", (element, { expression }, { evaluate }) => {
  element.style.setProperty("--swatch", evaluate(expression));
});

const zonePart = (zone, style) => new Intl.DateTimeFormat(shell.locale, { timeZone: zone, timeZoneName: style })
  .formatToParts(new Date()).find((part) => part.type === "timeZoneName")?.value || "";
// «Bogota · hora estándar de Colombia (GMT-5)»
function nameOfZone(zone) {
  const city = zone.split("/").at(-1).replaceAll("_", " ");
  try {
    return `${city} · ${zonePart(zone, "long")} (${zonePart(zone, "shortOffset")})`;
  } catch { return city; } // a zone that this browser does not know
}
// America's first: nearly everybody here lives there.
function zonesInOrder() {
  const zones = Intl.supportedValuesOf("timeZone");
  const near = (zone) => zone.startsWith("America/");
  return [...zones.filter(near), ...zones.filter((zone) => !near(zone))];
}

Alpine.data("settings", () => ({
  values: none(), before: none(), errors: {}, trouble: "", ready: false, saving: false, state: "",
  colours: [
    { value: "#0f766e", name: gettext("Verde azulado") }, { value: "#1d4ed8", name: gettext("Azul") },
    { value: "#6d28d9", name: gettext("Violeta") }, { value: "#be185d", name: gettext("Fucsia") },
    { value: "#b45309", name: gettext("Ámbar") }, { value: "#15803d", name: gettext("Verde") },
    { value: "#334155", name: gettext("Pizarra") },
  ],
  zones: zonesInOrder(),

  init() {
    this.load();
    window.addEventListener("beforeunload", (event) => { if (this.changed && !this.saving) event.preventDefault(); });
  },
  get changed() { return this.ready && NAMES.some((name) => differs(this.values[name], this.before[name])); },
  get canSave() { return this.changed && !this.saving; },
  get barClass() { return this.changed ? "is-needed" : ""; },
  get factsLeft() {
    const left = FACTS_LENGTH - this.values.business_facts.length;
    return left < 500 ? interpolate(gettext("Quedan %s caracteres."), [number(left)]) : "";
  },
  zoneName: nameOfZone,
  isZone(zone) { return zone === this.values.timezone; },
  get zoneChanged() { return this.ready && this.values.timezone !== this.before.timezone; },
  get lengths() {
    const known = LENGTHS.includes(this.values.default_minutes) || !this.values.default_minutes ? LENGTHS : [...LENGTHS, this.values.default_minutes].sort((one, other) => one - other);
    return known.map((minutes) => ({ minutes, label: interpolate(ngettext("%s minuto", "%s minutos", minutes), [minutes]) }));
  },
  isLength(choice) { return choice.minutes === this.values.default_minutes; },
  get hasQuiet() { return Boolean(this.values.quiet_hours); },
  get quietStart() { return this.values.quiet_hours?.start || ""; },
  get quietEnd() { return this.values.quiet_hours?.end || ""; },
  toggleQuiet() { this.values.quiet_hours = this.hasQuiet ? null : this.before.quiet_hours || { ...QUIET }; this.touch(); },
  setQuiet(name, clock) { this.values.quiet_hours = { ...this.values.quiet_hours, [name]: clock }; this.touch(); },
  toggleTime(name, usual) { this.values[name] = this.values[name] ? null : this.before[name] || usual; this.touch(); },
  invalid(name) { return this.errors[name] ? "true" : "false"; },
  touch() { this.state = ""; },
  take(answer) {
    if (!this.zones.includes(answer.timezone)) this.zones = [answer.timezone, ...this.zones];
    this.values = Object.fromEntries(NAMES.map((name) => [name, answer[name]]));
    this.before = copyOf(this.values);
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
    const changes = Object.fromEntries(NAMES.filter((name) => differs(this.values[name], this.before[name])).map((name) => [name, this.values[name]]));
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
      this.$nextTick(() => {
        const field = this.$root.querySelector('[aria-invalid="true"]');
        field?.focus({ preventScroll: true });
        field?.scrollIntoView({ block: "center" }); // not under the bar that saves
      });
    } finally {
      this.saving = false;
    }
  },
}));

Alpine.data("password", () => ({
  current: "", fresh: "", otp: "", errors: {}, trouble: "", saving: false,
  invalid(name) { return this.errors[name] ? "true" : "false"; },
  async changePassword() {
    this.saving = true;
    this.errors = {};
    this.trouble = "";
    try {
      const asked = { current: this.current, new: this.fresh };
      await post("/api/auth/password", this.otp ? { ...asked, otp: this.otp } : asked);
      this.current = this.fresh = this.otp = "";
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
