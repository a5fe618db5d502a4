# ruff: noqa: E501  (word lists and patterns are one line each)
"""What a message wants: intents by rules, and the words that say which things it is about.

Rules are data: another assistant adds its own to ``understand`` without touching these.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from assistants.builtin.topics import TOPICS
from assistants.grounding.numbers import Number, find_numbers
from assistants.grounding.vocabulary import DISTINGUISHING
from assistants.grounding.words import fold, stem, tokenize, word_set
from assistants.language import Language, detect_language


class Intent(StrEnum):
    """What a person may want of a shop."""

    GREETING = "greeting"
    THANKS = "thanks"
    GOODBYE = "goodbye"
    IDENTITY = "identity"
    OUT_OF_SCOPE = "out_of_scope"
    MANIPULATION = "manipulation"  # asks the assistant to be another one
    BUSINESS = "business"
    OFFERING = "offering"  # what do you sell
    PRICE = "price"
    STOCK = "stock"
    COMPARISON = "comparison"
    CHEAPEST = "cheapest"
    DEAREST = "dearest"
    RECOMMENDATION = "recommendation"
    SIMILAR = "similar"
    DETAILS = "details"


@dataclass(frozen=True, slots=True)
class Rule:
    """An intent and the folded words that show it, in any language."""

    intent: str
    pattern: re.Pattern[str]


def rule(intent: str, *patterns: str) -> Rule:
    """A rule that holds when one of the patterns is found between word boundaries of the folded message."""
    return Rule(intent, re.compile(r"(?<!\w)(?:" + "|".join(patterns) + r")(?!\w)"))


COMMERCIAL_RULES: tuple[Rule, ...] = (
    rule(
        Intent.GREETING,
        r"hola+|holi|buen(?:os|as)(?: dias| tardes| noches)?|buen dia|que tal|saludos|hey|hi|hello|good (?:morning|afternoon|evening)",
        r"oi+|ola|bom dia|boa (?:tarde|noite)|e ai|tudo bem",
    ),
    rule(
        Intent.THANKS,
        r"(?:muchas |mil )?gracias|te agradezco|muy amable|thanks?(?: you)?|thx|much appreciated|(?:muito )?obrigad[oa]|valeu|agradeco",
    ),
    rule(
        Intent.GOODBYE,
        r"adios|chao|chau|hasta (?:luego|pronto|manana)|nos vemos|bye|goodbye|see you|tchau|ate (?:logo|mais|breve)",
    ),
    rule(
        Intent.IDENTITY,
        r"quien (?:eres|sos|es usted)|como te llamas|eres (?:un )?(?:robot|bot|humano|persona|ia)|hablo con (?:un|una) \w+|who are you|are you (?:a )?(?:robot|bot|human|real)|quem e voce|voce e (?:um )?(?:robo|bot|humano)|que puedes hacer|what can you do|o que voce faz",
    ),
    rule(
        Intent.OUT_OF_SCOPE,
        r"chiste|clima|pronostico|va a llover|presidente|elecciones|politica(?! de (?:cambio|devolucion|garantia|envio)\w*)|futbol|quien gano|partido de|poema|cancion|receta|traduce\w*|tarea de|capital de|horoscopo|noticias|dolar hoy|bitcoin|criptomoneda\w*|codigo en python|programa en|cuentame (?:un|una) (?:cuento|historia)|sentido de la vida|me amas|cuanto es \d",
        r"joke|weather|president|election|football score|poem|song lyrics|recipe|translate|capital of|news today|write (?:a|me|some) (?:code|essay|poem|story)",
        r"piada|previsao do tempo|presidente|eleicoes|futebol|poema|receita|traduz\w*|noticias",
    ),
    rule(
        Intent.MANIPULATION,
        r"(?:ignor|olvid|omit|salt|desobede|desatiend|incumpl)\w* (?:\w+ ){0,4}(?:reglas?|instrucci\w+|indicaci\w+|ordenes|prompt|restricci\w+|politicas)|(?:tu|el|del) (?:system )?prompt|(?:tus|muestra\w* las) instrucciones|modo (?:desarrollador|dios|administrador)|jailbreak|actua como|finge (?:que|ser)|hazte pasar|todo (?:es|esta|sea|sale) gratis",
        r"(?:ignore|forget|disregard|bypass|override)\w* (?:\w+ ){0,4}(?:rules?|instructions?|prompts?|restrictions?)|system prompt|your (?:rules|instructions)|pretend (?:to be|you|that)|act as|developer mode|everything is free",
        r"(?:ignore|esqueca|desconsidere) (?:\w+ ){0,4}(?:regras?|instruc\w+)|suas (?:regras|instruc\w+)|finja|aja como|tudo (?:e|esta) (?:gratis|de graca)",
    ),
    rule(
        Intent.OFFERING,
        r"que (?:cosas |productos |tipo de (?:cosas|productos) |mas )?(?:venden|vendes|ofrecen|ofreces|manejan|manejas|tienen|tienes|hay)(?: en (?:la|su) tienda)?(?= *(?:$|[?.!,]))|que (?:productos|categorias|secciones|cosas) (?:tienen|manejan|hay|venden|ofrecen)|(?:ver |muestrame |dame |mandame |pasame |me (?:muestras|mandas|pasas|envias) )(?:el |su |tu |todo el )?catalogo|(?:lista de )?categorias|a que se dedican|que tienen(?: de nuevo)?(?= *(?:$|[?.!,]))|el catalogo",
        r"what (?:do you|kind of (?:things|products) do you) (?:sell|have|offer)(?= *(?:$|[?.!,]))|what products|categories|your catalog(?:ue)?",
        r"o que (?:voces |voce |vcs )?(?:vendem|vende|tem|oferecem)(?= *(?:$|[?.!,]))|quais (?:produtos|categorias)|categorias|o catalogo",
    ),
    rule(
        Intent.COMPARISON,
        r"compar\w+|diferencia\w*|cual (?:es|seria|sale|conviene|me conviene|dura|sirve)[^?]{0,40}\b(?:o|u|entre)\b|versus|vs|mejor[^?]{1,40} o (?:el|la|los|las|un|una)|difference\w*|which (?:is|one)[^?]{0,40}\bor\b|diferenca\w*|qual (?:e|fica)[^?]{0,40}\bou\b",
    ),
    rule(
        Intent.CHEAPEST,
        r"mas (?:barat|economic)\w*|menor precio|precio mas bajo|mejor precio|barat[oa]s?|economic[oa]s?|cheap(?:est|er)?|lowest price|least expensive|affordable|mais (?:barat|em conta|economic)\w*|menor preco|em conta",
    ),
    rule(Intent.DEAREST, r"mas (?:car|costos)\w*|mayor precio|most expensive|priciest|mais car\w*|tope de gama"),
    rule(
        Intent.SIMILAR,
        r"(?:algo |otros? |otras? |uno |una )?(?:similar|parecid|alternativ)\w*|otras? opcion(?:es)?|otros? (?:modelo|producto)s?|en lugar de|something (?:similar|like)|similar|alternatives?|other options?|parecid\w*|outras? opc\w+|alternativas?",
    ),
    rule(
        Intent.RECOMMENDATION,
        r"recomiend\w*|recomendac\w*|recomendar\w*|suger\w+|sugier\w+|aconsej\w+|que me (?:sirve|conviene|llevo|compro)|cual (?:me (?:llevo|conviene|sirve|compro)|es (?:el |la )?mejor)|el mejor|la mejor|recommend\w*|suggest\w*|which (?:one )?(?:should|is (?:the )?best)|the best|recomend\w*|indic[ae]\w*|sugest\w+|qual (?:e )?[oa] melhor",
    ),
    rule(
        Intent.STOCK,
        r"stock|disponib\w+|existencias?|agotad\w+|cuant[oa]s (?:\w+ ){0,4}?(?:tienen|tienes|quedan|hay|unidades)|quedan?|unidades (?:tienen|hay|quedan)|in stock|available|availability|how many|left|sold out|estoque|disponive\w+|quant[oa]s (?:\w+ ){0,3}?(?:tem|restam|ha)|esgotad\w+",
    ),
    rule(
        Intent.PRICE,
        r"preci(?:o|os|to|tos)|cuant[oa]s? (?:me )?(?:cuesta|vale|sale|es|seria|cobra|valdria|costaria|saldria|salen|cuestan|valen|sal)\w*|cuanto|cuestan?|valen?|a como|que (?:precio|valor|costo)|valor|costo|how much|prices?|costs?|quanto|custam?|precos?|valor",
    ),
    rule(
        Intent.DETAILS,
        r"detalles?|caracteristicas?|especificacion\w*|ficha|mas informacion|mas info|descripcion|describe\w*|cuentame (?:mas )?(?:de|del|sobre)|hablame (?:de|del|sobre)|como es|que trae|de que (?:material|esta hech\w+)|medidas|details?|specs?|specifications?|more about|tell me (?:more )?about|detalhes?|mais informac\w+|fale (?:mais )?sobre|como e",
    ),
)

_FRAME = word_set(
    # Spanish
    "hola holi buenas buenos buen dia dias tarde tardes noche noches que tal saludos oye oiga disculpa disculpe disculpen perdon por favor porfa porfavor me mi te se le les lo"
    " gustaria quisiera quiero queria querria necesito necesitaria necesitamos busco buscando buscamos ando estoy estamos estaba saber conocer consultar preguntar pregunta consulta"
    " informacion info si no tienen tienes tenes tiene tengan tendran tendras tendria hay venden vendes vende manejan manejas maneja ofrecen ofreces cuentan disponible disponibles disponibilidad"
    " stock existencia existencias algo alguna alguno algun algunas algunos cosa cosas una un uno unas unos el la los las de del al a en y e o u con para por sobre como cual cuales"
    " cuanto cuanta cuantos cuantas cuesta cuestan costaria valen vale valdria sale salen saldria cobran precio precios precito valor costo es son esta estan ser seria serian eso ese esa esos esas este esta estos estas"
    " aquel aquella muestrame muestreme mostrar mostrarme ensename ver veo dame deme darme dar decirme dime digame puede puedes pueden podria podrias podrian enviame mandame"
    " recomienda recomiendas recomiendan recomiendame recomendar recomendarme recomendacion recomendaciones recomendarias recomendaria sugieres sugiere sugerencia aconsejas sirve sirven sirva servir conviene mejor mejores buen bueno"
    " buena barato barata baratos baratas economico economica economicos economicas mas menos menor mayor caro cara caros caras bajo presupuesto tengo tenga cuento dispongo hasta maximo minimo menos entre desde"
    " pesos peso dolares dolar soles sol reales reais usd cop mxn ars clp brl pen mil lucas luca k unidades unidad quedan queda queden cuantos llevar llevo llevarme comprar compro compraria pedir ordenar"
    " comparar compara comparame comparacion diferencia diferencias versus vs detalle detalles caracteristica caracteristicas especificaciones ficha descripcion describe cuentame hablame mas acerca medidas"
    " primero primera segundo segunda tercero tercera cuarto cuarta quinto quinta ultimo ultima opcion opciones otra otro otras otros similar similares parecido parecida parecidos parecidas alternativa alternativas tipo tipos modelo modelos"
    " marca marcas producto productos articulo articulos catalogo tienda gracias muchas ok okay categorias categoria secciones seccion hora horas regalar regalarle vale listo perfecto bien entonces pues ahora hoy tambien solo sea todo toda todos todas muy ya qué su sus tu tus nos ustedes usted vos yo"
    " adios chao chau chico favor aun todavia agotado agotada agotados total cada lado lugar sino pero cuando donde hacen hace hacer usar uso trabajo trabajos cliente traen trae traer existe existen interesa interesado interesada les"
    # English
    " lot lots hi hello hey good morning afternoon evening please i i'm im am we would like want need looking look search searching to know if do does you your have has got sell carry stock any some something anything the an"
    " of for with and or in on at is are it its this that these those there how much many what which one ones cost costs price prices priced cheap cheapest cheaper affordable expensive best better recommend recommendation"
    " suggest suggestion me my show tell about more can could available availability left units unit compare comparison difference between than under below over less budget up to dollars dollar bucks first second third last"
    " option options similar alternatives other another details detail specs specifications features thanks thank get buy order too also just so it's what's products product items item model models brand brands s not use useful most least"
    # Portuguese
    " muito muita muitos muitas valeu agradeco oi ola bom boa noite tudo bem voces voce vcs vc tem teem têm vendem vende trabalham gostaria quero queria preciso procuro procurando saber se algum alguma alguns algumas os as um uma uns umas do da dos das no na nos nas"
    " ao pra pro pelo pela com sem quanto quanta quantos quantas custa custam preco precos fica ficam sai saem qual quais e isso esse essa este esta mostre mostra mostrar ver pode podem poderia me recomenda recomende recomendam sugere"
    " melhor melhores barato barata baratos mais menos ate reais real orcamento estoque disponivel disponiveis unidades primeiro segunda segundo terceiro opcao opcoes outro outra outros outras parecido diferenca entre obrigado obrigada por favor"
    " produto produtos modelos tipo algo coisa coisas eu meu minha seu sua tambem agora hoje conta detalhes sobre comprar levar serve servem para quais voces"
)
_ORDINALS = {
    "primer": 1, "first": 1, "segund": 2, "second": 2, "tercer": 3, "third": 3, "terceir": 3, "cuart": 4, "fourth": 4, "quart": 4,
    "quint": 5, "fifth": 5, "ultim": -1, "last": -1, "primeir": 1,
}  # fmt: skip
_ORDINAL = re.compile(
    r"(?<!\w)(?:(?:el|la|del|de la|al|los|the|o|a|do|da)\s+(primer|segund|tercer|cuart|quint|ultim|first|second|third|fourth|fifth|last|primeir|terceir|quart)(?:o|a|os|as)?(?!\w)(?! (?:vez|piso|hora|feira))|(?:opcion|numero|option|number|opcao|nro)\s+(\d))"
)
_DEICTIC = re.compile(
    r"(?<!\w)(?:es[eaoe]s?|est[eao]s?|aquel(?:la|los)?|ambos|ambas|los dos|las dos|that(?: one)?|this(?: one)?|those|these|them|both|it|ess[ea]s?|esses|dele|dela|deles|el mismo|la misma)(?!\w)(?! (?:semana|mes|dia|vez|tienda|negocio|caso|sentido|noche|tarde|manana))"
)
_FOLLOWING = re.compile(r"^\s*[¿¡]?\s*(?:y|e|and|pero|what about|how about|entonces|o)\b")
_UP_TO = re.compile(
    r"(?:hasta|maximo|max|menos de|por debajo de|no mas de|presupuesto (?:es )?(?:de|es)?|presupuesto|tengo(?: solo| unos| como)?|cuento con|dispongo de|con|under|below|less than|up to|budget (?:is |of )?|i have|ate|abaixo de|menos que|orcamento (?:de|e)?|tenho|por menos de|inferior(?:es)? a|menor(?:es)? (?:a|de|que)|max(?:imo)? de|no pase de|no supere(?:n)?)\s*(?:los|las|unos|unas|about)?\s*$"
)
_FROM = re.compile(
    r"(?:desde|mas de|a partir de|minimo|over|more than|from|above|acima de|mais de|entre|between)\s*(?:los)?\s*$"
)
_BETWEEN = re.compile(r"(?:entre|between)[^.?!]{1,25}?(?:y|and|e)\s*(?:los)?\s*$")
UNIT_AFTER = re.compile(
    r"\s?(?:mm|cm|mts?|m|kgs?|kilos?|g|gr|lbs?|libras|l|lts?|litros?|ml|v|volt\w*|w|watts?|gb|tb|mah|oz|onzas|pulg\w*|\"|hp|hz|mp|inch\w*|anos|meses|dias|horas)(?!\w)"
)

# «¿me los mandas a la casa?» asks whether they deliver; «me los llevo» does not.
_PLACE = r"(?: (?:a|hasta|para|to|pra|em) (?:(?!(?:y|e|and|con|cuanto)\b)\w+ ?){1,4})?"
_SENDS = re.compile(
    r"(?<!\w)(?:(?:me|nos) l[oa]s? (?:puede[ns]? |podria[ns]? )?(?:mand|envi|llev|entreg|despach|tra)(?:a[ns]?|e[ns]?|aria[ns]?|eria[ns]?)"
    r"|(?:me|nos) l[oa]s? (?:puede[ns]?|podria[ns]?) (?:mandar|enviar|llevar|entregar|despachar|traer)"
    r"|(?:mand|envi|llev|entreg|despach|tra)(?:a|e|en|ar|er|igan?)?(?:me|nos)l[oa]s?"
    r"|(?:l[oa]s? )?(?:mandan?|envian?|llevan?|entregan?|traen?) a (?:domicilio|(?:la |mi )?casa)"
    r"|(?:can|could|do|will|would) you (?:send|deliver|ship|bring) (?:it|them|that|those)|(?:send|deliver|ship|bring) (?:it|them)(?: to me)?"
    r"|(?:me )?(?:mandam?|enviam?|entregam?|levam?|trazem?) (?:isso |eles |elas |tudo )?em casa)(?!\w)" + _PLACE
)
_COUNTS_ANOTHER = re.compile(r"(?:,|(?<!\w)(?:y|e|and|mas))\s*$")


@dataclass(frozen=True, slots=True)
class Understanding:
    """What one message says.

    ``queries``: what to search for, one for each thing asked; empty when the message names nothing. ``quantity``:
    pieces wanted, said in ``counted``, with the word after it («dos baterias»); ``counts``: pieces of each query, when
    several are counted. ``at_most`` and ``at_least``: limits of a price. ``ordinal``: "the second one" of the last answer, -1
    for the last. ``refers_back``: it speaks of what was said before.
    """

    language: Language
    intents: frozenset[str]
    queries: tuple[str, ...] = ()
    topics: tuple[str, ...] = ()
    quantity: int | None = None
    counted: str = ""
    at_most: Decimal | None = None
    at_least: Decimal | None = None
    ordinal: int | None = None
    refers_back: bool = False
    counts: tuple[tuple[str, int], ...] = ()

    def wants(self, *intents: str) -> bool:
        """Whether one of the intents is among its own."""
        return not self.intents.isdisjoint(intents)


LONGEST_READ = 1000  # characters


def understand(
    text: str, *, rules: Sequence[Rule] = COMMERCIAL_RULES, currency: str = "", language: Language = "es"
) -> Understanding:
    """Read one message of a person; ``language`` is assumed when the words do not tell.

    Of a longer message the first LONGEST_READ characters: no shop's question is longer, and a text made to be slow to
    read would keep every other turn of the process waiting.
    """
    text = " ".join(text.split())[:LONGEST_READ]
    folded = fold(text)
    sends = [found.span() for found in _SENDS.finditer(folded)] if len(folded) == len(text) else []
    numbers = [
        number
        for number in find_numbers(text, currency=currency)
        if not any(start <= number.start < end for start, end in sends)
    ]
    at_most, at_least, spent = _read_limits(folded, numbers)
    intents = frozenset(found.intent for found in rules if found.pattern.search(folded))
    ordinal = _read_ordinal(folded)
    quantity, quantity_span = _read_quantity(folded, numbers, spent)
    counted = _read_counts(folded, numbers, quantity_span)
    used = [*spent, *quantity_span, *((start, end) for start, end, _ in counted), *sends]
    topics = tuple(
        topic for topic, pattern in TOPICS.items() if pattern.search(folded) or (topic == "delivery" and sends)
    )
    if (
        Intent.CHEAPEST in intents
        and "discount" in topics
        and not re.search(r"descuent|promo|discount|descont", folded)
    ):
        topics = tuple(topic for topic in topics if topic != "discount")
    queries = _read_queries(text, used)
    return Understanding(
        language=detect_language(text, default=language),
        intents=intents,
        queries=queries,
        topics=topics,
        quantity=quantity,
        counted=_read_counted(folded, quantity_span),
        at_most=at_most,
        at_least=at_least,
        ordinal=ordinal,
        counts=_share_counts(folded, queries, counted),
        refers_back=bool(_DEICTIC.search(folded) or ordinal is not None or _FOLLOWING.search(folded)),
    )


def _read_limits(
    folded: str, numbers: Sequence[Number]
) -> tuple[Decimal | None, Decimal | None, list[tuple[int, int]]]:
    at_most: Decimal | None = None
    at_least: Decimal | None = None
    spent: list[tuple[int, int]] = []
    for number in numbers:
        value, left, right = max(number.values), folded[: number.start], folded[number.end :]
        if number.percent or number.article or UNIT_AFTER.match(right):
            continue
        money = number.money is not None or value >= 1000
        is_price = (
            money or re.search(r"presupuesto|budget|orcamento|precio|price|preco|dolares|barat", folded) is not None
        )
        if not is_price:
            continue
        if _BETWEEN.search(left):
            at_most = value
        elif _FROM.search(left):
            at_least = value
        elif _UP_TO.search(left) or money:
            at_most = value
        else:
            continue
        spent.append((number.start, number.end))
    return at_most, at_least, spent


def _read_quantity(
    folded: str, numbers: Sequence[Number], spent: Sequence[tuple[int, int]]
) -> tuple[int | None, list[tuple[int, int]]]:
    for number in numbers:
        value, left, right = max(number.values), folded[: number.start], folded[number.end :]
        if (number.start, number.end) in spent or number.percent or number.article or number.money is not None:
            continue
        if (
            re.search(r"\w[-/]$", left)
            or value != int(value)
            or not 1 < value <= 999
            or UNIT_AFTER.match(right)
            or re.match(r"\s?[x/-]\s?\d|[a-z]", right)
        ):
            continue
        if re.search(
            r"(?:talla|talle|size|numero|tamanho|modelo|opcion|option|[a-z]{3,}\s?[a-z]?)\s*$", left
        ) and not re.search(
            r"(?:quiero|necesito|llevar|llevo|compro|comprar|salen|cuestan|valen|por|de|x|los|las|dame|pedir|want|need|buy|for|are|quero|preciso|custam|saem|unos|unas|y|con|si|tienen|hay|have|tem|vocs)\s*$",
            left,
        ):
            continue
        return int(value), [(number.start, number.end)]
    return None, []


def _read_counts(
    folded: str, numbers: Sequence[Number], first: Sequence[tuple[int, int]]
) -> list[tuple[int, int, int]]:
    """(start, end, pieces) of each thing, when more than one is counted: «5 bultos de cemento y 2 brochas»."""
    if not first:
        return []
    more = [
        (number.start, number.end, int(value))
        for number in numbers
        if number.start > first[0][0]
        and not (number.percent or number.article or number.money)
        and (value := max(number.values)) == int(value)
        and 0 < value <= 999
        and not UNIT_AFTER.match(folded[number.end :])
        and _COUNTS_ANOTHER.search(folded[: number.start])
        and re.match(r"\s+(?!en\b|in\b|x\b|em\b)[a-z]", folded[number.end :])
    ]
    own = next((n for n in numbers if (n.start, n.end) == first[0]), None)
    return [(own.start, own.end, int(max(own.values))), *more] if own and more else []


def _share_counts(
    folded: str, queries: Sequence[str], counted: Sequence[tuple[int, int, int]]
) -> tuple[tuple[str, int], ...]:
    """Each query with the number that stands before it."""
    shared = []
    for query in queries if counted else ():
        place = folded.find(fold(query))
        before = [pieces for _, end, pieces in counted if end <= place]
        shared += [(query, before[-1])] if before else []
    return tuple(shared)


def _read_counted(folded: str, spans: Sequence[tuple[int, int]]) -> str:
    """The number and the word after it, folded: what of a message a product's own name may hold, too."""
    for start, end in spans:
        following = re.match(r"\W*\w+", folded[end:])
        return folded[start : end + (following.end() if following else 0)]
    return ""


