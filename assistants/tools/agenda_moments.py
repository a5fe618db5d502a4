"""Date arguments of the agenda's tools: ISO or words, in the tenant's zone; doubt becomes a question."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from agenda.dates import Moment, Reading, read_moments
from agenda.details import EARLIEST, LATEST
from agenda.readings import SETTLED, choose, is_clear, next_day
from assistants.language import Language
from assistants.moments import write_day, write_moment
from assistants.tools.agenda_rows import language_of, today_of, zone_of
from assistants.tools.base import ToolContext, ToolError
from tenants.models import Preferences

MOST_CANDIDATES = 4
_ISO = re.compile(r"\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:Z|[+-]\d{2}:?\d{2})?)?")
_SAME_HOUR = re.compile(r"misma hora|same (?:time|hour)|mesm[ao] (?:hora|horario|horário)", re.IGNORECASE)

_ASKS: dict[str, dict[Language, str]] = {
    "which": {
        "es": "¿Cuándo exactamente: {candidates}?",
        "en": "When exactly: {candidates}?",
        "pt": "Quando exatamente: {candidates}?",
    },
    "impossible": {
        "es": "«{words}» no existe en el calendario. ¿Qué día y a qué hora?",
        "en": "«{words}» does not exist in the calendar. Which day and time?",
        "pt": "«{words}» não existe no calendário. Que dia e a que horas?",
    },
    "hour": {"es": "¿A qué hora, el {day}?", "en": "At what time, on {day}?", "pt": "A que horas, em {day}?"},
    "day": {"es": "¿Qué día?", "en": "Which day?", "pt": "Que dia?"},
    "past": {
        "es": "Eso ya pasó: {moment}. ¿Para cuándo lo pongo?",
        "en": "That is over: {moment}. When shall I put it?",
        "pt": "Isso já passou: {moment}. Para quando coloco?",
    },
}
_OR: dict[Language, str] = {"es": " o ", "en": " or ", "pt": " ou "}


class Unclear(ToolError):
    """What was asked can be understood in several ways, or in none: ``details`` go to the model, with the question."""

    def __init__(self, question: str, candidates: Sequence[str] = ()) -> None:
        super().__init__(question)
        self.details = {"done": False, "question": question, "candidates": list(candidates)}


@dataclass(frozen=True, slots=True)
class Said:
    """A moment as it was said: a day, an hour of it, or both; and where it ends, if that was said."""

    day: date | None = None
    clock: time | None = None
    end: datetime | date | None = None
    same_hour: bool = False


def ask(key: str, *, context: ToolContext, **values: str) -> str:
    return _ASKS[key][language_of(context)].format(**values)


def read_said(text: str, *, context: ToolContext) -> Said:
    """What ``text`` says. Raises Unclear, and ToolError when it says no moment at all."""
    text = text.strip()
    if _ISO.fullmatch(text):
        return _read_iso(text, context=context)
    found = [m for m in _moments(text, context) if m.kind not in ("duration", "recurrence")]
    same_hour = _SAME_HOUR.search(text) is not None
    if not found:
        if same_hour:
            return Said(same_hour=True)
        raise ToolError(f"no date or hour is said in «{text[:60]}»: give an ISO local date-time")
    reading = settle(found[0], context=context)
    start, end = reading.start, reading.end
    last = end if isinstance(end, datetime | date) else None
    if isinstance(start, datetime):
        return Said(start.date(), start.time(), last, same_hour)
    if isinstance(start, time):
        return Said(None, start, None, same_hour)
    return Said(start, None, last, same_hour)


def read_start(text: str, *, context: ToolContext, keep: datetime | None = None) -> datetime:
    """An instant, aware, on the tenant's clock. ``keep`` lends the day or the hour that was not said.

    Raises Unclear: several readings, no hour, the past.
    """
    said = read_said(text, context=context)
    zone = zone_of(context)
    day, clock = said.day, said.clock
    if clock is None and keep is not None:
        clock = keep.timetz().replace(tzinfo=None)
    if clock is None and day is not None:
        raise Unclear(ask("hour", context=context, day=_write_day(day, context)))
    if day is None and clock is not None:
        day = keep.date() if keep is not None else _next_day(clock, context)
    if day is None or clock is None:
        raise Unclear(ask("day", context=context))
    start = datetime.combine(day, clock, zone)
    refuse_past(start, context=context)
    return start


def read_day(text: str, *, context: ToolContext) -> date:
    """A day on the tenant's clock. Raises Unclear."""
    said = read_said(text, context=context)
    if said.day is None:
        return today_of(context)
    return said.day


