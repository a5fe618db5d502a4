"""Words as the check compares them: folded, stemmed a little, with their places in the text."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache


def word_set(text: str) -> frozenset[str]:
    """Read a set of words, separated by white space."""
    return frozenset(text.split())


class _Folding(dict[int, str]):
    """Each character's folded form, worked out once."""

    def __missing__(self, code: int) -> str:
        character = chr(code)
        base = unicodedata.normalize("NFKD", character)[:1].lower()
        self[code] = base if len(base) == 1 else character
        return self[code]


_FOLDING = _Folding()


def fold(text: str) -> str:
    """Lower-case without accents, character for character, so that places stay the same."""
    return text.lower() if text.isascii() else text.translate(_FOLDING)


@lru_cache(maxsize=2048)
def fold_known(text: str) -> str:
    """The same for a text of the shop, which comes back turn after turn."""
    return fold(text)


_CANONICAL = {
    form: forms.split()[0]
    for forms in (
        "pulg pulgada pulgadas inch inches polegada polegadas plg",
        "lt litro litros liter liters l lts",
        "mt metro metros meter meters m mts",
        "kg kilo kilos kgs kilogramo kilogramos",
        "gr gramo gramos g grs",
        "oz onza onzas ounce ounces",
        "v volt volts voltio voltios",
        "w watt watts vatio vatios",
        "gb giga gigas gigabytes",
        "tb tera teras terabyte terabytes",
        "und unidad unidades unid uds ud unit units unidade",
        "pz pieza piezas pza pzas pcs peca pecas",
        "talla tallas talle talles tamanho size",
    )
    for form in forms.split()
}


@lru_cache(maxsize=8192)
def stem(word: str) -> str:
    """Cut plural and gender of a folded word, the same way for Spanish, Portuguese and English.

    It is only ever compared with itself, so a wrong cut does no harm as long as it is always the same one.
    """
    if word in _CANONICAL:
        return _CANONICAL[word]
    if len(word) <= 3 or any(character.isdigit() for character in word):
        return word
    if word.endswith(("oes", "aos", "aes")):
        return word[:-3] + "a"
    if word.endswith("ces"):
        word = word[:-3] + "z"
    elif word.endswith("es") and word[-3] not in "aeiou":
        word = word[:-2]
    elif word.endswith("s") and not word.endswith("ss"):
        word = word[:-1]
    if len(word) > 3 and word[-1] in "aoe":
        word = word[:-1]
    return word


@dataclass(frozen=True, slots=True)
class Token:
    """A word or number of a text: as written, folded, stemmed, and where it stands."""

    text: str
    folded: str
    stem: str
    start: int
    end: int

    @property
    def is_number(self) -> bool:
        """Whether it is made of digits."""
        return self.text[0].isdigit()

    @property
    def is_capital(self) -> bool:
        """Whether it holds a capital letter: a name, a brand, a code."""
        return any(character.isupper() for character in self.text)

    @property
    def is_stop(self) -> bool:
        """Whether it only joins other words."""
        return self.text.lower() in STOP_WORDS  # not folded: "uña" is no "una"


STOP_WORDS = word_set(
    "de del la el los las lo un una unos unas con sin para por y e o u a al en su sus tu tus mi que se es"
    " nuestro nuestra nuestros nuestras este esta estos estas ese esa esos esas"
    " da do das dos no na nos nas com sem um uma uns umas os as ao pelo pela em"
    " the of with without for and or in on an to at by from your our"
)
_TOKEN = re.compile(r"\d+(?:[.,/]\d+)*|(?<![^\W_])[^\W\d_]{1,2}\d+[^\W_]*|[^\W\d_]+")


def tokenize(text: str) -> list[Token]:
    """Cut a text into words and numbers, in order; "GSB550" and "16oz" are two tokens each, "A15" is one."""
    tokens = []
    for match in _TOKEN.finditer(text):
        written = match.group()
        folded = fold(written)
        stemmed = folded.replace(",", ".") if written[0].isdigit() else stem(folded)
        tokens.append(Token(written, folded, stemmed, match.start(), match.end()))
    return tokens


SYNONYMS = tuple(
    frozenset(stem(word) for word in line.split())
    for line in (
        "nevera refrigerador refrigeradora heladera frigorifico geladeira fridge refrigerator",
        "celular telefono smartphone movil phone cellphone telefone",
        "notebook portatil laptop computador computadora ordenador",
        "tenis zapatillas deportivas sneakers zapatos calzado championes shoes",
        "camiseta polera playera remera franela tshirt",
        "chaqueta chamarra campera casaca chompa jacket jaqueta abrigo",
        "audifonos auriculares cascos headphones earphones earbuds fones",
        "jean jeans pantalon vaquero calca pants trousers",
        "sueter buzo saco pulover jersey sudadera hoodie polera moletom sweater",
        "destornillador desarmador chave screwdriver",
        "taladro furadeira drill perforadora",
        "sierra serrucho serra saw serrote",
        "martillo martelo hammer",
        "pintura tinta paint esmalte",
        "televisor tv television tele televisao",
        "parlante altavoz bocina speaker corneta",
        "cargador adaptador charger carregador",
        "bombillo bombilla foco ampolleta lampara lampada bulb",
        "vestido dress",
        "camisa blusa shirt",
        "falda pollera saia skirt",
        "gorra cachucha cap bone",
        "raton mouse",
        "pantalla monitor screen display",
        "licuadora blender liquidificador",
        "estufa cocina fogon fogao stove",
        "lavadora lavarropas washer",
        "cinta tape fita",
        "tornillo screw parafuso",
        "clavo nail prego puntilla",
        "llave wrench",
        "broca bit mecha",
        "brocha pincel brush",
        "medias calcetines socks meias",
        "reloj smartwatch watch relogio",
        "teclado keyboard",
        "memoria usb pendrive",
        "impresora printer impressora",
        "tablet tableta",
        "consola videojuego console",
        "bolso cartera bolsa bag morral mochila backpack",
        "cinturon correa belt",
        "inalambrico wireless cordless",
        "electrico electric",
        "blanco white branco",
        "negro black preto",
        "rojo red vermelho colorado",
        "azul blue",
        "verde green",
        "amarillo yellow amarelo",
        "gris gray grey cinza",
        "cafe brown marron",
        "algodon cotton algodao",
        "cuero leather piel couro",
        "lana wool",
        "lino linen linho",
        "acero steel aco",
        "madera wood wooden madeira",
        "computador computadora computer pc equipo",
        "botella bottle garrafa frasco",
        "tinta ink",
        "perro dog cachorro cao",
        "gato cat",
        "corte cortar cut cutting",
    )
)


@lru_cache(maxsize=4096)
def synonyms(stemmed: str) -> frozenset[str]:
    """Other stems for the same thing, as people of other countries call it; the stem itself is among them."""
    found = {stemmed}
    for group in SYNONYMS:
        if stemmed in group:
            found |= group
    return frozenset(found)
