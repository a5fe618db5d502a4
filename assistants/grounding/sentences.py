# ruff: noqa: E501  (word lists and patterns are one line each)
"""Cutting a growing text into units that can be checked alone: a sentence, a list item, a table row, a line."""

from __future__ import annotations

import re

from assistants.grounding.words import word_set

# A sentence this long without an end is cut at a comma or a semicolon, so that a stream does not stand still.
MAX_LENGTH = 700

_ABBREVIATIONS = word_set(
    "art av aprox avda cant cel cía cm cód col dept depto dir dr dra ej esp etc exc fig gr hrs inc kg kgs lb lbs lic lt lts ltda máx"
    " mín min mm mt mts mr mrs ms nro núm oz pág pg pza pzas prof pulg pz ref reg sr sra srta st ste tel ud uds und unid"
    " vol vs ml gal ft hr pcs"
)
_LIST_LINE = re.compile(r"\s*(?:[-*+•·–—▪►➤✅👉🔹🔸]|\d{1,2}[.)]|\|)\s*")
_END = re.compile(r"(?<![.!?…。])[.!?…。]++[\"'»”)\]*_]*+(?=\s)")
_CUT = re.compile(r"[,;]\s+(?=[^\d\s])")


def split_units(text: str, *, final: bool) -> tuple[list[str], str]:
    """Split into complete units and the rest that may still grow; joined, both give ``text`` back exactly.

    With ``final`` nothing more will come, so the rest is complete too and comes as the last unit.
    """
    units: list[str] = []
    start = 0
    while start < len(text):
        end = _find_end(text, start)
        if end is None:
            break
        units.append(text[start:end])
        start = end
    rest = text[start:]
    if final and rest:
        units.append(rest)
        rest = ""
    return units, rest


def _find_end(text: str, start: int) -> int | None:
    newline = text.find("\n", start)
    stop = newline + 1 if newline >= 0 else None
    line = text[start : newline if newline >= 0 else len(text)]
    if _LIST_LINE.match(line) or line.count("|") >= 2:
        return stop  # name and price of an item stand on one line, whatever points lie between them
    for end in _END.finditer(line):
        after = start + end.end()
        following = text[after:].lstrip(" \t\xa0")
        if not following and newline < 0:
            return None  # a following lower-case letter would show an abbreviation: wait for it
        if following.startswith("\n"):
            break
        if _is_sentence_end(line[: end.end()], end.group(), following):
            return len(text) - len(following)
    if stop is None and len(line) > MAX_LENGTH:
        cuts = [cut.end() for cut in _CUT.finditer(line, 200)]
        if cuts:
            return start + cuts[-1]
    return stop


def _is_sentence_end(head: str, mark: str, following: str) -> bool:
    if "?" in mark or "!" in mark or "…" in mark or len(mark.strip("\"'»”)]*_")) > 1:
        return not following[:1].islower()
    if following[:1].islower() or following[:1].isdigit():
        return False
    word = re.search(r"([^\W\d_]+(?:\.[^\W\d_]+)*)\.[\"'»”)\]*_]*$", head)
    if word is None:
        return not re.search(r"^\s*\d{1,2}\.$", head)
    last = word.group(1).lower()
    return last not in _ABBREVIATIONS and "." not in last and not (len(last) == 1 and word.group(1).isupper())
