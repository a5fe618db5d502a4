"""Portuguese words of time, without accents: each symbol of the rules with its values and the words for them."""

NAME = "pt"
ORDER = "dmy"

WORDS: dict[str, dict[object, str]] = {
    "THE": {None: "o|a|os|as|ao|aos|do|da|dos|das|no|na|nos|nas|pelo|pela"},
    "LAS": {None: "as|a|das|pelas|da"},
    "PLURAL": {None: "os|as|aos|nos|nas"},
    "A": {None: "a|ao|aos"},
    "OF": {None: "de|do|da|dos|das|d|deste|desta|desse|dessa|neste|nesta|nesse|nessa"},
    "IN": {None: "em|no|na|nos|nas|num|numa|neste|nesta"},
    "ON": {None: "em|no|na|para|pra|pro|ao|do|da"},
    "BY": {None: "por|pela|pelo|pelas|de|a"},
    "FOR": {None: "para|pra|pro|durante|por"},
    "LASTING": {None: "durante|por"},
    "FROM": {None: "desde|de|das|da|do|a partir de|a partir"},
    "BETWEEN": {None: "entre"},
    "TO": {None: "ate|a|as|ao"},
    "AND": {None: "e"},
    "WITH": {None: "com"},
    "MINUS": {None: "menos"},
    "SHORT_OF": {None: "para|pra|antes de|pras|antes"},
    "PAST": {None: "passadas|passados|depois"},
    "IS": {None: "sao|e|era|eram|sejam"},
    "ABOUT": {
        None: "por volta de|por volta|cerca de|em torno de|la pelas|pelas|la por|aproximadamente|mais ou menos|perto de"
        "|perto|tipo|sobre|a partir de|a partir|cerca"
    },
    "NOW": {
        None: "agora|agora mesmo|o mais cedo possivel|agorinha|ja|neste momento|neste instante|nesse momento"
        "|imediatamente|o quanto antes"
        "|o mais rapido possivel|assim que possivel|logo que possivel|quanto antes|o mais breve possivel"
        "|exatamente agora"
    },
    "TODAY": {None: "hoje|dia de hoje|hoje mesmo|hoje em dia"},
    "TOMORROW": {None: "amanha|dia de amanha"},
    "YESTERDAY": {None: "ontem|dia de ontem"},
    "DAY_AFTER": {None: "depois de amanha|dia depois de amanha|apos amanha|dia apos amanha"},
    "DAY_BEFORE": {None: "anteontem|antes de ontem|antontem|dia antes de ontem"},
    "BEFORE_YESTERDAY": {None: "antes de ontem"},
    "AFTER_TOMORROW": {None: "depois de amanha"},
    "LAST_NIGHT": {None: "ontem a noite|noite passada|ontem de noite"},
    "NIGHT_BEFORE_LAST": {None: "anteontem a noite"},
    "NEXT": {
        None: "proximo|proxima|proximos|proximas|seguinte|seguintes|que vem|que vem ai|vindouro|vindoura"
        "|posterior|a seguir"
        "|subsequente"
    },
    "LAST": {
        None: "passado|passada|passados|passadas|ultimo|ultima|ultimos|ultimas|anterior|anteriores|previo|previa"
        "|que passou"
    },
    "FINAL": {-1: "ultimo|ultima"},
    "THIS": {
        None: "este|esta|estes|estas|esse|essa|deste|desta|desse|dessa|neste|nesta|nesse|nessa|mesmo|mesma"
        "|presente|corrente"
        "|atual"
    },
    "THAT": {None: "esse|essa|aquele|aquela|naquele|naquela"},
    "PART": {
        "dawn": "madrugada|madrugadas",
        "morning": "manha|manhas|manhazinha",
        "noon": "meio dia|meiodia",
        "afternoon": "tarde|tardes|tardinha",
        "evening": "fim da tarde|final da tarde|anoitecer",
        "night": "noite|noites|noitinha",
    },
    "NOON": {12: "meio dia|meiodia"},
    "MIDNIGHT": {0: "meia noite|meianoite"},
    "LUNCH": {12: "hora do almoco"},
    "MIDMORNING": {10: "meio da manha|meia manha"},
    "MIDAFTERNOON": {14: "meio da tarde|meia tarde"},
    "AM": {"am": "am"},
    "PM": {"pm": "pm"},
    "EARLY": {None: "cedo|cedinho|bem cedo"},
    "HALF": {30: "meia|meio"},
    "QUARTER": {15: "quarto|um quarto"},
    "THREE_QUARTERS": {45: "tres quartos"},
    "OCLOCK": {None: "em ponto|exatas"},
    "AGO_BEFORE": {None: "ha|faz|fazem|ha uns|faz uns"},
    "AGO": {None: "atras"},
    "WITHIN": {None: "em|dentro de|daqui a|daqui|apos|depois de|daqui ha|ao fim de|ao cabo de|no prazo de"},
    "FROM_NOW": {
        None: "a partir de agora|a partir de hoje|desde agora|de agora em diante|depois de hoje|apos hoje"
        "|contados de hoje"
        "|a contar de hoje"
    },
    "LATER": {None: "mais tarde|depois|mais adiante|apos"},
    "AFTER": {None: "depois de|depois|apos|a partir de|a partir|passado|passada"},
    "BEFORE": {None: "antes de|antes|de antecedencia|previos"},
    "EVERY": {None: "cada|todo|toda|todos|todas|todos os|todas as"},
    "HABIT": {
        "DAILY": "diaria|diariamente",
        "WEEKLY": "semanal|semanalmente",
        "FORTNIGHTLY": "quinzenal|quinzenalmente",
        "MONTHLY": "mensal|mensalmente",
        "QUARTERLY": "trimestral|trimestralmente",
        "YEARLY": "anual|anualmente",
    },
    "WORKDAYS": {None: "dias uteis|dia util|dias de semana|dia de semana|durante a semana"},
    "END": {None: "fim|final|fins|finais|termino|fechamento"},
    "START": {None: "inicio|comeco|principio|inicios"},
    "MIDDLE": {None: "meados|metade|meio"},
    "COUPLE": {2: "par de|um par de", 3: "uns poucos|poucos|alguns|algumas|varios|varias"},
    "SOME": {None: "uns|umas|outros|outras|outra|outro|mais"},
    "GREETING": {None: "boa noite|boa tarde|bom dia|boas noites|boas tardes"},
    "EVE": {None: "vespera|vesperas"},
    "END_OF_DAY": {None: "eod"},
    "UNIT": {
        "second": "segundo|segundos|seg|segs",
        "minute": "minuto|minutos|min|mins|minutinhos|minutinho",
        "hour": "hora|horas|h|hs|hr|hrs|horinha|horinhas",
        "day": "dia|dias",
        "workday": "dia util|dias uteis",
        "week": "semana|semanas|sem",
        "fortnight": "quinzena|quinzenas",
        "month": "mes|meses",
        "quarter": "trimestre|trimestres",
        "semester": "semestre|semestres",
        "year": "ano|anos",
        "decade": "decada|decadas",
        "century": "seculo|seculos",
    },
    "WEEKEND": {None: "fim de semana|fins de semana|final de semana|finais de semana|fds"},
    "WEEKDAY": {
        0: "segunda feira|segundafeira|segunda|2a feira",
        1: "terca feira|tercafeira|terca",
        2: "quarta feira|quartafeira|quarta",
        3: "quinta feira|quintafeira|quinta",
        4: "sexta feira|sextafeira|sexta",
        5: "sabado",
        6: "domingo",
    },
    "WEEKDAYS": {
        0: "segundas|segundas feiras",
        1: "tercas|tercas feiras",
        2: "quartas|quartas feiras",
        3: "quintas|quintas feiras",
        4: "sextas|sextas feiras",
        5: "sabados",
        6: "domingos",
    },
    "SHORT_WEEKDAY": {0: "seg", 1: "ter", 2: "qua", 3: "qui", 4: "sex", 5: "sab", 6: "dom"},
    "MONTH": {
        1: "janeiro",
        2: "fevereiro",
        3: "marco",
        4: "abril",
        5: "maio",
        6: "junho",
        7: "julho",
        8: "agosto",
        9: "setembro",
        10: "outubro",
        11: "novembro",
        12: "dezembro",
    },
    "SHORT_MONTH": {
        1: "jan",
        2: "fev",
        3: "mar",
        4: "abr",
        5: "mai",
        6: "jun",
        7: "jul",
        8: "ago",
        9: "set",
        10: "out",
        11: "nov",
        12: "dez",
    },
}

