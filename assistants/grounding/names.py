# ruff: noqa: E501  (word lists and patterns are one line each)
"""Names of products in a sentence that no row has."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from assistants.grounding.catalogue import Catalogue, Mention
from assistants.grounding.claims import Claim, Sort
from assistants.grounding.denials import CONTRAST, DENIAL
from assistants.grounding.markup import Plain
from assistants.grounding.numbers import Number
from assistants.grounding.presence import GONE, PRESENT
from assistants.grounding.vocabulary import CONTAINERS, DISTINGUISHING, GENERIC
from assistants.grounding.words import Token, fold, synonyms, tokenize

_OFFER = re.compile(
    r"\b(?:tenemos|tambien hay|contamos(?: tambien)? con|manejamos|vendemos|trabajamos(?= (?!con|de|en|los?|las?|para|desde|hasta|todos|con))|disponemos de|ofrecemos|te (?:recomiendo|recomendamos|sugiero|ofrezco|presento|muestro|propongo|conviene|sirve|serviria|puede servir|puede interesar|puede gustar|iria bien)|opcion (?:es|seria)|alternativa (?:es|seria)|option is|opcao e|trabajamos con|tengo|hay|esta|puedes llevar|llevate|nos llego|nos llegaron|acaba de llegar"
    r"|we (?:also |currently |do |even )?(?:have|carry|sell|offer|stock)(?! to\b)|i recommend|there is|there are|temos|vendemos|trabalhamos com|oferecemos|recomendo|sugiro)(?:\s+(?:tambien|disponibles?|en stock|actualmente|por ejemplo|ademas|hoy|aqui|also|tambem|available|siempre|a la venta|para ti|ahora|estos?|estas?|mas))*\s+"
)
_FIRM_OFFER = re.compile(
    r"\b(?:esta (?=el |la )|estan (?=los |las )|puedes (?:llevar|ver|probar)|opcion (?:es|seria)|alternativa (?:es|seria)|option is|opcao e|te conviene|te sirve|te serviria|tenemos|contamos(?: tambien)? con|trabajamos|manejamos|vendemos|disponemos de|ofrecemos|recomiendo|recomendamos|sugiero|ofrezco|trabajamos con|have|carry|sell|offer|recommend|temos|vendemos|trabalhamos|oferecemos|recomendo|sugiro)\b"
)
_NOUN_PHRASE = re.compile(r"[^.,;:!?()|—–\n$]+")
_PHRASE_STOP = re.compile(
    r"\b(?:que|para|cuyo|cuya|a|por|en|desde|hasta|cuestan?|valen?|sale|ideal|ideales|perfect\w+|disponibles?|como|con|y|e|o|u|pero|si|tiene|tienen|trae|traen|viene|vienen|incluye|dura|duran|mide|rinde|has|comes|corta|soporta|funciona|pesa|produce|tem|vem|which|that|for|at|starting|and|or|from|in|por|em|ou|mas|sin|segun|cuando|donde|porque|esta|estan|es|son|is|are|le|te|nos|les|of course|to|sem|todo|todos|incluso|ademas|tambien|de lunes|de calidad|listo\w*|pensad\w+|adaptad\w+|acorde|entre|a partir|with|com|ya|bajo)\b"
)
_SUBJECT = re.compile(
    r"(?:^|[.,;:!?¡¿()|—–-]\s*|\b(?:y|e|o|and|ou|tambien|also|ademas|pero|mientras que|while)\s+)(?:(?:el|la|los|las|un|una|este|esta|ese|esa|nuestro|nuestra|the|our|o|a|os|as|um|uma|nosso|nossa|this)\s+)"
    r"(?P<phrase>[^.,;:!?()|$]{3,70}?)\s*(?:,?\s*que\s+)?(?:\b(?:cuestan?|valen?|sale|salen|esta a|estan a|esta en|tiene un precio|tiene un valor|te queda en|costs?|is priced|custam?|sai por|esta disponible|esta agotad[oa]|quedan?|tiene(?= \d)|a solo|a(?= \$)|por(?= \$)|is (?=[\d$])|for (?=[\d$]))|[:—–(-]?\s*$)"
)
_HEAD_END = re.compile(
    r"\s[-—–→|]+\s|[:;|(=]|\s(?:a|por|en|desde|for|at|from|x|de)\s+(?:solo\s+|only\s+)?(?=[\d$]|us\$|r\$|s/)|,\s|\.\s|\s(?=(?:us|r|mx)?\$)"
)
_MEASURE_AFTER = re.compile(
    r"\s?(?:mm|cm|mts?|m|kgs?|kilos?|g|grs?|lbs?|l|lts?|litros?|ml|v|voltios|w|watts|gb|tb|mah|ah|oz|onzas|pulg\w*|pulgadas|hp|hz|mp|\"|”|″|inch\w*)(?![\w])"
)
_OUTSIDE = re.compile(
    r"\b(?:en|in|at|em|por|via|desde|hacia|calle|carrera|avenida|av|barrio|centro|local|zona|soy|llamo|atiende|senor|senora|don|dona|sr|sra|desde|de parte de|gracias|hola|whatsapp)\.?\s+(?:el |la |los |las |our |nuestr[oa] )?$"
)


# What the figures of a computer are of: "8 GB de RAM".
_PART = re.compile(
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
            pattern.search(self.folded) for pattern in (_FIRM_OFFER, GONE, PRESENT)
        )


def find_unknown_names(sentence: Sentence, *, catalogue: Catalogue) -> Iterator[str]:
    """Find names of products that no row, category or trusted text has; a denial may repeat the person's words."""
    seen: list[tuple[int, int]] = []
    for start, end in _find_unknown(sentence, catalogue):
        if not any(start < other_end and other_start < end for other_start, other_end in seen):
            seen.append((start, end))
            words = [token for token in sentence.tokens if start <= token.start and token.end <= end]
            if not all(token.start in sentence.told for token in words):
                yield sentence.plain.text[start:end].strip()


