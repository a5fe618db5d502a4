# ruff: noqa: E501  (word lists are one line each)
"""For whom somebody books: «una cita para Pedro», «for my son», «em nome da Ana»."""

from __future__ import annotations

import re
from dataclasses import dataclass

from assistants.grounding.words import fold

_FOR = re.compile(
    r"\b(?:(?P<name>a nombre de|al nombre de|in the name of|under the name(?: of)?|em nome d[eoa]|no nome d[eoa])|para|pra|pro|for)\s+"
    r"(?P<who>(?:[^\W\d_][\w'’.-]*\s*){1,6})",
    re.IGNORECASE,
)
_WORD = re.compile(r"[^\W\d_][\w'’-]*")


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_MINE = frozenset(("mi", "mis", "my", "meu", "minha", "meus", "minhas"))
_ARTICLES = _words("el la los las o a os as the un una um uma an")
_TITLES = _words("don dona senor senora sr sra mr mrs ms dr dra")
_KIN = _words(
    "hijo hija hijos hijas nieto nieta mama papa madre padre papas padres esposo esposa marido mujer novio novia hermano hermana hermanos abuelo abuela tio tia primo prima sobrino sobrina suegro suegra cunado cunada amigo amiga bebe pareja vecino vecina jefe jefa socio socia perro perra perrito perrita gato gata gatito gatita mascota nino nina companero companera "
    "son daughter kid kids child children mom mum mother dad father parents wife husband partner girlfriend boyfriend fiance brother sister grandma grandpa grandmother grandfather grandson granddaughter uncle aunt cousin nephew niece friend baby boss dog puppy cat pet neighbor neighbour colleague coworker roommate "
    "filho filha filhos mae pai pais mulher namorado namorada irmao irma avo tia sobrinho sobrinha sogro sogra amigo amiga cachorro cachorra vizinho vizinha chefe colega"
)
# Frequent given names of our countries, without accents: people write them small.
_NAMES = _words(
    "pedro juan jose luis carlos jorge miguel antonio manuel francisco javier fernando rafael daniel david alejandro diego andres sergio ricardo eduardo roberto mario raul alberto enrique gustavo hugo ivan julio marcos martin nicolas oscar pablo ramon ruben santiago sebastian tomas victor felipe gabriel emilio esteban camilo cristian christian mateo matias joaquin ignacio gonzalo rodrigo samuel simon lucas bruno leonardo joel jaime alfredo arturo cesar guillermo hector ernesto armando adrian mauricio patricio facundo agustin franco german wilson edwin jhon brayan kevin alexis alex "
    "maria ana carmen rosa luisa lucia elena laura marta martha sofia isabel patricia claudia andrea paula natalia carolina daniela gabriela valentina camila fernanda mariana juliana adriana sandra monica silvia veronica diana alejandra angela beatriz cecilia gloria graciela ines irene julia karen karina liliana lorena lourdes luz magdalena marcela margarita mercedes miriam nancy norma olga paola pilar raquel rocio ruth sara susana teresa vanessa victoria viviana yolanda ximena jimena antonia catalina constanza florencia micaela agustina abril alba carla pamela priscila regina renata romina tatiana valeria esther esperanza dolores "
    "john james robert michael william richard joseph thomas charles mark paul steven andrew peter george edward brian kevin jason jeff ryan jacob gary nick eric jonathan stephen larry justin scott brandon ben benjamin sam frank jack dennis jerry tyler aaron adam nathan henry zachary kyle noah ethan jeremy walter keith roger terry sean austin carl arthur lawrence dylan jesse jordan bryan billy bruce joe logan tom tim bob mike dave chris matt steve "
    "mary jennifer linda elizabeth barbara susan jessica sarah lisa betty margaret ashley kimberly emily donna michelle carol amanda melissa deborah stephanie rebecca sharon cynthia kathleen amy shirley brenda pam emma nicole helen samantha katherine christine debra rachel carolyn janet catherine maria heather diane ruth julie olivia joyce virginia kelly lauren christina joan evelyn judith megan hannah jacqueline martha gloria teresa ann anna kate sophie lucy alice grace chloe zoe "
    "joao paulo antonio francisco marcos rafael luiz lucas leandro andre fabio thiago tiago vinicius caio henrique murilo otavio davi beatriz juliana fernanda aline bruna leticia larissa amanda patricia priscila rafaela tais thais vitoria luana tatiane jessica helena alice lara livia"
)


@dataclass(frozen=True, slots=True)
class Guest:
    """Who comes, in the customer's words, and where in the text that stands, with its «para»."""

    name: str
    span: tuple[int, int]


def find_guest(text: str) -> Guest | None:
    """Somebody else for whom ``text`` wants an appointment: kin of the writer's, or whoever is named."""
    for found in _FOR.finditer(text):
        if name := _read(found["who"], is_named=bool(found["name"])):
            end = found.start("who") + found["who"].index(name) + len(name)
            return Guest(name, (found.start(), end))
    return None


def _read(who: str, *, is_named: bool) -> str:
    """The words of ``who`` that say who it is, as they stand there; "" when they name nobody."""
    words = list(_WORD.finditer(who))
    folded = [fold(word[0]) for word in words]
    at = 0
    while at < len(words) and (folded[at] in _ARTICLES or folded[at] in _TITLES):
        at += 1
    is_mine = at < len(words) and words[at][0].lower() in _MINE  # «mi hija», but not «para mí»
    first = at + is_mine
    if first >= len(words):
        return ""
    last = first
    if folded[first] in _KIN and first:  # «mi hija», «un amigo»
        begin = at if is_mine else 0
        if last + 1 < len(words) and folded[last + 1] in _NAMES:
            last += 1
    elif not is_mine and (is_named or folded[first] in _NAMES):
        begin = next((place for place in range(at) if folded[place] in _TITLES), at)
    else:
        return ""
    while last + 1 < len(words) and last < first + 2 and words[last + 1][0][0].isupper():
        last += 1
    return who[words[begin].start() : words[last].end()]
