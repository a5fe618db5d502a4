// Ajustes, «Logo»: the picture at the head of price lists and other papers.
import Alpine from "../../vendor/alpine.min.js";
import { ApiError, get, remove } from "../api.js";
import { notify } from "../frame.js";

const API = "/api/user/logo";
const MOST_BYTES = 2 * 1024 * 1024;
const csrf = () => document.cookie.match(/(?:^|; )csrftoken=([^;]+)/)?.[1] || "";

// A file goes as a form, which the API's other calls are not.
async function put(file) {
  const body = new FormData();
  body.append("file", file);
  let answer;
  try {
    answer = await fetch(API, { method: "PUT", body, credentials: "same-origin", headers: { "X-CSRFToken": csrf() } });
  } catch {
    throw new ApiError(0);
  }
  const data = await answer.json().catch(() => ({}));
  if (!answer.ok) throw new ApiError(answer.status, data);
  return data;
}

Alpine.data("logo", () => ({
  url: "", busy: false, trouble: "",

  async init() {
    try {
      this.url = (await get(API)).url || "";
    } catch (fault) {
      if (!(fault instanceof ApiError)) throw fault;
      this.trouble = fault.words;
    }
  },
  get chooseLabel() { return this.url ? gettext("Cambiar logo") : gettext("Subir logo"); },
  choose() { this.$refs.picture.click(); },
  async chosen(event) {
    const [file] = event.target.files;
    event.target.value = "";
    if (!file) return;
    this.trouble = "";
    if (file.size > MOST_BYTES) {
      this.trouble = gettext("La imagen pasa de 2 MB.");
      return;
    }
    this.busy = true;
    try {
      this.url = (await put(file)).url;
      notify({ text: gettext("Listo. Tu lista de precios ya lleva tu logo.") });
    } catch (fault) {
      if (!(fault instanceof ApiError)) throw fault;
      this.trouble = fault.fields.file || fault.words;
    } finally {
      this.busy = false;
    }
  },
  async drop() {
    try {
      await remove(API);
      this.url = "";
    } catch (fault) {
      if (!(fault instanceof ApiError)) throw fault;
      this.trouble = fault.words;
    }
  },
}));
