# ruff: noqa: E501  (word lists and patterns are one line each)
"""What the numbers of a sentence are: prices, stock figures, counts, percentages, or nothing that needs a row."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from assistants.grounding.numbers import Number
from assistants.grounding.words import fold


class Sort(StrEnum):
    """What a number claims."""

    PRICE = "price"
    STOCK = "stock"
    COUNT = "count"  # "3 modelos": kinds, not pieces
    PERCENTAGE = "percentage"
    QUANTITY = "quantity"  # "3 × ...", "para 2 unidades": said of the order, not of the shelf


class Bound(StrEnum):
    """How a stock figure is meant."""

    EXACT = "exact"
    MORE = "more"
    AT_LEAST = "at least"
    LESS = "less"
    ABOUT = "about"


@dataclass(frozen=True, slots=True)
class Claim:
    """A number that says something; ``firm``: a sign or word says so, else only its form suggests it."""

    sort: Sort
    number: Number
    firm: bool = True
    bound: Bound = Bound.EXACT

    @property
    def start(self) -> int:
        """Where it begins."""
        return self.number.start

    @property
    def end(self) -> int:
        """Where it ends."""
        return self.number.end


_FILL = r"(?:\s*(?:solo|solamente|unicamente|apenas|aun|todavia|exactamente|tan|ya|nos|te|le|me|mas|menos|de|al|casi|unos|unas|como|cerca|alrededor|aproximadamente|aprox\.?|just|only|about|over|more|less|than|at|least|still|exactly|around|so|somente|ainda|mais|menos|cerca|:|=|\(|las?|los|ultim[ao]s))*\s*"
_STOCK_LEFT = re.compile(
    r"(?:\bqued(?:a|an|aron|aban)|\bstock(?:\s+(?:actual|disponible|total|es|de|is|for|of|atual))*|\bdisponib(?:le|les|ilidad)(?:\s+de)?|\bexistencias?(?:\s+(?:de|actuales))?"
    r"|\binventario(?:\s+(?:de|actual))?|\bhay|\btenemos|\bcontamos con|\bdisponemos de|\brestan|\bsobram|\brestam|\btemos|\bhave|\bhas|\bthere are|\bthere is|\bunidades|\bestoque(?:\s+de)?|\bcantidad(?: disponible)?"
    r"|\bavailable|\bavailability|\bleft|\bunits|\bhave got|\bin stock|\ben bodega|\ben almacen|\bcuenta con|\btenho|\btengo|\bdispon[ií]ve(?:l|is))"
    + _FILL
    + r"$"
)
_STOCK_LEFT_FIRM = re.compile(
    r"(?:\bqued(?:a|an)|\bstock(?:\s+\w+)?|\bdisponib(?:le|les|ilidad)|\bexistencias?|\binventario|\brestam?|\bestoque|\bunidades|\bcantidad disponible|\bunits|\bdisponive(?:l|is))"
    + _FILL
    + r"$"
)
_STOCK_RIGHT = re.compile(
    r"\s*(?:\w+\s+){0,2}?(?:disponibles?\b|dispo\b|available\b|disponive(?:l|is)\b|(?:en|in|em|de)[\s-](?:stock|existencias?|inventario|bodega|almacen|estoque|tienda)\b|left\b|restantes?\b|remaining\b|existencias\b)"
)
_UNITS_RIGHT = re.compile(
    r"\s*(?:unidad(?:es)?|unids?|unds?|uds?|u|units?|unidades?|piezas?|pzas?|pz|pcs|pieces|pecas?|ejemplares|pares)\b\.?"
)
_MEASURE = re.compile(
    r"\s?(?:mm|cm|mts?|m|km|kgs?|kilos?|g|grs?|gramos|gramas|lbs?|libras|l|lts?|litros?|liters?|ml|cc|v|voltios|volts?|w|watts?|watios|vatios|kw|hz|khz|mhz|ghz|gb|mb|tb|gigas|mah|ah|a|amp|oz|onzas|pulg(?:adas?)?|pol|inch(?:es)?|ft|pies|hp|rpm|lm|lumenes|lumens|mp|mpx|megapixeles|px|fps|psi|bar|db|nm|dpi|ppm|nits|bits?|cv|°|º|ª|\"|''|”|″"
    r"|anos?|meses|mes|months?|years?|dias?|days?|horas?|hrs?|hours?|minutos?|min|minutes|semanas?|weeks?|segundos?|am|pm|a\.\s?m|p\.\s?m|h|hs|cuadras|metros|centimetros|milimetros|meters|hilos|nucleos|cores|puertos|canales|velocidades|niveles|capas|manos|cm2|m2|m²|personas|puestos|estrellas|habitantes|vatios)(?![\w$])"
)
_MEASURE_BLOCK = re.compile(r"\s?(?:x|×|/|:|-)\s?\d")
_MEASURE_LEFT = re.compile(
    r"(?:\btallas?|\btalles?|\bsize|\btamanho|\bnumero|\bnum\.?|\bnro\.?|\bno\.|n[º°]|\bcalle|\bcra\.?|\bcarrera|\bav\.?|\bavenida|\blocal|\bpiso|\bzona|\bkm|\bsku:?|\bref\.?:?|\breferencia:?|\bcodigo:?|\bmodelo|\bopcion|\boption|\bopcao|\bpaso|\bpagina|\btel\.?:?|\btelefono:?|\bwhatsapp:?"
    r"|\bversion|\bgeneracion|\bwindows|\bandroid|\bserie|\btipo|\bgrado|\bgrano|\bla[s]? a|\ba las|\bdesde las|\bhasta las|\bhasta la|\bde las|\bat|\bfrom|\bgarantia de|\b\d\s?[x×/]|#|\bregla|\bsan|\bbluetooth|\bwifi|\bwi-fi|\busb|\bip|\btop|\biso|\bano|\bclase|\bcalibre|\bhdmi|\bde|\bcon)\s*$"
)
_HOUR_LEFT = re.compile(
    r"(?:\ba las?|\bde|\bdesde las?|\bhasta las?|\bde las?|\bentre las?|\bat|\bfrom|\bto|\bas|\bate as|\bdas)\s*$"
)
_DATE_RIGHT = re.compile(
    r"\s*(?:de\s+)?(?:enero|febrero|marzo|abril|mayo|junio|julio|agosto|septiembre|octubre|noviembre|diciembre|january|february|march|april|june|july|august|september|october|november|december|janeiro|fevereiro|maio|setembro|outubro|dezembro)\b"
)
_COUNT_NOUN = re.compile(
    r"\s*(?:\w+\s+){0,1}?(?:modelos?|opciones|opcion|productos?|alternativas?|variedades|marcas?|categorias?|tipos?|clases?|colores|referencias?|tallas?|resultados?|presentaciones|coincidencias?|articulos?|estilos?|disenos?|models?|options?|products?|results?|brands?|kinds?|types?|styles?|colors?|categories|items?|produtos?|opcoes|opcao|cores|tamanhos?|estilos|sugerencias|recomendaciones|propuestas|ideas|posibilidades|versiones|lineas|familias|formas|cosas|razones|pasos|motivos|ways|maneras)\b"
)
_CHOICE = re.compile(
    r"\s*(?:\w+\s+)?(?:opciones|alternativas|posibilidades|options|alternatives|choices|opcoes|maneras|formas|ways)\b"
)
_QUANTITY_LEFT = re.compile(
    r"(?:\bx|×|\*|\bpor|\bde|\blos|\blas|\btus|\besas|\besos|\bpara|\bllev\w*|\bpid\w*|\bcompr\w*|\bnecesit\w*|\bquier\w*|\bbusc\w*|\bcada|\bfor|\bof|\bthe|\byour|\bbuy\w*|\bneed|\bprecisa\w*|\bas|\bos|\bsuas|\bpack|\bcaja|\bset|\bkit|\bjuego|\bpaquete|\bbolsa|\bcaixa|\bsi|\bcon|\bincluye|\btrae|\bcontiene|\bviene|\bwith|\bapart\w*|\breserv\w*|\bagreg\w*|\bsum\w*)(?:\s+(?:las|los|tus|esas|esos|the|unas|unos|solo))?\s*$"
)
_QUANTITY_RIGHT = re.compile(
    r"\s*(?:x|×|\*|por)\s*(?=[\s$\w])|\s*(?:unidad(?:es)?|uds?|units?|und|u)?\.?\s*(?:x|×|\*)\s*"
)
_PRICE_LEFT_FIRM = re.compile(
    r"(?:\bcuestan?|\bcostaria[n]?|\bvalen?|\bvaldrian?|\bprecios?(?:\s+(?:es|son|de|del|por|actual|unitario|total|unidad|final|normal|regular|especial|la|lista|venta|publico|al|oferta))*|\bsale[n]?|\bsaldria[n]?|\btotal(?:es|iza)?(?:\s+(?:es|de|seria|a|pagar|son|sin|con|iva|por))*"
    r"|\bcosts?|\bpriced|\bprice(?:s)?(?:\s+(?:is|of|at))*|\bcustam?|\bpreco(?:s)?(?:\s+(?:e|de|do))*|\bsaem?|\bsai|\bfica(?:m)?|\bvalor(?:\s+(?:es|de|e|total|unitario))*|\bcosto(?:\s+(?:es|de))*|\bimporte(?:\s+(?:es|de))*|\bsubtotal(?:\s+(?:es|de))*|\bqueda(?:n|ria|rian)?\s+en|\blo tenemos a|\besta(?:n)? a|\besta(?:n)? en|\bva a|\ba solo|\btan solo|\bdesde|\bpor solo|\bfor only|\bonly|\bantes|\bahora|\bcobramos|\ben oferta)"
    r"(?:\s*(?:solo|solamente|tan|apenas|just|only|unos|unas|como|casi|aproximadamente|alrededor|cerca|about|around|em|en|a|de|por|at|for|is|te|les?|con|iva|incluido|es|son|:|=|\(|-|—|–))*\s*$"
)
_PRICE_LEFT_WEAK = re.compile(
    r"(?:\ba|\bpor|\ben|\bfor|\bat|\bentre|\by|\be|\bsolo|\bunos|\bhasta|[:=(\-—–→|,/])\s*(?:unos|solo|los|just|only|apenas)?\s*$"
)
_PRICE_RIGHT = re.compile(
    r"\s*(?:cada un[oa]|c/u|cada|la unidad|por unidad|each|iva incluido|la pieza|el par|por kilo|el metro|por metro|per unit|a unidade)\b"
)
_MORE = re.compile(r"\b(?:mas de|over|more than|mais de)\s*$")
_AT_LEAST = re.compile(r"\b(?:al menos|por lo menos|minimo|at least|pelo menos|como minimo|no menos de)\s*(?:de\s*)?$")
_LESS = re.compile(r"\b(?:menos de|less than|fewer than|under|hasta)\s*$")
_ABOUT = re.compile(
    r"\b(?:casi|unos|unas|alrededor de|cerca de|aproximadamente|aprox\.?|about|around|como|almost|nearly|quase|uns)\s*$"
)


def is_about(left: str) -> bool:
    """Whether the words before an amount say that it is rounded."""
    return _ABOUT.search(left) is not None


def classify(text: str, number: Number, *, next_to_name: bool, spoken_quantities: frozenset[int]) -> Claim | None:
    """Say what ``number`` claims in ``text``; None when it claims nothing that a row must hold.

    ``next_to_name``: a row's name stands right before it. ``spoken_quantities``: numbers of the person's message.
    """
    folded = fold(text)
    left, right = folded[max(0, number.start - 70) : number.start], folded[number.end : number.end + 50]
    if number.percent:
        return Claim(Sort.PERCENTAGE, number)
    if number.money is not None:
        return Claim(Sort.PRICE, number)
    whole = all(value == int(value) for value in number.values)
    if number.article:
        return _classify_one(number, left, right)
    if re.search(r"[a-z]{2,}-$", left):
        return None  # "HEL-106"
    if _DATE_RIGHT.match(right) or _is_hour(left, right, number):
        return None
    if _MEASURE.match(right) and not _UNITS_RIGHT.match(right):
        return None
    if whole and (_CHOICE.match(right) or (_COUNT_NOUN.match(right) and not _STOCK_LEFT_FIRM.search(left))):
        return Claim(Sort.COUNT, number)
    if whole and (stock := _classify_stock(number, left, right, spoken_quantities)):
        return stock
    if _QUANTITY_RIGHT.match(right) and whole and max(number.values) < 1000:
        return Claim(Sort.QUANTITY, number)
    if _MEASURE_BLOCK.match(right) or _is_measured(left, number):
        return None
    grouped = re.search(r"\d[.,]\d{3}(?!\d)", number.text) is not None or max(number.values) >= 1000
    cents = re.search(r"\d[.,]\d{2}$", number.text) is not None
    if _PRICE_LEFT_FIRM.search(left) or _PRICE_RIGHT.match(right):
        return Claim(Sort.PRICE, number)
    weak = _PRICE_LEFT_WEAK.search(left) is not None
    if (grouped or cents) and (weak or next_to_name):
        return Claim(Sort.PRICE, number)
    if next_to_name and weak and not number.in_words and whole and max(number.values) >= 20:
        return Claim(Sort.PRICE, number, firm=False)
    if grouped:
        return Claim(Sort.PRICE, number, firm=False)
    if whole and max(number.values) < 1000 and not number.in_words:
        return Claim(Sort.QUANTITY, number, firm=False)
    if whole and number.in_words and max(number.values) < 100:
        return Claim(Sort.QUANTITY, number, firm=False)
    return None


_ONLY_HAVE = re.compile(
    r"\b(?:(?:solo|solamente|unicamente|so|apenas|only|just)\s+(?:nos |me )?(?:tenemos|tengo|hay|temos|tenho|tem|ha|have|has)|(?:only|just)(?: have)?|(?:have|has|tenemos|tengo) (?:only|just|solo|apenas))\s*$"
)
_ENDS = re.compile(r"\s*(?:[.,;!)]|$)")


def _classify_one(number: Number, left: str, right: str) -> Claim | None:
    counted = _UNITS_RIGHT.match(right) or _STOCK_RIGHT.match(right) or re.match(r"\s*(?:left|sol[ao])\b", right)
    if number.values and _ONLY_HAVE.search(left) and (_ENDS.match(right) or counted):
        return Claim(Sort.STOCK, number)
    ends = re.match(r"\s*(?:[.,;!)]|$|y\b|en\b)", right)
    if re.search(r"\b(?:quedan?|resta|hay|tenemos|only|just|stock:?)" + _FILL + r"$", left) and (
        counted or (ends and re.search(r"\b(?:quedan?|resta|only|just|solo)" + _FILL + r"$", left))
    ):
        return Claim(Sort.STOCK, number)
    if re.search(r"\b(?:quedan?|resta)" + _FILL + r"$", left) and not re.match(
        r"\s*(?:duda|opcion|pregunta|cosa|alternativa|semana|hora|consulta|en|para)\b", right
    ):
        return Claim(Sort.STOCK, number)
    return None


def _classify_stock(number: Number, left: str, right: str, spoken: frozenset[int]) -> Claim | None:
    bound = Bound.EXACT
    for pattern, meaning in (
        (_AT_LEAST, Bound.AT_LEAST),
        (_MORE, Bound.MORE),
        (_LESS, Bound.LESS),
        (_ABOUT, Bound.ABOUT),
    ):
        if pattern.search(left):
            bound = meaning
            break
    leading = _STOCK_LEFT.search(left)
    firm = _STOCK_LEFT_FIRM.search(left) is not None
    firm = firm or (_ONLY_HAVE.search(left) is not None and _ENDS.match(right) is not None)
    trailing, units = _STOCK_RIGHT.match(right), _UNITS_RIGHT.match(right)
    if trailing or firm:
        if firm and re.search(r"\bquedan?" + r"\s+(?:en|por|a)\s*$", left):
            return None
        return Claim(Sort.STOCK, number, bound=bound)
    if leading and not firm and re.match(r"\s*:|\s*(?:[.!]\s*)?$", right) and max(number.values) <= 12:
        return Claim(Sort.COUNT, number)  # "we have two:"
    if leading and not re.match(r"\s?[x×/]\s?\d", right):
        return Claim(Sort.STOCK, number, firm=units is not None, bound=bound)
    if units:
        if _QUANTITY_LEFT.search(left) or int(max(number.values)) in spoken:
            return Claim(Sort.QUANTITY, number)
        return Claim(Sort.STOCK, number, bound=bound)
    return None


def _is_hour(left: str, right: str, number: Number) -> bool:
    small = max(number.values) <= 24
    if re.match(r":\d\d|\s?(?:am|pm|a\.\s?m|p\.\s?m|hs?|hrs|horas)\b", right) or re.search(r"\d:$", left):
        return True
    return bool(
        small
        and re.search(r"\b(?:las|la|at|from|as|das)\s*$", left)
        and re.search(r"\b(?:a|de|desde|hasta|at|from|as|das)\b[^,.]*$", left)
    )


def _is_measured(left: str, number: Number) -> bool:
    return bool(_MEASURE_LEFT.search(left)) and not re.search(r"\d[.,]\d{3}", number.text)


def classify_cell(header: str, number: Number) -> Claim | None:
    """Say what a number in a table's cell claims, by the column's header."""
    folded = fold(header)
    if number.percent:
        return Claim(Sort.PERCENTAGE, number)
    if number.money is not None or re.search(r"prec|price|valor|costo|total|importe|\$|preco", folded):
        return Claim(Sort.PRICE, number)
    if re.search(r"stock|dispon|existenc|unidad|piezas|inventario|estoque|availab|quedan|hay\b", folded):
        return Claim(Sort.STOCK, number)
    return None


def find_spoken_quantities(numbers: Sequence[Number]) -> frozenset[int]:
    """The numbers of a person's message that may be quantities."""
    return frozenset(
        int(value)
        for number in numbers
        if number.money is None and not number.percent and not number.article
        for value in number.values
        if value == int(value) and 1 < value <= 10_000
    )
