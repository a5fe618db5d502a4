// The few marks that a model writes, as DOM nodes. Text stays text: nothing here ever parses HTML.
const INLINE = /\*\*(?=\S)([^*]+?)\*\*|(?<![\w*])\*(?=\S)([^*\n]+?)\*(?![\w*])|(?<!\w)_(?=\S)([^_\n]+?)_(?!\w)|`([^`\n]+)`|\[([^\]\n]+)\]\(([^()\s]+)\)/g;
const BULLET = /^\s*[-*•]\s+(.*)$/;
const NUMBERED = /^\s*\d{1,3}[.)]\s+(.*)$/;
const HEADING = /^#{1,6}\s+(.*)$/;

// A path of this site or an https address; null for everything else (javascript:, data:, //elsewhere).
export function safeAddress(text) {
  if (/^\/(?![/\\])[^\\]*$/.test(text)) return text;
  return /^https:\/\/[^\s/\\]+/i.test(text) ? text : null;
}

function link(label, address) {
  const node = document.createElement("a");
  node.href = address;
  node.append(...inline(label));
  if (!address.startsWith("/")) {
    node.rel = "noopener noreferrer nofollow";
    node.target = "_blank";
  }
  return node;
}

function wrap(tag, text) {
  const node = document.createElement(tag);
  node.append(...(tag === "code" ? [text] : inline(text)));
  return node;
}

function inline(text) {
  const nodes = [];
  let at = 0;
  for (const found of text.matchAll(INLINE)) {
    const [all, bold, starred, lined, code, label, address] = found;
    const safe = address === undefined ? null : safeAddress(address);
    if (address !== undefined && !safe) continue;
    nodes.push(text.slice(at, found.index));
    if (bold) nodes.push(wrap("strong", bold));
    else if (code) nodes.push(wrap("code", code));
    else if (label) nodes.push(link(label, safe));
    else nodes.push(wrap("em", starred || lined));
    at = found.index + all.length;
  }
  nodes.push(text.slice(at));
  return nodes.filter((node) => node !== "");
}

// A fragment of paragraphs and lists.
export function render(text) {
  const fragment = document.createDocumentFragment();
  let block = null; // the paragraph or list that the next line may go on with
  for (const line of text.split(/\r?\n/)) {
    const bullet = line.match(BULLET), numbered = line.match(NUMBERED), heading = line.match(HEADING);
    if (!line.trim()) {
      block = null;
    } else if (bullet || numbered) {
      const tag = bullet ? "UL" : "OL";
      if (block?.tagName !== tag) {
        block = document.createElement(tag);
        if (numbered) block.start = Number(line.match(/\d+/)[0]);
        fragment.append(block);
      }
      block.append(wrap("li", (bullet || numbered)[1]));
    } else if (heading) {
      const title = document.createElement("p");
      title.append(wrap("strong", heading[1]));
      fragment.append(title);
      block = null;
    } else if (block?.tagName === "P") {
      block.append(document.createElement("br"), ...inline(line));
    } else {
      block = wrap("p", line);
      fragment.append(block);
    }
  }
  return fragment;
}
