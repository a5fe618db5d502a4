// Ajustes: the index of its sections. It says where one is, keeps saying it while one scrolls, and leads where an
// address with # means, although the sections above are still filling up.
import Alpine from "../../vendor/alpine.min.js";

const SETTLES_MS = 20_000; // until then what loads above a section that was asked for may move it, on a slow line, too
const READ_AT = 0.3; // of the window's height: the section that crosses this line is the one being read
const BY_HAND = ["wheel", "touchmove", "pointerdown", "keydown"];

Alpine.data("settingsIndex", () => ({
  open: false, label: "", links: [], asked: null, until: 0, waiting: false,

  init() {
    this.links = [...this.$refs.list.querySelectorAll("a")];
    this.mark(this.links[0]);
    for (const kind of BY_HAND) addEventListener(kind, () => this.letGo(), { passive: true });
    for (const kind of ["hashchange", "popstate"]) addEventListener(kind, () => this.arrive());
    addEventListener("scroll", () => this.follow(), { passive: true });
    new ResizeObserver(() => this.settle()).observe(document.querySelector(".settings"));
    this.arrive();
  },
  get isOpen() { return this.open ? "true" : "false"; },
  get listClass() { return this.open ? "is-open" : ""; },
  toggle() { this.open = !this.open; },
  close() { this.open = false; },
  leave() {
    if (!this.open) return;
    this.open = false;
    this.$refs.button.focus();
  },
  go(event) {
    const link = event.target.closest("a");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    this.open = false;
    history.pushState(null, "", link.hash);
    this.arrive();
    const heading = sectionOf(link).querySelector("h2");
    heading.tabIndex = -1;
    heading.focus({ preventScroll: true }); // whoever goes on by Tab or listens goes on from here
  },
  // Where the address leads; a part of a section (the logo) belongs to the section around it.
  arrive() {
    const target = location.hash && document.getElementById(location.hash.slice(1));
    if (!target) return;
    this.asked = target;
    this.until = performance.now() + SETTLES_MS;
    this.mark(this.links.find((link) => sectionOf(link).contains(target)));
    target.scrollIntoView({ behavior: "instant" }); // thousands of pixels: whoever asked is there at once
  },
  settle() {
    if (this.asked && performance.now() < this.until) this.asked.scrollIntoView({ behavior: "instant" });
    else this.follow();
  },
  letGo() {
    this.asked = null;
    this.until = 0;
  },
  // At most once a frame.
  follow() {
    if (performance.now() < this.until || this.waiting) return;
    this.asked = null;
    this.waiting = true;
    requestAnimationFrame(() => {
      this.waiting = false;
      if (!this.asked) this.mark(this.read());
    });
  },
  read() {
    if (scrollY + innerHeight >= document.documentElement.scrollHeight - 2) return this.links.at(-1);
    const above = this.links.filter((link) => sectionOf(link).getBoundingClientRect().top <= innerHeight * READ_AT);
    return above.at(-1) || this.links[0];
  },
  mark(link) {
    if (!link || link.hasAttribute("aria-current") && this.label) return;
    for (const other of this.links) other.removeAttribute("aria-current");
    link.setAttribute("aria-current", "location");
    this.label = link.textContent;
    this.keepInSight(link);
  },
  // The list scrolls by itself where the window is low. Not by scrollIntoView, which would move the page, too.
  keepInSight(link) {
    const list = this.$refs.list, up = link.offsetTop - list.scrollTop, down = up + link.offsetHeight - list.clientHeight;
    if (up < 0) list.scrollTop += up;
    else if (down > 0) list.scrollTop += down;
  },
}));

const sectionOf = (link) => document.getElementById(link.hash.slice(1));