ONES = {
    0: "zero",
    1: "um|uma",
    2: "dois|duas",
    3: "tres",
    4: "quatro",
    5: "cinco",
    6: "seis|meia duzia",
    7: "sete",
    8: "oito",
    9: "nove",
    10: "dez",
    11: "onze",
    12: "doze",
    13: "treze",
    14: "quatorze|catorze",
    15: "quinze",
    16: "dezesseis|dezasseis",
    17: "dezessete|dezassete",
    18: "dezoito",
    19: "dezenove|dezanove",
}
TENS = {
    20: "vinte",
    30: "trinta",
    40: "quarenta",
    50: "cinquenta",
    60: "sessenta",
    70: "setenta",
    80: "oitenta",
    90: "noventa",
}
HUNDREDS = {
    100: "cem|cento",
    200: "duzentos|duzentas",
    300: "trezentos|trezentas",
    400: "quatrocentos",
    500: "quinhentos",
    600: "seiscentos",
    700: "setecentos",
    800: "oitocentos",
    900: "novecentos",
}
THOUSAND = {"mil"}
HUNDRED: set[str] = set()
AND = {"e"}
ORDINALS = {
    1: "primeiro|primeira",
    2: "segundo|segunda",
    3: "terceiro|terceira",
    4: "quarto|quarta",
    5: "quinto|quinta",
    6: "sexto|sexta",
    7: "setimo|setima",
    8: "oitavo|oitava",
    9: "nono|nona",
    10: "decimo|decima",
    20: "vigesimo|vigesima",
    30: "trigesimo|trigesima",
}
# Words that tell this language from the two others; they say nothing about time.
MARKERS = (
    "agende algo ali amanha antes ao aos aqui as ate avise chego com consulta da daqui das depois desde desta deste "
    "dezembro dia do dos e ela ele eles em encontraremos encontro entre esta estarei estava estou eu favor fazer "
    "feira fevereiro foi ha hoje hora isso isto ja janeiro julho junho lembre lhe liga ligue mae maes maio manha "
    "marco mas me meu meus minha minhas muito na nada nao nas natal nessa nesse nesta neste no noite nos novembro num "
    "numa o obrigado ola onde ontem os outro outubro pago pai pais pascoa pela pelo perto pode porque pra proxima "
    "proximo qual quando quanto quarta que quem quero quinta reuniao saio sao se seguinte segunda sem semana sera "
    "setembro seu seus sexta so sobre sua tambem tarde te tem tenho ter terca tudo um uma uns vamos vem vence voce "
    "voces voltarei volto vou"
)
