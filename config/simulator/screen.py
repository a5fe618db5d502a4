"""A message as a phone shows it, whatever its payload is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

MEDIA = {"image": "🖼️", "audio": "🎤", "video": "🎬", "document": "📄", "sticker": "🏷️"}


@dataclass(frozen=True, slots=True)
class Choice:
    """A button, or a row of a list."""

    id: str
    title: str
    description: str
    is_row: bool


@dataclass(frozen=True, slots=True)
class Line:
    """One message. ``id`` grows when it changes; ``list_button`` opens the rows of a list."""

    id: int
    wamid: str
    mine: bool
    text: str
    header: str
    footer: str
    list_button: str
    choices: list[Choice]
    status: str
    at: str


def show_line(entry: dict[str, Any]) -> Line:
    """What stands in a bubble, from an entry of ``config.simulator.chats``."""
    payload = entry["payload"]
    kind = payload.get("type", "text")
    part = payload.get(kind)
    content: dict[str, Any] = part if isinstance(part, dict) else {}
    shown: dict[str, Any] = {"text": "", "header": "", "footer": "", "list_button": "", "choices": []}
    if kind == "text":
        shown["text"] = str(content.get("body", ""))
    elif kind == "interactive":
        shown |= _show_interactive(content)
    elif kind == "template":
        shown["text"] = _show_template(content)
    elif kind == "reaction":
        shown["text"] = str(content.get("emoji", ""))
    elif kind == "location":
        shown["text"] = f"📍 {content.get('name') or content.get('address') or ''}".strip()
    elif kind in MEDIA:
        shown["text"] = f"{MEDIA[kind]} {content.get('caption') or content.get('filename') or ''}".strip()
    else:
        shown["text"] = f"[{kind}]"
    return Line(
        id=entry["id"], wamid=entry["wamid"], mine=entry["mine"], status=entry["status"], at=entry["at"], **shown
    )


def _show_interactive(content: dict[str, Any]) -> dict[str, Any]:
    if content.get("type") in {"button_reply", "list_reply"}:  # what a phone chose
        return {"text": str(content[content["type"]].get("title", ""))}
    action = content.get("action") or {}
    choices = [
        Choice(button["reply"]["id"], button["reply"]["title"], "", is_row=False)
        for button in action.get("buttons", ())
    ]
    for section in action.get("sections", ()):
        choices += [
            Choice(row["id"], row["title"], row.get("description", ""), is_row=True) for row in section.get("rows", ())
        ]
    return {
        "text": str((content.get("body") or {}).get("text", "")),
        "header": str((content.get("header") or {}).get("text", "")),
        "footer": str((content.get("footer") or {}).get("text", "")),
        "list_button": str(action.get("button", "")),
        "choices": choices,
    }


def _show_template(content: dict[str, Any]) -> str:
    """Its name and what was filled in: the stand-in does not know the approved words."""
    filled = [
        str(parameter.get("text") or parameter.get("payload") or "")
        for component in content.get("components") or ()
        for parameter in component.get("parameters") or ()
    ]
    return " · ".join(part for part in [f"[{content.get('name', '')}]", *filled] if part)