def read_span(text: str | None, *, context: ToolContext, days: int = 7) -> tuple[datetime, datetime]:
    """From when to when: «mañana», «esta semana», «el jueves por la tarde», two ISO moments with a slash; now and
    ``days`` on when nothing is said. Raises Unclear."""
    zone = zone_of(context)
    now = context.now.astimezone(zone)
    if text is None or not text.strip():
        return now, now + timedelta(days=days)
    first, slash, last = (part.strip() for part in text.partition("/"))
    if slash and _ISO.fullmatch(first) and _ISO.fullmatch(last):
        start, end = _read_iso(first, context=context), _read_iso(last, context=context)
        return _bound(start, zone), _bound(end, zone, ends=True)
    if _ISO.fullmatch(text.strip()):
        said = _read_iso(text.strip(), context=context)
        return _bound(said, zone), _bound(Said(said.day), zone, ends=True)
    found = [m for m in _moments(text, context) if m.kind not in ("duration", "recurrence")]
    if not found:
        raise ToolError(f"no span is said in «{text[:60]}»: give two ISO dates with a slash between")
    reading = settle(found[0], context=context, of_day=False)
    return _span_of(reading, context=context)


def settle(moment: Moment, *, context: ToolContext, of_day: bool = True) -> Reading:
    """The one reading that is meant. Raises Unclear with the candidates when that cannot be told."""
    if not moment.candidates:
        raise Unclear(ask("impossible", context=context, words=moment.words))
    hours = Preferences.current(context.user).working_hours
    readings = choose(moment=moment, now=context.now, zone=zone_of(context), hours=hours)
    if is_clear(moment=moment, readings=readings) or (not of_day and set(moment.reasons) <= SETTLED):
        return readings[0]
    candidates = [_write_reading(each, context) for each in readings[:MOST_CANDIDATES]]
    raise Unclear(ask("which", context=context, candidates=_OR[language_of(context)].join(candidates)), candidates)


def refuse_past(start: datetime, *, context: ToolContext) -> None:
    """Raise Unclear for what is over."""
    if start.astimezone(UTC) < context.now - timedelta(minutes=1):
        text = write_moment(start, language=language_of(context), today=today_of(context))
        raise Unclear(ask("past", context=context, moment=text))


def _moments(text: str, context: ToolContext) -> list[Moment]:
    return read_moments(text=text, now=context.now, timezone=context.user.timezone)


def _read_iso(text: str, *, context: ToolContext) -> Said:
    try:
        if len(text) == 10:
            _check_year(day := date.fromisoformat(text))
            return Said(day)
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise ToolError(f"«{text}» is no date of the calendar") from None
    _check_year(moment)
    if moment.tzinfo is not None:
        moment = moment.astimezone(zone_of(context))
    return Said(moment.date(), moment.time())


def _check_year(day: date) -> None:
    if not EARLIEST <= day.year <= LATEST:
        raise ToolError(f"years go from {EARLIEST} to {LATEST}")


def _next_day(clock: time, context: ToolContext) -> date:
    return next_day(clock=clock, now=context.now.astimezone(zone_of(context)))


def _span_of(reading: Reading, *, context: ToolContext) -> tuple[datetime, datetime]:
    zone = zone_of(context)
    start, end = reading.start, reading.end
    for each in (start, end):
        if isinstance(each, date):
            _check_year(each)
    if isinstance(start, time):
        day = _next_day(start, context)
        first = datetime.combine(day, start, zone)
        if isinstance(end, time):
            return first, datetime.combine(day if end > start else day + timedelta(days=1), end, zone)
        return first, datetime.combine(day + timedelta(days=1), time(), zone)
    if isinstance(start, datetime):
        if isinstance(end, datetime):
            return start, end
        return start, datetime.combine(start.date() + timedelta(days=1), time(), zone)
    last = end if isinstance(end, date) and not isinstance(end, datetime) else start
    return datetime.combine(start, time(), zone), datetime.combine(last + timedelta(days=1), time(), zone)


def _bound(said: Said, zone: ZoneInfo, *, ends: bool = False) -> datetime:
    day = said.day or date.max
    if said.clock is not None:
        return datetime.combine(day, said.clock, zone)
    return datetime.combine(day + timedelta(days=1) if ends else day, time(), zone)


def _write_day(day: date, context: ToolContext) -> str:
    return write_day(day, language=language_of(context), today=today_of(context))


def _write_reading(reading: Reading, context: ToolContext) -> str:
    start = reading.start
    if isinstance(start, datetime):
        return write_moment(start, language=language_of(context), today=today_of(context))
    return f"{start:%H:%M}" if isinstance(start, time) else _write_day(start, context)
