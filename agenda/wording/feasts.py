"""Feasts by name and the day of each in a year.

Where countries differ, the first reading is the one of most of the Americas and the others follow, so that a sentence
can be answered with a question. A feast is found by its words without articles and prepositions («dia madre»).
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Callable
from datetime import date, timedelta

from dateutil.easter import easter

Feast = Callable[[int], date]

SKIPPED = frozenset(
    {
        "de",
        "del",
        "la",
        "las",
        "los",
        "el",
        "lo",
        "da",
        "do",
        "das",
        "dos",
        "d",
        "of",
        "the",
        "s",
        "o",
        "a",
        "e",
        "y",
        "and",
    }
)


def fixed(month: int, day: int) -> Feast:
    return lambda year: date(year, month, day)


def from_easter(days: int) -> Feast:
    return lambda year: easter(year) + timedelta(days)


def nth(month: int, weekday: int, place: int) -> Feast:
    """The ``place``-th such weekday of the month; -1 is the last one."""

    def day(year: int) -> date:
        if place < 0:
            last = date(year, month, monthrange(year, month)[1])
            return last - timedelta((last.weekday() - weekday) % 7)
        first = date(year, month, 1)
        return first + timedelta((weekday - first.weekday()) % 7 + 7 * (place - 1))

    return day


def after(feast: Feast, days: int) -> Feast:
    return lambda year: feast(year) + timedelta(days)


def advent(year: int) -> date:
    christmas = date(year, 12, 25)
    return christmas - timedelta(christmas.isoweekday() + 21)


THANKSGIVING = nth(11, 3, 4)

# feast: (days, the likeliest first; the words for it, without articles)
FEASTS: dict[str, tuple[tuple[Feast, ...], str]] = {
    "new year": (
        (fixed(1, 1),),
        "ano nuevo|dia ano nuevo|nuevo ano|primero ano|ano novo|dia ano novo|reveillon dia|new year|new year day"
        "|new years day"
        "|new years|yuandan|yuan dan|confraternizacao universal|fiesta ano nuevo",
    ),
    "new year's eve": (
        (fixed(12, 31),),
        "nochevieja|noche vieja|dia nochevieja|ano viejo|dia ano viejo|fin ano|vispera ano nuevo|vesperas ano"
        " novo|vespera ano novo|reveillon|new year eve"
        "|new years eve|san silvestre|passagem ano|virada ano|noche ano nuevo|noite ano novo|vispera fin ano",
    ),
    "epiphany": (
        (fixed(1, 6),),
        "dia reyes|reyes magos|reyes|dia reyes magos|epifania|dia reis|reis magos|epiphany|three kings day|dia"
        " santos reis",
    ),
    "groundhog": ((fixed(2, 2),), "dia marmota|groundhog day|ground hog day"),
    "candlemas": ((fixed(2, 2),), "candelaria|dia candelaria|candlemas"),
    "valentine": (
        (fixed(2, 14),),
        "san valentin|dia san valentin|dia enamorados|dia amor|valentine|valentines|valentine day|valentines day"
        "|sao valentim"
        "|dia sao valentim|dia amor amistad",
    ),
    "lovers (Brazil)": ((fixed(6, 12),), "dia namorados"),
    "women": (
        (fixed(3, 8),),
        "dia mujer|dia internacional mujer|dia mulher|dia internacional mulher|women day|womens day"
        "|international womens day"
        "|dia mujeres|dia mulheres|international women day",
    ),
    "patrick": (
        (fixed(3, 17),),
        "san patricio|dia san patricio|sao patricio|dia sao patricio|saint patrick day|st patricks day"
        "|st patrick day|saint patricks day|st pattys day",
    ),
    "memory (Argentina)": ((fixed(3, 24),), "dia memoria"),
    "joseph": ((fixed(3, 19),), "san jose|dia san jose|sao jose|dia sao jose"),
    "april fools": (
        (fixed(4, 1),),
        "dia inocentes abril|april fools|april fools day|april fool day|dia mentira|dia bobos|dia tontos abril"
        "|dia mentiroso",
    ),
    "earth": (
        (fixed(4, 22),),
        "dia tierra|dia terra|earth day|dia mundial tierra|dia internacional tierra|dia planeta",
    ),
    "arbor": ((nth(4, 4, -1),), "dia arbol|arbor day|fiesta arbol"),
    "tree (Brazil)": ((fixed(9, 21),), "dia arvore"),
    "workers": (
        (fixed(5, 1),),
        "dia trabajador|dia trabajadores|dia trabajo|dia internacional trabajador|dia internacional trabajadores"
        "|dia trabalhador|dia trabalho|dia trabalhadores|may day|international workers day|dia internacional trabajo",
    ),
    "labor day": ((nth(9, 0, 1),), "labor day|labour day"),
    "star wars": ((fixed(5, 4),), "dia star wars|star wars day"),
    "may fifth": ((fixed(5, 5),), "cinco mayo fiesta|fiesta cinco mayo|batalla puebla"),
    "mother": (
        (nth(5, 6, 2), fixed(5, 10), nth(5, 6, 1)),
        "dia madre|dia madres|dia mae|dia maes|dia mama|mother day|mothers day|mother s day",
    ),
    "father": (
        (nth(6, 6, 3), fixed(3, 19), nth(8, 6, 2)),
        "dia padre|dia padres|dia papa|father day|fathers day|dia pai|dia pais",
    ),
    "children": ((fixed(4, 30), fixed(11, 20)), "dia nino|dia ninos|dia nina|children day|childrens day"),
    "children (Brazil)": ((fixed(10, 12),), "dia criancas|dia crianca"),
    "grandparents": ((fixed(7, 26),), "dia abuelo|dia abuelos|dia abuela|dia avos"),
    "teachers": (
        (fixed(9, 11), fixed(5, 15), fixed(7, 6), fixed(10, 5)),
        "dia maestro|dia profesor|dia profesores|dia maestros|teachers day|teacher day",
    ),
    "teachers (Brazil)": ((fixed(10, 15),), "dia professor|dia professores"),
    "memorial": ((nth(5, 0, -1),), "dia conmemoracion|memorial day|dia caidos|dia recordacion"),
    "juneteenth": ((fixed(6, 19),), "juneteenth|dia liberacion|dia libertad|dia emancipacion"),
    "saint john": ((fixed(6, 24),), "san juan|dia san juan|sao joao|dia sao joao|festa junina|saint john day"),
    "saint john's eve": ((fixed(6, 23),), "noche san juan|vispera san juan"),
    "saint peter": ((fixed(6, 29),), "san pedro|dia san pedro|san pedro san pablo|sao pedro|dia sao pedro"),
    "independence (USA)": (
        (fixed(7, 4),),
        "dia independencia|independence day|fourth july|dia independencia estados unidos"
        "|dia independencia eua|dia independencia eeuu",
    ),
    "independence (Brazil)": ((fixed(9, 7),), "independencia brasil|dia independencia brasil|sete setembro|dia patria"),
    "tiradentes": ((fixed(4, 21),), "tiradentes|dia tiradentes"),
    "our lady (Brazil)": ((fixed(10, 12),), "nossa senhora aparecida|dia nossa senhora aparecida"),
    "republic (Brazil)": ((fixed(11, 15),), "proclamacao republica|dia republica"),
    "black consciousness": ((fixed(11, 20),), "consciencia negra|dia consciencia negra|dia zumbi"),
    "bastille": ((fixed(7, 14),), "toma bastilla|dia bastilla|bastille day"),
    "james": ((fixed(7, 25),), "dia santiago|santiago apostol"),
    "assumption": (
        (fixed(8, 15),),
        "asuncion|asuncion virgen|dia asuncion|assuncao|assuncao nossa senhora|virgen agosto",
    ),
    "grito": ((fixed(9, 15),), "grito independencia|noche grito|dia grito"),
    "independence (Mexico)": ((fixed(9, 16),), "dia independencia mexico|independencia mexico"),
    "columbus": (
        (nth(10, 0, 2), fixed(10, 12)),
        "dia colon|columbus day|dia cristobal colon|dia cristovao colombo|dia colombo|indigenous peoples day"
        "|dia pueblos indigenas",
    ),
    "hispanic day": (
        (fixed(10, 12),),
        "dia hispanidad|hispanidad|dia raza|dia diversidad cultural|dia respeto diversidad cultural|fiesta"
        " nacional espana|dia pilar|virgen pilar",
    ),
    "halloween": (
        (fixed(10, 31),),
        "halloween|noche brujas|dia brujas|dia bruxas|noite bruxas|halloween day|dia halloween",
    ),
    "all saints": (
        (fixed(11, 1),),
        "todos santos|dia todos santos|todos os santos|dia todos os santos|all saints|all saints day|all hallows"
        "|all hallows day",
    ),
    "all souls": (
        (fixed(11, 2),),
        "dia muertos|dia difuntos|fieles difuntos|finados|dia finados|dia mortos|all souls|all souls day|day"
        " dead|dia almas"
        "|dia fieles difuntos",
    ),
    "guy fawkes": ((fixed(11, 5),), "guy fawkes|guy fawkes day|bonfire night|noche hogueras|dia guy fawkes"),
    "veterans": ((fixed(11, 11),), "dia veteranos|veterans day|dia veterano|armistice day|dia armisticio"),
    "singles": ((fixed(11, 11),), "dia solteros|dia soltero|singles day|dia solteiros|dia solteiro|doble once"),
    "thanksgiving": (
        (THANKSGIVING,),
        "accion gracias|dia accion gracias|thanksgiving|thanksgiving day|acao gracas|dia acao gracas|dia gracias",
    ),
    "black friday": ((after(THANKSGIVING, 1),), "black friday|viernes negro|sexta feira negra|sexta negra"),
    "cyber monday": (
        (after(THANKSGIVING, 4),),
        "cyber monday|ciberlunes|lunes cibernetico|ciber lunes|segunda feira cibernetica",
    ),
    "constitution": ((fixed(12, 6),), "dia constitucion|constitucion espanola"),
    "conception": (
        (fixed(12, 8),),
        "inmaculada|inmaculada concepcion|dia inmaculada|imaculada conceicao|nossa senhora conceicao|dia velitas"
        "|purisima",
    ),
    "guadalupe": ((fixed(12, 12),), "virgen guadalupe|dia virgen guadalupe|dia guadalupe|guadalupe reyes"),
    "christmas eve": (
        (fixed(12, 24),),
        "nochebuena|noche buena|vispera navidad|vespera natal|vesperas natal|noite natal|christmas eve|xmas eve"
        "|dia nochebuena"
        "|noche navidad|vesperas do natal",
    ),
    "christmas": (
        (fixed(12, 25),),
        "navidad|dia navidad|navidades|natal|dia natal|christmas|christmas day|xmas|x mas|xmas day|dia natividad",
    ),
    "boxing day": ((fixed(12, 26),), "boxing day|san esteban|dia san esteban"),
    "innocents": ((fixed(12, 28),), "dia inocentes|santos inocentes|dia santos inocentes"),
    "advent": ((advent,), "adviento|primer domingo adviento|advento|advent"),
    "carnival": (
        (from_easter(-47),),
        "carnaval|martes carnaval|carnavales|terca feira carnaval|mardi gras|carnival|dia carnaval|shrove"
        " tuesday|fat tuesday"
        "|martes gordo",
    ),
    "carnival monday": ((from_easter(-48),), "lunes carnaval|segunda feira carnaval|segunda carnaval"),
    "ash wednesday": ((from_easter(-46),), "miercoles ceniza|quarta feira cinzas|cinzas|ash wednesday|quarta cinzas"),
    "palm sunday": ((from_easter(-7),), "domingo ramos|palm sunday|domingo palmas"),
    "maundy thursday": (
        (from_easter(-3),),
        "jueves santo|quinta feira santa|maundy thursday|quinta santa|holy thursday",
    ),
    "good friday": (
        (from_easter(-2),),
        "viernes santo|sexta feira santa|good friday|sexta santa|sexta feira paixao|paixao cristo|sexta feira da"
        " paixao",
    ),
    "holy saturday": ((from_easter(-1),), "sabado santo|sabado gloria|sabado aleluia|holy saturday"),
    "easter": (
        (from_easter(0),),
        "pascua|pascuas|dia pascua|domingo pascua|domingo resurreccion|domingo gloria|pascoa|domingo pascoa|dia"
        " pascoa|easter"
        "|easter sunday|easter day|semana santa domingo|pascua resurreccion|domingo pascuas|dia pascuas",
    ),
    "easter monday": ((from_easter(1),), "lunes pascua|easter monday|lunes angel|segunda feira pascoa"),
    "ascension": ((from_easter(39),), "ascension|dia ascension|ascensao|ascension day|jueves ascension"),
    "pentecost": ((from_easter(49),), "pentecostes|domingo pentecostes|pentecost|whitsun|whit sunday"),
    "whit monday": ((from_easter(50),), "lunes pentecostes|whit monday"),
    "trinity": ((from_easter(56),), "domingo trinidad|trinity sunday|trinidad santisima"),
    "corpus": ((from_easter(60),), "corpus christi|corpus|dia corpus christi"),
    "martin luther king": (
        (nth(1, 0, 3),),
        "dia martin luther king|martin luther king|martin luther king day|martin luther king jr day|mlk day"
        "|dia martin luther king jr|martin luther king jr",
    ),
    "presidents": (
        (nth(2, 0, 3),),
        "dia presidentes|dia presidente|presidents day|president day|dia washington|washingtons birthday"
        "|cumpleanos washington|aniversario washington|natalicio washington",
    ),
    "inauguration": ((fixed(1, 20),), "dia investidura|inauguration day|dia inauguracion|dia posse presidencial"),
    "flag (USA)": ((fixed(6, 14),), "flag day"),
    "canada": ((fixed(7, 1),), "canada day|dia canada"),
    "australia": ((fixed(1, 26),), "australia day|dia australia"),
    "environment": ((fixed(6, 5),), "dia medio ambiente|dia mundial medio ambiente|dia meio ambiente|environment day"),
    "book": ((fixed(4, 23),), "dia libro|sant jordi|san jorge|dia livro|world book day"),
    "friend": ((fixed(7, 20),), "dia amigo|dia amistad|dia amizade|friendship day|dia amigos"),
    "pi": ((fixed(3, 14),), "dia pi|pi day"),
}

# What a language's speakers mean first, where it differs.
ELSEWHERE: dict[tuple[str, str], tuple[Feast, ...]] = {
    ("father", "pt"): (nth(8, 6, 2), nth(6, 6, 3), fixed(3, 19)),
    ("father", "en"): (nth(6, 6, 3),),
    ("mother", "pt"): (nth(5, 6, 2), nth(5, 6, 1)),
    ("mother", "en"): (nth(5, 6, 2),),
    ("independence (USA)", "pt"): (fixed(9, 7), fixed(7, 4)),
    ("independence (USA)", "es"): (fixed(7, 4), fixed(9, 16), fixed(7, 28)),
}

# feast: days before and after the first day that belong to it
WEEKS: dict[str, tuple[Feast, int, str]] = {
    "holy week": (from_easter(-7), 7, "semana santa|holy week|easter week"),
}
