"""Which appointments and tasks a sentence names, and names and titles in it that nothing of the turn has."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

from agenda.phrases import say_city
from assistants.grounding.moments_facts import GENERIC, AgendaFacts, Item
from assistants.grounding.moments_words import SPEECH
from assistants.grounding.words import STOP_WORDS, Token, fold, tokenize

MENTION = 0.5  # share of an item's telling words that a sentence must hold
_BREAK = re.compile(r"[.!?:;…\n]\s*$|^\s*$|[¡¿«\"“(*\-–—>•]\s*$")
_NOT_TITLES = re.compile(r"deshacer|undo|desfazer|s[ií]|yes|sim|no|nao|not|ok|lista?", re.IGNORECASE)


def find_items(folded: str, facts: AgendaFacts) -> list[Item]:
    """The items that a folded text names: the best matches, none that shares less with it than another one does."""
    said = {token.stem for token in tokenize(folded)}
    shares = []
    for item in facts.items.values():
        matched = item.stems & said
        if item.stems and len(matched) / len(item.stems) >= MENTION:
            shares.append((matched, item))
    return [item for matched, item in shares if not any(matched < others for others, _ in shares)]


def unknown_names(text: str, spans: Sequence[tuple[int, int]], facts: AgendaFacts) -> list[str]:
    """Capitalised words in the middle of a sentence that nothing of the turn has: people, places, firms."""
    found = []
    known = facts.words | facts.asked_words | _zone_words(facts.timezone)
    for token in tokenize(text):
        if not token.text[0].isupper() or len(token.text) < 3 or token.is_number or _within(token, spans):
            continue
        if token.stem in known or token.stem in SPEECH or token.folded in STOP_WORDS or token.folded in GENERIC:
            continue
        if _BREAK.search(text[: token.start]):
            continue  # any word begins with a capital there
        found.append(token.text)
    return found


def unknown_title(
    text: str,
    spans: Sequence[tuple[int, int]],
    marked: Sequence[tuple[int, int]],
    facts: AgendaFacts,
    *,
    whole: bool,
) -> str:
    """What is set apart as a title, or with ``whole`` the unit itself, and has a telling word that nothing has."""
    known = facts.words | _zone_words(facts.timezone)
    for start, end in marked:
        part = text[start:end]
        if _NOT_TITLES.fullmatch(part.strip(" .!")):
            continue
        unknown = _telling(part, start, spans, known | facts.asked_words)
        if unknown:
            return part
    if whole and (unknown := _telling(text, 0, spans, known)):
        return " ".join(unknown)
    return ""


def _telling(part: str, offset: int, spans: Sequence[tuple[int, int]], known: set[str] | frozenset[str]) -> list[str]:
    return [
        token.text
        for token in tokenize(part)
        if not token.is_number
        and not _within(token, spans, offset)
        and len(token.text) > 2
        and token.stem not in known
        and token.stem not in SPEECH
        and token.folded not in STOP_WORDS
        and token.folded not in GENERIC
    ]


def _within(token: Token, spans: Sequence[tuple[int, int]], offset: int = 0) -> bool:
    return any(start <= token.start + offset < end for start, end in spans)


@lru_cache(maxsize=512)
def _zone_words(timezone: str) -> frozenset[str]:
    from zoneinfo import ZoneInfo

    names = f"{timezone} {say_city(ZoneInfo(timezone))}"
    return frozenset(token.stem for token in tokenize(fold(names.replace("_", " "))))
