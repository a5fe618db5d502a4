# ruff: noqa: E501  (word lists and patterns are one line each)
"""A unit as the reading has taken it apart, and the words by which it offers something."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from assistants.grounding.catalogue import Mention
from assistants.grounding.claims import Claim, Sort
from assistants.grounding.markup import Plain
from assistants.grounding.numbers import Number
from assistants.grounding.presence import GONE, PRESENT
from assistants.grounding.words import Token

OFFER = re.compile(
    r"\b(?:tenemos|tambien hay|contamos(?: tambien)? con|manejamos|vendemos|trabajamos(?= (?!con|de|en|los?|las?|para|desde|hasta|todos|con))|disponemos de|ofrecemos|te (?:recomiendo|recomendamos|sugiero|ofrezco|presento|muestro|propongo|conviene|sirve|serviria|puede servir|puede interesar|puede gustar|iria bien)|opcion (?:es|seria)|alternativa (?:es|seria)|option is|opcao e|trabajamos con|tengo|hay|esta|puedes llevar|llevate|nos llego|nos llegaron|acaba de llegar"
    r"|we (?:also |currently |do |even )?(?:have|carry|sell|offer|stock)(?! to\b)|i recommend|there is|there are|temos|vendemos|trabalhamos com|oferecemos|recomendo|sugiro)(?:\s+(?:tambien|disponibles?|en stock|actualmente|por ejemplo|ademas|hoy|aqui|also|tambem|available|siempre|a la venta|para ti|ahora|estos?|estas?|mas))*\s+"
)


FIRM_OFFER = re.compile(
    r"\b(?:esta (?=el |la )|estan (?=los |las )|puedes (?:llevar|ver|probar)|opcion (?:es|seria)|alternativa (?:es|seria)|option is|opcao e|te conviene|te sirve|te serviria|tenemos|contamos(?: tambien)? con|trabajamos|manejamos|vendemos|disponemos de|ofrecemos|recomiendo|recomendamos|sugiero|ofrezco|trabajamos con|have|carry|sell|offer|recommend|temos|vendemos|trabalhamos|oferecemos|recomendo|sugiro)\b"
)


PHRASE_STOP = re.compile(
    r"\b(?:que|para|cuyo|cuya|a|por|en|desde|hasta|cuestan?|valen?|sale|ideal|ideales|perfect\w+|disponibles?|como|con|y|e|o|u|pero|si|tiene|tienen|trae|traen|viene|vienen|incluye|dura|duran|mide|rinde|has|comes|corta|soporta|funciona|pesa|produce|tem|vem|which|that|for|at|starting|and|or|from|in|por|em|ou|mas|sin|segun|cuando|donde|porque|esta|estan|es|son|is|are|le|te|nos|les|of course|to|sem|todo|todos|incluso|ademas|tambien|de lunes|de calidad|listo\w*|pensad\w+|adaptad\w+|acorde|entre|a partir|with|com|ya|bajo)\b"
)


# What the figures of a computer are of: "8 GB de RAM".
PART = re.compile(
    r"\d\s?(?:gb|tb)\s+(?:(?:de|of|en)\s+)?(?P<part>ram|ssd|rom|hdd|memoria|memory|almacenamiento|storage|disco|armazenamento)\b"
)


@dataclass(frozen=True, slots=True)
class Sentence:
    """A unit as the reading has taken it apart."""

    plain: Plain
    folded: str
    tokens: Sequence[Token]
    mentions: Sequence[Mention]
    claims: Sequence[Claim]
    told: frozenset[int]  # where words begin that a description or a trusted text has just so
    context: frozenset[int]  # rows named here or spoken of just before
    lists_products: bool  # other items of the same list name products, or the unit before announces them
    numbers: Sequence[Number] = ()

    @property
    def speaks_of_goods(self) -> bool:
        """Whether it states a price or a stock figure, or offers something."""
        return any(claim.sort in (Sort.PRICE, Sort.STOCK) for claim in self.claims) or any(
            pattern.search(self.folded) for pattern in (FIRM_OFFER, GONE, PRESENT)
        )


def is_shouted(text: str) -> bool:
    letters = [character for character in text if character.isalpha()]
    return bool(letters) and sum(character.isupper() for character in letters) > len(letters) * 0.6
