# ruff: noqa: E501  (word lists and patterns are one line each)
"""Places of a sentence that may name a product: heads of items, capitals, what is offered or priced in plain words."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from assistants.grounding.catalogue import Catalogue
from assistants.grounding.claims import Sort
from assistants.grounding.statements import FIRM_OFFER, OFFER, PHRASE_STOP, Sentence, is_shouted
from assistants.grounding.vocabulary import GENERIC
from assistants.grounding.words import Token, fold, tokenize

_WORKS_WITH = re.compile(
    r"\b(?:compatib\w+|funciona\w*|sirve\w*|conecta\w*|empareja\w*|works?|serve\w*|va bien|para|for|usa\w*|tu|your|seu|incluid[oa]s?|including)\b[^.;:]{0,50}$"
)


_COUNTED = re.compile(r"\s+(?!mm|cm|kg|gb|tb|oz|ml|lts?\b|pulg|pro|plus|max|mini|lite)[a-z]{4,}s\b")


_VERB_FIRST = re.compile(
    r"tenemos|tienes|tenes|tiene|temos|hay|quedan?|son|llevas|llevando|vendemos|manejamos|we|i|yes|incluye|trae|restam?|sobram|custa|cuesta|vale|sale|encontre|encontramos|serian|precio|con|por|para|desde|lleva|puedes|mira|perfecto|claro|hola|oi|sim|si|no|the|dos|tres|cuatro|cinco|seis|siete|ocho|nueve|diez|cada|una?|el|la|los|las|nuestros?|nuestras?|nos|te|este|esta|estos|estas|aqui|y|o|del?|ademas|tambien|it|this|our|have|ambos|ambas|juntos|recomiendo|recomendo|agreguemos|disponibles?"
)


_ORDINARY = re.compile(
    r"^(?:calle|cra|carrera|av|avenida|zona|local|opcion|option|opcao|paso|ley|iva|talla|lunes|martes|miercoles|jueves|viernes|sabado|domingo|piso|km|numero|no|nro|whatsapp|tel|telefono|windows|android|usb|hdmi|bluetooth|wifi|stock|precio|total|quedan|son|hay|ref|sku|cuesta|solo|plus|disponibles?|unidades|enero|febrero|marzo|abril|mayo|junio|julio|agosto|septiembre|octubre|noviembre|diciembre|pagina|copa|top)$"
)


_OUTSIDE = re.compile(
    r"\b(?:en|in|at|em|por|via|desde|hacia|calle|carrera|avenida|av|barrio|centro|local|zona|soy|llamo|atiende|senor|senora|don|dona|sr|sra|desde|de parte de|gracias|hola|whatsapp)\.?\s+(?:el |la |los |las |our |nuestr[oa] )?$"
)


_NOUN_PHRASE = re.compile(r"[^.,;:!?()|—–\n$]+")


_SUBJECT = re.compile(
    r"(?:^|[.,;:!?¡¿()|—–-]\s*|\b(?:y|e|o|and|ou|tambien|also|ademas|pero|mientras que|while)\s+)(?:(?:el|la|los|las|un|una|este|esta|ese|esa|nuestro|nuestra|the|our|o|a|os|as|um|uma|nosso|nossa|this)\s+)"
    r"(?P<phrase>[^.,;:!?()|$]{3,70}?)\s*(?:,?\s*que\s+)?(?:\b(?:cuestan?|valen?|sale|salen|esta a|estan a|esta en|tiene un precio|tiene un valor|te queda en|costs?|is priced|custam?|sai por|esta disponible|esta agotad[oa]|quedan?|tiene(?= \d)|a solo|a(?= \$)|por(?= \$)|is (?=[\d$])|for (?=[\d$]))|[:—–(-]?\s*$)"
)


_HEAD_END = re.compile(
    r"\s[-—–→|]+\s|[:;|(=]|\s(?:a|por|en|desde|for|at|from|x|de)\s+(?:solo\s+|only\s+)?(?=[\d$]|us\$|r\$|s/)|,\s|\.\s|\s(?=(?:us|r|mx)?\$)"
)


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


def cut_head(text: str) -> str:
    cut = _HEAD_END.search(fold(text), 2)
    return text[: cut.start()] if cut else text


def head_of_item(sentence: Sentence) -> tuple[int, int]:
    text = sentence.plain.text
    start = len(text) - len(text.lstrip())
    if sentence.plain.marked and sentence.plain.marked[0][0] <= start + 2:
        inner_start, inner_end = sentence.plain.marked[0]
        return inner_start, inner_start + len(cut_head(text[inner_start:inner_end]))
    return start, start + len(cut_head(text[start:]))


def head_of_price(sentence: Sentence) -> tuple[int, int] | None:
    """What stands right before the first price of a short line: "Bufanda de alpaca: $ 189"."""
    prices = [claim for claim in sentence.claims if claim.sort is Sort.PRICE]
    text = sentence.plain.text
    start, end = 0, len(cut_head(text))
    if not prices or not text[start:end].strip() or not 0 <= prices[0].start - end <= 3:
        return None
    if len(text[start:end].split()) > 7 or not re.match(r"\s?[:—–-]", text[end : prices[0].start]):
        return None
    return start, end


def find_capitals(sentence: Sentence, catalogue: Catalogue) -> Iterator[tuple[int, int]]:
    """Names by their look: "Makita HP1630", "iPhone 15", "Sierra Caladora Stanley", "el Truper"."""
    text, tokens = sentence.plain.text, sentence.tokens
    if is_shouted(text):
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


def _is_ordinary_code(run: Sequence[Token]) -> bool:
    names = [token for token in run if not token.is_number]
    return bool(_ORDINARY.match(names[-1].folded)) and len(names) == 1


def find_phrases(sentence: Sentence) -> Iterator[tuple[int, int]]:
    """What is offered or priced in plain words: "tenemos sierras caladoras", "la caladora cuesta ..."."""
    folded = sentence.folded
    for offer in OFFER.finditer(folded):
        weak = not FIRM_OFFER.search(offer.group())
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
        if _NO_GOODS.match(many.group("noun")) or PHRASE_STOP.match(many.group("noun")):
            return
        yield from _cut_phrase(folded, many.start("noun"), stop=stop)
        position = many.end()


def _cut_phrase(folded: str, start: int, *, stop: int | None = None) -> Iterator[tuple[int, int]]:
    if more := _MORE_THAN.match(folded, start):
        start = more.end()
    phrase = _NOUN_PHRASE.match(folded, start, stop if stop is not None else len(folded))
    if phrase is None:
        return
    limit = PHRASE_STOP.search(phrase.group())
    text = phrase.group()[: limit.start()] if limit else phrase.group()
    words = [token for token in tokenize(text) if not token.is_stop]
    if not words or (words[0].is_number and len(words) == 1):
        return
    if _INFINITIVE.fullmatch(words[0].folded) or _ANNOUNCED.fullmatch(folded, start, start + len(text.rstrip()) + 1):
        return
    yield start, start + len(text.rstrip())
