"""Words right after a name that make it another thing: a brand, a model, a size, a word in another's place."""

from __future__ import annotations

import re

from assistants.grounding.catalogue import Catalogue, Mention
from assistants.grounding.claims import Sort
from assistants.grounding.numbers import Number
from assistants.grounding.statements import PART, PHRASE_STOP, Sentence, is_shouted
from assistants.grounding.vocabulary import DISTINGUISHING, GENERIC
from assistants.grounding.words import Token

_MEASURE_AFTER = re.compile(
    r"\s?(?:mm|cm|mts?|m|kgs?|kilos?|g|grs?|lbs?|l|lts?|litros?|ml|v|voltios|w|watts|gb|tb|mah|ah|oz|onzas|pulg\w*|pulgadas|hp|hz|mp|\"|”|″|inch\w*)(?![\w])"
)


_FIGURE_END = re.compile(r"\s*(?:[.,;:!?)]|$|(?:y|e|and|unidad\w*|piezas?|units?|pesos|soles|reais|c/u|cada)\b)")


_NO_QUALITY = re.compile(
    r"cuest\w+|cost\w*|custa\w*|val[eg]\w*|sal[eg]\w*|sai\w*|qued\w+|fic\w+|est[ae]\w*|tien\w+|t[eo]m\w*|vend\w+|anda\w*|rond\w+|run\w*|goes?|com[ei]\w*|left|remaining|available|disponib\w+|hay|sube|baja|llega|ronda|parte|arranca|comienza|empieza|inicia|figura|aparece|son|fica|resta|\w+mente|\w+ri(?:as?|an|amos)|\w+[aei]r(?:a|as|an|emos)|va|van|anda|andan|vendria|serve|comes?|would|will|\w+[aei]n|tambien|ahora|hoy|solo|apenas|aun|todavia|ya|igual|normal|aqui|now|also|just|only|agora|tambem|custa|costs|is|esta|cuesta|vale|sale|sai|queda|has|tem|tiene|te|le|cada|y|e"
)


_BEFORE_PRICE = re.compile(
    r"\s*(?:[,:(—–-]\s*)?(?:(?:a|en|por|cuesta|vale|esta|sale|custa|sai|for|costs|is|at)\s+)?(?:solo\s+)?"
)


def read_tail(sentence: Sentence, mention: Mention, catalogue: Catalogue) -> Token | None:
    """The word right after a name that makes it another thing: a brand, a model, a size that none of its rows has."""
    text = sentence.plain.text
    end = mention.end
    tail: Token | None = None
    following = [token for token in sentence.tokens if token.start >= end][:4]
    joined = False
    parts_of_it = {found.start("part") for found in PART.finditer(sentence.folded)}
    for token in following:
        if token.start in parts_of_it:
            break
        between = text[end : token.start]
        if not re.fullmatch(r"[\s\-\"'”″/]*", between):
            break
        if any(
            claim.start <= token.start < claim.end and (claim.sort is not Sort.QUANTITY or claim.firm)
            for claim in sentence.claims
        ):
            break
        if any(
            number.start <= token.start < number.end
            and (number.in_words or _is_figure_of(sentence, number, mention, catalogue))
            for number in sentence.numbers
        ):
            break  # "... y de la crema 7": the figure that was left out its verb
        end = token.end
        if token.is_stop:
            if token.folded not in ("de", "del", "para", "da", "do") or joined:
                break
            joined = True
            continue
        known = catalogue.is_known(token.stem, rows=mention.products) or bool(
            catalogue.rows_named(token.stem) & mention.products
        )
        if token.is_number:
            if joined and not known and re.search(r"\d[.,]\d{1,2}$", token.text) and not _is_claimed(sentence, token):
                return token  # "púas de 0.73"
            measured = _MEASURE_AFTER.match(sentence.folded, token.end)
            if known or not (
                measured
                or re.search(r"[A-Za-z]-?$", text[: token.start])
                or (between.strip() == "" and _is_model(mention, token))
            ):
                break
            return token
        if known or token.stem in GENERIC:
            joined = False
            if known:
                continue
            break
        if not known and not joined and _is_replaced(sentence, mention, token, catalogue):
            return token
        sentence_case = token.is_capital and not is_shouted(text)
        if sentence_case and not joined and token.stem not in catalogue.text_stems:
            return token
        if (
            joined
            and sentence.speaks_of_goods
            and not token.is_capital
            and not catalogue.is_akin(token.stem, mention.products)
        ):
            return token
        if token.stem in DISTINGUISHING or (token.stem in catalogue.by_stem and token.stem not in catalogue.heads):
            return token if not PHRASE_STOP.fullmatch(token.folded) else None
        break
    return tail


def _is_claimed(sentence: Sentence, token: Token) -> bool:
    return any(claim.start <= token.start < claim.end for claim in sentence.claims)


def _is_figure_of(sentence: Sentence, number: Number, mention: Mention, catalogue: Catalogue) -> bool:
    if not _FIGURE_END.match(sentence.folded, number.end):
        return False  # "de 11 velocidades" is no stock
    rows = [catalogue.products[row] for row in mention.products]
    return bool(number.values & {figure for row in rows for figure in (row.price, row.stock) if figure is not None})


def _is_replaced(sentence: Sentence, mention: Mention, token: Token, catalogue: Catalogue) -> bool:
    """Whether a plain word stands where the name has another one: "Yogurt Laive durazno 1 L" for "... fresa 1 L"."""
    if token.is_capital or len(token.stem) < 3 or _NO_QUALITY.fullmatch(token.folded):
        return False
    if token.stem in catalogue.text_stems or PHRASE_STOP.fullmatch(token.folded):
        return False
    said = {other.stem for other in sentence.tokens}
    left_out = [
        [
            word
            for word in _order_after(mention, row, catalogue)
            if len(word) > 2 and not word[0].isdigit() and word not in said
        ]
        for row in mention.products
    ]
    missing = all(left_out) and not any(word[:4] == token.stem[:4] for words in left_out for word in words)
    following = next((other for other in sentence.tokens if other.start >= token.end and not other.is_stop), None)
    resumes = (
        following is not None
        and re.fullmatch(r"\s*(?:(?:de|con|x|em|en|of)\s+)?", sentence.folded[token.end : following.start])
        and any(following.stem in catalogue.entries[row].name for row in mention.products)
    )
    priced = any(
        claim.sort is Sort.PRICE and claim.firm and _BEFORE_PRICE.fullmatch(sentence.folded, token.end, claim.start)
        for claim in sentence.claims
        if claim.start >= token.end
    )
    spread = any(
        other.is_stop and other.folded not in ("de", "del", "da", "do") for other in _inside(sentence, mention)
    )
    return missing and (resumes or (priced and len(mention.tokens) > 1 and not spread))


def _order_after(mention: Mention, row: int, catalogue: Catalogue) -> tuple[str, ...]:
    """The words of a row's name behind the last one that the mention says: only there one can be replaced."""
    order = catalogue.entries[row].order
    last = mention.tokens[-1].stem
    return order[order.index(last) + 1 :] if last in order else order


def _inside(sentence: Sentence, mention: Mention) -> list[Token]:
    return [token for token in sentence.tokens if mention.start <= token.start < mention.end]


def _is_model(mention: Mention, token: Token) -> bool:
    return mention.tokens[-1].is_capital and not token.text.startswith("0")
