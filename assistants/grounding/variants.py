# ruff: noqa: E501  (word lists and patterns are one line each)
"""Colours, sizes and kinds that a product is said to come in, and none of its rows has."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from assistants.grounding.catalogue import Catalogue, Mention
from assistants.grounding.denials import is_denied_before
from assistants.grounding.vocabulary import CONTAINERS, GENERIC
from assistants.grounding.words import Token, stem, synonyms, word_set

_COLOURS = word_set(
    "rojo roja azul verde amarillo amarilla negro negra blanco blanca gris rosado rosada rosa morado morada naranja beige cafe marron dorado dorada"
    " plateado plateada celeste turquesa violeta lila vino coral fucsia crema nude bordo caqui mostaza salmon terracota cobre"
    " red blue green yellow black white gray grey pink purple orange brown gold silver cream navy beige teal"
    " vermelho vermelha amarelo amarela preto branco branca cinza roxo roxa laranja marrom dourado prata"
)
_SHADES = word_set(
    "oscuro oscura claro clara medio media intermedio pequeno pequena chico chica mediano mediana grande gigante mini extragrande dark light small medium large"
    " escuro escura claro medio pequeno grande"
)
_COLOUR_STEMS = frozenset(stem(word) for word in _COLOURS)
_SHADE_STEMS = frozenset(stem(word) for word in _SHADES)
_SIZES = frozenset({"xs", "s", "m", "l", "xl", "xxl", "xxxl"})
_SIZE_OF_SHADE = {
    "pequen": "s",
    "chic": "s",
    "small": "s",
    "median": "m",
    "medi": "m",
    "medium": "m",
    "grand": "l",
    "larg": "l",
}
_SIZE_RANGE = re.compile(r"\b(?:xs|s|m|\d{1,2})\s*(?:a|al|-|–|to|hasta|ate)\s*(?:la\s+)?(?:m|l|xl|xxl|xxxl|\d{1,2})\b")
_LABEL = re.compile(
    r"\b(?:tonos?|tallas?|talles?|colores|color|sabores|sabor|aromas?|tamanos?|tamanhos?|etapas?|sizes?|colou?rs?|flavou?rs?|cores|cor|numeros?|rin)\b(?:\s+(?:disponibles?|es|son|are|en|de))*\s*:?\s+"
)
_COMES_IN = re.compile(
    r"\b(?:vienen?|vem|vendem|comes?|came|disponibles?|available|disponive\w+|estan?|los? hay|las? hay|(?:lo|la|los|las) (?:tenemos|manejamos|vendemos)|tenemos|manejamos|hay|existen?|fabrica\w*|temos|have)\b(?:\s+\w+){0,4}?\s+(?:en|in|em)\s+"
)
_ALSO_IN = re.compile(
    r"\b(?:tambien|also|tambem|ademas)\b(?:\s+\w+){0,3}?\s+(?:vienen?|esta|estan|comes?|vem|hay|tenemos|existen?|available|disponibles?)(?:\s+\w+)?\s+(?:en|in|em)\s+(?P<what>[^.,;:()$]{3,40})"
)
_CODES = re.compile(r"\b[A-Z]{1,3}\d{1,3}(?:(?:\s*,\s*|\s+(?:y|e|o|and|ou|or)\s+)[A-Z]{1,3}\d{1,3})+\b")
_JOIN = re.compile(
    r"\s*(?:,|/|&|\b(?:y|e|o|u|and|or|ou)\b)\s*(?:(?:tambien|also|tambem)\s+)?(?:(?:en|in|em|de|talla|talle|color|la|el|las|los)\s+)*"
)
_ITEM_END = re.compile(
    r"[,.;:!?()$/&—–-]|\s+(?:y|e|o|u|and|or|ou|a|por|para|at|for|cada|each|que|con|todos|todas|both|ambos)\b|\d"
)
_NO_ITEM = re.compile(
    r"cuestan?|valen?|salen?|quedan?|estan?|tienen?|es|son|vienen?|costs?|is|are|custam?|sai|hay|incluyen?|traen?|rinde|dura|mide|pesa|cabe|sirve|todos|todas|ambos|ambas|los|las|both|all|tem|ideal|muy|se|te|le|lo|la|su|tu|\\w+(?:amos|emos|imos)"
)
_ELSEWHERE = re.compile(
    r"\b(?:pared\w*|fondo|look|ropa|piel|cabello|pelo|oferta|promocion|tienda|linea|combina\w*|si (?:lo )?(?:prefieres|buscas|quieres))\b"
)


def find_unknown_variants(
    text: str,
    folded: str,
    tokens: Sequence[Token],
    *,
    sure: Sequence[Mention],
    spoken_of: frozenset[int],
    catalogue: Catalogue,
) -> Iterator[tuple[int, int]]:
    """Find places where a product is said to come in a colour, size or kind that none of its rows says."""
    if folded.rstrip().endswith("?") and not sure:
        return
    rows = frozenset[int]().union(*(mention.products for mention in sure)) if sure else spoken_of
    if not rows or _ELSEWHERE.search(folded):
        return
    heads = {catalogue.entries[row].head for row in rows}
    kin = [entry for entry in catalogue.entries if entry.head in heads]
    known = frozenset[str]().union(*(entry.about for entry in kin)) | catalogue.text_stems
    ranged = any(_SIZE_RANGE.search(f"{entry.product.name} {entry.product.description}".lower()) for entry in kin)

    def is_known(token: Token) -> bool:
        size = _SIZE_OF_SHADE.get(token.stem)
        return bool(synonyms(token.stem) & known) or (size is not None and size in known)

    def is_variant(token: Token, *, labelled: bool) -> bool:
        if token.stem in _COLOUR_STEMS:
            return True
        if token.folded in _SIZES and token.text.isupper() and text[token.end : token.end + 1] not in ("/", "$"):
            return not ranged
        return labelled and token.stem in _SHADE_STEMS and not ranged

    for match in _LABEL.finditer(folded):
        if is_denied_before(folded, match.start()) or "?" in folded[match.end() :]:
            continue
        items = list(_items(folded, tokens, match.end()))
        some_known = any(is_known(token) for item in items for token in item)
        for item in items:
            for token in item:
                foreign = some_known and len(items) > 1 and not token.is_number and token.stem not in GENERIC
                if (is_variant(token, labelled=True) or foreign) and not is_known(token):
                    yield match.start(), token.end
                    return
    for match in _COMES_IN.finditer(folded):
        if is_denied_before(folded, match.start()):
            continue
        for item in _items(folded, tokens, match.end()):
            for token in item:
                if is_variant(token, labelled=False) and not is_known(token):
                    yield match.start(), token.end
                    return
    for codes in _CODES.finditer(text):
        inside = [token for token in tokens if codes.start() <= token.start < codes.end() and not token.is_stop]
        if any(is_known(token) for token in inside) and not all(is_known(token) for token in inside):
            yield codes.span()
            return
    for mention in sure:
        joined = _JOIN.match(folded, mention.end)
        if joined is None or is_denied_before(folded, mention.start):
            continue
        for item in _items(folded, tokens, joined.end()):
            if item and is_variant(item[0], labelled=False) and not is_known(item[0]):
                yield mention.start, item[0].end
                return
            break
    if (also := _ALSO_IN.search(folded)) and not is_denied_before(folded, also.start()):
        limit = _ITEM_END.search(folded, also.start("what"), also.end("what"))
        end = limit.start() if limit and limit.start() > also.start("what") + 2 else also.end("what")
        words = [token for token in tokens if also.start("what") <= token.start and token.end <= end]
        if any(
            not token.is_stop
            and not token.is_number
            and token.stem not in CONTAINERS
            and (token.stem not in GENERIC or token.stem in _SHADE_STEMS)
            and not is_known(token)
            for token in words
        ):
            yield also.start(), end


def _items(folded: str, tokens: Sequence[Token], start: int) -> Iterator[list[Token]]:
    """The items of an enumeration that begins at ``start``: "rojo cereza, nude, coral y vino"."""
    for _ in range(8):
        limit = _ITEM_END.search(folded, start + 1)
        end = limit.start() if limit else len(folded)
        item = [token for token in tokens if start <= token.start and token.end <= end and not token.is_stop]
        if not item or len(item) > 3 or _NO_ITEM.fullmatch(item[0].folded):
            return
        yield item
        joined = _JOIN.match(folded, end)
        if joined is None or joined.end() == end:
            return
        start = joined.end()