def _find_unknown(sentence: Sentence, catalogue: Catalogue) -> Iterator[tuple[int, int]]:
    judge = _Judge(sentence, catalogue)
    text = sentence.plain.text
    for mention in sentence.mentions:
        if not mention.sure:
            continue
        tail = _read_tail(sentence, mention, catalogue)
        if tail and tail.start not in sentence.told and not judge.is_denied(mention.start, tail.end, strict=False):
            yield mention.start, tail.end
    if sentence.plain.is_item:
        start, end = _head_of_item(sentence)
        spoken = _FIRM_OFFER.search(sentence.folded[start:end])  # a sentence behind a pictogram is no item
        if not spoken and judge.is_product_like(start, end) and judge.is_unknown(start, end, strict=True):
            yield start, end
    elif (head := _head_of_price(sentence)) and judge.is_unknown(*head, strict=False):
        yield head
    for start, end in sentence.plain.marked:
        end = start + len(_cut_head(text[start:end]))
        if judge.is_product_like(start, end) and judge.is_unknown(start, end, strict=True):
            yield start, end
    for start, end in sentence.plain.quoted:
        if judge.is_unknown(start, end, strict=False) and not judge.is_asked(start, end):
            yield start, end
    for start, end in _find_capitals(sentence, catalogue):
        if judge.is_unknown(start, end, strict=True) and not judge.is_described(start, end):
            rest = judge.without_first_word(start, end)
            if rest is None or judge.is_unknown(rest, end, strict=True):
                yield start, end
    for start, end in _find_phrases(sentence):
        if judge.is_unknown(start, end, strict=False) and not judge.is_described(start, end):
            yield start, end


