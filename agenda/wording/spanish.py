"""Spanish words of time, without accents: each symbol of the rules with its values and the words for them."""

NAME = "es"
ORDER = "dmy"

WORDS: dict[str, dict[object, str]] = {
    "THE": {None: "el|la|los|las|lo|al|del"},
    "LAS": {None: "las|la"},
    "PLURAL": {None: "los|las"},
    "A": {None: "a|al"},
    "OF": {None: "de|del"},
    "IN": {None: "en"},
    "ON": {None: "en|para|del|al"},
    "BY": {None: "por"},
    "FOR": {None: "para|pa|durante|por"},
    "LASTING": {None: "durante|por"},
    "FROM": {None: "desde|de|del"},
    "BETWEEN": {None: "entre"},
    "TO": {None: "hasta|a|al"},
    "AND": {None: "y|e"},
    "WITH": {None: "con"},
    "MINUS": {None: "menos"},
    "SHORT_OF": {None: "para|pa|antes de"},
    "PAST": {None: "pasadas|pasados"},
    "IS": {None: "es|son|era|eran|sean|seran"},
    "ABOUT": {
        None: "sobre|alrededor de|cerca de|tipo|tipo a|a eso de|hacia|aproximadamente|aproximadamente a|como a"
        "|mas o menos|mas o menos a|a partir de|en torno a|alrededor"
    },
    "NOW": {
        None: "ahora|ahora mismo|justo ahora|ya mismo|en este momento|en este instante|ahorita|ahora ya"
        "|en este preciso momento|inmediatamente|lo antes posible|lo mas pronto posible|cuanto antes"
        "|tan pronto como sea posible|tan pronto sea posible"
    },
    "TODAY": {None: "hoy|hoy dia|hoy mismo|dia de hoy|hoy en dia"},
    "TOMORROW": {None: "manana|dia de manana"},
    "YESTERDAY": {None: "ayer|dia de ayer"},
    "DAY_AFTER": {None: "pasado manana|pasadomanana|despues de manana|dia despues de manana"},
    "DAY_BEFORE": {None: "anteayer|antier|antes de ayer|antesdeayer|antes de antes de ayer|dia antes de ayer"},
    "BEFORE_YESTERDAY": {None: "antes de ayer"},
    "AFTER_TOMORROW": {None: "despues de manana"},
    "LAST_NIGHT": {
        None: "anoche|ayer noche|ayer a la noche|ayer en la noche|ayer por la noche|noche pasada|noche de ayer"
    },
    "NIGHT_BEFORE_LAST": {None: "anteanoche|antes de anoche"},
    "NEXT": {
        None: "proximo|proxima|proximos|proximas|siguiente|siguientes|que viene|que vienen|que entra|entrante"
        "|venidero|venidera|posterior"
    },
    "LAST": {
        None: "pasado|pasada|pasados|pasadas|ultimo|ultima|ultimos|ultimas|anterior|anteriores|previo|previa|que paso"
    },
    "FINAL": {-1: "ultimo|ultima|final"},
    "THIS": {None: "este|esta|estos|estas|ese|esa|mismo|misma|presente|corriente|actual|en curso"},
    "THAT": {None: "ese|esa|aquel|aquella"},
    "PART": {
        "dawn": "madrugada|madrugadas",
        "morning": "manana|mananita|mananas",
        "noon": "mediodia|medio dia",
        "afternoon": "tarde|tardes|tardecita|siesta",
        "evening": "tardenoche|anochecer",
        "night": "noche|noches|nochecita",
    },
    "NOON": {12: "mediodia|medio dia"},
    "MIDNIGHT": {0: "medianoche|media noche"},
    "LUNCH": {12: "hora de comer|hora del almuerzo|hora de la comida"},
    "MIDMORNING": {10: "media manana"},
    "MIDAFTERNOON": {14: "media tarde"},
    "AM": {"am": "am|ante meridiem"},
    "PM": {"pm": "pm|post meridiem"},
    "EARLY": {None: "temprano|primera hora de|a primera hora de|a primera hora|primera hora|tempranito"},
    "HALF": {30: "media|medio"},
    "QUARTER": {15: "cuarto|quarto"},
    "THREE_QUARTERS": {45: "tres cuartos"},
    "OCLOCK": {None: "en punto|exactas|clavadas"},
    "AGO_BEFORE": {None: "hace|hacia|hara|desde hace|ya hace"},
    "AGO": {None: "atras"},
    "WITHIN": {
        None: "en|dentro de|al cabo de|de aqui a|tras|despues de|luego de|pasados|pasadas|en unos|dentro de unos"
    },
    "FROM_NOW": {
        None: "a partir de ahora|desde ahora|a partir de hoy|desde hoy|de aqui en adelante|despues de ahora"
        "|contando desde hoy|despues de hoy|a contar desde hoy"
    },
    "LATER": {None: "mas tarde|despues|luego|mas adelante"},
    "AFTER": {None: "despues de|despues|a partir de|a partir|desde|luego de|tras|pasado|pasadas|pasada"},
    "BEFORE": {None: "antes de|antes|previo a|de antelacion|de anticipacion|previos|previas|anterior a"},
    "EVERY": {None: "cada|todos|todas|todos los|todas las|todo|toda"},
    "OTHER_ONE": {2: "dos por tres"},
    "HABIT": {
        "DAILY": "diaria|diariamente|a diario|cotidianamente",
        "WEEKLY": "semanal|semanalmente",
        "FORTNIGHTLY": "quincenal|quincenalmente",
        "MONTHLY": "mensual|mensualmente",
        "QUARTERLY": "trimestral|trimestralmente",
        "YEARLY": "anual|anualmente",
    },
    "WORKDAYS": {
        None: "entre semana|dias laborables|dias habiles|dias de semana|dia laborable|dia habil|dia de semana"
    },
    "END": {None: "fin|final|fines|finales|finalizar|acabar|terminar|termino|cierre"},
    "START": {None: "principio|principios|inicio|inicios|comienzo|comienzos|empezar"},
    "MIDDLE": {None: "mediados|mitad"},
    "COUPLE": {2: "par de|un par de", 3: "unos pocos|unas pocas|pocos|pocas|algunos|algunas|varios|varias"},
    "SOME": {None: "unos|unas|otros|otras|otra|otro"},
    "GREETING": {None: "buenas noches|buenas tardes|buenos dias|buen dia|buena tarde|buena noche"},
    "EVE": {None: "vispera|visperas"},
    "END_OF_DAY": {None: "eod"},
    "UNIT": {
        "second": "segundo|segundos|seg|segs",
        "minute": "minuto|minutos|min|mins|minutitos|minutito",
        "hour": "hora|horas|h|hs|hr|hrs|horita|horitas",
        "day": "dia|dias|jornada|jornadas",
        "workday": "dia habil|dias habiles|dia laborable|dias laborables|dia laboral|dias laborales",
        "week": "semana|semanas|sem",
        "fortnight": "quincena|quincenas",
        "month": "mes|meses",
        "quarter": "trimestre|trimestres",
        "semester": "semestre|semestres",
        "year": "ano|anos",
        "decade": "decada|decadas",
        "century": "siglo|siglos",
    },
    "WEEKEND": {None: "fin de semana|fines de semana|finde|findes"},
    "FEIRA": {},
    "WEEKDAY": {
        0: "lunes",
        1: "martes",
        2: "miercoles",
        3: "jueves",
        4: "viernes",
        5: "sabado",
        6: "domingo",
    },
    "WEEKDAYS": {5: "sabados", 6: "domingos"},
    "SHORT_WEEKDAY": {
        0: "lun|lu",
        1: "mar|ma",
        2: "mie|mier|mi",
        3: "jue|ju",
        4: "vie|vier|vi",
        5: "sab|sa",
        6: "dom|do",
    },
    "MONTH": {
        1: "enero",
        2: "febrero",
        3: "marzo",
        4: "abril",
        5: "mayo",
        6: "junio",
        7: "julio",
        8: "agosto",
        9: "septiembre|setiembre",
        10: "octubre",
        11: "noviembre",
        12: "diciembre",
    },
    "SHORT_MONTH": {
        1: "ene|enr",
        2: "feb|febr",
        3: "mar|mzo",
        4: "abr",
        5: "may",
        6: "jun",
        7: "jul",
        8: "ago|agto|agos",
        9: "sep|sept|set",
        10: "oct",
        11: "nov",
        12: "dic",
    },
}

