// Tareas: what next?
import Alpine from "../../vendor/alpine.min.js";
import { PERSONAL, PRIORITIES, add, all, alter, beforeWords, capital, dayWords, daysBetween, drop, repeatChoices, ruleWords, tell, today } from "../agenda.js";
import { ApiError, get } from "../api.js";
import "../export-menu.js";
import { shell } from "../format.js";
import { notify, shortcut } from "../frame.js";
import "./words.js";

const API = `${PERSONAL}/tasks`;
const KEY = `recado:${shell.person}:tasks`;
const DONE_SHOWN = 15;
const URGENCY = { high: 0, medium: 1, low: 2 };
const REMINDERS = [0, 15, 60, 180, 1440, 2880];
const FIELDS = ["title", "due_date", "priority", "status", "category", "reminder_minutes", "rrule", "description"];
const narrow = window.matchMedia("(max-width: 47.99rem)");
const blankForm = () => ({ values: {}, errors: {}, trouble: "", saving: false, task: null, before: {}, conflict: null, heading: "" });

function valuesOf(task) {
  return {
    title: task.title || "", due_date: task.due_date || "", priority: task.priority || "medium", status: task.status || "pending", category: task.category || "",
    reminder: [task.reminder_minutes ?? 60].flat().join(","), repeat: task.rrule || "", description: task.description || "",
  };
}

function bodyOf(values) {
  return {
    title: values.title.trim(), due_date: values.due_date || null, priority: values.priority, status: values.status, category: values.category.trim(),
    reminder_minutes: values.reminder === "" ? [] : values.reminder.split(",").map(Number), rrule: values.repeat, description: values.description,
  };
}

