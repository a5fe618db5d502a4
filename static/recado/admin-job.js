// The page of an export or an erasure brings itself up to date until the job is over.
const EVERY_MS = 2_000;
const holder = document.getElementById("job");
const timer = setInterval(bringUpToDate, EVERY_MS);

async function bringUpToDate() {
  const part = document.getElementById("job-part");
  if (part.dataset.over === "1") {
    clearInterval(timer);
    return;
  }
  if (document.hidden || part.contains(document.activeElement)) return;
  try {
    const answer = await fetch("?part=job", { redirect: "error" });
    if (!answer.ok) return;
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById("job-part");
    if (fresh && fresh.outerHTML !== part.outerHTML) holder.replaceChildren(fresh);
  } catch {
    // The line is down; the next look may find it up.
  }
}
