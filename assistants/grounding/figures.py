# ruff: noqa: E501  (word lists and patterns are one line each)
"""Which figure of a sentence belongs to which name, and whether the facts hold it there."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from assistants.grounding.amounts import around, is_handed_over
from assistants.grounding.catalogue import Mention
from assistants.grounding.claims import Claim, Sort
from assistants.grounding.discourse import OTHERS, Discourse
from assistants.grounding.owners import attach
from assistants.grounding.presence import find_false_presence
from assistants.grounding.proofs import holds_count, holds_percentage, holds_price, holds_stock
from assistants.grounding.violations import Kind

_PURPOSE = re.compile(
    r"\b(?:para|for|compatibles? con|ideal\w*|sirve\w*|combina\w*|que (?:el|la|los|las)|than|incluye|trae|viene con|funciona con|del tipo)\b[^.,;:()$—–]{0,30}$"
)
_OF = re.compile(
    r"\s*(?:unidades|disponibles?|piezas)?\s*(?:del|de la|de los|de las|de|of the|of|do|da|dos|das)\s+(?:las?|los|el)?\s*"
)
_ARTICLE = re.compile(r"\b(?:el|la|los|las|del|nuestr[oa]s?|the|our|o|os|as|do|da|dos|das)\s+$")


def check_figures(
    talk: Discourse,
    text: str,
    folded: str,
    claims: Sequence[Claim],
    sure: Sequence[Mention],
    is_item: bool,
    *,
    weak: Sequence[Mention],
) -> Iterator[tuple[Kind, str]]:
    """The figures of a sentence that are false whichever way it is read; ``weak`` names count where no others do."""
    for claim in claims:
        if claim.sort is Sort.PERCENTAGE and not holds_percentage(talk, claim, folded):
            yield Kind.PERCENTAGE, claim.number.text
        if claim.sort is Sort.COUNT and not holds_count(talk, claim):
            yield Kind.STOCK, claim.number.text
    for sort, kind in ((Sort.PRICE, Kind.PRICE), (Sort.STOCK, Kind.STOCK)):
        own = [claim for claim in claims if claim.sort is sort]
        if not own:
            continue
        talk.amounts.handed_over = [
            value for claim in own if is_handed_over(*around(text, claim.number)) for value in claim.number.values
        ]
        failures: list[list[Claim]] = []
        told_apart = len(weak) == 1 and len(weak[0].products) == 1 and bool(_ARTICLE.search(folded[: weak[0].start]))
        readings = [(sure, owners) for owners in _align(talk, own, sure, folded, is_item, only_weak=told_apart)]
        if weak:
            readings += [(weak, owners) for owners in _align(talk, own, weak, folded, is_item)]
        for names, owners in readings:
            settled = len(talk.said)
            failed = []
            for claim, rows in zip(own, owners, strict=True):
                if sort is Sort.STOCK:
                    holds = holds_stock(talk, claim, rows, text, names)
                else:
                    holds = holds_price(talk, claim, rows, text, names)
                if not holds:
                    failed.append(claim)
                elif sort is Sort.PRICE:
                    talk.said.extend(claim.number.values)  # later amounts of the sentence may build on it
            if failed:
                del talk.said[settled:]
            failures.append(failed)
            if not failed:
                break
        for claim in min(failures, key=len):
            yield kind, claim.number.text


def check_presence(talk: Discourse, text: str, folded: str, sure: Sequence[Mention]) -> Iterator[tuple[Kind, str]]:
    """What is said to be there, or not to be, and is not so."""
    for said in find_false_presence(
        text, folded, sure=sure, spoken_of=talk.topic, listed=talk.group, catalogue=talk.catalogue
    ):
        yield Kind.STOCK, said


def _align(
    talk: Discourse,
    claims: Sequence[Claim],
    sure: Sequence[Mention],
    folded: str,
    is_item: bool,
    *,
    only_weak: bool = False,
) -> Iterator[list[frozenset[int] | None]]:
    """Ways to read which figure belongs to which name; the sentence is true if one of them is true throughout."""
    background = talk.background(folded, is_item)
    if not sure:
        if not (only_weak and background is None):
            yield [background] * len(claims)
        return
    if background is None and not OTHERS.search(folded):
        background = frozenset()  # a name stands here, so the figure is not just any row's
    linked = {
        claim.start: mention
        for claim in claims
        for mention in sure
        if claim.end <= mention.start and _OF.fullmatch(folded[claim.end : mention.start])
    }
    free = [mention for mention in sure if mention not in linked.values()] or sure

    def pair(names: Sequence[Mention], *, before: bool) -> list[frozenset[int] | None]:
        rest = [claim for claim in claims if claim.start not in linked]
        owners = dict(
            zip(
                (claim.start for claim in rest),
                attach(rest, names, before=before, background=background if before else frozenset()),
                strict=True,
            )
        )
        return [linked[c.start].products if c.start in linked else owners[c.start] for c in claims]

    yield pair(free, before=True)
    yield pair(free, before=False)
    main = [mention for mention in sure if not _PURPOSE.search(folded[: mention.start])]
    if main and len(main) < len(sure):
        yield pair(main, before=True)
        yield pair(main, before=False)
    if is_item or len(main) == 1:
        yield [(main or sure)[0].products] * len(claims)