class _Judge:
    """Decides whether words that look like a name are known."""

    def __init__(self, sentence: Sentence, catalogue: Catalogue) -> None:
        self.sentence, self.catalogue = sentence, catalogue

    def inside(self, start: int, end: int) -> list[Token]:
        return [token for token in self.sentence.tokens if start <= token.start and token.end <= end]

    def is_product_like(self, start: int, end: int) -> bool:
        """Whether bold or listed words may name a product rather than label or stress something."""
        tokens = [token for token in self.inside(start, end) if not token.is_stop]
        if not tokens or all(token.stem in GENERIC or token.is_number for token in tokens):
            return False
        if len(tokens) > 9:
            return False
        priced = any(claim.sort in (Sort.PRICE, Sort.STOCK) for claim in self.sentence.claims)
        capitals = sum(token.is_capital for token in tokens)
        coded = capitals and any(token.is_number for token in tokens)
        verbs = any(
            re.search(r"(?:amos|emos|ar|er|ir)(?:te|lo|la|los|las|nos)?$", token.folded) for token in tokens[:1]
        )
        if verbs and not priced:
            return False
        return bool(priced or coded or self.sentence.lists_products or capitals >= 2)

    def is_unknown(self, start: int, end: int, *, strict: bool) -> bool:
        """Whether the words between the places name something that the facts do not hold.

        With ``strict`` every word counts, as in a list of products; else qualities that no row is told apart by pass.
        """
        if self.catalogue.is_sku(self.inside(start, end)):
            return False
        for tokens in self._pieces(start, end):
            if (
                tokens
                and not all(token.stem in CONTAINERS for token in tokens)
                and not self._is_explained(tokens, strict=strict)
                and not self.is_denied(start, end, strict=False)
            ):
                return True
        return False

    def is_denied(self, start: int, end: int, *, strict: bool) -> bool:
        """Whether the words are said not to be sold."""
        head = self.sentence.folded[:start]
        denials = list(DENIAL.finditer(head))
        denial = denials[-1] if denials else None
        if denial is None:
            after = self.sentence.folded[end : end + 60]
            return bool(
                re.match(
                    r"[^.;:$]{0,12}\b(?:no (?:lo|la|los|las|esta|estan|aparece|figura|tenemos|se encuentra|hace parte)|isn't|is not|nao)\b",
                    after,
                )
            )
        return not CONTRAST.search(head[denial.end() :])

    def is_asked(self, start: int, end: int) -> bool:
        """Whether quoted words are the person's own, and not offered."""
        words = [token for token in self.inside(start, end) if not token.is_stop]
        offered = _FIRM_OFFER.search(self.sentence.folded[:start])
        return not offered and all(token.stem in self.catalogue.question_stems for token in words)

    def _pieces(self, start: int, end: int) -> Iterator[list[Token]]:
        piece: list[Token] = []
        previous: Token | None = None
        parts_of_it = {found.start("part") for found in _PART.finditer(self.sentence.folded)}
        for token in self.inside(start, end):
            between = self.sentence.folded[previous.end : token.start] if previous else ""
            parts = token.folded in ("y", "e", "o", "u", "and", "or", "ou", "vs") or re.search(r"[,+&/|()]", between)
            joined = (
                piece and token.folded not in ("y", "and", "vs") and self._is_explained([*piece, token], strict=False)
            )
            if parts and not joined:
                yield piece
                piece = []
            if (
                not token.is_stop
                and not self._is_plain(token)
                and not self._holds_it(token)
                and token.start not in parts_of_it
            ):
                piece.append(token)
            previous = token
        yield piece

    def _holds_it(self, token: Token) -> bool:
        """Whether it only holds what follows: "saco de cemento"."""
        return (
            token.stem in CONTAINERS
            and re.match(r"\s+(?:de|of|da|do)\s", self.sentence.folded[token.end :]) is not None
        )

    def _is_plain(self, token: Token) -> bool:
        if any(claim.start <= token.start < claim.end for claim in self.sentence.claims):
            return True
        counts = not self.sentence.folded[: token.start].endswith(" de ")  # but "de tres piezas" says which
        if counts and any(n.in_words and n.start <= token.start < n.end for n in self.sentence.numbers):
            return True
        counted = any(0 < token.start - claim.end <= 2 for claim in self.sentence.claims)
        return token.stem in GENERIC or (counted and token.stem in CONTAINERS)

    def without_first_word(self, start: int, end: int) -> int | None:
        """Where the name may begin when its first word has its capital from beginning the sentence; None if not so."""
        words = self.inside(start, end)
        if len(words) < 2 or re.search(r"[^\W_]", self.sentence.plain.text[:start]) or not words[0].text.istitle():
            return None
        rest = next((word for word in words[1:] if not word.is_stop), None)
        return rest.start if rest is not None and rest.is_capital else None

    def is_described(self, start: int, end: int) -> bool:
        """Whether the rows that are being spoken of say the words: "IP67", "USB 3.2", after a verb at the beginning."""
        words = [token for token in self.inside(start, end) if not token.is_stop]
        if (
            words
            and not re.search(r"[^\W_]", self.sentence.plain.text[:start])
            and len(words) > 1
            and not words[1].is_capital
        ):
            words = words[1:]
        rows = self.sentence.context
        return bool(words) and all(self.catalogue.is_known(word.stem, rows=rows) for word in words)

    def _is_explained(self, tokens: Sequence[Token], *, strict: bool) -> bool:
        catalogue = self.catalogue
        stems = [token.stem for token in tokens]
        known_in_texts = [stemmed for stemmed in stems if stemmed in catalogue.text_stems]
        if len(known_in_texts) == len(stems):
            return True
        for category in catalogue.category_stems:
            if all(stemmed in category or stemmed in GENERIC or stemmed in catalogue.text_stems for stemmed in stems):
                return True
        rows = self._rows_for(tokens)
        if any(self._row_covers(row, tokens) for row in rows):
            return True
        if strict or not rows:
            return not strict and not rows and self._is_about(tokens)
        loose = [
            token
            for token in tokens
            if token.is_number
            or (token.is_capital and token is not tokens[0])
            or token.stem in DISTINGUISHING
            or token.stem in catalogue.by_stem
        ]
        complements = [token for token in tokens[1:] if self.sentence.folded[: token.start].endswith(" de ")]
        if not all(catalogue.is_akin(token.stem, rows) or self._row_knows(rows, token) for token in complements):
            return False  # "sierra de mesa", where there are other saws
        return any(self._row_covers(row, loose) for row in rows)

    def _row_knows(self, rows: Iterable[int], token: Token) -> bool:
        return self.catalogue.is_known(token.stem, rows=rows) or token.stem in self.catalogue.question_stems

    def _rows_for(self, tokens: Sequence[Token]) -> frozenset[int]:
        """Rows that the first telling word may name."""
        for token in tokens:
            if token.text.isupper() and 2 <= len(token.text) <= 4 and token.stem not in self.catalogue.by_stem:
                shortened = [row for row, entry in enumerate(self.catalogue.entries) if token.folded in entry.initials]
                if shortened:
                    return frozenset(shortened)
            if not token.is_number:
                return self.catalogue.rows_named(token.stem) | self.catalogue.rows_of_synonym(token.stem)
        return frozenset()

    def _is_about(self, tokens: Sequence[Token]) -> bool:
        """Whether plain words, no name among them, are those of a category, a description or a trusted text."""
        if any(token.is_number for token in tokens) or any(token.is_capital for token in tokens[1:]):
            return False
        catalogue = self.catalogue
        if synonyms(tokens[0].stem) & (catalogue.text_stems | frozenset().union(*catalogue.category_stems)):
            return True
        return len(tokens) == 1 and bool(synonyms(tokens[0].stem) & catalogue.about_stems)

    def _row_covers(self, row: int, tokens: Iterable[Token]) -> bool:
        about = self.catalogue.entries[row].about
        return all(
            token.stem in about
            or (token.text.isupper() and token.folded in self.catalogue.entries[row].initials)
            or token.stem in GENERIC
            or bool(synonyms(token.stem) & about)
            or (not token.is_number and row in self.catalogue.rows_named(token.stem))
            for token in tokens
        )


