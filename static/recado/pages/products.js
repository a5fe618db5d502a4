// Productos: what I sell, at what price, is there any?
import Alpine from "../../vendor/alpine.min.js";
import { ApiError, get, patch, post, query, remove } from "../api.js";
import { amount, money, number, shell } from "../format.js";
import "../export-menu.js";
import { iconHref, notify, shortcut } from "../frame.js";
import { draftOf, emptyDraft, FIELDS, merge, readDraft } from "./product-form.js";

const API = "/api/user/products";
const PAGE_SIZE = 50;
const LOW = 5; // units; at or under it a product is marked
const FILTERS = ["search", "category", "in_stock", "active", "min_price", "max_price", "ordering"];
const none = () => Object.fromEntries(FILTERS.map((name) => [name, ""]));

Alpine.data("products", () => ({
  filters: none(), open: { filters: false }, categories: [],
  rows: [], count: 0, next: null, more: false, ready: false, loading: false, trouble: "",
  timer: 0, calling: null, everHad: false,
  form: { title: "", values: emptyDraft(), errors: {}, trouble: "", conflict: null, differences: [], saving: false,
    canDelete: false, canRestore: false, product: null },
  currency: shell.currency,

  init() {
    const asked = new URLSearchParams(location.search);
    for (const name of FILTERS) this.filters[name] = asked.get(name) || "";
    this.open.filters = this.filterCount > 0;
    this.load();
    this.loadCategories();
    shortcut("n", () => this.create());
    shortcut("/", () => this.$refs.search.focus());
    this.$nextTick(() => {
      if (asked.get("new")) this.create({ name: (asked.get("name") || "").slice(0, 200), wish: asked.get("wish") || "" });
      else if (asked.get("id")) this.openById(asked.get("id"));
    });
    window.addEventListener("online", () => { if (this.trouble) this.load(); });
    window.addEventListener("pagehide", () => this.sendAll());
  },

  // --- the list ---
  get counted() {
    if (!this.ready || this.trouble) return "";
    return interpolate(ngettext("%s producto", "%s productos", this.count), [number(this.count)]);
  },
  get filterCount() { return FILTERS.filter((name) => !["search", "category"].includes(name) && this.filters[name]).length; },
  get filtered() { return FILTERS.some((name) => name !== "ordering" && this.filters[name].trim()); },
  get showTable() { return !this.ready ? !this.trouble : this.rows.length > 0; },
  get isFirst() { return this.ready && !this.trouble && !this.rows.length && !this.filtered; },
  get isNothing() { return this.ready && !this.trouble && !this.rows.length && this.filtered; },
  get categoryOptions() {
    const chosen = this.filters.category;
    return chosen && !this.categories.includes(chosen) ? [chosen, ...this.categories] : this.categories;
  },
  get moreText() { return interpolate(gettext("Ver más (%s de %s)"), [number(this.rows.length), number(this.count)]); },
  isCategory(name) { return name === this.filters.category; },
  toggleFilters() { this.open.filters = !this.open.filters; },
  clearFilters() { this.filters = none(); this.reload(); },

  typed() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.reload(), 200);
  },
  sort(column) {
    const now = this.filters.ordering || "name";
    const next = now === column ? `-${column}` : column;
    this.filters.ordering = next === "name" ? "" : next;
    this.reload();
  },
  sorted(column) {
    const now = this.filters.ordering || (this.filters.search.trim() ? "" : "name");
    return now === column ? "ascending" : now === `-${column}` ? "descending" : "none";
  },
  arrow(column) { return iconHref({ ascending: "arrow-up", descending: "arrow-down" }[this.sorted(column)] || "none"); },

  reload() {
    clearTimeout(this.timer);
    const address = query(this.filters);
    history.replaceState(null, "", address ? `?${address}` : location.pathname);
    return this.load();
  },
  async load({ next = "" } = {}) {
    this.calling?.abort();
    const calling = (this.calling = new AbortController());
    this.loading = true;
    await this.sendAll();
    if (calling.signal.aborted) return;
    const asked = { ...this.filters, page_size: PAGE_SIZE };
    for (const name of ["min_price", "max_price"]) asked[name] = amount(asked[name]) ?? "";
    try {
      const answer = await get(next || `${API}?${query(asked)}`, { signal: calling.signal });
      const known = new Set(next ? this.rows.map((row) => row.id) : []);
      const fresh = answer.results.filter((row) => !known.has(row.id));
      this.rows = next ? [...this.rows, ...fresh] : fresh;
      this.count = answer.count;
      // The link says where the next page begins, so nothing is skipped when something on this one was deleted.
      this.next = answer.next && answer.next.slice(new URL(answer.next).origin.length);
      this.more = Boolean(answer.next);
      this.trouble = "";
      this.ready = true;
    } catch (fault) {
      if (!(fault instanceof ApiError)) return;
      const texts = Object.values(fault.fields);
      this.trouble = texts.length ? texts.join(" ") : fault.words;
    }
    this.loading = false;
  },
  loadMore() { return this.load({ next: this.next }); },
  async loadCategories() {
    try {
      this.categories = await get(`${API}/categories`);
    } catch (fault) {
      if (!(fault instanceof ApiError)) throw fault; // the list itself says that there is no connection
    }
  },

  // --- one row ---
  price(product) { return money(product.price); },
  skuText(product) { return product.sku; },
  isEmpty(product) { return product.stock === 0; },
  rowClass(product) { return product.active ? "" : "is-deleted"; },
  stockNote(product) {
    if (product.stock === 0) return gettext("Agotado");
    return product.stock <= LOW ? gettext("Quedan pocos") : "";
  },
  stockClass(product) { return product.stock === 0 ? "badge-out" : product.stock <= LOW ? "badge-low" : ""; },
  label(what, product) {
    const texts = {
      less: gettext("Quitar una unidad de %s"), more: gettext("Sumar una unidad a %s"), stock: gettext("Existencias de %s"),
      edit: gettext("Editar %s"), delete: gettext("Borrar %s"), restore: gettext("Restaurar %s"),
    };
    return interpolate(texts[what], [product.name]);
  },
  put(product) {
    const at = this.rows.findIndex((row) => row.id === product.id);
    if (at >= 0) Object.assign(this.rows[at], product);
  },

  // Clicks in a row go out together, one call at a time, so that «+ + +» is one movement of three.
  step(product, delta) {
    if (product.stock + delta < 0) return;
    product.stock += delta;
    product.waiting = (product.waiting || 0) + delta;
    clearTimeout(product.timer);
    product.timer = setTimeout(() => this.send(product), 350);
  },
  typeStock(product, input) {
    const wanted = /^\d{1,9}$/.test(input.value.trim()) ? Number(input.value.trim()) : null;
    if (wanted === null) {
      notify({ text: gettext("Escribe las existencias con un número entero, de 0 en adelante."), kind: "bad" });
      this.restoreInput(product, input);
      return;
    }
    const delta = wanted - product.stock;
    if (!delta) return;
    clearTimeout(product.timer);
    product.stock = wanted;
    product.waiting = (product.waiting || 0) + delta;
    this.send(product);
  },
  sendAll() { return Promise.all(this.rows.filter((row) => row.waiting).map((row) => this.send(row))); },
  restoreInput(product, input) { input.value = product.stock; },
  async send(product) {
    if (product.sending || !product.waiting) return;
    clearTimeout(product.timer);
    const delta = product.waiting;
    product.waiting = 0;
    product.sending = true;
    try {
      const answer = await post(`${API}/${product.id}/stock`, { delta, reason: "" }, { keepalive: true });
      product.stock = answer.stock + product.waiting;
      this.put({ id: product.id, version: answer.version, stock: product.stock });
    } catch (fault) {
      if (!(fault instanceof ApiError)) throw fault;
      product.stock -= delta;
      if (fault.status === 409 && Number.isInteger(fault.data.stock)) product.stock = fault.data.stock;
      product.waiting = 0;
      const again = fault.status === 0 || fault.status >= 500;
      notify({ text: fault.words, kind: "bad", action: again ? gettext("Reintentar") : "", run: () => this.again(product, delta) });
    } finally {
      product.sending = false;
    }
    if (product.waiting) this.send(product);
  },
  again(product, delta) { product.stock += delta; product.waiting = (product.waiting || 0) + delta; this.send(product); },

  async withdraw(product) {
    try {
      await remove(`${API}/${product.id}`);
    } catch (fault) {
      if (!(fault instanceof ApiError)) throw fault;
      if (fault.status !== 404) { notify({ text: fault.words, kind: "bad" }); return false; }
    }
    if (this.filters.active === "all") this.put({ id: product.id, active: false });
    else { this.rows = this.rows.filter((row) => row.id !== product.id); this.count -= 1; }
    notify({ text: interpolate(gettext("Borraste «%s»."), [product.name]), action: gettext("Deshacer"), run: () => this.bringBack(product) });
    this.loadCategories();
    return true;
  },
  async bringBack(product) {
    try {
      const restored = await post(`${API}/${product.id}/restore`);
      notify({ text: interpolate(gettext("«%s» está de vuelta."), [restored.name]) });
    } catch (fault) {
      if (!(fault instanceof ApiError)) throw fault;
      notify({ text: Object.values(fault.fields).join(" ") || fault.words, kind: "bad" });
      return false;
    }
    await this.load();
    this.loadCategories();
    return true;
  },

  // --- the dialog ---
  show(product, values) {
    this.form = {
      title: product ? interpolate(gettext("Editar %s"), [product.name]) : gettext("Nuevo producto"),
      values, errors: {}, trouble: "", conflict: null, differences: [], saving: false, product, before: { ...values },
      canDelete: Boolean(product?.active), canRestore: Boolean(product && !product.active),
    };
    if (!this.$refs.dialog.open) this.$refs.dialog.showModal();
    this.$nextTick(() => this.$refs.name.focus());
  },
  // ``wish``: what people asked for in vain («Lo que te piden»), and is asked for no more once the product is there.
  create({ name = "", wish = "" } = {}) {
    this.show(null, { ...emptyDraft(), name, category: this.filters.category });
    this.form.wish = /^\d{1,18}$/.test(wish) ? wish : "";
    if (name) this.$nextTick(() => requestAnimationFrame(() => this.$refs.name.select())); // once the words stand in it
  },
  edit(product) { this.show({ ...product }, draftOf(product)); },
  async openById(id) {
    if (!/^\d{1,18}$/.test(id)) return;
    try {
      this.edit(await get(`${API}/${id}`));
    } catch (fault) {
      if (!(fault instanceof ApiError)) throw fault;
      notify({ text: fault.words, kind: "bad" });
    }
  },
  invalid(field) { return this.form.errors[field] ? "true" : "false"; },
  dismiss() { this.$refs.dialog.close(); },
  cancelled(event) { if (this.form.saving) event.preventDefault(); },
  closed() {
    const asked = new URLSearchParams(location.search);
    if (!asked.has("id") && !asked.has("new")) return;
    asked.delete("id");
    for (const name of ["new", "name", "wish"]) asked.delete(name);
    history.replaceState(null, "", asked.size ? `?${asked}` : location.pathname);
  },
  async save() {
    const form = this.form;
    if (form.saving) return;
    const { body, errors } = readDraft(form.values);
    form.errors = errors;
    if (Object.keys(errors).length) { this.focusError(); return; }
    form.saving = true;
    form.trouble = "";
    try {
      const changed = form.product
        ? await patch(`${API}/${form.product.id}`, { ...this.changes(body), version: form.product.version })
        : await post(API, body);
      this.saved(changed, !form.product);
    } catch (fault) {
      if (!(fault instanceof ApiError)) throw fault;
      this.refuse(fault);
    } finally {
      form.saving = false;
    }
  },
  // Only what the person changed, so that a stock moved meanwhile is not overwritten by the number that was on screen.
  changes(body) {
    const before = readDraft(this.form.before).body;
    return Object.fromEntries(Object.entries(body).filter(([name, value]) => before[name] !== value));
  },
  saved(product, isNew) {
    this.$refs.dialog.close();
    notify({ text: interpolate(isNew ? gettext("Listo. «%s» ya está en tu catálogo.") : gettext("Listo. Guardamos «%s»."), [product.name]) });
    if (isNew && this.form.wish) this.grant(this.form.wish);
    if (isNew) this.load();
    else this.put(product);
    this.loadCategories();
  },
  async grant(wish) {
    try {
      await post(`/api/user/unanswered/${wish}/dismiss`);
    } catch (fault) {
      if (!(fault instanceof ApiError)) throw fault; // it stays on the list, where it can be taken off
    }
  },
  refuse(fault) {
    const form = this.form;
    if (fault.status === 409 && fault.data.current) {
      const { values, conflicts } = merge({ values: form.values, before: form.before, current: fault.data.current });
      form.conflict = fault.data.current;
      form.values = values;
      form.differences = conflicts;
      if (!conflicts.length) { this.keepMine(); return; } // each changed something else
      this.$nextTick(() => this.$refs.dialog.querySelector(".conflict .btn-primary").focus());
      return;
    }
    const { version, ...fields } = fault.fields;
    form.errors = Object.fromEntries(Object.entries(fields).filter(([name]) => FIELDS.includes(name)));
    const rest = Object.entries(fields).filter(([name]) => !FIELDS.includes(name)).map(([, text]) => text);
    form.trouble = rest.join(" ") || (Object.keys(form.errors).length ? "" : fault.words);
    this.focusError();
  },
  focusError() { this.$nextTick(() => this.$refs.dialog.querySelector('[aria-invalid="true"]')?.focus()); },
  keepMine() {
    this.form.product = this.form.conflict;
    this.form.before = draftOf(this.form.conflict);
    this.form.conflict = null;
    this.form.saving = false;
    return this.save();
  },
  takeTheirs() {
    this.put(this.form.conflict);
    this.edit(this.form.conflict);
  },
  async withdrawOpen() { if (await this.withdraw(this.form.product)) this.dismiss(); },
  async bringBackOpen() { if (await this.bringBack(this.form.product)) this.dismiss(); },
}));
