// A list that is wider than its frame says so, fades where it goes on, and can be scrolled by keyboard.
const frame = document.querySelector("#changelist-form .results");
const hint = document.getElementById("list-hint");

function look() {
  const hidden = frame.scrollWidth - frame.clientWidth;
  const isCut = hidden > 1;
  hint.hidden = !isCut;
  frame.classList.toggle("is-cut-before", isCut && frame.scrollLeft > 1);
  frame.classList.toggle("is-cut-after", isCut && frame.scrollLeft < hidden - 1);
  if (isCut) {
    frame.tabIndex = 0;
    frame.setAttribute("role", "region");
    frame.setAttribute("aria-labelledby", "list-hint");
  } else {
    for (const name of ["tabindex", "role", "aria-labelledby"]) frame.removeAttribute(name);
  }
}

if (frame && hint) {
  frame.addEventListener("scroll", look, { passive: true });
  new ResizeObserver(look).observe(frame);
  look();
}
