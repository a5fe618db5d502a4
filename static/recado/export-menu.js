// «Exportar»: the list that a page shows, as a file. What is too large to wait for is written in the background.
import Alpine from "../vendor/alpine.min.js";
import { ApiError, post, query } from "./api.js";
import { notify } from "./frame.js";

const TIMEOUT_MS = 120_000;
const LARGE = "/user/settings#exports";

// The file behind `path`, saved under the name that the answer gives it. Throws ApiError.
export async function download(path) {
  let response;
  try {
    response = await fetch(path, { credentials: "same-origin", signal: AbortSignal.timeout(TIMEOUT_MS) });
  } catch {
    throw new ApiError(0);
  }
  if (response.status === 401) document.dispatchEvent(new CustomEvent("signed-out"));
  if (!response.ok) throw new ApiError(response.status, await response.json().catch(() => ({})));
  const file = await response.blob().catch(() => { throw new ApiError(0); });
  const link = document.createElement("a");
  link.href = URL.createObjectURL(file);
  link.download = nameIn(response.headers.get("Content-Disposition") || "");
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

function nameIn(header) {
  const wide = header.match(/filename\*=utf-8''([^;]+)/i)?.[1];
  return wide ? decodeURIComponent(wide) : header.match(/filename="?([^";]+)/)?.[1] || "recado";
}

export const wordsOf = (fault) => fault.status === 400 ? [fault.data.detail, ...Object.values(fault.fields)].flat().find(Boolean) || fault.words : fault.words;

Alpine.data("exportMenu", () => ({
  open: false, taking: "", withStock: false,

  get isOpen() { return this.open ? "true" : "false"; },
  get busy() { return Boolean(this.taking); },
  toggle() {
    this.open = !this.open;
    if (this.open) this.$nextTick(() => this.$refs.list.querySelector("button").focus());
  },
  close() { this.open = false; },
  leave() {
    if (!this.open) return;
    this.open = false;
    this.$refs.button.focus();
  },
  // Up and down between the formats.
  step(by) {
    const items = [...this.$refs.list.querySelectorAll("button")];
    items[(items.indexOf(document.activeElement) + by + items.length) % items.length].focus();
  },
  // Those of the page around it, as its list has them now.
  filtersOf(what, format) {
    if (what === "appointments") return format === "pdf" ? { from: this.firstDay || "" } : {};
    if (what === "conversations" || what === "contacts") return {};
    const filters = Object.fromEntries(Object.entries(this.filters || {}).map(([name, value]) => [name, String(value ?? "").trim()]).filter(([, value]) => value));
    return what === "products" && format === "pdf" && this.withStock ? { ...filters, with_stock: "true" } : filters;
  },
  async take(event) {
    if (this.taking) return;
    const { what, path, format } = event.currentTarget.dataset;
    const filters = this.filtersOf(what, format);
    this.taking = format;
    try {
      await download(`${path}?${query({ ...filters, format })}`);
      this.leave();
    } catch (fault) {
      if (!(fault instanceof ApiError)) throw fault;
      this.leave();
      if (fault.data.code !== "too_many_rows") notify({ text: wordsOf(fault), kind: "bad" });
      else await this.ask(what, format, filters);
    } finally {
      this.taking = "";
    }
  },
  async ask(what, format, filters) {
    try {
      await post("/api/user/exports", { what, format, filters });
      notify({
        text: gettext("Es grande: lo preparamos mientras sigues en lo tuyo."), action: gettext("Ver cómo va"),
        run: () => location.assign(LARGE), seconds: 12,
      });
    } catch (fault) {
      if (!(fault instanceof ApiError)) throw fault;
      notify({ text: wordsOf(fault), kind: "bad" });
    }
  },
}));
