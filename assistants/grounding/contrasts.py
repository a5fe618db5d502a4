# ruff: noqa: E501  (word lists and patterns are one line each)
"""Words that exclude one another: "para gatos" is not "para perros", "seca" not "húmeda"."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from assistants.grounding.catalogue import Catalogue, Mention
from assistants.grounding.denials import is_denied_before
from assistants.grounding.words import Token, stem, synonyms, word_set

_CLASSES = tuple(
    frozenset(stem(word) for word in word_set(words))
    for words in (
        # flavours and scents
        "fresa frutilla durazno melocoton mango vainilla chocolate limon uva coco menta naranja mora frambuesa manzana pera pina banano banana platano cereza caramelo maracuya lavanda eucalipto canela nuez almendra zanahoria calabaza queso pollo carne pescado cordero salmon atun pavo tocino"
        " strawberry peach vanilla lemon grape coconut mint orange blackberry raspberry apple pear pineapple cherry caramel lavender cinnamon walnut almond carrot pumpkin cheese chicken beef fish lamb salmon tuna turkey"
        " morango pessego baunilha limao abacaxi maca amora cereja frango peixe cordeiro salmao hortela",
        # animals
        "perro perros gato gatos ave aves pez peces conejo conejos hamster caballo dog dogs cat cats bird fish rabbit horse cao caes cachorro cachorros gatos passaro coelho",
        # whom it is for
        "hombre mujer nino nina ninos ninas dama caballero bebe adulto adultos infantil infantiles unisex men women man woman kids boys girls adult homem mulher menino menina masculino femenino feminino filhote filhotes cachorros senior",
        # moisture, skin and hair
        "seca seco humeda humedo grasa graso mixta mixto normal rizado liso lacio oily dry wet oleosa oleoso",
        # taste, milk and bread
        "dulce salado salada amargo picante sweet salty bitter spicy doce salgado",
        "entera descremada semidescremada deslactosada desnatado integral multigrano centeno blanco refinado wholegrain rye integral refinada",
        # paper
        "rayado cuadriculado punteado liso rayas cuadros lined squared dotted pautado quadriculado",
        # finish
        "mate brillante satinado satinada semimate espejado transparente matte glossy satin fosco brilhante acetinado",
        # place on a thing
        "delantero delantera trasero trasera frontal posterior izquierdo izquierda derecho derecha superior inferior front rear left right dianteiro dianteira traseiro traseira",
        # power
        "inalambrico inalambrica alambrico cableado electrico electrica manual gas solar gasolina diesel hidraulico neumatico cordless wireless wired electric manual gasoline sem-fio eletrico eletrica gasolina",
        # shape
        "redondo redonda cuadrado cuadrada rectangular ovalado ovalada triangular hexagonal round square oval rectangular quadrado quadrada retangular",
        # stuff
        "algodon lana cuero seda lino poliester nylon acero aluminio madera plastico bronce cobre goma caucho vidrio ceramica porcelana barro bambu carton metal hierro pvc silicona titanio acetato cotton wool leather silk linen steel aluminium aluminum wood plastic bronze copper rubber glass ceramic bamboo cardboard iron silicone algodao couro seda linho aco madeira vidro borracha",
        # size
        "chico chica pequeno pequena mediano mediana grande mini jumbo gigante small medium large",
        # flowers
        "rosa rosas girasol girasoles tulipan tulipanes lirio lirios orquidea orquideas clavel claveles margarita margaritas hortensia hortensias",
        # colours
        "rojo roja azul verde amarillo amarilla negro negra blanco blanca gris rosado rosada morado morada beige cafe marron dorado dorada plateado plateada celeste turquesa cian cyan magenta violeta lila fucsia"
        " red blue green yellow black white gray grey pink purple brown gold silver navy teal vermelho vermelha amarelo amarela preto preta branco branca cinza roxo roxa dourado prata",
        # what a screw, a lamp or a paint is for
        "interior interiores exterior exteriores indoor outdoor",
        "calido calida frio fria neutro neutra warm cool",
    )
)
_OF_STEM: dict[str, tuple[frozenset[str], ...]] = {}
for _class in _CLASSES:
    for _stem in _class:
        _OF_STEM[_stem] = (*_OF_STEM.get(_stem, ()), _class)
_JOINS = word_set("de del da do para pra con com sabor color en a al for in aroma tono olor tipo")
_GAP = re.compile(r"[\s\-/\"'”″(]*")


def find_contrasts(
    folded: str, tokens: Sequence[Token], *, sure: Sequence[Mention], catalogue: Catalogue
) -> Iterator[tuple[int, int]]:
    """Find names that go on with a word that excludes one of the row's own: "pan de caja multigrano" where it is "integral"."""
    named = frozenset[int]().union(*(mention.products for mention in sure if len(mention.products) <= 8))
    for mention in sure:
        if len(mention.products) > 8 or is_denied_before(folded, mention.start):
            continue
        for token in _beside(folded, tokens, mention, sure):
            if token.is_stop or catalogue.is_known(token.stem, rows=named):
                continue
            if any(_excludes(token, others, mention, catalogue) for others in _OF_STEM.get(token.stem, ())):
                yield min(mention.start, token.start), max(mention.end, token.end)
                break


def _excludes(token: Token, others: frozenset[str], mention: Mention, catalogue: Catalogue) -> bool:
    said = synonyms(token.stem)
    entries = [catalogue.entries[row] for row in mention.products]
    return all(not (said & entry.about) and others & entry.name for entry in entries)


def _beside(folded: str, tokens: Sequence[Token], mention: Mention, sure: Sequence[Mention]) -> Iterator[Token]:
    """The words that go on with a name, and the one in front of it, where English has them."""
    end = mention.end
    joined = False
    for token in [token for token in tokens if token.start >= mention.end][:5]:
        if not _GAP.fullmatch(folded, end, token.start) or any(other.start == token.start for other in sure):
            break
        end = token.end
        if token.folded in _JOINS or token.is_stop:
            joined = True
            continue
        yield token
        if token.stem not in _OF_STEM and (joined or not token.is_number):
            break
        joined = False
    start = mention.start
    for token in [token for token in tokens if token.end <= mention.start][-2:][::-1]:
        if not folded[token.end : start].isspace():
            break
        yield token
        if not token.is_number:
            break
        start = token.start
