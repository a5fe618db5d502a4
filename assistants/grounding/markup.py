"""The text that a reader sees: without Markdown, addresses and pictograms, with the places that were set apart."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

_LINK = re.compile(r"!?\[([^\]]*)\]\([^)]*\)")
_ADDRESS = re.compile(r"(?:https?://|www\.|wa\.me/)\S+|\S+@\S+\.\w+")
_PHONE = re.compile(
    r"\+\d[\d\s().-]{6,}\d|(?<![\d$.,])\b\d{3}[ -]\d{3}[ -]\d{4}\b|(?<![\d$.,/])\b\d{10,13}\b(?![.,]\d)"
)
_ITEM = re.compile(r"^\s*(?:>\s*)?(?:[-*+•·–—▪►➤◦‣]\s+|\d{1,2}\s?[.)]\s+|\(?\d{1,2}\)\s+|[a-h]\)\s+|#\d{1,2}[:.]?\s+)")
_HEADING = re.compile(r"^\s*#{1,6}\s+")
_PICTOGRAM = re.compile(
    "[\U0001f000-\U0001faff\u2600-\u27bf\u2b00-\u2bff\u2190-\u21ff\ufe0f\u20e3\u200b-\u200f\u2060\ufeff\u25a0-\u25ff]"
)
_EMPHASIS = re.compile(r"(\*{1,3}|_{1,3}|~{1,2}|`+)(?=\S)(.+?)(?<=\S)\1", re.DOTALL)
_QUOTE = re.compile(r"[«“]([^«»“”\n]{2,80})[»”]|(?<![\w½¼¾])\"(?=\S)([^\"\n]{2,80})(?<=\S)\"(?!\w)")


@dataclass(frozen=True, slots=True)
class Plain:
    """``text`` as it reads; ``marked`` are the places in bold, ``quoted`` those in quotation marks."""

    text: str
    is_item: bool = False
    cells: tuple[str, ...] = ()
    marked: list[tuple[int, int]] = field(default_factory=list)
    quoted: list[tuple[int, int]] = field(default_factory=list)


def read_markup(unit: str) -> Plain:
    """Read one unit of Markdown or WhatsApp text."""
    text = re.sub(r"<br\s*/?>|</?\w+>", " ", unit)
    text = re.sub(r"\d\ufe0f?\u20e3", "• ", text)  # keycap digits number a list
    text = _LINK.sub(lambda match: f"**{match.group(1)}**", text)
    text = _ADDRESS.sub(_blank, text)
    text = _PHONE.sub(_blank, text)
    pictured = _PICTOGRAM.match(text.lstrip()) is not None and re.search(r"\d", text) is not None
    text = re.sub(r"\s", " ", _PICTOGRAM.sub(" ", text))
    stripped = text.strip()
    cells: tuple[str, ...] = ()
    if stripped.startswith("|") or stripped.count("|") >= 2:
        cells = tuple(cell.strip() for cell in stripped.strip("|").split("|"))
    item = _ITEM.match(text)
    heading = _HEADING.match(text)
    if item and not cells:
        text = text[item.end() :]
    elif heading:
        text = text[heading.end() :]
    text, marked = _strip_emphasis(text)
    if heading and text.strip():
        marked = [(0, len(text))]
    quoted = [match.span(1 if match.group(1) else 2) for match in _QUOTE.finditer(text)]
    return Plain(text, bool(item) or pictured, cells, marked, quoted)


def _strip_emphasis(text: str) -> tuple[str, list[tuple[int, int]]]:
    parts: list[str] = []
    marked: list[tuple[int, int]] = []
    length, position = 0, 0
    for match in _EMPHASIS.finditer(text):
        if match.group(1)[0] == "_" and (text[match.start() - 1 : match.start()].isalnum()):
            continue
        before, inner = text[position : match.start()], _EMPHASIS.sub(r"\2", match.group(2))
        parts += [before, inner]
        length += len(before)
        marked.append((length, length + len(inner)))
        length += len(inner)
        position = match.end()
    parts.append(text[position:])
    return "".join(parts).replace("*", " "), marked


def _blank(match: re.Match[str]) -> str:
    return " " * len(match.group())
