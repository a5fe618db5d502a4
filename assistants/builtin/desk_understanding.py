# ruff: noqa: E501  (word lists and patterns are one line each)
"""What an owner wants done with what they sell: new price, stock, on or off sale, undo; or to see orders and wishes."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from assistants.builtin.understanding import UNIT_AFTER
from assistants.grounding.numbers import Number, find_numbers
from assistants.grounding.words import Token, fold, tokenize, word_set
from assistants.tools.sales import UNDO

LONGEST_READ = 500  # characters; no command is longer

_HEAD = r"^\W*(?:(?:hola|buenas|buenos dias|oye|oiga|por favor|porfa(?:vor)?|recado|ok|listo|bueno|please|hey|hi|hello|oi|ola|y|e|and|entonces|tambien|me|puedes|podrias|quiero|necesito|can you|could you|i want to|quero|pode)\W+)*"
_RAISE = r"s[uo]b(?:e|a|as|ir|irle|ele|eme|elo|eles|i|amos)|aument\w+|increment\w+|encarec\w+|raise|increase"
_LOWER = r"baj(?:a|e|ar|arle|ale|ame|alo|as|amos)|rebaj\w+|reduc\w+|reduz\w*|descuent\w+|abarat\w+|baix\w+|lower|reduce|drop|discount"
_SET = r"pon(?:le|er|erle|me|ga|gale|lo|es|ha|do)?|cambi\w+|actualiz\w+|ajust\w+|fij\w+|dej(?:a|e|ar|alo|ale|ame)|deix\w+|coloc\w+|mud\w+|alter\w+|atualiz\w+|corrig\w+|corrij\w+|bot[ae]|set|change|put|update|make|edit\w*"
_PRICE_WORD = re.compile(r"\b(?:precios?|precos?|price|valor|cuest\w+|vale|costar?|costs?|cust\w+)\b")
_STOCK_WORD = re.compile(r"\b(?:stock|existencias?|inventario|unidades|estoque|units|piezas|pecas)\b")
_MOVES_PRICE = re.compile(rf"{_HEAD}(?P<verb>{_RAISE}|{_LOWER}|{_SET})\b")
_COSTS_NOW = re.compile(
    r"\b(?:ahora|now|agora|desde hoy|a partir de (?:hoy|ahora)) (?:cuestan?|valen?|costs?|custam?)\b|^\W*(?:el|o|the) (?:nuevo |novo |new )?(?:precio|preco|price) (?:nuevo |novo )?(?:del?|da|do|of)\b.*\b(?:es|e|is)\b"
)
_LEFT = re.compile(
    rf"{_HEAD}(?:(?:ya|ahora|solo|solamente|me|nos|hoy|now|only|agora|so)\W+)*(?:quedan?|hay|tengo|tenemos|sobran?|there (?:are|is)|we have|i have|restam?|tenho|temos|sobraram)\W+(?:(?:solo|solamente|only|so|ya|now)\W+)*(?=[\d]|\w+)"
)
_IN = re.compile(
    rf"{_HEAD}(?P<verb>agreg\w+|anad\w+|sum(?:a|ar|ale|e|as)|met(?:e|er|ele)|llegaron|llego|entraron|compr(?:e|amos)|recib(?:i|imos)|ingres\w+|add|received|got|arrived|adicion\w+|acrescent\w+|chegaram|recebi|recebemos)\b"
)
_OUT = re.compile(
    rf"{_HEAD}(?P<verb>vend(?:i|imos|io|emos|eu)|quit(?:a|ar|ale|e)|rest(?:a|ar|ale|e)|sac(?:a|ar|ale)|salieron|se (?:vendieron|danaron|rompieron|perdieron)|sold|remove|subtract|took|tir(?:a|e|ar)|sairam|vendeu)\b"
)
_NONE = re.compile(
    rf"{_HEAD}(?:ya no (?:me |nos )?(?:hay|queda|quedan|tengo|tenemos)|no (?:me |nos )?(?:queda|quedan) mas|no hay mas|(?:ya )?se (?:nos |me )?(?:acab|agot|termin)\w+|we (?:are|re) out of|(?:we |i )?(?:ran|run) out of|sold out of|there (?:is|are) no more|no more|nao (?:ha|tem|temos|tenho) mais|acab(?:ou|aram)|esgot(?:ou|aram))\b"
)
NEW_PRODUCT = re.compile(
    r"\b(?:agreg|anad|cre|sub|pon|registr|add|create|adicion|cadastr)\w*\W+(?:\w+\W+){0,3}?(?:(?:productos?|articulos?|product) nuev[oa]s?|nuev[oa]s? (?:productos?|articulos?)|new products?|novos? produtos?|produtos? novos?)\b"
)
WHO_WROTE = re.compile(
    r"\bquien(?:es)? (?:me |nos )?(?:ha |han )?escri\w+|\bque (?:me |nos )?(?:han )?pregunt\w+\b.*\b(?:clientes?|hoy|ayer)\b|\bque clientes (?:me )?escri\w+|\bwho (?:has )?(?:wrote|written)\b|\bwhat did (?:the |my )?customers ask\b|\bquem (?:me )?escreveu\b|\bo que (?:os )?clientes perguntaram\b"
)
HOW_MUCH_SOLD = re.compile(
    r"\bcuant[oa]s? (?:\w+ )?(?:(?:he|hemos|llevo|llevamos) )?(?:vendi|vendimos|vendid[oa]|vendiendo)\b|\b(?:cuales|cuanto|como|que) (?:\w+ ){0,2}(?:mis|las|nuestras) ventas\b|\bhow much (?:did|have) (?:i|we) (?:sell|sold)\b|\bquanto (?:eu |nos )?(?:vendi|vendemos|ja vendi)\b"
)
_GONE = re.compile(
    r"\b(?:ya )?se (?:me |nos )?(?:acab|agot|termin)(?:o|aron)\W*$|\b(?:esta|estan|quedo|quedaron) agotad[oa]s?\W*$|\b(?:is|are) sold out\W*$|\besta(?:o)? esgotad[oa]s?\W*$"
)
_UNAVAILABLE = re.compile(
    r"\b(?:ya )?no (?:esta|estan|estara) (?:mas )?disponibles?\b|\b(?:is|are) (?:no longer|not) available(?: any ?more)?\b|\b(?:nao|ja nao) esta(?:o)? (?:mais )?disponive(?:l|is)\b"
)
_OFF = re.compile(
    rf"{_HEAD}(?:desactiv\w+|deshabilit\w+|ocult\w+|escond\w+|retir\w+|(?:deja|dejar|dejemos|paremos) de vender|no vendas mas|deactivate|disable|hide|withdraw|stop selling|desativ\w+|par(?:e|a|ar) de vender)\b"
)
_OFF_CATALOGUE = re.compile(
    rf"{_HEAD}(?:quit|sac|saq|borr|elimin|remov|delete|take|tir|apag)\w*\b.*\b(?:(?:del|do|from the|from my) (?:catalogo|catalogue|catalog)|(?:de|da) (?:la )?venta|venda|off sale)\b"
)
_ON = re.compile(
    rf"{_HEAD}(?:activ\w+|reactiv\w+|habilit\w+|restaur\w+|activate|reactivate|enable|restore|ativ\w+|reativ\w+|(?:vuelve|volver|volvamos|volte|volta) a (?:vender|poner|activar|ativar)|sell)\b(?!.*\b(?:desactiv|descuento))"
)
_ON_SALE = re.compile(
    rf"{_HEAD}(?:pon|put|coloc|bot)\w*\b.*\b(?:a la venta|de nuevo en venta|(?:back )?on sale|a venda)\b"
)
_ORDERS = re.compile(r"\b(?:pedidos?|ordenes|orders?|encomendas?)\b")
_ASKS_ORDERS = re.compile(
    r"\b(?:pendientes?|pendentes?|pending|por aprobar|para aprovar|hay|tengo|tenemos|cuales|cuantos|que|muestra\w*|lista\w*|ver|dame|what|which|show|list|any|how many|quais|quantos|mostr\w+|tenho|temos|ha|nuevos|novos|new)\b"
)
_WISHES = re.compile(
    r"\b(?:(?:que|cuales?|lo que) (?:cosas |productos )?(?:mas )?(?:me |nos |te )?(?:(?:han|estan|estuvieron) )?(?:piden|pidieron|pedido|pidiendo|preguntan|preguntado|buscan|buscaron|buscado|solicitan)\b.*\b(?:no|falta|sin)|(?:no (?:encontr|tengo|tenemos|ten|hay)\w*|falta\w*)\b.*\b(?:piden|pidieron|pedido|preguntan|buscan|buscaron)|what (?:do|did|are|have) (?:people|customers|clients|they)\b.*\b(?:don t|do not|not|missing|can t|couldn t)|(?:not|couldn t|can t) (?:be )?f(?:i|ou)nd|o que (?:me |nos )?(?:pedem|pediram|procuram|procuraram|perguntam)\b.*\b(?:nao|falta)|(?:me|nos) piden y no)\b"
)

_DROPPED = word_set(
    "precio precios preco precos price prices valor stock existencia existencias inventario unidad unidades estoque unit units pieza piezas pecas"
    " ya no hay queda quedan quedo tengo tenemos sobra sobran solo solamente ahora nuevo nueva novo nova new mas mais now only left remaining there are is we have i out of more any anymore restam tenho temos nao ha tem agora so"
    " se nos me acabo acabaron agoto agotaron termino terminaron llegaron llego entraron compre compramos recibi recibimos vendi vendimos salieron sold received got arrived ran run chegaram recebi vendemos acabou acabaram esgotou esgotaram sairam"
    " deja dejar de vender venta catalogo catalogue catalog mi my the our nuestro nuestra stop selling sale back again nuevamente otra vez vuelve volver volte poner activar sell off take"
    " por favor porfa porfavor please hola oye hey hi oi ola recado ciento porciento percent cento pesos peso dolares dollars soles sol reales reais usd cop mxn pen brl clp ars hoy today hoje partir cuesta cuestan vale valen costs cost custa custam cada uno una each"
    " puedes podrias quiero necesito can you could want to quero pode y e and tambien bueno ok listo entonces existentes disponible disponibles available disponivel longer mais esta estan quedo agotado agotada agotados agotadas esgotado esgotada sold producto productos product products nombre"
)
_ENDS = word_set(
    "a al el la los las lo le un de del en con por para to at of for the o os as da do das dos no na em ao aos com que by y e and is es un una unos unas su sus mi"
)
_TO = re.compile(
    r"(?:\b(?:a|al|to|at|en|em|para|por|precio|preco|price|valor|cuestan?|valen?|costs?|custam?|es|is|e|de)|[=:])\s*(?:ahora |now )?(?:[a-z]{0,3}\$|\$|s/\.?|r\$)?\s*$"
)
_ON_IT = re.compile(r"\s*(?:pesos|soles|dolares|dollars|reais)?\s*(?:al?|to|on|ao|na|no)\s")
_BY = re.compile(r"\b(?:en|by|em)\s*(?:\$|s/\.?|r\$)?\s*$")


@dataclass(frozen=True, slots=True)
class Command:
    """What is to be done. ``kind``: price, stock, active, undo, orders, wishes; ``words``: of the product."""

    kind: str
    words: str = ""
    arguments: dict[str, Any] = field(default_factory=dict)


def read_command(text: str, *, currency: str) -> Command | None:
    """The command that ``text`` gives, in Spanish, English or Portuguese; None when it gives none."""
    text = " ".join(text.split())[:LONGEST_READ]
    folded = fold(text)
    if len(folded) != len(text):
        text = folded  # so that places in the one are places in the other
    asks = "?" in text
    if UNDO.search(folded) and len(folded) < 60:
        return Command("undo")
    if _WISHES.search(re.sub(r"['’]", " ", folded)):
        return Command("wishes")
    if _ORDERS.search(folded) and _ASKS_ORDERS.search(folded) and not _MOVES_PRICE.search(folded) and len(folded) < 120:
        return Command("orders")
    if _OFF.search(folded) or _OFF_CATALOGUE.search(folded) or (not asks and _UNAVAILABLE.search(folded)):
        return Command("active", _words(text, ()), {"active": False})
    if _ON.search(folded) or _ON_SALE.search(folded):
        return Command("active", _words(text, ()), {"active": True})
    numbers = [number for number in find_numbers(text, currency=currency) if _may_be_meant(number, folded)]
    if (_NONE.search(folded) or _GONE.search(folded)) and not asks:
        return Command("stock", _words(text, ()), {"stock": 0})
    return _read_stock(text, folded, numbers, asks=asks) or _read_price(text, folded, numbers, asks=asks)


def _may_be_meant(number: Number, folded: str) -> bool:
    if number.article or UNIT_AFTER.match(folded[number.end :]):
        return False  # «16 oz»
    return not re.search(r"\w[-/]$", folded[: number.start]) and not re.match(r"[-/]\w", folded[number.end :])


def _read_stock(text: str, folded: str, numbers: Sequence[Number], *, asks: bool) -> Command | None:
    whole = [n for n in numbers if not n.percent and n.money is None and _value(n) == int(_value(n))]
    if asks or not whole:
        return None
    sets = _MOVES_PRICE.search(folded)
    about = _STOCK_WORD.search(folded) is not None
    if found := _IN.search(folded):
        return Command("stock", _words(text, [whole[0]], found["verb"]), {"change": int(_value(whole[0]))})
    if (found := _OUT.search(folded)) and not _PRICE_WORD.search(folded):
        return Command("stock", _words(text, [whole[0]], found["verb"]), {"change": -int(_value(whole[0]))})
    if _LEFT.search(folded) and _LEFT.search(folded).end() >= whole[0].start - 1:  # type: ignore[union-attr]
        return Command("stock", _words(text, [whole[0]]), {"stock": int(_value(whole[0]))})
    if sets and about and not _PRICE_WORD.search(folded):
        number = next((n for n in whole if _TO.search(folded[: n.start])), whole[-1])
        return Command("stock", _words(text, [number], sets["verb"]), {"stock": int(_value(number))})
    return None


def _read_price(text: str, folded: str, numbers: Sequence[Number], *, asks: bool) -> Command | None:
    found = _MOVES_PRICE.search(folded)
    if asks or not numbers:
        return None
    if found is None:
        if not _COSTS_NOW.search(folded):
            return None
        return Command("price", _words(text, [numbers[-1]]), {"price": _plain(_value(numbers[-1]))})
    verb = found["verb"]
    lowers = re.fullmatch(_LOWER, verb) is not None or "descuento" in folded or "discount" in folded
    moves = lowers or re.fullmatch(_RAISE, verb) is not None
    named = _PRICE_WORD.search(folded) is not None
    percent = next((n for n in numbers if n.percent), None)
    if percent is not None and (moves or named):
        value = _plain(_value(percent))
        return Command("price", _words(text, [percent], verb), {"percent": -value if lowers else value})
    aimed = [n for n in numbers if _TO.search(folded[: n.start])]
    by = [n for n in numbers if _BY.search(folded[: n.start])]
    placed = any(_ON_IT.match(folded, n.end) for n in numbers)  # «ponle 20.000 al taladro»
    if not (moves or named or aimed or placed):
        return None
    number = next(iter(n for n in aimed if n not in by or not moves), None)
    if number is None and moves:
        number = (by or list(numbers))[-1]
        value = _plain(_value(number))
        return Command("price", _words(text, [number], verb), {"amount": -value if lowers else value})
    number = number or numbers[-1]
    return Command("price", _words(text, [number], verb), {"price": _plain(_value(number))})


def _value(number: Number) -> Decimal:
    return max(number.values)


def _plain(value: Decimal) -> int | float:
    return int(value) if value == value.to_integral_value() else float(value)


def _words(text: str, used: Sequence[Number], *verbs: str) -> str:
    """The product's own words: what is left when command, number and what joins them are taken away."""
    kept = "".join(" " if any(n.start <= place < n.end for n in used) else sign for place, sign in enumerate(text))
    head = re.match(
        rf"{_HEAD}(?:{_RAISE}|{_LOWER}|{_SET}|desactiv\w+|deshabilit\w+|ocult\w+|escond\w+|retir\w+|activ\w+|reactiv\w+|habilit\w+|restaur\w+|ativ\w+|reativ\w+|desativ\w+|deactivate|disable|hide|withdraw|activate|reactivate|enable|restore|quit\w*|sac\w*|saq\w*|borr\w*|elimin\w*|remov\w*|delete|tir\w*|apag\w*|agreg\w+|anad\w+|sum\w+|met(?:e|er|ele)|ingres\w+|add|adicion\w+|acrescent\w+|rest\w+|subtract|took|take|put)\b",
        fold(kept),
    )
    if head and len(fold(kept)) == len(kept):
        kept = kept[head.end() :]
    tokens = [token for token in tokenize(kept) if _bare(token) not in _DROPPED and token.folded not in verbs]
    while tokens and _bare(tokens[0]) in _ENDS:
        tokens.pop(0)
    while tokens and _bare(tokens[-1]) in _ENDS:
        tokens.pop()
    return " ".join(token.text for token in tokens)[:200]


def _bare(token: Token) -> str:
    """Folded, but for its ñ: «uña» is no «una»."""
    return token.text.lower() if "ñ" in token.text.lower() else token.folded
