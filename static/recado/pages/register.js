// The zone decides the currency that a new account starts with.
document.querySelector("[data-timezone]").value = Intl.DateTimeFormat().resolvedOptions().timeZone || "";
