// The superadmin's first page brings itself up to date, unless it is paused or nobody looks at it.
const EVERY_MS = 30_000;
const figures = document.getElementById("figures");
const pause = document.getElementById("pause");
const state = document.getElementById("refresh-state");
const refresh = document.getElementById("refresh");
let paused = localStorage.getItem("recado.dashboard.paused") === "1";

function show() {
  pause.hidden = false;
  pause.setAttribute("aria-pressed", String(paused));
  state.textContent = paused ? state.dataset.paused : state.dataset.every;
}

// Part by part, so that what did not change keeps its focus, what is unfolded stays so, and an alarm is read once.
function replaceParts(text) {
  const fresh = new DOMParser().parseFromString(text, "text/html");
  if (!fresh.getElementById("part-tiles")) throw new Error("not the figures");
  for (const part of fresh.querySelectorAll("[id^='part-']")) {
    const old = document.getElementById(part.id);
    if (!old) continue;
    part.querySelectorAll("details").forEach((one, n) => { one.open = old.querySelectorAll("details")[n]?.open ?? false; });
    if (old.innerHTML === part.innerHTML || old.contains(document.activeElement)) continue;
    old.replaceChildren(...part.childNodes);
  }
}

async function bringUpToDate(query = "") {
  try {
    const answer = await fetch(figures.dataset.live + query, { headers: { Accept: "text/html" }, redirect: "error" });
    if (!answer.ok) throw new Error(String(answer.status));
    replaceParts(await answer.text());
    show();
  } catch {
    state.textContent = state.dataset.failed;
  }
}

pause.addEventListener("click", () => {
  paused = !paused;
  localStorage.setItem("recado.dashboard.paused", paused ? "1" : "0");
  show();
});
refresh.addEventListener("click", (event) => {
  event.preventDefault();
  bringUpToDate("?afresh");
});
setInterval(() => { if (!paused && !document.hidden) bringUpToDate(); }, EVERY_MS);
show();
