# ruff: noqa: E501  (patterns are one line each)
"""A commercial assistant's reply beyond the catalogue: hours of appointments, and what it says to have done.

Prices, stock and names are ``reading``'s, as ever. An hour or a day that is spoken of as an appointment has to come
from a tool of the turn; that something was booked, cancelled or changed, from a tool that did it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from datetime import date, datetime, time, timedelta
from typing import Any

from agenda.dates import Moment
from agenda.dates import Reading as When
from assistants.grounding.facts import Facts
from assistants.grounding.moments_facts import AgendaFacts
from assistants.grounding.moments_words import ASKING
from assistants.grounding.reading import Reading
from assistants.grounding.violations import Kind, Violation
from assistants.grounding.words import fold

_TOLD = frozenset({"said", "question", "told", "zone_text"})  # words of ours in a tool's answer
_VISIT = re.compile(
    r"\b(?:citas?|turnos?|agend\w+|reserv\w+|libres?|espacios?|te esper\w+|lo esper\w+|appointments?|book\w*|slots?|schedul\w+|free|horarios? (?:disponib|livre)\w+|disponib\w+ (?:a|para|el|as)|agendament\w+|marc(?:ar|ad|o|uei)\w*|vagas?|consulta)\b"
)
_BOOKED = re.compile(
    r"\b(?:(?:quedo|quedaste|queda|esta|estas|fue|ha sido|ya|te|la|lo) (?:\w+ ){0,2}?(?:agendad|reservad|confirmad|programad|cancelad|movid|reprogramad)\w*|agende|reserve|cancele|movi|reprograme|confirme|te agendo|te reservo|(?:is|are|was|been|have|i|we ve|i ve) (?:now |all )?(?:booked|confirmed|scheduled|cancelled|canceled|moved|reserved)|see you (?:on|at|tomorrow)|(?:ficou|esta|foi) (?:marcad|agendad|confirmad|cancelad|reservad)\w*|marquei|agendei|reservei|cancelei|remarquei)\b"
)
# In the person's own spelling: without its accent «cambié» is what one is asked to do («cambie el filtro»).
_CHANGED = re.compile(
    r"\b(?:cambié|actualicé|subí|bajé|ajusté|retiré|desactivé|activé|reactivé|agregué|sumé|resté|modifiqué|corregí|(?:quedó|quedaron|está|fue|ya) (?:\w+ ){0,2}?(?:cambiad|actualizad|ajustad|retirad|desactivad|modificad)\w*|(?:i|i ve|i've|has been|have been|was|is now|are now) (?:just |already )?(?:changed|updated|raised|lowered|withdrawn|deactivated|set to)|mudei|alterei|atualizei|retirei|desativei|aumentei|baixei)\b",
    re.IGNORECASE,
)
_CHANGES = frozenset({"price", "stock", "active", "undone", "several"})  # acts that change what is sold
# Hours of the business, which ``terms`` reads.
_BUSINESS = re.compile(
    r"\b(?:abr\w+|cerr\w+|cierr\w+|atend\w+|atencion|horarios?|entreg\w+|envi\w+|domicilios?|despach\w+|open\w*|clos\w+|hours|deliver\w*|ship\w*|fecha\w*|aberto\w*|funciona\w*)\b"
)
_NO = re.compile(
    r"\b(?:no|not|nao|ni|ningun\w*|nada|sin|cannot|can t|don t|isn t|aren t|nothing|none|nenhum\w*|ocupad\w+|lleno|full|taken|cheio)\b|n['’]t\b"
)
_CONDITION = re.compile(r"\b(?:si|cuando|para que|puedo|podria|if|when|once|can|could|would|se|quando|posso)\b")


class ShopFacts(Facts):
    """The facts of a commercial turn. ``agenda`` are those of its appointments, read when they are first asked for:
    most turns of most shops never speak of an hour."""

    def __init__(self, *, currency: str, now: datetime, timezone: str) -> None:
        super().__init__(currency=currency)
        self.done: set[str] = set()  # what tools did in this turn
        self._agenda = AgendaFacts(currency=currency, now=now, timezone=timezone)
        self._opening: list[Moment] = []
        self._unread: list[tuple[str, str]] = []  # what ``agenda`` has not read yet

    @property
    def agenda(self) -> AgendaFacts:
        """Hours and days that were read or asked for."""
        unread, self._unread = self._unread, []
        for kind, text in unread:
            if kind == "hours":
                self._opening += self._agenda.read(text)
            elif kind == "question":
                self._agenda.add_question(text)
            else:
                self._agenda.add_tool_result(text)
        return self._agenda

    @property
    def opening(self) -> list[Moment]:
        """What the business says of its hours."""
        return self._opening if self.agenda else []

    def add_hours(self, text: str) -> None:
        """Add a trusted text about when the business is open."""
        self.add_text(text)
        self._unread.append(("hours", text))

    def add_question(self, text: str) -> None:
        super().add_question(text)
        self._unread.append(("question", text))

    def add_tool_result(self, content: str) -> None:
        super().add_tool_result(content)
        try:
            value = json.loads(content)
        except ValueError:
            return
        if not isinstance(value, Mapping):
            return
        for text in _texts(value):
            self.add_text(text)
        if value.get("done") is True:
            self.done.add(str(value.get("act")))
        if value.get("done") is not None or "free" in value or "visits" in value:
            kept = {name: inner for name, inner in value.items() if name not in ("products", "undo")}
            self._unread.append(("result", json.dumps(kept)))


class ShopReader:
    """Reads one reply, unit by unit. ``books``: it speaks to a customer who may book."""

    def __init__(self, *, facts: ShopFacts, books: bool) -> None:
        self._reading = Reading(facts=facts)
        self._facts, self._books = facts, books
        self._day: date | None = None  # that a line with only an hour belongs to
        self._of_visits = False  # whether the last unit spoke of appointments

    def read(self, unit: str) -> list[Violation]:
        """What ``unit`` says that no fact of the turn holds."""
        found = list(self._reading.read(unit))
        folded = fold(unit)
        asks = ASKING.search(folded) is not None
        denies = _NO.search(folded) is not None
        states = not asks and not denies and not _CONDITION.search(folded)
        if states and not self._facts.done & _CHANGES and (deed := _CHANGED.search(unit)):
            found.append(Violation(Kind.TERM, deed.group(), unit.strip()[:160]))
        if states and not self._facts.done - _CHANGES and (deed := _BOOKED.search(folded)):
            found.append(Violation(Kind.TERM, deed.group(), unit.strip()[:160]))
        if self._books:
            found += self._read_moments(unit, folded, asks=asks, denies=denies)
        return found

    def _read_moments(self, unit: str, folded: str, *, asks: bool, denies: bool) -> list[Violation]:
        listed = unit.lstrip().startswith(("-", "*", "•")) or unit.lstrip()[:1].isdigit()
        if not folded.strip():
            return []
        self._of_visits = _VISIT.search(folded) is not None or (listed and self._of_visits)
        moments = [m for m in self._facts.agenda.read(unit) if m.kind not in ("duration", "recurrence")]
        if not self._of_visits and _BUSINESS.search(folded):
            moments = []
        elif not self._of_visits:
            moments = [m for m in moments if m.kind not in ("date", "date_range")]
        wrong = [m for m in moments if not self._is_told(m, listed=listed, asks=asks, denies=denies)]
        days = [reading.start for m in moments if m.kind == "date" for reading in m.candidates[:1]]
        if days and isinstance(days[0], date) and not listed:
            self._day = days[0]
        return [Violation(Kind.TERM, m.words[:80], unit.strip()[:160]) for m in wrong]

    def _is_told(self, moment: Moment, *, listed: bool, asks: bool, denies: bool) -> bool:
        agenda = self._facts.agenda
        known = [*agenda.told, *(agenda.asked if asks or denies else ())]
        if any(_same(own, other) for own in moment.candidates for each in known for other in each.candidates):
            return True
        return any(self._is_fact(reading, listed=listed, denies=denies) for reading in moment.candidates)

    def _is_fact(self, reading: When, *, listed: bool, denies: bool) -> bool:
        agenda, start = self._facts.agenda, reading.start
        instants = {moment for span in agenda.free for moment in (span.start, span.end)}
        if isinstance(start, datetime):
            wall = start.replace(tzinfo=None)
            inside = isinstance(reading.end, datetime) and any(
                wall <= span.start < reading.end.replace(tzinfo=None) for span in agenda.free
            )  # «el jueves por la tarde»
            return wall in instants or inside or (denies and any(s.start <= wall <= s.end for s in agenda.looked))
        if isinstance(start, time):
            if listed and self._day is not None:
                return datetime.combine(self._day, start) in instants
            clocks = {moment.time() for moment in instants}
            clocks |= {clock for each in self._facts.opening for r in each.candidates if (clock := _clock(r.start))}
            return start in clocks
        if any(span.start.date() == start for span in agenda.free) or start - agenda.today in _NEAR:
            return True
        end = reading.end if isinstance(reading.end, date) and not isinstance(reading.end, datetime) else start
        return any(span.holds(start) and span.holds(end) for span in agenda.looked)


_NEAR = (timedelta(0), timedelta(days=1))


def _clock(moment: object) -> time | None:
    return moment.time() if isinstance(moment, datetime) else moment if isinstance(moment, time) else None


def _same(one: When, other: When) -> bool:
    if one.start == other.start:
        return True
    return isinstance(other.start, datetime) and one.start in (other.start.date(), other.start.time())


def _texts(value: Any, key: str = "") -> Iterable[str]:
    """The words of ours in a tool's answer, at any depth."""
    if isinstance(value, Mapping):
        for name, inner in value.items():
            yield from _texts(inner, str(name))
    elif isinstance(value, list):
        for inner in value:
            yield from _texts(inner, key)
    elif isinstance(value, str) and key in _TOLD:
        yield value
