// What is put into an answer with a click: a product, a free time, a text that one writes often. And who the person is.
import { ApiError, get, patch, post, query, remove, request } from "../api.js";
import { clock, dayName, money, when } from "../format.js";
import { notify } from "../frame.js";
import { API } from "./inbox-shared.js";

const QUICK = "/api/user/quick-replies";
const LENGTHS = [15, 30, 45, 60, 90, 120];

export const extras = {
  quickReplies: [], quickRead: false, quickForm: { id: null, title: "", text: "" }, quickErrors: {},
  productText: "", products: [], productsRead: false, productTimer: 0, extraTrouble: "", sendingExtra: false,
  slots: [], slotMinutes: 30, slotsRead: false, lengths: LENGTHS, person: { name: "", email: "", notes: "" }, personErrors: {},

  show(name) { this.extraTrouble = ""; this.part(name).showModal(); },
  hide(name) { this.part(name).close(); },
  fail(fault) {
    if (!(fault instanceof ApiError)) throw fault;
    this.extraTrouble = Object.values(fault.fields).join(" ") || fault.words;
  },

  // --- a product ---
  openProducts() { this.productText = ""; this.show("products"); this.findProducts(); },
  lookProducts() { clearTimeout(this.productTimer); this.productTimer = setTimeout(() => this.findProducts(), 150); },
  async findProducts() {
    const asked = this.productText.trim();
    try {
      const found = asked ? await get(`/api/user/products/search?${query({ q: asked.slice(0, 200), limit: 8 })}`)
        : (await get("/api/user/products?in_stock=true&page_size=8&ordering=name")).results;
      if (asked === this.productText.trim()) { this.products = found; this.productsRead = true; this.extraTrouble = ""; }
    } catch (fault) { this.fail(fault); }
  },
  get noProducts() { return this.productsRead && !this.products.length; },
  productPrice(product) { return product.stock === 0 ? `${money(product.price)} · ${gettext("agotado")}` : money(product.price); },
  pickProduct(product) { return this.word("products", { product_id: product.id }); },
  // The words come from where they would be sent, in the customer's language; nothing goes out before «Enviar».
  async word(what, body) {
    if (this.sendingExtra) return;
    this.sendingExtra = true;
    const id = this.current;
    try {
      const { text } = await post(`${API}/${id}/${what}`, { ...body, preview: true });
      this.hide(what);
      if (this.current !== id) return;
      this.isNote = false;
      this.draft = [this.draft.trim(), text].filter(Boolean).join("\n\n");
      this.keep();
      this.part("input")?.focus();
    } catch (fault) {
      this.fail(fault);
    } finally {
      this.sendingExtra = false;
    }
  },

  // --- a free time ---
  async openSlots() {
    this.show("slots");
    if (!this.slotsRead) {
      try {
        this.slotMinutes = (await get("/api/user/preferences")).default_minutes;
        if (!LENGTHS.includes(this.slotMinutes)) this.lengths = [...LENGTHS, this.slotMinutes].sort((a, b) => a - b);
      } catch (fault) { this.fail(fault); }
    }
    await this.findSlots();
  },
  async findSlots() {
    const minutes = Number(this.slotMinutes);
    try {
      const { starts } = await get(`/api/user/personal/appointments/free?${query({ minutes })}`);
      this.slots = starts.map((start) => ({ start }));
      this.slotsRead = true;
      this.extraTrouble = "";
    } catch (fault) { this.fail(fault); }
  },
  get noSlots() { return this.slotsRead && !this.slots.length; },
  slotWords(slot) { return `${dayName(slot.start)}, ${clock(slot.start)}`; },
  lengthWords(minutes) { return interpolate(gettext("%s min"), [minutes]); },
  isLength(minutes) { return Number(this.slotMinutes) === minutes; },
  pickSlot(slot) { return this.word("slots", { start: slot.start, minutes: Number(this.slotMinutes) }); },

  // --- texts that one writes often ---
  async readQuick({ again = false } = {}) {
    if (this.quickRead && !again) return;
    this.quickRead = true;
    try {
      this.quickReplies = (await get(`${QUICK}?page_size=200`)).results;
    } catch (fault) {
      if (!(fault instanceof ApiError)) throw fault;
      this.quickRead = false;
    }
  },
  openQuick() { this.newQuick(); this.show("quick"); this.readQuick(); },
  newQuick() { this.quickForm = { id: null, title: "", text: "" }; this.quickErrors = {}; },
  editQuick(one) { this.quickForm = { ...one }; this.quickErrors = {}; this.part("quick-title").focus(); },
  pickQuick(one) { this.hide("quick"); this.isNote = false; this.useQuick(one); },
  get noQuick() { return this.quickRead && !this.quickReplies.length; },
  get quickHeading() { return this.quickForm.id ? gettext("Cambiar respuesta") : gettext("Respuesta nueva"); },
  async saveQuick() {
    const { id, title, text } = this.quickForm;
    try {
      if (id) await patch(`${QUICK}/${id}`, { title, text });
      else await post(QUICK, { title, text });
      this.newQuick();
      await this.readQuick({ again: true });
    } catch (fault) {
      if (!(fault instanceof ApiError)) throw fault;
      this.quickErrors = fault.fields;
      if (!Object.keys(fault.fields).length) this.extraTrouble = fault.words;
    }
  },
  async forgetQuick(one) {
    try {
      await remove(`${QUICK}/${one.id}`);
      this.quickReplies = this.quickReplies.filter((other) => other.id !== one.id);
      notify({
        text: gettext("Respuesta rápida borrada."), action: gettext("Deshacer"),
        run: async () => { await post(QUICK, { title: one.title, text: one.text }); await this.readQuick({ again: true }); },
      });
    } catch (fault) { this.fail(fault); }
  },
  quickLabel(what, one) { return interpolate(what === "edit" ? gettext("Cambiar «%s»") : gettext("Borrar «%s»"), [one.title]); },

  // --- who it is ---
  async openPerson(id = null) {
    const known = Number.isInteger(id) ? { id } : this.conversation.contact;
    this.personErrors = {};
    this.person = { name: "", email: "", ...known, notes: "" };
    this.show("person");
    try {
      this.person = await get(`/api/user/contacts/${known.id}`);
    } catch (fault) { this.fail(fault); }
  },
  personHref() { return `/user/inbox?search=${encodeURIComponent(this.person.name)}`; },
  get personSeen() { return this.person.last_seen_at ? interpolate(gettext("Escribió por última vez: %s"), [when(this.person.last_seen_at)]) : ""; },
  get phoneHref() { return /^\+\d+$/.test(this.person.phone || "") ? `tel:${this.person.phone}` : null; },
  get isOut() { return Boolean(this.person.opted_out_at); },
  async savePerson() {
    const { id, name, email, notes } = this.person;
    try {
      await request("PATCH", `/api/user/contacts/${id}`, { name, email, notes });
      this.hide("person");
      if (this.current) this.adopt(await get(`${API}/${this.current}`));
    } catch (fault) {
      if (!(fault instanceof ApiError)) throw fault;
      this.personErrors = fault.fields;
      if (!Object.keys(fault.fields).length) this.extraTrouble = fault.words;
    }
  },
};
