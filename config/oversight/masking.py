"""Hiding who and what was said, so that a developer sees the shape of what came and no person's words."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

# Under these keys of WhatsApp's stand words of Meta's own: kinds, states and codes, never what somebody wrote.
PLAIN = {
    *("object", "field", "messaging_product", "type", "status", "timestamp", "event", "event_type", "code"),
    *("category", "pricing_model", "pricing_type", "billable", "mime_type", "template_category", "decision"),
    *("message_template_language", "currency", "voice", "animated", "forwarded", "frequently_forwarded"),
    *("expiration_timestamp", "quantity", "message_status", "current_limit", "max_daily_conversations_per_business"),
}
MOST_SHOWN = 100_000  # characters of one body
MOST_DEEP = 30
LONGEST_LINE = 160

_key = re.compile(r"[A-Za-z_][A-Za-z0-9_.:-]{0,59}")
_digits = re.compile(r"\+?\d[\d\s().-]{4,}\d")
_mail = re.compile(r"[^\s@'\"<>]+@[^\s@'\"<>]+")
_quoted = re.compile(r"'(?:[^']*)'|«[^»]*»|“[^”]*”|\"(?![\w.]+\")[^\"]*\"")


def mask_person(given: str) -> str:
    """Who somebody is on WhatsApp: of a number country and end, «57 ••••• 67», of anything else the end."""
    if given.isdigit() and len(given) >= 7:
        return f"{given[:2]} ••••• {given[-2:]}"
    return f"••••• {given[-2:]}" if len(given) > 6 else "•••••"


def mask_address(given: str) -> str:
    """To whom a letter goes: «a•••••@example.com», for the domain says where it does not arrive."""
    name, _at, domain = given.rpartition("@")
    return f"{name[:1]}•••••@{domain}" if name else "•••••"


def mask_body(body: bytes) -> str:
    """A body as indented JSON with its keys and its shape; what is no JSON is told by its size."""
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        return f"({len(body)} bytes, no JSON)"
    text = json.dumps(_mask(found, key="", depth=0), indent=2, ensure_ascii=False)
    return text if len(text) <= MOST_SHOWN else text[:MOST_SHOWN] + "\n…"


def first_line(result: object) -> str:
    """How a task ended: the kind of its error, where it was raised, and the first line of what it said, without what
    stood in quotes, numbers of people, or addresses."""
    text = str(result or "")
    lines = [line for line in text.splitlines() if line.strip()]
    if not lines:
        return ""
    said = lines[0].split(" : Traceback", 1)[0]
    raised = [line.strip() for line in lines if line.startswith("  File ")]
    where = re.search(r"([\w.-]+)\.py\", line (\d+)", raised[-1]) if raised else None
    kinds = re.findall(r"^([\w.]*(?:Error|Exception|Warning|[A-Z]\w+))(?::|$)", text, re.MULTILINE)
    parts = [kinds[-1].rsplit(".", 1)[-1] if kinds else "", f"({where[1]}:{where[2]})" if where else "", clean(said)]
    return " ".join(part for part in parts if part)[:LONGEST_LINE]


def clean(text: str) -> str:
    """A sentence of the program's own without what it may quote of a person."""
    return _digits.sub("•••••", _mail.sub("•••••", _quoted.sub("'…'", text)))


def _mask(value: Any, *, key: str, depth: int) -> Any:
    if depth > MOST_DEEP:
        return "…"
    if isinstance(value, Mapping):
        return {_mask_key(name): _mask(one, key=name, depth=depth + 1) for name, one in value.items()}
    if isinstance(value, list):
        return [_mask(one, key=key, depth=depth + 1) for one in value]
    if value is None or isinstance(value, bool):
        return value
    if key in PLAIN and (isinstance(value, int) or len(str(value)) <= 60) and not _mail.search(str(value)):
        return value
    if isinstance(value, int) and abs(value) < 10_000:
        return value
    if isinstance(value, int | float):
        return "•••••"
    if value.isdigit():
        return mask_person(value)
    return f"‹{len(value)}›"


def _mask_key(name: str) -> str:
    return name if _key.fullmatch(name) else f"‹{len(name)}›"
