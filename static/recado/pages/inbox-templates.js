// Approved templates: what can still be sent once the window of 24 hours has closed. Seen as it will be read, then sent.
import { ApiError, get, post } from "../api.js";
import { API, newKey } from "./inbox-shared.js";

const VARIABLE = /\{\{\s*(\w{1,64})\s*\}\}/g;
const namesIn = (text) => [...new Set([...text.matchAll(VARIABLE)].map((found) => found[1]))];
const fill = (text, values) => text.replace(VARIABLE, (whole, name) => values.get(name)?.trim() || whole);

export const templates = {
  templates: [], templatesRead: false, templatesLoading: false, template: null, templateFields: [], templateKey: "",

  async openTemplates() {
    const id = this.current;
    this.dropTemplate();
    this.templates = [];
    this.templatesRead = false;
    this.templatesLoading = true;
    this.show("templates");
    try {
      const { results } = await get(`${API}/${id}/templates`);
      if (this.current !== id) return;
      this.templates = results;
      this.templatesRead = true;
    } catch (fault) {
      this.fail(fault);
    } finally {
      this.templatesLoading = false;
    }
  },
  get noTemplates() { return this.templatesRead && !this.templates.length; },
  templateName(one) { return `${one.name.replaceAll("_", " ")} · ${one.language}`; },
  get templateTitle() { return this.template ? this.templateName(this.template) : ""; },
  get templateButtons() { return this.template?.buttons || []; },
  get hasTemplateButtons() { return this.templateButtons.length > 0; },
  pickTemplate(one) {
    this.extraTrouble = "";
    this.template = one;
    this.templateKey = newKey();
    this.templateFields = one.variables.map((name, place) => ({
      id: `template-value-${place}`, name, value: "",
      label: /^\d+$/.test(name) ? interpolate(gettext("Dato %s"), [place + 1]) : name.replaceAll("_", " "),
    }));
    this.$nextTick(() => (this.root.querySelector("#template-value-0") || this.root.querySelector("[data-part=templates] [type=submit]")).focus());
  },
  dropTemplate() { this.template = null; this.templateFields = []; this.extraTrouble = ""; },
  get templatePreview() {
    if (!this.template) return "";
    const { header, body, footer } = this.template;
    // Header and body count their variables apart: both may have a «{{1}}».
    const head = namesIn(header).length;
    const values = (fields) => new Map(fields.map(({ name, value }) => [name, value]));
    const parts = [fill(header, values(this.templateFields.slice(0, head))), fill(body, values(this.templateFields.slice(head))), footer];
    return parts.filter(Boolean).join("\n\n");
  },
  async sendTemplate() {
    if (!this.template || this.sendingExtra) return;
    const id = this.current;
    const { name, language } = this.template;
    this.sendingExtra = true;
    this.extraTrouble = "";
    try {
      const message = await post(`${API}/${id}/templates`, {
        name, language, variables: this.templateFields.map(({ value }) => value), key: this.templateKey,
      });
      this.hide("templates");
      if (this.current !== id) return;
      if (!this.messages.some((other) => other.id === message.id)) this.messages = [...this.messages, message];
      this.announcement = gettext("Plantilla en camino.");
      this.toEnd();
    } catch (fault) {
      if (!(fault instanceof ApiError)) throw fault;
      this.fail(fault);
    } finally {
      this.sendingExtra = false;
    }
  },
};
