// One turn as the page holds it: what the person asked, and the reply while it comes in.
import { ApiError, get } from "../api.js";

const POLL_MS = 1500;
const STEP_MS = 24; // between words
const calm = window.matchMedia("(prefers-reduced-motion: reduce)");

let keys = 0;
export const newTurn = (fields) => ({
  key: ++keys, id: null, content: "", status: "sending", error: "", created_at: new Date().toISOString(),
  reply: null, text: "", shown: "", undone: false, ...fields,
});

// The messages of a conversation, as the API lists them, as turns.
export function turnsOf(messages) {
  const turns = [];
  const byId = new Map();
  for (const message of messages) {
    if (message.role === "user") {
      const turn = newTurn({ ...message, error: message.error || "", reply: null });
      turns.push(turn);
      byId.set(message.id, turn);
    } else {
      const turn = byId.get(message.reply_to) || turns[turns.push(newTurn({ status: "done" })) - 1];
      Object.assign(turn, { reply: message, text: message.content, shown: message.content });
    }
  }
  return turns;
}

// Follow the reply to `turn` until it is there or failed. Listens to the stream, which comes back by itself after a
// pause; from its first trouble on the page also asks now and then.
// Returns a function that stops following.
export function follow(turn, { onGrow, onEnd }) {
  let source = null, timer = 0, over = false, asking = false;
  const end = (message) => {
    if (over) return;
    stop();
    turn.status = message.status;
    turn.error = message.error || "";
    turn.reply = message.reply;
    turn.text = message.reply?.content || "";
    reveal(turn, onGrow, () => onEnd(turn));
  };
  const stop = () => {
    over = true;
    source?.close();
    clearTimeout(timer);
  };
  const poll = async () => {
    try {
      const message = await get(`/api/user/chat/messages/${turn.id}`);
      if (message.status !== "pending") { end(message); return; }
    } catch (fault) {
      if (!(fault instanceof ApiError)) throw fault;
      if ([401, 403, 404].includes(fault.status)) { end({ status: "failed", error: fault.words, reply: null }); return; }
    }
    if (!over) timer = setTimeout(poll, POLL_MS);
  };
  const listen = () => {
    source = new EventSource(`/api/user/chat/messages/${turn.id}/stream`);
    // A new connection is told everything from the beginning unless it names the last event that it saw.
    source.addEventListener("delta", (event) => {
      turn.text += JSON.parse(event.data).text;
      reveal(turn, onGrow);
    });
    source.addEventListener("reset", () => { turn.text = turn.shown = ""; });
    source.addEventListener("done", (event) => end(JSON.parse(event.data)));
    source.addEventListener("error", () => {
      if (over || asking) return;
      asking = true;
      poll();
    });
  };
  listen();
  return stop;
}

// Show `turn.text` word by word, faster the more there is to catch up with; at once for people who want no motion.
function reveal(turn, onGrow, after = null) {
  if (after) turn.after = after;
  if (turn.revealing) return;
  turn.revealing = true;
  const step = () => {
    if (!turn.text.startsWith(turn.shown)) turn.shown = common(turn.text, turn.shown);
    if (calm.matches || document.hidden) turn.shown = turn.text;
    const left = turn.text.slice(turn.shown.length);
    const words = left.match(/\s*\S+/g) || [];
    const take = Math.max(1, Math.ceil(words.length / 40));
    const next = words.slice(0, take).join("").length;
    turn.shown = turn.text.slice(0, turn.shown.length + (next || left.length));
    onGrow();
    if (turn.shown.length < turn.text.length) {
      setTimeout(step, STEP_MS);
      return;
    }
    turn.revealing = false;
    const done = turn.after;
    turn.after = null;
    done?.();
  };
  step();
}

function common(one, other) {
  let n = 0;
  while (n < one.length && one[n] === other[n]) n += 1;
  return one.slice(0, n);
}
