"""What a PDF of ours says, read from its pages as they were drawn without compression."""

from __future__ import annotations

import re

_object = re.compile(rb"(\d+) 0 obj\s(.*?)\sendobj", re.DOTALL)
_sign = re.compile(rb"<([0-9A-F]{2})> <([0-9A-F]{4,})>")
_drawing = re.compile(rb"/(F[\d+]+) [\d.]+ Tf|\(((?:[^()\\]|\\.)*)\) ?Tj", re.DOTALL)
_escaped = re.compile(rb"\\([0-7]{3}|.)", re.DOTALL)
_ENDS = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"f": b"\f"}


def texts(paper: bytes) -> str:
    """All that is written, word by word as a reader sees it (and searches and copies it)."""
    signs = _signs(paper)
    said: list[str] = []
    known: dict[int, str] = {}
    for font, written in _drawing.findall(paper):
        if font:
            known = signs[font]
        else:
            said.append("".join(known[code] for code in _escaped.sub(_plain, written)))
    return " ".join(" ".join(said).replace("\xa0", " ").split())


def pages(paper: bytes) -> int:
    return len(re.findall(rb"/Type /Page\b(?!s)", paper))


def closely(text: str) -> str:
    """Without blanks: signs such as «<» are drawn apart from the words beside them."""
    return text.replace(" ", "")


def _signs(paper: bytes) -> dict[bytes, dict[int, str]]:
    """By font: which byte means which sign."""
    objects = dict(_object.findall(paper))
    found = {}
    for body in objects.values():
        name, told = re.search(rb"/Name /(F[\d+]+)", body), re.search(rb"/ToUnicode (\d+) 0 R", body)
        if name and told:
            found[name[1]] = {int(code, 16): chr(int(sign, 16)) for code, sign in _sign.findall(objects[told[1]])}
        elif name:
            found[name[1]] = {code: bytes([code]).decode("cp1252", "replace") for code in range(256)}
    return found


def _plain(found: re.Match[bytes]) -> bytes:
    return bytes([int(found[1], 8)]) if found[1].isdigit() else _ENDS.get(found[1], found[1])
