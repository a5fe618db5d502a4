# ruff: noqa: E501  (word lists and patterns are one line each)
"""The cheapest and the dearest: which of the rows it must be, by what the sentence or the person speaks of."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from assistants.grounding.catalogue import Catalogue, Mention
from assistants.grounding.denials import is_denied_before
from assistants.grounding.vocabulary import GENERIC
from assistants.grounding.words import Token, fold, synonyms, tokenize

_LOWEST = r"(?:mas (?:barat|economic|accesible|asequible|comod)\w*|mas bajo|menor precio|precio mas bajo|cheapest|lowest(?: price)?|most (?:affordable|economical)|least expensive|mais (?:barat|em conta|economic)\w*)"
_HIGHEST = (
    r"(?:mas (?:car|costos)\w+|precio mas alto|mayor precio|most expensive|highest price|priciest|dearest|mais car\w+)"
)
_ARTICLE = r"\b(?:el|la|lo|los|las|o|a|os|as|the|our|nuestr[oa]s?|nosso|nossa|tu|su|mi)\s+(?P<noun>(?:(?!es\b|is\b|e\b)[a-z]+\s+){0,3}?)"
_SUPERLATIVE = re.compile(rf"{_ARTICLE}(?:(?P<low>{_LOWEST})|(?P<high>{_HIGHEST}))")
_NOT_ALL = re.compile(
    r"\b(?:uno de|una de|unos de|unas de|one of|um dos|uma das|segund[oa]|second|siguiente|entre (?:estos|estas|los dos|las dos|ambos|ambas)|de (?:los|las) (?:dos|tres)|of the two)\b"
)
_COMPARED = re.compile(
    r"\s*(?:,?\s*(?:que|than|do que|frente a)\s+(?!tenemos|hay|manejamos|vendemos|temos|we|encontr|te puedo|tengo|ofrecemos|ves|veo|existe|esta|puedes|nos|disponible|esta))"
)
_SCOPE_AFTER = re.compile(
    r"\s*(?:(?:que|we)\s+(?:tenemos|hay|manejamos|vendemos|temos|have|carry|sell|tengo)\s*)?(?:de|del|en|em|entre|of|in|for|para|da|do|among)\s+(?P<scope>[^.,;:()$]{2,45}?)(?=\s+(?:es|son|e|is|are|cuesta|esta|seria|sai|custa)\b|[.,;:($]|$)"
)
_PURPOSE = re.compile(r"\s*(?:para|for|pra|con|with|com|que (?!tenemos|hay|manejamos|vendemos|temos))\b")
_PURPOSE_ASKED = re.compile(r"\b(?:para|for|pra|sirva\w*)\s")
_CLAUSE = re.compile(r"[;,]|\b(?:y|e|and|pero|mas|but|mientras)\b")
_EMPTY = re.compile(
    r"(?:mai$|barat|economic|car[oa]?s?$|costos|preci|cual|cuale|que|qual|quai|which|what|mas|mais|most|cheap|expensiv|lowest|highest|affordabl|ten|hay|tiend|loj|shop|item|articul|product|cosa|todo|vend|manej|mejor|opcion|tien|quier|busc|dime|seria|favor|hola|algo|something|one|your|their|es|son|is|you|have|do|lo|catalog)"
)


def find_false_superlatives(
    text: str,
    folded: str,
    *,
    sure: Sequence[Mention],
    spoken_of: frozenset[int],
    listed: frozenset[int],
    catalogue: Catalogue,
    questions: Sequence[str],
) -> Iterator[str]:
    """Find products called the cheapest or dearest although another row of the same scope goes below or above.

    ``spoken_of``: rows of the unit before, for "es el más barato". ``listed``: rows of the list read last. Where it is
    unclear among which rows the person seeks, nothing is found.
    """
    for match in _SUPERLATIVE.finditer(folded):
        if _NOT_ALL.search(folded[max(0, match.start() - 20) : match.end() + 30]) or _COMPARED.match(
            folded, match.end()
        ):
            continue
        lowest = match.group("low") is not None
        if _PURPOSE.match(folded, match.end()) or (
            _PURPOSE_ASKED.search(fold(questions[-1] if questions else "")) and not match.group("noun")
        ):
            continue  # what serves a purpose is for the reader to judge
        called = _called(match, folded, sure) or (frozenset() if sure else spoken_of)
        if not called:
            continue
        scopes = list(_scopes(match, folded, catalogue, questions))
        if not scopes:
            continue
        if listed & called and len(listed) > 1:
            scopes.append(listed)
        if not any(_is_extreme(called, scope | called, lowest, catalogue) for scope in scopes):
            yield text[match.start() : match.end()]


def _called(match: re.Match[str], folded: str, sure: Sequence[Mention]) -> frozenset[int]:
    """The rows that the words call so: those after them in the clause ("el más barato es ..."), else those before."""
    scope = _SCOPE_AFTER.match(folded, match.end())
    start = scope.end() if scope else match.end()
    after = [mention for mention in sure if mention.start >= start]
    before = [mention for mention in sure if mention.end <= match.start() + 1]
    if (
        after
        and len(folded[start : after[0].start]) <= 45
        and not (before and _CLAUSE.search(folded[start : after[0].start]))
    ):
        return after[0].products
    return before[-1].products if before else frozenset()


def _scopes(
    match: re.Match[str], folded: str, catalogue: Catalogue, questions: Sequence[str]
) -> Iterator[frozenset[int]]:
    everything = frozenset(range(len(catalogue.products)))
    scope = _SCOPE_AFTER.match(folded, match.end())
    before = re.split(r"[.;:]", folded[: match.start()])[-1]
    opening = re.search(r"\b(?:en|de|in|em|para|entre)\s+([^,]{3,40}),\s*$", before)
    said = f"{match.group('noun') or ''} {scope.group('scope') if scope else ''} {opening.group(1) if opening else ''}"
    own = _content(tokenize(said))
    asked = next((words for text in reversed(questions) if (words := _content(tokenize(text)))), [])
    for words in (own, asked):
        if not words:
            continue
        rows = everything
        for word in words:
            rows = rows & _rows_about(word, catalogue)
        about_the_shop = any(known.startswith(word[:4]) for word in words for known in catalogue.text_stems)
        if rows or (about_the_shop and len(words) == 1):
            yield rows or everything
            if words is own:
                return
        else:
            return  # sought by words that no row has: it is for the reader to judge
    if not own and not asked:
        yield everything


def _content(tokens: Iterable[Token]) -> list[str]:
    return [
        token.stem
        for token in tokens
        if not token.is_stop and not token.is_number and token.stem not in GENERIC and not _EMPTY.match(token.stem)
    ]


def _rows_about(word: str, catalogue: Catalogue) -> frozenset[int]:
    words = synonyms(word)
    found = frozenset(index for index, entry in enumerate(catalogue.entries) if words & entry.about)
    return found | catalogue.rows_named(word)


def _is_extreme(called: frozenset[int], scope: frozenset[int], lowest: bool, catalogue: Catalogue) -> bool:
    """Whether a row that is meant has the lowest (highest) price of the scope, or of what is left of it."""
    products = catalogue.products
    prices = {row: price for row in scope if (price := products[row].price) is not None}
    if not prices or not any(row in prices for row in called):
        return True
    best = min if lowest else max
    own = best(prices[row] for row in called if row in prices)
    left = [price for row, price in prices.items() if products[row].stock != 0]
    return own == best(prices.values()) or (bool(left) and own == best(left))


_MORE_OR_LESS = re.compile(
    r"\b(?:(?P<low>(?:mas|mais) (?:barat|economic|accesible|asequible|em conta)\w*|cheaper|less expensive|menos car[oa]s?)|(?P<high>(?:mas|mais) (?:car|costos)[oa]s?|more expensive|pricier|dearer))\s+(?:que|than|do que)\b"
)


def find_false_comparisons(text: str, folded: str, *, sure: Sequence[Mention], catalogue: Catalogue) -> Iterator[str]:
    """Find "A is cheaper than B" where A is not, by the prices of the two rows that stand next to the words."""
    for match in _MORE_OR_LESS.finditer(folded):
        before = [mention for mention in sure if mention.end <= match.start()]
        after = [mention for mention in sure if mention.start >= match.end()]
        if not before or not after or is_denied_before(folded, match.start()):
            continue
        if re.search(r"[.;]|\d", folded[before[-1].end : match.start()]) or after[0].start - match.end() > 30:
            continue
        ones, others = (
            [price for row in mention.products if (price := catalogue.products[row].price) is not None]
            for mention in (before[-1], after[0])
        )
        if not ones or not others or before[-1].products == after[0].products:
            continue
        holds = min(ones) < max(others) if match.group("low") else max(ones) > min(others)
        if not holds:
            yield text[match.start() : match.end()]
