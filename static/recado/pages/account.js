// Ajustes: the address of the account, where it is open, all its data, and giving it up.
import Alpine from "../../vendor/alpine.min.js";
import { LETTER_SENT } from "../account-note.js";
import { ApiError, get, post, remove } from "../api.js";
import { clock, dayName, number } from "../format.js";
import { notify } from "../frame.js";

const LOOK_MS = 1500;
const MEGABYTE = 1024 * 1024;

// «hoy, 14:05»
const moment = (iso) => `${dayName(iso)}, ${clock(iso)}`;

// What the parts of this page share: one request at a time, and errors beside their fields.
const asking = () => ({
  busy: false, trouble: "", errors: {}, password: "", otp: "",
  invalid(name) { return this.errors[name] ? "true" : "false"; },
  proof() { return this.otp ? { password: this.password, otp: this.otp } : { password: this.password }; },
  async run(act) {
    this.busy = true;
    this.trouble = "";
    this.errors = {};
    try {
      await act();
      this.password = this.otp = "";
      return true;
    } catch (fault) {
      if (!(fault instanceof ApiError)) throw fault;
      this.errors = fault.fields;
      if (!Object.keys(this.errors).length) this.trouble = fault.words;
      this.$nextTick(() => this.$root.querySelector('[aria-invalid="true"]')?.focus());
      return false;
    } finally { this.busy = false; }
  },
});

Alpine.data("email", () => ({
  ...asking(),
  address: "", verified: false, pending: null, fresh: "", ready: false,

  init() { this.load(); },
  get none() { return this.ready && !this.address; },
  get unproved() { return this.ready && this.address && !this.verified; },
  get isOpen() { return location.hash === "#email" && this.none; },
  get changeLabel() { return this.none ? gettext("Agregar un correo") : gettext("Cambiar el correo"); },
  get pendingWords() {
    const words = this.pending && { email: this.pending.email, until: moment(this.pending.expires_at) };
    return words ? interpolate(gettext("Falta que abras el enlace que mandamos a %(email)s (vale hasta: %(until)s)."), words, true) : "";
  },
  take(answer) {
    this.address = answer.email;
    this.verified = answer.verified;
    this.pending = answer.pending;
    this.ready = true;
  },
  load() { return this.run(async () => this.take(await get("/api/auth/email"))); },
  again() {
    return this.run(async () => {
      await post("/api/auth/email/verification");
      notify({ text: LETTER_SENT() });
    });
  },
  async change() {
    const asked = { email: this.fresh.trim(), ...this.proof() };
    if (await this.run(async () => this.take(await post("/api/auth/email", asked)))) {
      this.fresh = "";
      notify({ text: gettext("Listo. Abre el enlace que mandamos al correo nuevo.") });
    }
  },
  async callOff() {
    if (await this.run(() => remove("/api/auth/email"))) this.pending = null;
  },
}));

Alpine.data("signIns", () => ({
  ...asking(),
  list: [], ready: false, said: "",

  init() { this.load(); },
  get others() { return this.list.some((one) => !one.current); },
  endLabel(one) { return interpolate(gettext("Cerrar: %s"), [one.device]); },
  show(one) {
    const seen = one.current ? "" : interpolate(gettext("usada por última vez: %s"), [moment(one.last_seen_at)]);
    const since = interpolate(gettext("abierta: %s"), [moment(one.created_at)]);
    return { ...one, detail: [one.address, seen, since].filter(Boolean).join(" · ") };
  },
  async load() {
    await this.run(async () => {
      this.list = (await get("/api/auth/sessions")).map((one) => this.show(one));
      this.ready = true;
    });
  },
  async end(one) {
    if (await this.run(() => remove(`/api/auth/sessions/${one.id}`))) {
      this.list = this.list.filter((other) => other.id !== one.id);
      this.said = gettext("Cerrada.");
    }
  },
  async endOthers() {
    if (await this.run(() => remove("/api/auth/sessions"))) {
      this.said = gettext("Cerradas.");
      notify({ text: gettext("Listo. Tu cuenta está abierta solo aquí.") });
      await this.load();
    }
  },
}));

Alpine.data("ownData", () => ({
  ...asking(),
  job: null, ready: false,

  init() { this.look(); },
  get running() { return ["waiting", "running"].includes(this.job?.status); },
  get share() { return String(this.job?.percent || 0); }, // as text: Alpine does not write the number 0
  get url() { return this.job?.url || ""; },
  get canAsk() { return this.ready && !this.running && !this.url; },
  get state() {
    if (this.running) return interpolate(gettext("Preparando tus datos: %s. Puedes irte; te escribimos cuando estén."), [`${number(this.job.percent)} %`]);
    if (this.job?.status === "failed") return gettext("Algo falló de nuestro lado y no quedó nada a medias. Pídelos otra vez.");
    if (!this.url) return "";
    const words = { size: number(Math.max(0.1, Math.round((this.job.bytes / MEGABYTE) * 10) / 10)), day: dayName(this.job.expires_at) };
    return interpolate(gettext("Listos: %(size)s MB. El archivo se borra: %(day)s."), words, true);
  },
  async look() {
    await this.run(async () => {
      this.job = (await get("/api/user/data-export?page_size=1")).results[0] || null;
      this.ready = true;
    });
    if (this.running) setTimeout(() => this.look(), LOOK_MS);
  },
  async ask() {
    if (await this.run(async () => { this.job = await post("/api/user/data-export"); })) this.look();
    else if (this.trouble) this.trouble = this.job ? gettext("Se pueden pedir una vez al día.") : this.trouble;
  },
  async callOff() {
    if (await this.run(() => remove(`/api/user/data-export/${this.job.id}`))) this.look();
  },
  async leave() {
    if (await this.run(() => post("/api/user/deletion", this.proof()))) location.assign("/user/dashboard");
  },
  async stay() {
    if (await this.run(() => remove("/api/user/deletion"))) location.reload();
  },
}));
