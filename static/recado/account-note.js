// What stands above every page while something of the account wants to be done: an address to be proved, a way back.
import Alpine from "../vendor/alpine.min.js";
import { ApiError, post, remove } from "./api.js";
import { notify } from "./frame.js";

export const LETTER_SENT = () => gettext("Listo. Mira tu correo, también el no deseado.");

Alpine.data("accountNote", () => ({
  busy: false,
  async again() {
    await this.run(async () => {
      await post("/api/auth/email/verification");
      notify({ text: LETTER_SENT() });
    });
  },
  async stay() {
    await this.run(async () => {
      await remove("/api/user/deletion");
      location.reload();
    });
  },
  async run(act) {
    this.busy = true;
    try { await act(); } catch (fault) {
      if (!(fault instanceof ApiError)) throw fault;
      notify({ text: fault.words, kind: "is-bad" });
      if (fault.status === 409) location.reload(); // it was proved in another window
    } finally { this.busy = false; }
  },
}));
