"""A reply as WhatsApp's messages: texts that fit, buttons for a yes or no, a list of what there is to choose from.

Pure functions. Every length is counted in UTF-16 units, of which a character has one or two, so that what fits here
fits however WhatsApp counts.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from django.utils.translation import gettext, override

from assistants.offers import Option
from messaging.outbox import Part
from messaging.whatsapp.formatting import CLOSES, MONO, OPENS, format_text, mark, write

TEXT, BODY = 4096, 1024
BUTTON, BUTTONS = 20, 3
ROW_TITLE, ROW_DESCRIPTION, ROWS, LIST_BUTTON, IDENTIFIER = 24, 72, 10, 20, 200
HEADER = FOOTER = 60
MOST_PARTS = 4
MARKS = 16  # units that the marks may take which are closed at the end of a part and opened again in the next

_sentence_end = re.compile(r"[.!?…]+[\"»”)\]]*(?=\s)")


def render_reply(
    *,
    text: str,
    message_id: int,
    language: str,
    question: str = "",
    options: Sequence[Option] = (),
    buttons: Sequence[tuple[str, str]] = (),
) -> list[Part]:
    """The parts of the reply ``message_id`` whose Markdown is ``text``, to be sent in this order.

    ``question`` is the yes or no that waits, with which the text ends: it gets buttons. ``options`` become a list.
    ``buttons`` are up to three of (id, title).
    """
    with override(language):
        if buttons:
            return _press(text, buttons)
        if question:
            return _ask(text, question, message_id)
        if rows := _rows(options):
            return _offer(text, rows)
    # of a text that is nothing but marks something is sent, too
    return [text_part(part) for part in split(text) or [clip(text, BODY) or "…"]]


def split(text: str, *, limit: int = TEXT, most: int = MOST_PARTS) -> list[str]:
    """Markdown as WhatsApp texts of at most ``limit`` units: cut between paragraphs, lines or sentences, else words.

    What is beyond ``most`` of them is left out, with an ellipsis. A word or an address is cut only when it is longer
    than a whole text.
    """
    parts: list[str] = []
    rest = mark(text)
    while rest.strip():
        if units(write(rest)) <= limit:
            parts.append(write(rest).strip())
            break
        is_last = len(parts) == most - 1
        head, rest = _cut(rest, limit - MARKS)
        parts.append(write(head).strip() + ("…" if is_last else ""))
        if is_last:
            break
    return [part for part in parts if part.strip()]


def text_part(text: str) -> Part:
    """A text that fits."""
    return Part({"type": "text", "text": {"body": text, "preview_url": False}}, text)


def buttons_part(body: str, buttons: Sequence[tuple[str, str]], *, header: str = "", footer: str = "") -> Part:
    """Up to three buttons, each (id, title), below a body that fits."""
    shown = [(id_[:IDENTIFIER], clip(title, BUTTON)) for id_, title in buttons[:BUTTONS]]
    action = {"buttons": [{"type": "reply", "reply": {"id": id_, "title": title}} for id_, title in shown]}
    titles = " ".join(f"[{title}]" for _, title in shown)
    return Part(_interactive("button", body, action, header, footer), f"{body}\n{titles}")


def list_part(body: str, button: str, rows: Sequence[Option], *, header: str = "", footer: str = "") -> Part:
    """A list of up to ten rows below a body that fits."""
    shown = [
        {"id": row.id[:IDENTIFIER], "title": clip(row.title, ROW_TITLE)}
        | ({"description": clip(row.description, ROW_DESCRIPTION)} if row.description.strip() else {})
        for row in rows[:ROWS]
    ]
    action = {"button": clip(button, LIST_BUTTON), "sections": [{"rows": shown}]}
    said = "\n".join(f"• {row['title']}" for row in shown)
    return Part(_interactive("list", body, action, header, footer), f"{body}\n{said}")


def clip(text: str, limit: int) -> str:
    """One line of at most ``limit`` units, cut at a word where there is one."""
    text = " ".join(text.split())
    if units(text) <= limit:
        return text
    while units(text) > limit - 1:
        shorter = text.rpartition(" ")[0]
        text = shorter if units(shorter) > limit // 2 else text[:-1]
    return text.rstrip(" ,;:-–\u200d\ufe0f") + "…"


def units(text: str) -> int:
    """How long it is in UTF-16 units."""
    return len(text) + sum(character > "\uffff" for character in text)


def _ask(text: str, question: str, message_id: int) -> list[Part]:
    buttons = [(f"yes:{message_id}", gettext("Sí")), (f"no:{message_id}", gettext("No"))]
    body = format_text(text) or format_text(question) or gettext("¿Lo hago?")
    if units(body) <= BODY:
        return [buttons_part(body, buttons)]
    before, _, after = text.strip().rpartition(question.strip())
    asked = split(question, limit=BODY, most=1)
    if after.strip() or not before.strip() or not asked:  # the question is not the end of the text
        before, asked = text, [gettext("¿Lo hago?")]
    parts = [text_part(part) for part in split(before)]
    return [*parts, buttons_part(asked[0], buttons)]


def _press(text: str, buttons: Sequence[tuple[str, str]]) -> list[Part]:
    body = format_text(text) or gettext("¿Cuál eliges?")
    if units(body) <= BODY:
        return [buttons_part(body, buttons)]
    return [*(text_part(part) for part in split(text)), buttons_part(gettext("¿Cuál eliges?"), buttons)]


def _offer(text: str, rows: Sequence[Option]) -> list[Part]:
    button, body = gettext("Ver opciones"), format_text(text) or gettext("¿Cuál eliges?")
    if units(body) <= BODY:
        return [list_part(body, button, rows)]
    return [*(text_part(part) for part in split(text)), list_part(gettext("¿Cuál eliges?"), button, rows)]


def _rows(options: Sequence[Option]) -> list[Option]:
    """Those that WhatsApp takes: with a title, each id once."""
    return list({option.id: option for option in options if option.title.strip() and option.id.strip()}.values())[:ROWS]


def _interactive(kind: str, body: str, action: dict[str, Any], header: str, footer: str) -> dict[str, Any]:
    interactive: dict[str, Any] = {"type": kind, "body": {"text": body}, "action": action}
    if header.strip():
        interactive["header"] = {"type": "text", "text": clip(header, HEADER)}
    if footer.strip():
        interactive["footer"] = {"text": clip(footer, FOOTER)}
    return {"type": "interactive", "interactive": interactive}


def _cut(marked: str, limit: int) -> tuple[str, str]:
    """The longest head of at most ``limit`` units that ends well, and the rest; marks are closed and opened again."""
    window, length = 0, 0
    for character in marked:
        length += 3 if character in MONO else units(character)
        if length > limit:
            break
        window += 1
    head = marked[:window]
    at = _best_end(head, marked)
    opened: list[str] = []
    for character in marked[:at]:
        if character in OPENS:
            opened.append(OPENS[character])
        elif character in CLOSES and opened:
            opened.pop()
    closing = "".join(style[1] for style in reversed(opened))
    opening = "".join(style[0] for style in opened)
    return marked[:at].rstrip() + closing, opening + marked[at:].lstrip()


def _best_end(head: str, marked: str) -> int:
    for end, least in (
        (head.rfind("\n\n"), len(head) // 2),
        (head.rfind("\n"), len(head) // 2),
        (max((found.end() for found in _sentence_end.finditer(head)), default=-1), len(head) // 3),
    ):
        if end >= max(least, 1):
            return end
    if marked[len(head) : len(head) + 1].isspace():
        return len(head)
    spaces = [found.start() for found in re.finditer(r"\s", head)]
    return spaces[-1] if spaces and spaces[-1] > 0 else max(1, len(head))