Alpine.data("tasks", () => ({
  rows: [], done: [], ready: false, trouble: "", view: "board", filters: { priority: "", category: "" }, categories: [], form: blankForm(), lifted: null, box: null,
  columns: [
    { status: "pending", name: gettext("Por hacer"), empty: gettext("Nada por hacer.") },
    { status: "in_progress", name: gettext("En curso"), empty: gettext("Nada en curso.") },
    { status: "completed", name: gettext("Hechas"), empty: gettext("Aquí verás lo que vas terminando.") },
  ],

  init() {
    this.box = this.$root; // from a line that has just moved, $root finds nothing
    const asked = new URLSearchParams(location.search);
    const kept = localStorage.getItem(`${KEY}:${narrow.matches ? "narrow" : "wide"}`);
    this.view = [asked.get("view"), kept].find((name) => ["board", "list"].includes(name)) || (narrow.matches ? "list" : "board");
    this.load();
    const id = asked.get("id") || asked.get("task"); // a reminder's letter names it so
    if (id) this.openById(id);
    else if (asked.has("new")) this.create();
    shortcut("n", () => this.create());
    shortcut("/", () => this.box.querySelector("[data-part=words]").focus());
    shortcut("v", () => this.setView(this.view === "board" ? "list" : "board"));
    window.addEventListener("online", () => this.load());
    document.addEventListener("visibilitychange", () => { if (!document.hidden && !this.lifted) this.load(); });
  },

  async load() {
    const { priority, category } = this.filters;
    try {
      const [pending, busy, done, categories] = await Promise.all([
        all(API, { status: "pending", priority, category }), all(API, { status: "in_progress", priority, category }),
        get(`${API}?${new URLSearchParams({ status: "completed", ordering: "-completed_at", page_size: DONE_SHOWN, ...(priority && { priority }), ...(category && { category }) })}`),
        get(`${API}/categories`),
      ]);
      this.rows = [...pending, ...busy];
      this.done = done.results;
      this.categories = categories;
      this.trouble = "";
      this.ready = true;
    } catch (fault) {
      if (!(fault instanceof ApiError)) throw fault;
      this.trouble = fault.words;
    }
  },

  // --- what is shown ---
  get filtered() { return Boolean(this.filters.priority || this.filters.category); },
  get categoryOptions() { return [...new Set([...this.categories, this.filters.category].filter(Boolean))]; },
  isCategory(name) { return name === this.filters.category; },
  clearFilters() { this.filters = { priority: "", category: "" }; return this.load(); },
  get nothing() { return this.ready && !this.rows.length && !this.done.length; },
  get isFirst() { return this.nothing && !this.filtered; },
  get isNothing() { return this.nothing && this.filtered; },
  get showBoard() { return this.view === "board" && !this.nothing; },
  get showList() { return this.view === "list" && !this.nothing && this.ready; },
  get draggable() { return this.view === "board" ? "true" : "false"; },
  get counted() {
    if (!this.ready || this.nothing) return "";
    const late = this.rows.filter((task) => this.isOverdue(task)).length;
    const open = interpolate(ngettext("%s pendiente", "%s pendientes", this.rows.length), [this.rows.length]);
    return late ? `${open}, ${interpolate(ngettext("%s vencida", "%s vencidas", late), [late])}` : open;
  },
  setView(view) {
    this.view = view;
    localStorage.setItem(`${KEY}:${narrow.matches ? "narrow" : "wide"}`, view);
  },
  isView(view) { return this.view === view ? "true" : "false"; },
  isOverdue(task) { return Boolean(task.due_date) && task.status !== "completed" && task.due_date < today(); },
  // Overdue first, then the most urgent, then the earliest.
  inOrder(rows) {
    const key = (task) => [this.isOverdue(task) ? 0 : 1, URGENCY[task.priority], task.due_date || "9999", String(task.id).padStart(20, "0")].join(" ");
    return [...rows].sort((one, other) => (key(one) < key(other) ? -1 : 1));
  },
  tasksIn(column) { return column.status === "completed" ? this.done : this.inOrder(this.rows.filter((task) => task.status === column.status)); },
  countOf(column) { return this.ready ? this.tasksIn(column).length : ""; },
  isEmptyColumn(column) { return this.ready && !this.tasksIn(column).length; },
  get groups() {
    const now = today();
    const parts = { late: [], today: [], tomorrow: [], week: [], ahead: [], none: [] };
    for (const task of this.inOrder(this.rows)) {
      const away = task.due_date ? daysBetween(now, task.due_date) : null;
      parts[away === null ? "none" : away < 0 ? "late" : away === 0 ? "today" : away === 1 ? "tomorrow" : away < 7 ? "week" : "ahead"].push(task);
    }
    for (const name of ["week", "ahead"]) parts[name].sort((one, other) => (one.due_date < other.due_date ? -1 : 1));
    return [
      { key: "late", name: gettext("Vencidas"), tasks: parts.late, kind: "is-late" }, { key: "today", name: gettext("Hoy"), tasks: parts.today },
      { key: "tomorrow", name: gettext("Mañana"), tasks: parts.tomorrow }, { key: "week", name: gettext("En los próximos días"), tasks: parts.week },
      { key: "ahead", name: gettext("Más adelante"), tasks: parts.ahead }, { key: "none", name: gettext("Sin fecha"), tasks: parts.none },
      { key: "done", name: gettext("Hechas"), tasks: this.done, kind: "is-done" },
    ].filter((group) => group.tasks.length);
  },

  // --- one line ---
  isDone(task) { return task.status === "completed"; },
  taskClass(task) { return this.isDone(task) ? "is-finished" : this.isOverdue(task) ? "is-overdue" : ""; },
  tickLabel(task) { return interpolate(this.isDone(task) ? gettext("Volver a pendiente: %s") : gettext("Hecha: %s"), [task.title]); },
  moveLabel(task) { return interpolate(gettext("Estado de %s"), [task.title]); },
  isIn(task, column) { return task.status === column.status; },
  dueText(task) {
    if (!task.due_date) return "";
    return this.isOverdue(task) ? interpolate(gettext("Venció %s"), [dayWords(task.due_date)]) : capital(dayWords(task.due_date));
  },
  dueClass(task) { return this.isOverdue(task) ? "badge-out" : task.due_date === today() && !this.isDone(task) ? "badge-low" : "task-due numeric"; },
  isNotable(task) { return task.priority !== "medium"; },
  priorityText(task) { return PRIORITIES[task.priority]; },
  priorityClass(task) { return `task-priority is-${task.priority}`; },
  repeatText(task) { return ruleWords(task.rrule); },

  // --- acts ---
  async change(task, fields, text) {
    const before = { ...task };
    Object.assign(task, fields); // at once; the answer, or the trouble, corrects it
    try {
      const answer = await alter("tasks", task.id, { ...fields, version: before.version });
      await this.load();
      tell(text, answer, () => this.load());
    } catch (fault) {
      if (!(fault instanceof ApiError)) throw fault;
      Object.assign(task, before);
      const stale = fault.status === 409 ? gettext("Esta tarea cambió en otra ventana. Ahora ves cómo está.") : "";
      notify({ text: stale || Object.values(fault.fields).join(" ") || fault.words, kind: "bad" });
      if (fault.status !== 0) await this.load();
    }
  },
  move(task, status) {
    if (task.status === status) return null;
    const texts = { pending: gettext("«%s» vuelve a estar por hacer."), in_progress: gettext("«%s» está en curso."), completed: gettext("Hecha: «%s».") };
    return this.change(task, { status }, interpolate(texts[status], [task.title]));
  },
  tick(task, box) { return this.move(task, box.checked ? "completed" : "pending"); },
  lift(event, task) {
    this.lifted = task;
    event.dataTransfer.effectAllowed = "move";
    event.dataTransfer.setData("text/plain", task.title);
  },
  settle() { this.lifted = null; for (const column of this.box.querySelectorAll(".is-over")) column.classList.remove("is-over"); },
  hover(event, column) {
    if (!this.lifted || this.lifted.status === column.status) return;
    event.preventDefault();
    event.currentTarget.classList.add("is-over");
  },
  leave(event) { if (!event.currentTarget.contains(event.relatedTarget)) event.currentTarget.classList.remove("is-over"); },
  release(event, column) {
    event.preventDefault();
    const task = this.lifted;
    this.settle();
    if (task) this.move(task, column.status);
  },
  booked({ detail: { answer } }) {
    this.load();
    const due = answer.due_date ? interpolate(gettext("vence %s"), [dayWords(answer.due_date)]) : gettext("sin fecha");
    const told = answer.reminder_minutes.length ? interpolate(gettext("aviso %s"), [answer.reminder_minutes.map(beforeWords).join(", ")]) : "";
    tell(interpolate(gettext("Listo. «%s», %s."), [answer.title, [due, told].filter(Boolean).join(", ")]), answer, () => this.load());
  },
  detail({ detail }) { this.create(detail); },

  // --- the dialog ---
  get repeats() { return repeatChoices(this.form.values.repeat || ""); },
  isRepeat(choice) { return choice.value === this.form.values.repeat; },
  isStatus(column) { return column.status === this.form.values.status; },
  get reminderChoices() {
    const choices = [{ value: "", label: gettext("Sin aviso") }, ...REMINDERS.map((minutes) => ({ value: String(minutes), label: minutes ? capital(beforeWords(minutes)) : gettext("A la hora de vencimiento") }))];
    const kept = this.form.values.reminder;
    if (kept && !choices.some((choice) => choice.value === kept)) choices.push({ value: kept, label: capital(kept.split(",").map((part) => beforeWords(Number(part))).join(", ")) });
    return choices;
  },
  isReminder(choice) { return choice.value === this.form.values.reminder; },
  invalid(name) { return this.form.errors[name] ? "true" : "false"; },
  show(task, values) {
    this.form = { ...blankForm(), values, task, before: bodyOf(values), heading: task ? gettext("Tarea") : gettext("Nueva tarea") };
    if (!this.$refs.dialog.open) this.$refs.dialog.showModal();
    this.$nextTick(() => this.$refs.name.focus());
  },
  create(draft = {}) { this.show(null, valuesOf({ category: this.filters.category, ...draft })); },
  edit(task) { this.show({ ...task }, valuesOf(task)); },
  async openById(id) {
    if (!/^\d{1,18}$/.test(id)) return;
    try {
      this.edit(await get(`${API}/${id}`));
    } catch (fault) {
      if (!(fault instanceof ApiError)) throw fault;
      notify({ text: fault.words, kind: "bad" });
    }
  },
  dismiss() { this.$refs.dialog.close(); },
  closed() { if (location.search) history.replaceState(null, "", location.pathname); },
  async save() {
    const form = this.form;
    if (form.saving) return;
    form.errors = form.values.title.trim() ? {} : { title: gettext("Ponle un título.") };
    if (form.errors.title) { this.focusError(); return; }
    const body = bodyOf(form.values);
    const changes = form.task ? Object.fromEntries(Object.entries(body).filter(([name, value]) => JSON.stringify(value) !== JSON.stringify(form.before[name]))) : body;
    if (!Object.keys(changes).length) { this.dismiss(); return; }
    form.saving = true;
    form.trouble = "";
    try {
      const answer = form.task ? await alter("tasks", form.task.id, { ...changes, version: form.task.version }) : await add("tasks", body);
      this.dismiss();
      this.load();
      tell(interpolate(gettext("Listo. Guardamos «%s»."), [answer.title]), answer, () => this.load());
    } catch (fault) {
      if (!(fault instanceof ApiError)) throw fault;
      this.refuse(fault);
    } finally {
      form.saving = false;
    }
  },
  refuse(fault) {
    const form = this.form;
    if (fault.status === 409 && fault.data.current) {
      form.conflict = fault.data.current;
      this.$nextTick(() => this.$refs.dialog.querySelector(".conflict .btn-primary").focus());
      return;
    }
    form.errors = Object.fromEntries(Object.entries(fault.fields).filter(([name]) => FIELDS.includes(name)));
    const rest = Object.entries(fault.fields).filter(([name]) => !FIELDS.includes(name)).map(([, text]) => text);
    form.trouble = rest.join(" ") || (Object.keys(form.errors).length ? "" : fault.words);
    this.focusError();
  },
  focusError() { this.$nextTick(() => this.$refs.dialog.querySelector('[aria-invalid="true"]')?.focus()); },
  get conflictText() {
    const task = this.form.conflict;
    if (!task) return "";
    const column = this.columns.find((one) => one.status === task.status);
    return [task.title, column?.name, task.due_date && interpolate(gettext("vence %s"), [dayWords(task.due_date)]), PRIORITIES[task.priority]].filter(Boolean).join(" · ");
  },
  keepMine() {
    this.form.task = this.form.conflict;
    this.form.before = bodyOf(valuesOf(this.form.conflict));
    this.form.conflict = null;
    this.form.saving = false;
    return this.save();
  },
  takeTheirs() { this.edit(this.form.conflict); this.load(); },
  async erase() {
    const { task } = this.form;
    try {
      const answer = await drop("tasks", task.id);
      this.dismiss();
      tell(interpolate(gettext("Borraste «%s»."), [task.title]), answer, () => this.load());
    } catch (fault) {
      if (!(fault instanceof ApiError)) throw fault;
      if (fault.status === 404) this.dismiss();
      notify({ text: fault.words, kind: "bad" });
    }
    await this.load();
  },
}));