def _read_tail(sentence: Sentence, mention: Mention, catalogue: Catalogue) -> Token | None:
    """The word right after a name that makes it another thing: a brand, a model, a size that none of its rows has."""
    text = sentence.plain.text
    end = mention.end
    tail: Token | None = None
    following = [token for token in sentence.tokens if token.start >= end][:4]
    joined = False
    parts_of_it = {found.start("part") for found in _PART.finditer(sentence.folded)}
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
        sentence_case = token.is_capital and not _is_shouted(text)
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
            return token if not _PHRASE_STOP.fullmatch(token.folded) else None
        break
    return tail


_FIGURE_END = re.compile(r"\s*(?:[.,;:!?)]|$|(?:y|e|and|unidad\w*|piezas?|units?|pesos|soles|reais|c/u|cada)\b)")


def _is_claimed(sentence: Sentence, token: Token) -> bool:
    return any(claim.start <= token.start < claim.end for claim in sentence.claims)


def _is_figure_of(sentence: Sentence, number: Number, mention: Mention, catalogue: Catalogue) -> bool:
    if not _FIGURE_END.match(sentence.folded, number.end):
        return False  # "de 11 velocidades" is no stock
    rows = [catalogue.products[row] for row in mention.products]
    return bool(number.values & {figure for row in rows for figure in (row.price, row.stock) if figure is not None})