ONES = {
    0: "cero",
    1: "un|uno|una",
    2: "dos",
    3: "tres",
    4: "cuatro",
    5: "cinco",
    6: "seis",
    7: "siete",
    8: "ocho",
    9: "nueve",
    10: "diez",
    11: "once",
    12: "doce",
    13: "trece",
    14: "catorce",
    15: "quince",
    16: "dieciseis",
    17: "diecisiete",
    18: "dieciocho",
    19: "diecinueve",
    21: "veintiuno|veintiun|veintiuna",
    22: "veintidos",
    23: "veintitres",
    24: "veinticuatro",
    25: "veinticinco",
    26: "veintiseis",
    27: "veintisiete",
    28: "veintiocho",
    29: "veintinueve",
}
TENS = {
    20: "veinte",
    30: "treinta",
    40: "cuarenta",
    50: "cincuenta",
    60: "sesenta",
    70: "setenta",
    80: "ochenta",
    90: "noventa",
}
HUNDREDS = {
    100: "cien|ciento",
    200: "doscientos|doscientas",
    300: "trescientos|trescientas",
    400: "cuatrocientos",
    500: "quinientos",
    600: "seiscientos",
    700: "setecientos",
    800: "ochocientos",
    900: "novecientos",
}
THOUSAND = {"mil"}
HUNDRED: set[str] = set()
AND = {"y"}
ORDINALS = {
    1: "primer|primero|primera",
    2: "segundo|segunda",
    3: "tercer|tercero|tercera",
    4: "cuarto|cuarta",
    5: "quinto|quinta",
    6: "sexto|sexta",
    7: "septimo|septima|setimo",
    8: "octavo|octava",
    9: "noveno|novena",
    10: "decimo|decima",
    11: "undecimo|decimoprimero|decimoprimer",
    12: "duodecimo|decimosegundo",
    13: "decimotercero|decimotercer",
    14: "decimocuarto",
    15: "decimoquinto",
    16: "decimosexto",
    17: "decimoseptimo",
    18: "decimoctavo",
    19: "decimonoveno",
    20: "vigesimo|vigesima",
    21: "vigesimoprimero|vigesimoprimer",
    22: "vigesimosegundo",
    23: "vigesimotercero|vigesimotercer",
    24: "vigesimocuarto",
    25: "vigesimoquinto",
    26: "vigesimosexto",
    27: "vigesimoseptimo",
    28: "vigesimoctavo",
    29: "vigesimonoveno",
    30: "trigesimo|trigesima",
    31: "trigesimoprimero|trigesimoprimer",
}
# Words that tell this language from the two others; they say nothing about time.
MARKERS = (
    "agenda al algo alli ano anos antes aqui avisame ayer cerca cita con cual cuando cuanto del dentro desde despues "
    "dia diciembre donde el ella ellos en enero entre entrega es eso esta estar estas esto estoy favor febrero fue "
    "gracias hace hacer hasta hay hola hora hoy ire jueves julio junio las le les llama llamame llego lo los lunes "
    "manana martes marzo mayo mi miercoles mis muy nada no noche nos nosotros noviembre octubre otro pago para pasado "
    "pero por porque proxima proximo puedes que quedamos quien quiero recuerdame regresare reunion sabado salgo se "
    "semana septiembre ser si siguiente sin sobre son su sus tambien tarde te tener tengo todo tu tus una uno unos "
    "ustedes vamos vemos vence viene viernes volver volvere voy vuelvo y yo"
)
