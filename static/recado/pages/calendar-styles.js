// Runs before FullCalendar, which writes its rules into a <style> element: inline style, which our policy forbids. It
// takes the element that is there already, though, and this one is no element of HTML: its sheet is a constructed one.
const sheet = new CSSStyleSheet();
const holder = document.createElementNS("urn:recado", "style");
holder.setAttribute("data-fullcalendar", "");
Object.defineProperty(holder, "sheet", { value: sheet });
// Its icon font is a data: address, which the policy forbids too, and we use none of its icons.
sheet.insertRule = (rule) => (rule.startsWith("@font-face") ? 0 : CSSStyleSheet.prototype.insertRule.call(sheet, rule, sheet.cssRules.length));
document.head.append(holder);
document.adoptedStyleSheets.push(sheet);
