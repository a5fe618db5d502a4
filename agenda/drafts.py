# ruff: noqa: E501  (word lists and patterns are one line each)
"""What a sentence says of an appointment or a task to be made: nothing is written, and what is in doubt is asked.

«agéndame una reunión con Carla el próximo jueves a las 3 y media en su oficina y avísame una hora antes»: the moments
are cut out, then what asks, reminds and says where; what is left is the title.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from babel.lists import format_list
from django.utils.translation import get_language, override
from django.utils.translation import gettext as _

from agenda.dates import Moment, Reading, read_moments
from agenda.phrases import say_day, say_moment
from agenda.readings import choose, is_clear, next_day, rivals
from tenants.models import Preferences, User

MOST_CANDIDATES = 4
MOST_TITLE, MOST_PLACE = 200, 300
_WHEN, _LEAD, _LENGTH = "\x01", "\x02", "\x03"  # stand for what was cut out


@dataclass(slots=True)
class Draft:
    """An appointment (``start_datetime``) or a task (``due_date``) as far as it was said; datetimes are aware.

    ``question`` is what has to be asked before it can be made, in the person's language; ``candidates`` what it may be
    answered with, aware datetimes or days. ``others`` are what the words may mean, too, where nothing is asked.
    """

    kind: str
    title: str = ""
    start_datetime: datetime | None = None
    end_datetime: datetime | None = None
    due_date: date | None = None
    all_day: bool = False
    location: str = ""
    attendees: list[str] = field(default_factory=list)
    reminder_minutes: list[int] | None = None
    rrule: str = ""
    priority: str = "medium"
    question: str = ""
    candidates: list[datetime | date] = field(default_factory=list)
    others: list[datetime | date] = field(default_factory=list)

    @property
    def ambiguous(self) -> bool:
        return bool(self.question)


def read_draft(*, text: str, kind: str, now: datetime, user: User, language: str | None = None) -> Draft:
    """Read ``text`` as what ``user``, whose scope is open, wants to put into the agenda: "appointment" or "task".

    Without a moment in it a task has no due day, and an appointment's is asked.
    """
    text = " ".join(text.split())[:2000]
    zone = ZoneInfo(user.timezone)
    moments = read_moments(text=text, now=now, timezone=zone)
    draft = Draft(kind)
    main = next((m for m in moments if m.kind != "duration"), None)
    leads = [m for m in moments if m.kind == "duration" and m.relation == "before" and m.duration]
    lengths = [m for m in moments if m.kind == "duration" and m.relation is None and m.duration]
    if leads:
        draft.reminder_minutes = sorted({_minutes(m) for m in leads})
    _read_words(draft, _cut(text, main, leads, lengths))
    with override(language or user.language):
        hours = Preferences.current(user).working_hours
        if main is not None:
            _place(draft, main, text=text, now=now, zone=zone, hours=hours)
        elif kind == "appointment":
            draft.question = _("¿Para cuándo?")
        if lengths and draft.start_datetime is not None and draft.end_datetime is None:
            draft.end_datetime = draft.start_datetime + timedelta(minutes=_minutes(lengths[0]))
        if not draft.title:
            draft.question = _("¿Qué título le pongo?")
    return draft


def _minutes(moment: Moment) -> int:
    return int(moment.duration.total_seconds() // 60) if moment.duration else 0


def _cut(text: str, main: Moment | None, leads: list[Moment], lengths: list[Moment]) -> str:
    marks = [(span, _WHEN) for span in (main.spans if main else ())]
    marks += [(span, _LEAD) for moment in leads for span in moment.spans]
    marks += [(span, _LENGTH) for moment in lengths[:1] for span in moment.spans]
    for (start, end), mark in sorted(marks, reverse=True):
        text = f"{text[:start]} {mark} {text[end:]}"
    return " ".join(text.split())


# -- words

_REMINDER = re.compile(
    r"[,;.]?\s*(?:\b(?:y|e|and|ah,?|también|tambien|também)\s+)?\b(?:av[ií]s[ae]\w*|recu[eé]rda\w*|recordar\w*|record[aá]me\w*|p[oó]n(?:me|le|er)?(?: un)? (?:aviso|recordatorio)|con (?:un )?(?:aviso|recordatorio)|remind me|(?:with|and) (?:a )?reminder|alert me|me avis[ae]|avis[ae]-me|me lembr[ea]|lembr[ea]-me|com (?:um )?(?:aviso|lembrete))[^\x01\x02]{0,25}\x02(?: (?:de anticipación|de antelación|in advance|de antecedência))?",
    re.IGNORECASE,
)
_POLITE = re.compile(
    r"^(?:por favor|porfa(?:vor)?|please|hola|oye|hey|hi|ol[aá]|oi|buen[oa]s? ?(?:d[ií]as|tardes|noches)?|bom dia|(?:me )?(?:puedes|podr[ií]as|puede)|can you|could you|(?:você )?pode(?:ria)?|quiero que|necesito que|quiero|quisiera|i want to|i'd like to|quero|gostaria de)[,\s]+",
    re.IGNORECASE,
)
_ORDER = re.compile(
    r"^(?:ag[eé]nd[ae](?:r|me|lo|la|rme)?|program[ae](?:r|me)?|res[eé]rv[ae](?:r|me)?|apart[ae](?:r|me)?|sep[aá]r[ae](?:r|me)?|p[oó]n(?:er|me|ga)?|cr[eé][ae](?:r|me)?|an[oó]t[ae](?:r|me)?|ap[uú]nt[ae](?:r|me)?|agr[eé]g[ae](?:r|me)?|a[nñ][aá]d[ae](?:me)?|a[nñ]adir(?:me)?|marc[ae]r?|marque"
    r"|recu[eé]rda(?:me)?(?: que)?|rec[oó]rdame(?: que)?|acu[eé]rdame(?: de| que)?|hazme acordar(?: de| que)?|que no se me olvide|no olvidar|tengo(?: que)?|tendr[eé]|tenemos(?: que)?|debo|hay que|necesito"
    r"|schedule|book|set up|arrange|add|create|put|new|make|remind me(?: to| that| about)?|remember to|don'?t let me forget(?: to)?|i (?:have|need)(?: to)?|i must|i've got(?: to)?|we have|note down|write down"
    r"|agend[ae]r?|adicion[ae]r?|cri[ae]r?|coloc[ae]r?|coloque|inclu[ai]r?|lembr[ea](?:-me|r)?(?: de| que)?|me lembr[ea](?: de| que)?|tenho(?: que| de)?|preciso(?: de)?|devo|vou ter)\b[,:\s]*",
    re.IGNORECASE,
)
_KIND = re.compile(
    r"^(?:(?:una?|an?|uma?|la|el|the|a|o|mi|my|minha)\s+)?(?:nuev[oa]\s+|new\s+|nov[oa]\s+)?(?:tareas?|pendiente|task|to-?do|tarefa|pendência)\b\s*(?:llamad[oa]|titulad[oa]|called|chamada|que diga|(?:para|de|to|for)\b|:)*\s*"
    r"|^(?:a|en|to|on|in|na|no) (?:mi|la|my|the|minha|meu) (?:agenda|calendario|calendar|calendário)\s*:?\s*|^(?:(?:a|en|to|in|na|à) )?(?:mi|la|my|the|minha|a)?\s*(?:lista|list)(?: de (?:tareas|pendientes|tarefas))?\s*:?\s*"
    r"|^(?:(?:una?|an?|uma?|la|el|the|o)\s+)?(?:cita|evento|appointment|event|compromisso|evento)\s*(?:llamad[oa]|titulad[oa]|called|chamad[oa]|:)\s*",
    re.IGNORECASE,
)
_LIST_AFTER = re.compile(
    r"\s+(?:a|en|to|in|na|à)\s+(?:mi|la|my|the|minha|a)?\s*(?:lista|list)(?: de (?:tareas|pendientes|tarefas))?$|\s+(?:en|in|na|to|no)\s+(?:mi|my|minha|la|the|meu)\s+(?:agenda|calendar|calendario|calendário)",
    re.IGNORECASE,
)
_ARTICLE = re.compile(r"^(?:una?|an?|uma?|el|la|the|o|mi|my|minha|meu|que|de|to)\s+(?=\S)", re.IGNORECASE)
_PLACE = re.compile(
    r"\s+(?:en|at|in|em|na|no)\s+(?P<place>(?:(?:el|la|los|las|su|mi|the|her|his|their|my|o|a|seu|sua|meu|minha)\s+)?[^\x01\x02\x03,.;:]+?)(?=\s*(?:[\x01\x02\x03,.;:]|$|\s(?:con|with|com|para|por|y|and|e)\s))",
    re.IGNORECASE,
)
_PEOPLE = re.compile(
    r"\b(?:con|with|com)\s+(?P<names>(?:(?:el|la|o|a|the|don|doña|dr\.?|dra\.?)\s+)?[A-ZÁÉÍÓÚÑÂÊÔÃÕÇ][\w'’-]+(?:\s+[A-ZÁÉÍÓÚÑÂÊÔÃÕÇ][\w'’-]+)*(?:\s*(?:,|\sy\s|\se\s|\sand\s)\s*[A-ZÁÉÍÓÚÑÂÊÔÃÕÇ][\w'’-]+(?:\s+[A-ZÁÉÍÓÚÑÂÊÔÃÕÇ][\w'’-]+)*)*)"
)
_HIGH = re.compile(
    r"[,\s(]*\b(?:(?:es |con |it's |é |com )?(?:muy |very |muito )?(?:urgente|importante|urgent|important)|(?:con |with |com )?(?:prioridad alta|alta prioridad|high priority|prioridade alta|alta prioridade))\b[)!]*",
    re.IGNORECASE,
)
_LOW = re.compile(
    r"[,\s(]*\b(?:(?:con |with |com )?(?:prioridad baja|baja prioridad|low priority|prioridade baixa|baixa prioridade)|sin prisa|no rush|sem pressa)\b\)?",
    re.IGNORECASE,
)
_ALL_DAY = re.compile(r"\s*\b(?:(?:durante )?todo el d[ií]a|all[ -]day|(?:o )?dia (?:todo|inteiro))\b", re.IGNORECASE)
_GLUE = re.compile(r"\b(?:de|por|durante|for|of|antes(?: del?)?|before|by)\s*[\x01\x03]", re.IGNORECASE)
_DANGLING = re.compile(
    r"(?:^|\s)(?:y|e|and|a|al|el|la|de|del|para|por|on|at|for|to|from|em|no|na|com|con|with|en|que|desde|the|o)$",
    re.IGNORECASE,
)


def _read_words(draft: Draft, text: str) -> None:
    text = _REMINDER.sub(" ", text)
    text = _strip_orders(text)
    for pattern, priority in ((_HIGH, "high"), (_LOW, "low")):
        if draft.kind == "task" and pattern.search(text):
            draft.priority, text = priority, pattern.sub(" ", text)
    if _ALL_DAY.search(text):
        draft.all_day, text = True, _ALL_DAY.sub(" ", text)
    text = _LIST_AFTER.sub("", _GLUE.sub(" ", text))
    if draft.kind == "appointment" and (place := _PLACE.search(f" {text}")):
        draft.location = place["place"].strip()[:MOST_PLACE]
        text = f" {text}"[: place.start()] + f" {text}"[place.end() :]
    text = " ".join(re.sub(rf"[{_WHEN}{_LEAD}{_LENGTH}]", " ", text).split()).strip(" ,;:.¡!¿?-")
    while (shorter := _DANGLING.sub("", text).strip(" ,;:")) != text:
        text = shorter
    text = _ARTICLE.sub("", _strip_orders(text))
    draft.title = (text[:1].upper() + text[1:])[:MOST_TITLE]
    if people := _PEOPLE.search(text):
        names = re.split(r"\s*(?:,|\sy\s|\se\s|\sand\s)\s*", people["names"])
        draft.attendees = [re.sub(r"^(?:el|la|o|a|the)\s+", "", name) for name in names if name]


def _strip_orders(text: str) -> str:
    text = text.strip(" ,;:.¡!¿?-")
    for _turn in range(4):
        shorter = _POLITE.sub("", text)
        order = _ORDER.match(shorter)
        if order and order.end() < len(shorter):
            shorter = shorter[order.end() :]
        shorter = (_KIND.sub("", shorter) or shorter).strip(" ,;:")
        if shorter == text:
            break
        text = shorter
    return text


# -- the moment


def _place(draft: Draft, main: Moment, *, text: str, now: datetime, zone: ZoneInfo, hours: dict[str, Any]) -> None:
    draft.rrule = main.rrule or ""
    if not main.candidates:
        if main.kind != "recurrence":
            draft.question = _("«%(words)s» no existe en el calendario. ¿Qué día y a qué hora?") % {"words": main.words}
        return
    readings = choose(moment=main, now=now, zone=zone, hours=hours)
    local = now.astimezone(zone)
    if not is_clear(moment=main, readings=readings):
        draft.candidates = [_start(each, local, zone) for each in readings[:MOST_CANDIDATES]]
        told = [_say(each, zone=zone, now=now) for each in draft.candidates]
        draft.question = _("¿Cuándo exactamente: %(candidates)s?") % {
            "candidates": format_list(told, style="or", locale=(get_language() or "es")[:2])
        }
        return
    start = _start(readings[0], local, zone)
    if main.kind != "recurrence":
        rest = rivals(moment=main, chosen=readings[0], now=local)
        draft.others = [_start(each, local, zone) for each in rest[: MOST_CANDIDATES - 1]]
    day = start.date() if isinstance(start, datetime) else start
    if draft.kind == "task":
        draft.due_date = day
        if isinstance(start, datetime):
            draft.start_datetime = start
        return
    if not isinstance(start, datetime):
        _place_days(draft, start, readings[0], zone=zone, today=local.date())
        return
    if main.kind == "datetime_range" and _is_part_of_day(main, readings[0]):
        draft.candidates = [day]
        draft.question = _("¿A qué hora, el %(day)s?") % {"day": say_day(day, today=local.date())}
        return
    if start < local - timedelta(minutes=1):
        draft.question = _("Eso ya pasó: %(moment)s. ¿Para cuándo lo pongo?") % {
            "moment": _say(start, zone=zone, now=now)
        }
        return
    draft.start_datetime, draft.end_datetime = start, _end(readings[0], start, zone)


def _place_days(draft: Draft, start: date, reading: Reading, *, zone: ZoneInfo, today: date) -> None:
    last = reading.end if isinstance(reading.end, date) and not isinstance(reading.end, datetime) else None
    if draft.all_day or (last is not None and last > start):
        draft.all_day = True
        draft.start_datetime = datetime.combine(start, time(), zone)
        draft.end_datetime = datetime.combine((last or start) + timedelta(days=1), time(), zone)
        return
    draft.candidates = [start]
    draft.question = _("¿A qué hora, el %(day)s?") % {"day": say_day(start, today=today)}


def _start(reading: Reading, local: datetime, zone: ZoneInfo) -> datetime | date:
    start = reading.start
    if isinstance(start, time):
        return datetime.combine(next_day(clock=start, now=local), start, zone)
    return start


def _end(reading: Reading, start: datetime, zone: ZoneInfo) -> datetime | None:
    end = reading.end
    if isinstance(end, time):
        end = datetime.combine(start.date(), end, zone)
    if not isinstance(end, datetime):
        return None
    return end if end > start else end + timedelta(days=1)


def _is_part_of_day(moment: Moment, reading: Reading) -> bool:
    """«el jueves por la tarde» is no hour."""
    return (
        isinstance(reading.end, datetime)
        and not re.search(r"\d", moment.words)
        and (isinstance(reading.start, datetime) and reading.end - reading.start >= timedelta(hours=3))
    )


def _say(moment: datetime | date, *, zone: ZoneInfo, now: datetime) -> str:
    if isinstance(moment, datetime):
        return say_moment(moment, zone=zone, now=now)
    return say_day(moment, today=now.astimezone(zone).date())