_NO_QUALITY = re.compile(
    r"cuest\w+|cost\w*|custa\w*|val[eg]\w*|sal[eg]\w*|sai\w*|qued\w+|fic\w+|est[ae]\w*|tien\w+|t[eo]m\w*|vend\w+|anda\w*|rond\w+|run\w*|goes?|com[ei]\w*|left|remaining|available|disponib\w+|hay|sube|baja|llega|ronda|parte|arranca|comienza|empieza|inicia|figura|aparece|son|fica|resta|\w+mente|\w+ri(?:as?|an|amos)|\w+[aei]r(?:a|as|an|emos)|va|van|anda|andan|vendria|serve|comes?|would|will|\w+[aei]n|tambien|ahora|hoy|solo|apenas|aun|todavia|ya|igual|normal|aqui|now|also|just|only|agora|tambem|custa|costs|is|esta|cuesta|vale|sale|sai|queda|has|tem|tiene|te|le|cada|y|e"
)
_BEFORE_PRICE = re.compile(
    r"\s*(?:[,:(—–-]\s*)?(?:(?:a|en|por|cuesta|vale|esta|sale|custa|sai|for|costs|is|at)\s+)?(?:solo\s+)?"
)


def _is_replaced(sentence: Sentence, mention: Mention, token: Token, catalogue: Catalogue) -> bool:
    """Whether a plain word stands where the name has another one: "Yogurt Laive durazno 1 L" for "... fresa 1 L"."""
    if token.is_capital or len(token.stem) < 3 or _NO_QUALITY.fullmatch(token.folded):
        return False
    if token.stem in catalogue.text_stems or _PHRASE_STOP.fullmatch(token.folded):
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


def _is_shouted(text: str) -> bool:
    letters = [character for character in text if character.isalpha()]
    return bool(letters) and sum(character.isupper() for character in letters) > len(letters) * 0.6


def _cut_head(text: str) -> str:
    cut = _HEAD_END.search(fold(text), 2)
    return text[: cut.start()] if cut else text


def _head_of_item(sentence: Sentence) -> tuple[int, int]:
    text = sentence.plain.text
    start = len(text) - len(text.lstrip())
    if sentence.plain.marked and sentence.plain.marked[0][0] <= start + 2:
        inner_start, inner_end = sentence.plain.marked[0]
        return inner_start, inner_start + len(_cut_head(text[inner_start:inner_end]))
    return start, start + len(_cut_head(text[start:]))


def _head_of_price(sentence: Sentence) -> tuple[int, int] | None:
    """What stands right before the first price of a short line: "Bufanda de alpaca: $ 189"."""
    prices = [claim for claim in sentence.claims if claim.sort is Sort.PRICE]
    text = sentence.plain.text
    start, end = 0, len(_cut_head(text))
    if not prices or not text[start:end].strip() or not 0 <= prices[0].start - end <= 3:
        return None
    if len(text[start:end].split()) > 7 or not re.match(r"\s?[:—–-]", text[end : prices[0].start]):
        return None
    return start, end


_WORKS_WITH = re.compile(
    r"\b(?:compatib\w+|funciona\w*|sirve\w*|conecta\w*|empareja\w*|works?|serve\w*|va bien|para|for|usa\w*|tu|your|seu|incluid[oa]s?|including)\b[^.;:]{0,50}$"
)


