// Writes static/recado/icons.svg, the sprite of the icons that pages use: npm run icons.
import { readFileSync, writeFileSync } from "node:fs";

const ICONS = `home package message-circle settings search plus minus pencil trash x check alert-triangle info-circle logout
  keyboard adjustments-horizontal arrow-up arrow-down refresh send-2 history chevron-right chevron-left chevron-down
  wifi-off building-store key sparkles arrow-back-up tag circle-check arrow-left player-stop rotate-clockwise users server clock database
  calendar-event calendar-plus checklist bell map-pin repeat flag dots ban briefcase circle download upload link calendar-off
  inbox brand-whatsapp checks clock-hour-4 note hand-stop robot user paperclip file-text microphone photo bolt shopping-cart
  phone mail help-circle player-play eye-off message-question filter chart-bar table`
  .split(/\s+/);
const folder = "node_modules/@tabler/icons/";
const version = JSON.parse(readFileSync(folder + "package.json")).version;

const symbol = (name) => {
  const svg = readFileSync(`${folder}icons/outline/${name}.svg`, "utf8");
  const inside = svg.slice(svg.indexOf(">") + 1, svg.lastIndexOf("</svg>"));
  const paths = inside.replace('<path stroke="none" d="M0 0h24v24H0z" fill="none" />', "").replace(/\s*\n\s*/g, "");
  return `<symbol id="${name}" viewBox="0 0 24 24">${paths}</symbol>`;
};
// Our own mark: a note with a folded corner that is also a speech bubble.
const mark = `<symbol id="mark" viewBox="0 0 24 24"><path d="M5.5 2A3.5 3.5 0 0 0 2 5.5v9A3.5 3.5 0 0 0 5.5 18H7v3.2a.8.8 0 0 0 1.35.57L12.4 18h6.1a3.5 3.5 0 0 0 3.5-3.5V8h-3.5A2.5 2.5 0 0 1 16 5.5V2z" fill="currentColor" stroke="none"/><path d="M17.8 2.6v2.9c0 .4.3.7.7.7h2.9z" fill="currentColor" stroke="none" opacity=".55"/></symbol>`;

writeFileSync(
  "static/recado/icons.svg",
  `<svg xmlns="http://www.w3.org/2000/svg"><!-- Tabler Icons ${version}, MIT licence, (c) Paweł Kuna -->\n` +
    [mark, ...ICONS.map(symbol)].join("\n") + "\n</svg>\n",
);
