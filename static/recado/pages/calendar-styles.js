// Runs before FullCalendar, which writes its rules into a <style> element: inline style, which our policy forbids. It
// takes the element that is there already, though, and this one is no element of HTML: its sheet is a constructed one.
const sheet = new CSSStyleSheet();
const holder = document.createElementNS("urn:recado", "style");
holder.setAttribute("data-fullcalendar", "");
Object.defineProperty(holder, "sheet", { value: sheet });
document.head.append(holder);
document.adoptedStyleSheets.push(sheet);
