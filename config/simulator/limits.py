"""What the Graph API takes in a message, and what it refuses."""

from __future__ import annotations

import re
from typing import Any

from config.simulator.refusals import Refusal

TEXT = 4096
BODY, HEADER, FOOTER = 1024, 60, 60
BUTTONS, BUTTON_TITLE, BUTTON_ID = 3, 20, 256
LIST_BUTTON, SECTIONS, SECTION_TITLE = 20, 10, 24
ROWS, ROW_TITLE, ROW_DESCRIPTION, ROW_ID = 10, 24, 72, 200
CALLBACK = 512  # characters of biz_opaque_callback_data
TEMPLATE_NAME = 512
MEDIA = ("image", "audio", "video", "document", "sticker")


def check(payload: dict[str, Any]) -> Refusal | None:
    """Return why a message is refused; None when it is taken."""
    try:
        _check(payload)
    except _Wrong as wrong:
        return Refusal(wrong.code, wrong.details)
    return None


class _Wrong(Exception):
    def __init__(self, code: int, details: str) -> None:
        super().__init__(details)
        self.code = code
        self.details = details


def _check(payload: dict[str, Any]) -> None:
    if payload.get("messaging_product") != "whatsapp":
        raise _Wrong(100, "The parameter messaging_product is required.")
    to, recipient = payload.get("to"), payload.get("recipient")
    if not _is_text(to) and not _is_text(recipient):
        raise _Wrong(100, "The parameter to is required.")
    if len(str(payload.get("biz_opaque_callback_data", ""))) > CALLBACK:
        raise _Wrong(100, f"biz_opaque_callback_data must be at most {CALLBACK} characters long.")
    kind = payload.get("type", "text")
    if kind == "text":
        _measure("text.body", _dict(payload, "text").get("body"), TEXT, code=100)
    elif kind == "interactive":
        _check_interactive(_dict(payload, "interactive"))
    elif kind == "template":
        template = _dict(payload, "template")
        _measure("template.name", template.get("name"), TEMPLATE_NAME)
        if not _is_text(_dict(template, "language").get("code")):
            raise _Wrong(131008, "template.language.code is missing.")
    elif kind == "reaction":
        if not _is_text(_dict(payload, "reaction").get("message_id")):
            raise _Wrong(131008, "reaction.message_id is missing.")
    elif kind == "location":
        location = _dict(payload, "location")
        if "latitude" not in location or "longitude" not in location:
            raise _Wrong(131008, "location.latitude and location.longitude are needed.")
    elif kind in MEDIA:
        media = _dict(payload, kind)
        if not _is_text(media.get("id")) and not _is_text(media.get("link")):
            raise _Wrong(131008, f"{kind}.id or {kind}.link is needed.")
    elif kind != "contacts":
        raise _Wrong(131051, f"Unsupported message type {kind!r}.")


def _check_interactive(interactive: dict[str, Any]) -> None:
    kind = interactive.get("type")
    if kind not in {"button", "list", "cta_url", "flow", "product", "product_list", "location_request_message"}:
        raise _Wrong(131009, f"interactive.type {kind!r} is not one.")
    if kind != "product":
        _measure("interactive.body.text", _dict(interactive, "body").get("text"), BODY)
    header, footer = interactive.get("header") or {}, interactive.get("footer") or {}
    if header.get("type") == "text":
        _measure("interactive.header.text", header.get("text"), HEADER)
    if footer:
        _measure("interactive.footer.text", footer.get("text"), FOOTER)
    if kind == "button":
        _check_buttons(_dict(interactive, "action").get("buttons"))
    elif kind == "list":
        _check_list(_dict(interactive, "action"))


def _check_buttons(buttons: Any) -> None:
    if not isinstance(buttons, list) or not 1 <= len(buttons) <= BUTTONS:
        raise _Wrong(131009, f"Invalid buttons count. Min allowed buttons: 1, Max allowed buttons: {BUTTONS}.")
    replies = [_dict(button, "reply") for button in buttons if isinstance(button, dict)]
    for reply in replies:
        _measure("button title", reply.get("title"), BUTTON_TITLE)
        _measure("button id", reply.get("id"), BUTTON_ID)
    _differ("button id", [reply["id"] for reply in replies])
    _differ("button title", [reply["title"] for reply in replies])


def _check_list(action: dict[str, Any]) -> None:
    _measure("action.button", action.get("button"), LIST_BUTTON)
    sections = action.get("sections")
    if not isinstance(sections, list) or not 1 <= len(sections) <= SECTIONS:
        raise _Wrong(131009, f"Invalid sections count. Min allowed: 1, Max allowed: {SECTIONS}.")
    if len(sections) > 1:
        for section in sections:
            _measure("section title", section.get("title"), SECTION_TITLE)
    rows = [row for section in sections for row in section.get("rows") or []]
    if not 1 <= len(rows) <= ROWS:
        raise _Wrong(131009, f"Total row count exceed max allowed count: {ROWS}.")
    for row in rows:
        _measure("row title", row.get("title"), ROW_TITLE)
        _measure("row id", row.get("id"), ROW_ID)
        if "description" in row:
            _measure("row description", row["description"], ROW_DESCRIPTION)
    _differ("row id", [row["id"] for row in rows])


def _measure(name: str, value: Any, longest: int, *, code: int = 131009) -> None:
    if value is None or value == "":
        raise _Wrong(131008, f"{name} is required.")
    if not isinstance(value, str) or not value.strip():
        raise _Wrong(code, f"{name} must be a text that is not empty.")
    if len(value) > longest:
        raise _Wrong(code, f"{name} length invalid. Min length: 1, Max length: {longest}.")


def _differ(name: str, values: list[str]) -> None:
    if len(set(values)) < len(values):
        raise _Wrong(131009, f"Duplicated {name}.")


def _dict(payload: dict[str, Any], name: str) -> dict[str, Any]:
    value = payload.get(name)
    if not isinstance(value, dict):
        raise _Wrong(131008, f"{name} is required.")
    return value


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and bool(value.strip())


def is_phone(recipient: str) -> bool:
    """Whether ``to`` names a phone. A business-scoped id in ``to`` is taken, and reaches nobody."""
    return bool(re.fullmatch(r"\+?[0-9 ()-]{5,30}", recipient))