def _read_ordinal(folded: str) -> int | None:
    found = _ORDINAL.search(folded)
    if found is None:
        return None
    return int(found.group(2)) if found.group(2) else _ORDINALS[found.group(1)]


_SPLIT = re.compile(r"[,;?¿!¡.]+(?!\d)|\b(?:y|e|o|u|and|or|ou|versus|vs|contra)\b", re.IGNORECASE)


def _read_queries(text: str, used: Sequence[tuple[int, int]]) -> tuple[str, ...]:
    """The things a message names, stripped of what is said around them."""
    kept = "".join(" " if any(start <= place < end for start, end in used) else sign for place, sign in enumerate(text))
    queries: list[str] = []
    for part in _SPLIT.split(kept):
        words = [
            token for token in tokenize(part) if fold(token.text) not in _FRAME and token.text.lower() not in _FRAME
        ]
        words = [token for token in words if not any(pattern.fullmatch(token.folded) for pattern in TOPICS.values())]
        if not words:
            continue
        query = part[words[0].start : words[-1].end] if len(words) > 1 else words[0].text
        query = _drop_frames(query)
        if queries and all(token.stem in DISTINGUISHING or token.is_number for token in words):
            queries[-1] = f"{queries[-1]} {query}"  # "camisas blancas y negras"
        else:
            queries.append(query)
    return tuple(queries[:3])


def _drop_frames(query: str) -> str:
    """Take out the words that ask; keep those that join a name ("sierra de mesa")."""
    joins = {"de", "del", "para", "con", "sin", "do", "da", "of", "for", "with", "sem", "com", "en"}
    pieces = re.findall(r"\S+", query)
    kept = []
    for piece in pieces:
        word = fold(re.sub(r"[^\w]", "", piece))
        if word and (word not in _FRAME or word in joins):
            kept.append(piece.strip('¿?¡!.,;:()"«»'))
    while kept and fold(kept[0]) in joins:
        kept.pop(0)
    while kept and fold(kept[-1]) in joins:
        kept.pop()
    return " ".join(kept)


def content_stems(query: str) -> tuple[str, ...]:
    """The stems of a query that tell one thing from another."""
    return tuple(
        dict.fromkeys(
            stem(token.folded) for token in tokenize(query) if not token.is_stop and token.folded not in _FRAME
        )
    )
