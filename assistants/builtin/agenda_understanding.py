# ruff: noqa: E501  (word lists and patterns are one line each)
"""What a message wants of an agenda: one intent by rules, and what it says of moments, things and how urgent they are."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from agenda.dates import Moment, read_moments
from assistants.builtin.understanding import Rule, rule
from assistants.consent import read_consent
from assistants.grounding.moments_facts import GENERIC
from assistants.grounding.words import STOP_WORDS, fold, tokenize, word_set
from assistants.language import Language, detect_language

LONGEST_READ = 1500  # characters of a message


class AgendaIntent(StrEnum):
    """What a person may want of their agenda."""

    UNDO = "undo"
    MANIPULATION = "manipulation"
    PRIORITISE = "prioritise"
    COMPLETE = "complete"
    REMIND = "remind"  # set a reminder of what is there
    MOVE = "move"
    CANCEL = "cancel"
    ADD_TASK = "add_task"
    BOOK = "book"
    FREE = "free"
    OVERDUE = "overdue"
    SUMMARY = "summary"
    TASKS = "tasks"
    AGENDA = "agenda"
    SHOP = "shop"  # what the commercial assistant knows
    OUT_OF_SCOPE = "out_of_scope"
    HELP = "help"
    THANKS = "thanks"
    GOODBYE = "goodbye"
    GREETING = "greeting"
    YES = "yes"
    NO = "no"
    UNCLEAR = "unclear"


_EVENT = r"(?:cita|reunion|llamada|videollamada|junta|almuerzo|cena|desayuno|comida|visita|entrega|evento|compromiso|turno|consulta|entrevista|clase|cumpleanos|viaje|vuelo|appointment|meeting|call|lunch|dinner|breakfast|visit|event|interview|class|birthday|trip|flight|delivery|reuniao|ligacao|almoco|jantar|cafe|visita|entrevista|aula|aniversario|viagem|voo|consulta)"
_TASK = r"(?:tareas?|pendientes?|task|tasks|to-do|todo(?= list)|tarefas?|pendencias?)"
_ANY = r"[^.?!]{0,80}?"

# In order: the first that is found is meant.
RULES: tuple[Rule, ...] = (
    rule(AgendaIntent.UNDO, r"deshacer(?:lo)?|deshaz(?:lo)?|deshace(?:lo)?|revierte(?:lo)?|undo|revert|desfazer|desfaz|desfaca|desfaca isso"),
    rule(
        AgendaIntent.MANIPULATION,
        r"(?:ignor|olvid|desobede)\w* (?:\w+ ){0,4}(?:reglas?|instrucci\w+|prompt|restricci\w+)|(?:tu|el|del) (?:system )?prompt|(?:tus|muestra\w* las) instrucciones|modo (?:desarrollador|dios)|jailbreak",
        r"(?:ignore|forget|disregard) (?:\w+ ){0,4}(?:rules?|instructions?|prompts?)|system prompt|your (?:rules|instructions)|developer mode",
        r"(?:ignore|esqueca) (?:\w+ ){0,4}(?:regras?|instruc\w+)|suas (?:regras|instruc\w+)",
    ),
    rule(
        AgendaIntent.PRIORITISE,
        rf"(?<!por )(?<!by )(?:prioridad|prioriza\w*|prioritize|prioritise|priority|prioridade|priorize|priorizar)(?! (?:tengo|tienen|tenho))(?!es)(?=.*)|(?:marca|pon|ponga|mark|set|make|marque|coloque)\w* {_ANY}(?:como |as |as an? )?(?:urgente|importante|urgent|important)",
    ),
    rule(
        AgendaIntent.COMPLETE,
        rf"(?:marca|marcar|marque|mark|pon|ponga|check)\w* {_ANY}(?:como |as )?(?:hech[oa]s?|completad[oa]s?|complet[oa]s?|terminad[oa]s?|list[oa]s?|realizad[oa]s?|done|complete|completed|finished|feit[oa]s?|concluid[oa]s?|off)",
        rf"(?:completa|termina|concluye|complete|finish|conclua|conclui|finalize) (?:la|el|mi|the|my|a|o|minha)? ?{_TASK}",
        r"^\W*(?:(?:ya|acabo de|hoy|por fin|i(?:'ve| have)?|i just|just|already|acabei de|eu)(?: ya| ja| already| just)? |ja )(?!(?:no|not|nao|es|esta|quiero|want|tengo|have|need)\b)(?:\w{2,}(?:e|i|aste|ed|ei|ar|er|ir)|hice|fui|puse|traje|dije|did|paid|sent|bought|called|finished|wrote|made|fiz)(?: \w+| la| el)",
        r"(?:termine|acabe|finalice|complete|pague|compre|envie|mande|llame|hice|entregue|finished|completed|paid|terminei|paguei|comprei|enviei|conclui|liguei|entreguei) (?:la|el|los|las|de|con|lo|a|al|mi|the|my|o|os|as)\b",
        r"ya (?:esta|quedo) (?:hech[oa]|list[oa]|pagad[oa])|(?:is|are) done|ja (?:esta|foi) (?:feit[oa]|pag[oa])|done with",
        r"^\W*listo (?:lo|el|la|los|las|con)",
    ),
    rule(
        AgendaIntent.CANCEL,
        r"cancel(?:a|ar|ame|alo|ala|alas|alos|en|e|em)?|anul(?:a|ar|ame|e)|borr(?:a|ar|ame|alo|ala|alas|alos|e)|elimin(?:a|ar|ame|alo|ala|alas|alos|e)|quit(?:a|ar|ame|alo|ala)|delete|remove|call off|apag(?:a|ar|ue)|exclu(?:i|ir|a)|desmarc(?:a|ar)|desmarque|remov(?:a|er)",
    ),
    rule(
        AgendaIntent.MOVE,
        rf"(?:pasa|pasar|pasame|pase|mueve|mover|mueveme|mueva|cambia|cambiar|cambiame|cambie|reprograma|reprogramar|reprograme|reagenda|reagendar|corre|correr|aplaza|aplazar|aplace|pospon|posponer|posponga|adelanta|adelantar|atrasa|atrasar|traslada|trasladar)(?:l[ao]s?)? (?!la prioridad){_ANY}(?:para|a|al|hacia|hasta|una|dos|media|\d)\b",
        rf"(?:move|reschedule|postpone|push|shift|change|bring) {_ANY}(?:to|until|till|for|by|back|forward)\b|reschedule",
        rf"(?:muda|mudar|mude|remarca|remarcar|remarque|adia|adiar|adie|passa|passar|passe|transfere|transferir|transfira|altera|alterar|antecipa|antecipar) {_ANY}(?:para|pra|ate|a)\b",
    ),
    rule(
        AgendaIntent.FREE,
        r"(?:cuando|que dia|a que hora|donde) (?:\w+ ){0,3}(?:libre|espacio|hueco|disponible)|(?:cuando|a que hora) (?:puedo|podria|podemos)|que (?:huecos|espacios|ratos|horarios)|busca\w* (?:\w+ ){0,2}(?:minutos|horas?)\b|(?:tengo|tenes|hay|queda|quedan|busca\w*|encuentra\w*|dame|necesito) (?:\w+ ){0,4}(?:libres?|huecos?|espacios?|disponible\w*|disponibilidad)|(?:ratos?|horas?|tiempo|horarios?|huecos?|espacios?) (?:libres?|disponibles?)|estoy (?:libre|disponible)|disponibilidad",
        r"when (?:am|are|will|do) (?:i|we) (?:\w+ ){0,3}(?:free|available|time)|(?:am i|are we|i'm|im) (?:free|available)|free (?:time|slots?|hours?|hour)|(?:time|slots?) (?:free|available)|available slots?|find (?:me )?(?:\w+ ){0,3}(?:minutes?|hours?)|when can (?:i|we)|(?:find|have) (?:\w+ ){0,4}(?:free|slot|time for)|availability",
        r"quando (?:\w+ ){0,4}(?:livre|tempo|disponivel)|(?:tenho|tem|ha) (?:\w+ ){0,4}(?:livres?|disponive\w+|tempo)|horarios? (?:livres?|disponive\w+)|estou livre|tempo livre",
    ),
    rule(AgendaIntent.OVERDUE, r"vencid[oa]s?|atrasad[oa]s?|se me paso|overdue|late tasks|past due|atrasos?|esta vencido|(?:tengo|hay) retrasad\w+"),
    rule(
        AgendaIntent.SUMMARY,
        r"resumen|resum(?:e|eme|ir)|como (?:viene|va|pinta|esta|luce) (?:mi|el) (?:dia|semana|manana)|panorama|ponme al dia|summar(?:y|ize|ise)|brief(?:ing| me)?|how(?:'s| is| does) my (?:day|week)|rundown|resumo|como (?:esta|vai|fica) (?:o )?meu dia|resuma",
    ),
    rule(
        AgendaIntent.TASKS,
        rf"(?:que|cuales|cuantas|mis|las|lista(?:r|me)?|muestra\w*|ver|dame|dime|hay|tengo) (?:\w+ ){{0,3}}{_TASK}|{_TASK} (?:tengo|hay|pendientes?|de hoy|para hoy)|que (?:me falta|debo|hay que|tengo que) (?:por )?hacer|que (?:hago|sigue) (?:ahora|primero)|tarea mas (?:importante|urgente)|most (?:important|urgent) task|tarefa mais (?:importante|urgente)|por donde (?:empiezo|comienzo)",
        rf"(?:what|which|my|list|show|any|how many) (?:\w+ ){{0,3}}{_TASK}|what (?:do i|should i) (?:have to |need to )?do|to-?do list",
        rf"(?:quais|que|minhas|as|lista\w*|mostra\w*|ver|tenho) (?:\w+ ){{0,3}}{_TASK}|o que (?:eu )?(?:tenho que|preciso|devo|falta) fazer",
    ),
    rule(
        AgendaIntent.AGENDA,
        r"que (?:\w+ )?(?:tengo|hay|tenemos|me toca|me espera|sigue|viene|citas|reuniones|compromisos|eventos)|(?:mi|la) agenda|(?:mis|las|cuantas|cuales|lista\w*|muestra\w*|ver) (?:\w+ ){0,2}(?:citas|reuniones|compromisos|eventos)|(?:cuando|a que hora|donde|con quien) (?:es|tengo|era|sera|queda|me reuno|veo|nos vemos)|(?:tengo|hay) (?:algo|alguna|algun|citas?|reunion(?:es)?|compromisos?) ?(?!con .* (?:el|a las) )|(?:proxima|siguiente|primera|ultima) (?:cita|reunion|llamada)|proximo (?:compromiso|evento)|estoy ocupad[oa]",
        r"what(?:'s| is| do i have| have i got| appointments| meetings)(?:.*(?:today|tomorrow|week|schedule|calendar|agenda|on|monday|tuesday|wednesday|thursday|friday|saturday|sunday|next|have))?|my (?:\w+ )?(?:agenda|calendar|schedule|appointments|meetings)|(?:when|what time|where) (?:is|am|do|are)|next (?:appointment|meeting|call)|do i have (?:anything|any|a|an)|am i busy|show (?:me )?(?:my )?(?:agenda|calendar|schedule|appointments|meetings)",
        r"o que (?:eu )?(?:tenho|ha|tem|me espera)|(?:minha|a) agenda|(?:meus|os|quais|quantos|lista\w*|mostra\w*) (?:\w+ ){0,2}(?:compromissos|eventos)|(?:minhas|as|quais|quantas) (?:\w+ ){0,2}(?:reunioes|consultas)|(?:quando|que horas|a que horas|onde) (?:e|tenho|sera|fica)|(?:tenho|tem) (?:algo|algum|alguma|compromissos?|reuniao|reunioes)|proxim[oa] (?:compromisso|reuniao|evento|consulta)|estou ocupad[oa]",
    ),
    rule(
        AgendaIntent.ADD_TASK,
        rf"(?:anade|anadir|anademe|agrega|agregar|agregame|crea|crear|creame|pon|ponme|apunta|apuntame|anota|anotame|nueva|add|create|new|put|adiciona|adicione|adicionar|cria|crie|anota|anote|nova|coloca|coloque|inclui|inclua) (?:\w+ ){{0,3}}(?:{_TASK}|lista|list)",
    ),
    rule(
        AgendaIntent.BOOK,
        rf"(?:agenda|agendar|agendame|agende|agendalo|agendala|programa|programar|programame|programe|reserva|reservar|reservame|reserve|aparta|apartame|apartar|separa|separame|schedule|book|set up|arrange|marca|marcar|marque|agendar)(?! (?:de|del|la|mia) (?:hoy|manana|semana))(?: |$)(?!{_TASK})",
        rf"(?:pon|ponme|poner|crea|crear|creame|cree|anota|anotame|apunta|apuntame|agrega|agregame|anade|anademe|add|create|put|new|adiciona|adicione|cria|crie|coloca|coloque|nueva|nuevo|nova|novo) (?:\w+ ){{0,3}}{_EVENT}",
        rf"(?:tengo|tendre|tenemos|voy a tener|quiero|necesito|i have|i've got|we have|tenho|vou ter|quero|preciso de) (?:una?|an?|uma?|el|la) (?:\w+ )?{_EVENT}",
        rf"^\W*(?:una? |an? |uma? |la |el )?{_EVENT}\b",
    ),
    rule(
        AgendaIntent.ADD_TASK,
        r"recuerdame|recordame|recuerda(?:me)? que|hazme acordar|que no se me olvide|no (?:me )?dejes? (?:que )?(?:se me )?olvid\w+|no olvidar|acuerdame|remind me|remember to|don'?t let me forget|lembr[ea](?:-me|r)?|me lembr[ea]|nao (?:me )?deix[ae]? esquecer",
        r"^\W*(?:tarea|task|tarefa|to-?do|pendiente) ?:",
        r"(?:anota|anotame|apunta|apuntame|anote|note down|write down|jot down)(?= )|^\W*(?:tengo que|debo|hay que|necesito|i (?:have|need) to|i must|tenho que|preciso|devo) \w+(?:ar|er|ir|arl[oa]s?|erl[oa]s?|irl[oa]s?)?\b",
    ),
    rule(
        AgendaIntent.SHOP,
        r"(?:cuanto (?:cuesta|vale|cuestan|valen)|precios?|existencias|stock|inventario|catalogo|productos?|vendimos|ventas|how much|prices?|products?|inventory|quanto custa|precos?|estoque|produtos?)",
    ),
    rule(
        AgendaIntent.OUT_OF_SCOPE,
        r"chiste|clima|pronostico|va a llover|presidente|elecciones|politica|futbol|quien gano|poema|cancion|receta de|traduce\w*|capital de|horoscopo|noticias|dolar hoy|bitcoin|cripto\w*|codigo en|cuentame (?:un|una) (?:cuento|historia)|sentido de la vida|cuanto es \d|que opinas|quien (?:es|fue) \w+",
        r"joke|weather|president|election|football|poem|song|recipe|translate|capital of|news|write (?:a|me|some) (?:code|essay|poem|story)|who (?:is|was) \w+",
        r"piada|previsao do tempo|eleicoes|futebol|receita de|traduz\w*|noticias|quem (?:e|foi) \w+",
    ),
    rule(AgendaIntent.HELP, r"ayuda(?:me)?|que (?:puedes|sabes) hacer|quien (?:eres|sos)|como funcionas?|que haces|help|what can you do|who are you|how do you work|ajuda|o que (?:voce )?(?:faz|sabe fazer|pode fazer)|quem e voce|como funciona"),
    rule(AgendaIntent.THANKS, r"(?:muchas |mil )?gracias|te agradezco|muy amable|thanks?(?: you)?|thx|(?:muito )?obrigad[oa]|valeu|agradeco"),
    rule(AgendaIntent.GOODBYE, r"adios|chao|chau|hasta (?:luego|pronto|manana)|nos vemos|bye|goodbye|see you|good night|tchau|ate (?:logo|mais|breve|amanha)"),
    rule(AgendaIntent.GREETING, r"hola+|holi|buen(?:os|as)(?: dias| tardes| noches)?|buen dia|que tal|saludos|hey|hi|hello|good (?:morning|afternoon|evening)|oi+|ola|bom dia|boa (?:tarde|noite)|e ai|tudo bem"),
)  # fmt: skip

_LEVELS: dict[str, re.Pattern[str]] = {
    "low": re.compile(r"\b(?:baja|bajale|bajar|baje|low|lower|baixa|baixar|abaixa|poco importante|sin prisa|not urgent)\b"),
    "medium": re.compile(r"\b(?:media|medio|normal|medium)\b"),
    "high": re.compile(r"\b(?:alta|urgente|importante|maxima|sube\w*|subir|high|highest|urgent|important|raise|top|primero|first)\b"),
}  # fmt: skip
# Words around what is meant: commands, politeness, and what says which of the two kinds of thing it is.
_FRAME = word_set(
    "por favor porfa please favor hola hey oye mira ya ahora hoy puedes podrias puede quiero necesito quisiera me te se lo la le nos mi mis tu su sus mio mia que como cuando donde cual cuales a al en el con del de para por y o e"
    " pasa pasar pasame mueve mover muevela mueveme cambia cambiar cambiala reprograma reprogramar reagenda reagendar corre correr aplaza aplazar pospon posponer adelanta adelantar traslada trasladar misma mismo hora"
    " cancela cancelar cancelame cancelala cancelalas anula anular borra borrar borrame borrala elimina eliminar quita quitar todas todos toda todo las los ambas ambos"
    " marca marcar marque marcala pon ponga poner como hecha hecho hechas hechos completada completado completadas completados completa completar terminada terminado terminadas lista listo termine acabe complete acabo realizada realizadas ya esta quedo"
    " prioridad prioriza priorizar alta media baja urgente importante sube subir bajar bajale subele maxima muy cambiale"
    " avisame avisa aviso avisos recuerdame recuerda recordatorio recordatorios antes minutos minuto horas dia dias ponme"
    " cita citas reunion reuniones tarea tareas evento eventos pendiente pendientes compromiso compromisos es son tengo hay algo alguna algun proxima proximo siguiente primera primer ultima ultimo ver muestra muestrame dime dame lista listame agenda cuantas cuantos"
    " move reschedule postpone push shift change bring forward back until till to the my a an of for with at on in from same time cancel delete remove call off off all both mark as done complete completed finish finished check i i've have just already priority prioritize prioritise set make raise lower high low medium urgent important remind reminder reminders before minutes minute hour hours day appointment appointments meeting meetings task tasks event events what when where is are do does my next show list me tell it this that"
    " muda mudar mude remarca remarcar remarque adia adiar adie passa passar passe transfere transferir transfira altera alterar antecipa antecipar para pra mesma mesmo horario apaga apagar apague exclui excluir exclua desmarca desmarcar marque feita feito feitas concluida concluido concluidas conclui concluir ja terminei acabei fiz prioridade priorize alta baixa media aviso avise avisa lembre lembra lembrete antes reuniao reunioes tarefa tarefas compromisso compromissos tenho tem qual quando onde o os um uma meu minha meus minhas do da no na"
    " ponle quais sao estao cancele coloque colocar semana buenos buenas dias vencidas vencida atrasadas atrasada overdue hacer hace am i'm free libre livre libres livres schedule show give summary resumen resumo quien quem com das dos nas eu tudo ambas ambos everything"
    " pague llame compre envie mande hice entregue fui paid called bought sent did paguei liguei comprei enviei entreguei"
)


@dataclass(frozen=True, slots=True)
class AgendaUnderstanding:
    """``words`` are those that tell which thing is meant; ``when`` the words of the moments, in order."""

    text: str
    language: Language
    intent: AgendaIntent
    moments: tuple[Moment, ...] = ()
    words: tuple[str, ...] = ()
    minutes: int | None = None  # a length, or how long before
    level: str = ""
    wants_all: bool = False
    of_tasks: bool = False
    of_events: bool = False

    @property
    def when(self) -> list[str]:
        return [moment.words for moment in self.moments if moment.kind not in ("duration", "recurrence")]


def understand_agenda(text: str, *, language: Language, now: datetime, timezone: str) -> AgendaUnderstanding:
    """Read one message of a person; ``language`` is assumed when the words do not tell."""
    text = " ".join(text.split())[:LONGEST_READ]
    folded = fold(text)
    moments = tuple(read_moments(text=text, now=now, timezone=timezone))
    lengths = [moment.duration for moment in moments if moment.kind == "duration" and moment.duration]
    return AgendaUnderstanding(
        text=text,
        language=language if read_consent(text) is not None else detect_language(text, default=language),
        intent=_intent(folded, moments),
        moments=moments,
        words=_words(text, moments),
        minutes=int(lengths[-1].total_seconds() // 60) if lengths else None,
        level=next((level for level, pattern in _LEVELS.items() if pattern.search(folded)), ""),
        wants_all=re.search(r"\b(?:tod[oa]s?|tudo|ambas|ambos|all|both|everything)\b", folded) is not None,
        of_tasks=re.search(rf"\b{_TASK}\b", folded) is not None,
        of_events=re.search(rf"\b{_EVENT}(?:s|es)?\b", folded) is not None,
    )


def _intent(folded: str, moments: tuple[Moment, ...]) -> AgendaIntent:
    consent = read_consent(folded)
    if consent is not None:
        return AgendaIntent.YES if consent else AgendaIntent.NO
    if _sets_reminder(folded, moments):
        return AgendaIntent.REMIND
    if _BOOKS_FIRST.match(folded) and "?" not in folded:
        return AgendaIntent.BOOK
    for found in RULES:
        if found.pattern.search(folded):
            return AgendaIntent(found.intent)
    if any(moment.kind in ("datetime", "datetime_range") for moment in moments):
        return AgendaIntent.BOOK  # «dentista el jueves a las 4»
    return AgendaIntent.UNCLEAR


_BOOKS_FIRST = re.compile(
    r"\W*(?:(?:necesito|quiero|quisiera|puedes|podrias|me ayudas a|can you|could you|i need to|i want to|preciso|quero|pode) )?(?:(?:agrega|anade|pon|anota|apunta|add|put|adiciona|adicione|coloca|coloque) (?:\w+ )?(?:a|en|to|on|in|na|no) (?:mi|la|my|the|minha|meu) (?:agenda|calendario|calendar)|(?:agenda|reserva|programa)(?:r|rme|me|lo|la)?|agende|reserve|programe|schedule|book|set up|arrange)\b(?! (?:de|del|task|for (?:today|tomorrow)|today|tomorrow))"
)
_REMINDS = re.compile(
    r"(?:avisa\w*|aviso|recuerda(?:me)?|recordatorio|alerta|remind(?:er)?(?: me)?|alert me|lembr[ea](?:-me|te)?|avise(?:-me)?|lembrete)\b"
)
_BOOKS = re.compile(
    r"^\W*(?:agend|reserv|program|schedul|book|marca |marque |crea|anota|pon(?:me)? (?:una )?(?:cita|reunion))"
)


def _sets_reminder(folded: str, moments: tuple[Moment, ...]) -> bool:
    before = any(moment.kind == "duration" and moment.relation == "before" for moment in moments)
    return (
        before
        and _REMINDS.search(folded) is not None
        and _BOOKS.search(folded) is None
        and not any(moment.kind in ("datetime", "datetime_range") for moment in moments)
    )


_CLITIC = re.compile(r"\w{4,}l[ao]s?")  # «pásala»


def _words(text: str, moments: tuple[Moment, ...]) -> tuple[str, ...]:
    spans = [span for moment in moments for span in moment.spans]
    return tuple(
        token.text
        for token in tokenize(text)
        if not any(start <= token.start < end for start, end in spans)
        and token.folded not in _FRAME
        and not (_CLITIC.fullmatch(token.folded) and token.folded.rstrip("s")[:-2] in _FRAME)
        and token.folded not in STOP_WORDS
        and token.folded not in GENERIC
        and len(token.text) > 1
    )
