// WhatsApp's own marks as DOM nodes: *bold*, _italic_, ~struck~, `code`. Text stays text: nothing parses HTML.
const MARKS = /```([\s\S]+?)```|`([^`\n]+)`|(?<![\w*])\*(?=\S)([^*\n]+?)(?<=\S)\*(?![\w*])|(?<!\w)_(?=\S)([^_\n]+?)(?<=\S)_(?!\w)|(?<![\w~])~(?=\S)([^~\n]+?)(?<=\S)~(?![\w~])/g;

function inline(text) {
  const nodes = [];
  let at = 0;
  for (const found of text.matchAll(MARKS)) {
    const [all, block, code, bold, italic, struck] = found;
    nodes.push(text.slice(at, found.index));
    const node = document.createElement(block || code ? "code" : bold ? "strong" : italic ? "em" : "s");
    node.append(...(block || code ? [block || code] : inline(bold || italic || struck)));
    nodes.push(node);
    at = found.index + all.length;
  }
  nodes.push(text.slice(at));
  return nodes.filter((node) => node !== "");
}

// A fragment; line breaks are kept by the style of whatever holds it.
export function render(text) {
  const fragment = document.createDocumentFragment();
  fragment.append(...inline(text));
  return fragment;
}