def _find_capitals(sentence: Sentence, catalogue: Catalogue) -> Iterator[tuple[int, int]]:
    """Names by their look: "Makita HP1630", "iPhone 15", "Sierra Caladora Stanley", "el Truper"."""
    text, tokens = sentence.plain.text, sentence.tokens
    if _is_shouted(text):
        return
    index = 0
    while index < len(tokens):
        token = tokens[index]
        if not token.is_capital or token.is_number:
            index += 1
            continue
        run, follower = [token], index + 1
        while follower < len(tokens):
            following = tokens[follower]
            between = text[run[-1].end : following.start]
            if (
                following.folded in ("de", "del", "da", "do", "para")
                and follower + 1 < len(tokens)
                and tokens[follower + 1].is_capital
            ):
                follower += 1
                continue
            if not re.fullmatch(r"[\s\-\"'/&]*(?:(?:de|del|da|do|para)\s+)?", between) or not (
                following.is_capital or following.is_number
            ):
                break
            if any(claim.start <= following.start < claim.end and claim.firm for claim in sentence.claims):
                break
            run.append(following)
            follower += 1
        index = follower
        while len(run) > 1 and (run[0].stem in GENERIC or run[0].is_stop or _VERB_FIRST.fullmatch(run[0].folded)):
            run = run[1:]
        if run[0].is_number or (run[0].is_stop and len(run) == 1):
            continue
        first_word = not re.search(r"[^\W_]", text[: run[0].start])
        if first_word and len(run) == 2 and run[1].is_number and _COUNTED.match(sentence.folded, run[1].end):
            continue  # "Printing 20 pages"
        if _OUTSIDE.search(sentence.folded[: run[0].start]):
            continue
        if _WORKS_WITH.search(sentence.folded[: run[0].start]) and all(
            part.stem in catalogue.question_stems or part.is_number for part in run
        ):
            continue
        coded = any(part.is_number for part in run[1:]) or bool(
            re.search(r"[A-Z]{2,}\d|[a-z][A-Z]", text[run[0].start : run[-1].end])
        )
        alone = len(run) == 1
        if alone and run[0].stem in catalogue.about_stems and not sentence.speaks_of_goods:
            continue  # "it's rated IP65", which some row is
        if (coded and not _is_ordinary_code(run)) or (not alone and sentence.speaks_of_goods):
            yield run[0].start, run[-1].end
        elif alone and not first_word and sentence.speaks_of_goods:
            left = sentence.folded[: run[0].start]
            if re.search(
                r"\b(?:el|la|los|las|un|una|marca|modelo|de|tenemos|the|o|a|um|uma|brand|have|temos|como|linea|tono|color|sabor|version|edicion|\d+)\s+$",
                left,
            ):
                yield run[0].start, run[-1].end


_COUNTED = re.compile(r"\s+(?!mm|cm|kg|gb|tb|oz|ml|lts?\b|pulg|pro|plus|max|mini|lite)[a-z]{4,}s\b")
_VERB_FIRST = re.compile(
    r"tenemos|tienes|tenes|tiene|temos|hay|quedan?|son|llevas|llevando|vendemos|manejamos|we|i|yes|incluye|trae|restam?|sobram|custa|cuesta|vale|sale|encontre|encontramos|serian|precio|con|por|para|desde|lleva|puedes|mira|perfecto|claro|hola|oi|sim|si|no|the|dos|tres|cuatro|cinco|seis|siete|ocho|nueve|diez|cada|una?|el|la|los|las|nuestros?|nuestras?|nos|te|este|esta|estos|estas|aqui|y|o|del?|ademas|tambien|it|this|our|have|ambos|ambas|juntos|recomiendo|recomendo|agreguemos|disponibles?"
)
_ORDINARY = re.compile(
    r"^(?:calle|cra|carrera|av|avenida|zona|local|opcion|option|opcao|paso|ley|iva|talla|lunes|martes|miercoles|jueves|viernes|sabado|domingo|piso|km|numero|no|nro|whatsapp|tel|telefono|windows|android|usb|hdmi|bluetooth|wifi|stock|precio|total|quedan|son|hay|ref|sku|cuesta|solo|plus|disponibles?|unidades|enero|febrero|marzo|abril|mayo|junio|julio|agosto|septiembre|octubre|noviembre|diciembre|pagina|copa|top)$"
)


def _is_ordinary_code(run: Sequence[Token]) -> bool:
    names = [token for token in run if not token.is_number]
    return bool(_ORDINARY.match(names[-1].folded)) and len(names) == 1


