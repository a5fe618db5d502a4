# ruff: noqa: E501  (word lists and patterns are one line each)
"""What a sentence says of a thing's being there: sold out, available, the last one."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from assistants.grounding.catalogue import Catalogue, Mention
from assistants.grounding.denials import is_denied_before

GONE = re.compile(
    r"\b(?:agotad[oa]s?|sin (?:stock|existencias?|inventario|unidades|disponibilidad)|fuera de stock|no (?:\w+ ){0,2}(?:disponibles?|hay stock|queda[n]?|tenemos stock|hay existencias|hay unidades)|sold out|out of stock|not (?:currently )?available|unavailable|esgotad[oa]s?|sem estoque|indisponive(?:l|is)|fora de estoque|stock:? 0)\b"
)
PRESENT = re.compile(
    r"\b(?:disponibles?|en stock|en existencia|con existencias|hay stock|tenemos stock|in stock|available|em estoque|disponive(?:l|is)|entrega inmediata)\b"
)
_EVERY_PRESENT = re.compile(
    r"\b(?:ambos|ambas|los (?:dos|tres)|las (?:dos|tres)|both|todos|todas|all|os dois|as duas)\b[^.;:]{0,25}\b(?:disponibles?|en stock|available|in stock|disponiveis|em estoque)\b"
)
# What is only said of goods that are there.
_HANDED = re.compile(
    r"\b(?:te (?:l[oa]s? )?(?:puedo |podemos |podria )?(?:separar|apartar|reservar|despachar|entregar|aparto|separo|reservo|aparte|separe|reserve|lleva(?:mos|rias)|mando)|list[oa]s? para (?:recoger|entregar?|llevar|retirar|envio|despacho)|ready (?:to|for) (?:ship|pick|go|collect)\w*|recien (?:hech|hornead|salid|llegad)\w+|quedan? poc[oa]s?|ultim[ao]s (?:unidades|piezas)|aprovech\w+|llegaria en|shall i (?:set|reserve)|few left|restam poucas?|quer que (?:eu )?(?:separe|reserve))\b"
)
# With its accent "sí" affirms; without it "si" only supposes, and folding loses the difference.
_AFFIRMED = re.compile(
    r"\b(?:sí|sim,?|yes,?) (?:(?:que )?(?:lo|la|los|las|o|a|os|as|we|they|it) )?(?:tenemos|tengo|hay|est[áa]n?|queda[n]?|temos|tem|há|have|has|is|are)\b|\bs[íi] (?:est[áa]n?|hay) disponibles?\b"
)
_CONDITIONAL = re.compile(
    r"\b(?:back in|let you know|notify|quando|si se|hasta agotar|antes de que|cuando|mientras|si (?:esta|hay|quieres|prefieres|buscas)|if|avis\w+|apenas|vuelva\w*|verific\w+|confirm\w+|pregunt\w+|otros?|otras?|others?|alternativas?|opciones|opcoes|options|colores|tallas|sujeto\w*)\b"
)
_LAST_ONE = re.compile(
    r"\b(?:(?:es|queda|es tu|seria|hay|resta|tengo|tenemos|e) (?:apenas |solo |ya )?(?:la|el|a|o) (?:ultim[ao]|unic[ao])(?: (?:unidad|unidade|pieza|peca|ejemplar|caja|botella|par|disponible|que (?:queda|tenemos|resta|hay))\b|(?=\s*[.,;!:]|\s*$))|(?:ultima|unica) (?:unidad|unidade|pieza|peca)\b|last (?:one|unit|piece)\b|(?:only|just) one (?:left|unit|piece|in stock|available))"
)
_CLAUSE = re.compile(
    r"[;:]|,|\b(?:pero|mientras que|aunque|sino|en cambio|but|while|whereas|however|mas|porem|enquanto|y|e|and)\b"
)
_NO = re.compile(r"\b(?:no|not|nao|(?<![\d-])0(?!-)|cero|zero|isn't|aren't|n't)\b")


def find_false_presence(
    text: str,
    folded: str,
    *,
    sure: Sequence[Mention],
    spoken_of: frozenset[int],
    listed: frozenset[int],
    catalogue: Catalogue,
) -> Iterator[str]:
    """Find what is called sold out, available or the last one, and is not so.

    ``spoken_of``: rows of the unit before, for a sentence without a name. ``listed``: rows of the list read last.
    """
    products = catalogue.products
    every = _EVERY_PRESENT.search(folded)
    if every and not GONE.search(folded) and len(sure or listed) > 1:
        each = [mention.products for mention in sure] or [frozenset({row}) for row in listed]
        if any(all(products[row].stock == 0 for row in rows) for rows in each):
            yield every.group()
            return
    affirming = text.lower() if len(text.lower()) == len(folded) else folded
    owner = frozenset[int]() if sure else spoken_of
    for start, end in _clauses(folded, sure):
        here = [mention for mention in sure if start <= mention.start < end]
        if here:
            owner = frozenset[int]().union(*(mention.products for mention in here))
            if len({mention.products for mention in here}) > 1:
                owner = frozenset()
        if not owner or len(owner) > 3:
            continue
        said = _find_false(folded[start:end], affirming[start:end], [products[row].stock for row in owner])
        if said and not (sure and is_denied_before(folded, start) and not GONE.search(said)):
            yield said
            return


def _clauses(folded: str, sure: Sequence[Mention]) -> Iterator[tuple[int, int]]:
    """Parts of a sentence that each speak of one thing; a comma inside a name does not part it."""
    start = 0
    for cut in _CLAUSE.finditer(folded):
        if any(mention.start < cut.end() and cut.start() < mention.end for mention in sure):
            continue
        yield start, cut.start()
        start = cut.end()
    yield start, len(folded)


def _find_false(folded: str, affirming: str, stocks: Sequence[int | None]) -> str | None:
    affirmed = _AFFIRMED.search(affirming)
    if _CONDITIONAL.search(folded) and not affirmed:
        return None
    gone = GONE.search(folded)
    if gone:
        wrong = all(stock is not None and stock > 0 for stock in stocks)
        return gone.group() if wrong and not re.search(r"\bno (?:esta|estan|se ha\w*) agotad", folded) else None
    if all(stock == 0 for stock in stocks):
        there = _HANDED.search(folded) or affirmed or (None if _NO.search(folded) else PRESENT.search(folded))
        return there.group() if there else None
    last = _LAST_ONE.search(folded)
    if last and len(stocks) == 1 and stocks[0] is not None and stocks[0] > 1 and "?" not in folded:
        return last.group()
    return None
