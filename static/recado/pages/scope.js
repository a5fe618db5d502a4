// «solo esta / esta y las siguientes / todas»: which ones of a series an act is for.
import Alpine from "../../vendor/alpine.min.js";

let answer = null;

// "one", "following", "all", or null when the person thought better of it. Without a series there is nothing to ask.
export function askScope(appointment, question) {
  if (!appointment.series) return Promise.resolve("one");
  const dialog = document.getElementById("scope");
  dialog.dispatchEvent(new CustomEvent("ask", { detail: question }));
  dialog.showModal();
  return new Promise((resolve) => { answer = resolve; });
}

Alpine.data("scope", () => ({
  question: "",
  asked(event) { this.question = event.detail; },
  choose(scope) {
    answer?.(scope);
    answer = null;
    this.$root.close();
  },
  close() { this.$root.close(); },
  closed() { answer?.(null); answer = null; },
}));
