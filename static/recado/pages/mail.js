// Ajustes, «Correos que recibes»: which kinds come, whether they arrive, and what was sent lately.
import Alpine from "../../vendor/alpine.min.js";
import { ApiError, get, patch, post } from "../api.js";
import { dayName, when } from "../format.js";

const API = "/api/user/mail";
const SHOWN = 20;
const LOOKS = 10, LOOK_MS = 1500; // how often, and in which rhythm, one looks what became of a test
const STATES = () => ({
  queued: gettext("en cola"), sending: gettext("saliendo"), sent: gettext("enviado"), failed: gettext("no salió"), unknown: gettext("sin confirmar"),
});

Alpine.data("mail", () => ({
  status: "", address: "", failing: null, goesOut: true, kinds: [], letters: [], names: {},
  ready: false, sending: false, said: "", trouble: "", note: "",

  init() {
    this.names = Object.fromEntries(this.$root.dataset.names.split(";").map((pair) => pair.split("=")));
    this.load();
  },
  get whereTo() {
    if (!this.ready || this.failing) return "";
    if (this.status === "none") return gettext("Tu cuenta no tiene correo.");
    if (!this.goesOut) return gettext("Esta instalación no tiene servidor de correo: lo que se envía solo se imprime.");
    if (this.status === "unproved") return interpolate(gettext("Confirma tu dirección, %s: hasta entonces solo te llega lo de tu cuenta."), [this.address]);
    return interpolate(gettext("Van a %s."), [this.address]);
  },
  get failingWords() {
    if (!this.failing) return "";
    const why = { address: this.address, day: dayName(this.failing.since), said: [this.failing.code, this.failing.said].filter(Boolean).join(" ") };
    return interpolate(gettext("%(address)s rechazó un correo (%(day)s: «%(said)s»), y no le escribimos más."), why, true);
  },
  get cannotTest() { return !this.ready || this.sending || this.status === "none"; },

  take(answer) {
    this.status = answer.status;
    this.address = answer.address;
    this.failing = answer.failing;
    this.goesOut = answer.goes_out;
    this.kinds = answer.kinds.map((one) => ({ ...one, name: this.names[one.kind] || one.label }));
    this.ready = true;
  },
  async load() {
    await this.guard(async () => this.take(await get(API)));
  },
  async choose(one, box) {
    this.said = "";
    await this.guard(async () => {
      this.take(await patch(API, { kinds: { [one.kind]: box.checked } }));
      this.said = gettext("Guardado.");
    });
    if (this.trouble) box.checked = !box.checked;
  },
  async test() {
    this.sending = true;
    this.said = gettext("Enviando…");
    await this.guard(async () => {
      this.take(await post(`${API}/test`));
      await this.watch();
    });
    if (this.trouble) this.said = "";
    this.sending = false;
  },
  // The letter goes out in the background: look what became of it.
  async watch() {
    for (let n = 0; n < LOOKS; n += 1) {
      await new Promise((resolve) => { setTimeout(resolve, LOOK_MS / (n ? 1 : 4)); });
      const [last] = await this.fetchLetters();
      if (last?.kind === "test" && !["queued", "sending"].includes(last.status)) {
        this.said = last.status === "sent" ? interpolate(gettext("Enviado. Mira en %s, también entre lo no deseado."), [this.address]) : last.reason;
        if (last.status === "failed") this.take(await get(API));
        return;
      }
    }
    this.said = gettext("Sigue en cola: saldrá en cuanto el servidor de correo responda.");
  },
  async open(event) {
    if (event.target.open) await this.guard(() => this.fetchLetters());
  },
  async fetchLetters() {
    const { results } = await get(`${API}/letters?page_size=${SHOWN}`);
    const states = STATES();
    this.letters = results.map((letter) => ({
      ...letter, subject: letter.subject || letter.label, state: states[letter.status], when: when(letter.created_at),
      detail: [letter.label, letter.reason].filter(Boolean).join(" · "),
    }));
    this.note = results.length ? "" : gettext("Todavía nada.");
    return results;
  },
  async guard(work) {
    this.trouble = "";
    try {
      await work();
    } catch (fault) {
      if (!(fault instanceof ApiError)) throw fault;
      this.trouble = fault.words;
    }
  },
}));