def _find_phrases(sentence: Sentence) -> Iterator[tuple[int, int]]:
    """What is offered or priced in plain words: "tenemos sierras caladoras", "la caladora cuesta ..."."""
    folded = sentence.folded
    for offer in _OFFER.finditer(folded):
        weak = not _FIRM_OFFER.search(offer.group())
        if weak and not any(claim.sort in (Sort.PRICE, Sort.STOCK) for claim in sentence.claims):
            continue
        if re.search(
            r"\b(?:que|lo|la|los|las|nos|se|si|cuando|donde|if|when|where|quando|onde)\s+$", folded[: offer.start()]
        ) and not re.search(r"[:,.]\s*(?:\w+\s+)?$", folded[: offer.start()]):
            continue
        yield from _cut_phrase(folded, offer.end())
        if not weak:
            yield from _cut_enumeration(folded, offer.end())
    for subject in _SUBJECT.finditer(folded):
        start, end = subject.span("phrase")
        if any(end <= claim.start <= end + 40 and claim.sort in (Sort.PRICE, Sort.STOCK) for claim in sentence.claims):
            yield from _cut_phrase(folded, start, stop=end)


_MORE_THAN = re.compile(
    r"(?:mas de|mais de|more than|over|menos de|less than|al menos|at least|pelo menos|cerca de|casi|quase|unos|unas)\s+(?=\d)"
)
_NEXT_ITEM = re.compile(
    r"(?:\s*,\s*|\s+)(?:y|e|and|ni)\s+(?:(?:tambien|ademas|also|tambem)\s+)?|\s*,\s*(?=[^,.;:!?()$]{3,40}(?:,|\s(?:y|e|and)\s))"
)
_INFINITIVE = re.compile(r"\w{3,}(?:ar|er|ir)(?:te|se|le|les|lo|la|los|las|nos|me)?")  # "te sugiero consultar"
_ANNOUNCED = re.compile(
    r"(?:\d+|dos|tres|cuatro|cinco|seis|siete|ocho|nueve|diez|duas|dois|quatro|two|three|four|five|six|estos|estas|these|estes|varios|varias|several)\s+\w+(?:\s+\w+)?\s*:"
)
_MANY = re.compile(
    r"(?:(?:varios|varias|algunos|algunas|muchos|muchas|unos|unas|diferentes|distintos|distintas|todo tipo de|una gran variedad de|some|various)\s+)?(?P<noun>[a-z]{4,}s)\b"
)
_NO_GOODS = re.compile(
    r"(?:mas|otras|otros|demas|todas|todos|ellos|ellas|ambos|ambas|ganas|gracias|others|lots|tienes|quieres|puedes|llevas|vienes|buscas|necesitas|dinos|\w+(?:amos|emos|imos))$"
)


def _cut_enumeration(folded: str, start: int) -> Iterator[tuple[int, int]]:
    """The further things of "tenemos conchas, cuernitos y polvorones": bare plurals, up to anything else."""
    sentence_end = re.compile(r"[.;:!?()|$]|\d").search(folded, start)
    stop = sentence_end.start() if sentence_end else len(folded)
    position = start
    for _ in range(12):
        following = _NEXT_ITEM.search(folded, position, stop)
        if following is None:
            return
        if len(folded[position : following.start()].split()) > 6:
            return
        many = _MANY.match(folded, following.end(), stop)
        if many is None:
            position = following.end()
            continue
        if _NO_GOODS.match(many.group("noun")) or _PHRASE_STOP.match(many.group("noun")):
            return
        yield from _cut_phrase(folded, many.start("noun"), stop=stop)
        position = many.end()


def _cut_phrase(folded: str, start: int, *, stop: int | None = None) -> Iterator[tuple[int, int]]:
    if more := _MORE_THAN.match(folded, start):
        start = more.end()
    phrase = _NOUN_PHRASE.match(folded, start, stop if stop is not None else len(folded))
    if phrase is None:
        return
    limit = _PHRASE_STOP.search(phrase.group())
    text = phrase.group()[: limit.start()] if limit else phrase.group()
    words = [token for token in tokenize(text) if not token.is_stop]
    if not words or (words[0].is_number and len(words) == 1):
        return
    if _INFINITIVE.fullmatch(words[0].folded) or _ANNOUNCED.fullmatch(folded, start, start + len(text.rstrip()) + 1):
        return
    yield start, start + len(text.rstrip())
