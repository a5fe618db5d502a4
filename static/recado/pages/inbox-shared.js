// What every part of the inbox uses.
export const API = "/api/user/inbox";

// A word of our own for what is sent: asked for again with the same one, it goes out once.
export const newKey = () => Array.from(crypto.getRandomValues(new Uint8Array(12)), (byte) => byte.toString(16).padStart(2, "0")).join("");

// One object of several, with their getters as they are; each call makes fresh state.
export function merge(...parts) {
  const whole = {};
  for (const part of parts) {
    for (const [name, property] of Object.entries(Object.getOwnPropertyDescriptors(part))) {
      if ("value" in property && typeof property.value === "object" && property.value !== null) property.value = structuredClone(property.value);
      Object.defineProperty(whole, name, property);
    }
  }
  return whole;
}

export function nameOf(row) {
  const { contact } = row;
  return contact ? contact.name || contact.profile_name || contact.phone : row.title || gettext("Tu conversación");
}

// The marks of WhatsApp, with their words: colour and shape alone say nothing to many.
export function tickOf(status) {
  return {
    queued: { icon: "clock-hour-4", words: gettext("En cola"), kind: "" },
    sending: { icon: "clock-hour-4", words: gettext("Enviando"), kind: "" },
    sent: { icon: "check", words: gettext("Enviado"), kind: "" },
    delivered: { icon: "checks", words: gettext("Entregado"), kind: "" },
    read: { icon: "checks", words: gettext("Leído"), kind: "is-seen" },
    failed: { icon: "alert-triangle", words: gettext("No salió"), kind: "is-bad" },
    unknown: { icon: "help-circle", words: gettext("Sin confirmar"), kind: "is-bad" },
  }[status] || null;
}
