"""A customer's appointments without a model, and what only the shop itself can answer: its hours, a person."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from agenda.dates import Moment, read_moments
from assistants.builtin.agenda_material import read_person
from assistants.builtin.complaints import complains, keeps_goods, takes_it
from assistants.builtin.guests import find_guest
from assistants.builtin.material import Conversation, Shop, language_of_talk, names_in_answer, read_lines
from assistants.builtin.planning import Call
from assistants.builtin.topics import TOPICS
from assistants.builtin.understanding import understand
from assistants.builtin.visiting_phrases import (
    ASKS_MINE,
    BOOK,
    CANCEL,
    GO,
    IT_CANCELLED,
    IT_MOVED,
    MINE,
    MOVE,
    OFFERS,
    OWN_VISIT,
    PRIVATE,
    SERVICE,
    WHICH,
    visit_phrase,
)
from assistants.grounding.words import fold
from assistants.language import Language
from assistants.moments import write_day, write_zone
from assistants.offering import wants_a_person
from assistants.opening import write_spans, write_week
from assistants.providers.base import SystemBlock
from tenants.hours import WEEKDAYS

LOOKED_BACK = 4  # messages of the customer
SPOKEN_OF = 3  # answers of ours in which «la» still is the appointment
_GENERIC = frozenset({"cita", "hora", "horario", "turno", "consulta", "appointment", "agendamento", "visita"})
_MYSELF = frozenset({"mi", "me", "mim", "myself"})  # «una cita para mí»
_HOLIDAY = re.compile(r"\((\d{4}-\d\d-\d\d)\)")


def answer_visit(
    *, system: Sequence[SystemBlock], shop: Shop, conversation: Conversation, books: bool
) -> tuple[list[Call], Callable[[], str]] | None:
    """(the calls that are still missing, what writes the answer); None when the message is about something else."""
    visit = _Visit(system, shop, conversation, books=books)
    return (visit.missing, visit.write) if visit.work() else None


def _kind(text: str) -> str:
    """What a message wants of appointments: private, cancel, move, mine, book; "" for nothing."""
    folded = re.sub(r"[’']", " ", fold(text[:500]))
    if PRIVATE.search(folded) and not re.search(r"\b(?:mi|mis|my|meu|meus|minha)\b", folded):
        return "private"
    for kind, pattern in (("cancel", CANCEL), ("move", MOVE)):
        if pattern.search(folded):
            return kind
    if MINE.search(folded) and ASKS_MINE.search(folded):
        return "mine"
    if pronoun := _kind_of_it(folded):
        return pronoun
    return "book" if BOOK.search(folded) else "go" if GO.search(folded) else ""


def _kind_of_it(folded: str) -> str:
    """What «muévela», «cancélala» want done, if «la» is an appointment."""
    return "move" if IT_MOVED.search(folded) else "cancel" if IT_CANCELLED.search(folded) else ""


class _Visit:
    def __init__(self, system: Sequence[SystemBlock], shop: Shop, conversation: Conversation, *, books: bool) -> None:
        self.shop, self.conversation, self.books = shop, conversation, books
        person = read_person(system)
        self.person = person
        self.language: Language = language_of_talk(conversation, shop=shop)
        text = "\n".join(block.text for block in system)
        self.hours: dict[str, Any] = next(read_lines(text, "negocio"), {}).get("horario") or {}
        self.holidays = {date.fromisoformat(found) for found in _HOLIDAY.findall(text)}
        self.missing: list[Call] = []
        self.lines: list[str] = []
        self.moments: list[Moment] = []
        self.goes_on = False  # whether this answers an offer of ours

    def work(self) -> bool:
        """Work out what is missing and what is to be said; False when this is about something else."""
        question = self.conversation.question
        if self._tell_done():
            return True
        if wants_a_person(question):
            self._call_the_shop()
            return True
        if complains(question):
            self._call_the_shop("sorry")
            return True
        kind = _kind(question)
        self.moments = [m for m in self._read(question) if m.kind not in ("duration", "recurrence")]
        if kind == "private":
            self._say("private")
            if self.books:
                self._say("private_offer")
            return True
        if kind == "go" and not self.moments:
            kind = ""
        if kind in ("move", "cancel") and not self._is_of_visits(question, kind):
            kind = ""
        if not kind:
            kind = self._going_on()
        if not kind and self._buys(question):
            self._call_the_shop("order")
            return True
        if not kind:
            return self._tell_hours()
        if not self.books:
            self._send_away()
            return True
        {"mine": self._list, "cancel": self._change, "move": self._change}.get(kind, self._book)(kind)
        return True

    def _is_of_visits(self, question: str, kind: str) -> bool:
        """Whether an appointment is to be moved or cancelled: it is named, or was just spoken of."""
        folded = re.sub(r"[’']", " ", fold(question[:500]))
        if (MOVE if kind == "move" else CANCEL).search(folded):
            return True
        spoken = any(OWN_VISIT.search(fold(answer)) for answer in self.conversation.answers[-SPOKEN_OF:])
        return spoken or (self.books and bool(self.moments))

    def write(self) -> str:
        """The whole answer."""
        return "\n".join(self.lines)

    def _say(self, key: str, **values: object) -> None:
        self.lines.append(visit_phrase(key, self.language, **values))

    def _read(self, text: str) -> list[Moment]:
        return read_moments(text=text[:500], now=self.person.now, timezone=self.person.timezone)

    def _result(self, tool: str) -> dict[str, Any] | None:
        for name, _, result in reversed(self.conversation.results):
            if name == tool:
                try:
                    value = json.loads(result.content)
                except ValueError:
                    return {}
                return value if isinstance(value, dict) else {}
        return None

    @property
    def _ordinal(self) -> int | None:
        return understand(self.conversation.question, language=self.language).ordinal

    @property
    def _zone(self) -> str:
        return write_zone(self.person.timezone, language=self.language)

    # -- what was done, and what only people can do

    def _tell_done(self) -> bool:
        if self.person.done:
            for act in self.person.done:
                if act.get("done"):
                    self.lines.append(str(act["said"]))
                for reason in act.get("reasons", ()):
                    self._tell_refusal(reason)
                if not self.lines:
                    self._say("failed")
            return True
        if self.person.note in ("refused", "expired"):
            self._say(self.person.note)
            return True
        return False

    def _buys(self, question: str) -> bool:
        """Whether goods are to be kept, or what our last answer named is bought."""
        if takes_it(question):
            return bool(names_in_answer(self.conversation.last_answer, rows=self.shop.rows))
        return not self.moments and keeps_goods(question)

    def _call_the_shop(self, key: str = "") -> None:
        result = self._result("call_the_shop")
        if result is None:
            self.missing.append(Call("call_the_shop", {}))
            return
        if key:
            shop = self.shop.name or {"es": "la tienda", "en": "the shop", "pt": "a loja"}[self.language]
            self._say(key, shop=shop)
        self.lines.append(str(result.get("said") or ""))
        self._tell_contact()

    def _send_away(self) -> None:
        shop = self.shop.name or {"es": "la tienda", "en": "the shop", "pt": "a loja"}[self.language]
        self._say("no_booking", shop=shop)
        self._tell_contact()

    def _tell_contact(self) -> None:
        facts = [fact for fact in self.shop.facts if TOPICS["contact"].search(fold(fact))][:2]
        if facts:
            self._say("reach")
            self.lines += [f"- {fact}" for fact in facts]

    # -- opening hours

    def _tell_hours(self) -> bool:
        """From the working hours, when the business's own words say nothing of them."""
        understanding = understand(self.conversation.question, currency=self.shop.currency, language=self.language)
        if "hours" not in understanding.topics or not self.hours:
            return False
        if any(TOPICS["hours"].search(fold(fact)) for fact in self.shop.facts):
            return False
        days = [d for moment in self.moments if (d := self._day_of(moment)) is not None]
        if not days:
            self._say("week", week=write_week(self.hours, language=self.language))
            return True
        for day in dict.fromkeys(days[:2]):
            told = write_day(day, language=self.language, today=self.person.now.date())
            spans = self.hours.get(WEEKDAYS[day.weekday()]) or []
            if day in self.holidays:
                self._say("holiday", day=told)
            elif spans:
                self._say("open_day", day=told, spans=write_spans(spans, language=self.language))
            else:
                self._say("closed_day", day=told)
        return True

    def _day_of(self, moment: Moment) -> date | None:
        today = self.person.now.date()
        days = [
            start.date() if isinstance(start, datetime) else start
            for reading in moment.candidates
            if isinstance(start := reading.start, date)
        ]
        return next((day for day in days if day >= today), None)

    # -- booking

    def _going_on(self) -> str:
        """What an answer to our offer or question of before goes on with."""
        last = self.conversation.last_answer
        offered = any(words in last for words in OFFERS)
        asked = any(words in last for words in WHICH)
        if not offered and not asked:
            return ""
        if self._ordinal is not None and self.language == "es":
            self.moments = []  # «la segunda» is no Monday here
        if self._ordinal is None and not self.moments:
            return ""
        self.goes_on = True
        for text in reversed(self.conversation.earlier[-LOOKED_BACK:]):
            if (kind := _kind(text)) in ("cancel", "move", "book", "go"):
                return kind
        return "book" if offered else ""

    def _offered(self) -> list[datetime]:
        """The times that our last answer offered."""
        found = []
        for line in self.conversation.last_answer.splitlines():
            for moment in self._read(line)[:1] if line.startswith("- ") else ():
                starts = [r.start for r in moment.candidates if isinstance(r.start, datetime)]
                found += [start for start in starts if start >= self.person.now][:1]
        return found

    def _wanted(self) -> str:
        """The time that is wanted, as the tool reads it; "" when none was said."""
        offered = self._offered()
        ordinal = self._ordinal if self.goes_on else None
        timed = [m for m in self.moments if m.kind in ("datetime", "datetime_range") and m.words]
        clocks = [m for m in self.moments if m.kind in ("time", "time_range")]
        if timed and not _is_part_of_day(timed[-1]):
            return timed[-1].words
        if ordinal is not None and offered and not self.moments and abs(ordinal) <= len(offered):
            return f"{offered[ordinal - 1 if ordinal > 0 else -1]:%Y-%m-%dT%H:%M}"
        if clocks:
            starts = [reading.start for reading in clocks[-1].candidates]
            for start in offered:
                if start.time() in starts:
                    return f"{start:%Y-%m-%dT%H:%M}"
            days = {start.date() for start in offered}
            return f"{min(days):%Y-%m-%d} {clocks[-1].words}" if len(days) == 1 else clocks[-1].words
        return ""

    def _book(self, kind: str) -> None:
        if (result := self._result("book_appointment")) is not None:
            self._tell_result(result)
            return
        if wanted := self._wanted():
            given = {"start": wanted, "service": self._service(), "guest": self._guest()}
            self.missing.append(Call("book_appointment", {name: value for name, value in given.items() if value}))
            return
        self._offer()

    def _offer(self) -> None:
        free = self._result("free_times")
        if free is None:
            words = self.moments[-1].words if self.moments else ""
            self.missing.append(Call("free_times", {"when": words}))
        elif free.get("free"):
            self._tell_free(free["free"])
        elif free.get("question"):
            self.lines.append(str(free["question"]))
        else:
            self._say("no_free")

    def _tell_free(self, rows: Sequence[Mapping[str, Any]]) -> None:
        self._say("free", zone=self._zone)
        self.lines += [f"- {row['when_text']}" for row in rows]
        self.lines.append("")
        self._say("which_time")

    def _tell_result(self, result: Mapping[str, Any]) -> None:
        if result.get("done"):
            self.lines.append(str(result["said"]))
        elif "note" in result:
            self._say("confirm")
        elif result.get("question"):
            self.lines.append(str(result["question"]))
        else:
            self._tell_refusal(result)

    def _tell_refusal(self, result: Mapping[str, Any]) -> None:
        self.lines.append(str(result.get("said") or visit_phrase("failed", self.language)))
        if result.get("free"):
            self._tell_free(result["free"])

    def _texts(self) -> list[str]:
        """What was said of this booking, the latest first, without its times."""
        earlier = reversed(self.conversation.earlier[-LOOKED_BACK:]) if self.goes_on else ()
        texts = []
        for text in (self.conversation.question, *earlier):
            spans = [span for moment in self._read(text) for span in moment.spans]
            texts.append(_blank(text, spans))
        return texts

    def _guest(self) -> str:
        """Who comes in the customer's stead: «Pedro», «mi hija»; "" for the customer."""
        return next((guest.name for text in self._texts() if (guest := find_guest(text))), "")

    def _service(self) -> str:
        """What the appointment is for, in the customer's words: «corte de pelo»."""
        for text in self._texts():
            guest = find_guest(text)
            blank = _blank(text, [guest.span]) if guest else text
            if found := SERVICE.search(blank):
                words = re.sub(r"\b(?:el|la|para|on|for|at|a|em|na|no|por favor|please)\s*$", "", found["what"].strip())
                words = " ".join(words.split()[:5]).strip()
                is_nothing = fold(words).partition(" ")[0] in _GENERIC or fold(words) in _MYSELF
                return "" if is_nothing else words
        return ""

    # -- one's own

    def _list(self, kind: str) -> None:
        result = self._result("list_my_appointments")
        if result is None:
            self.missing.append(Call("list_my_appointments", {}))
        elif result.get("visits"):
            self._say("mine", zone=self._zone)
            self.lines += [f"- {row['when_text']}" for row in result["visits"]]
        else:
            self._say("none_mine")

    def _change(self, kind: str) -> None:
        tool = "cancel_appointment" if kind == "cancel" else "move_appointment"
        if (result := self._result(tool)) is not None:
            self._tell_result(result)
            return
        found = self._result("list_my_appointments")
        if found is None:
            self.missing.append(Call("list_my_appointments", {}))
            return
        rows = self._narrow(found.get("visits") or [], kind)
        if not rows:
            self._say("none_mine")
        elif len(rows) > 1:
            self._say("which_visit")
            self.lines += [f"- {row['when_text']}" for row in rows]
        elif kind == "cancel":
            self.missing.append(Call(tool, {"id": rows[0]["id"]}))
        elif wanted := self._wanted() or self._only_day():
            self.missing.append(Call(tool, {"id": rows[0]["id"], "start": wanted}))
        else:
            self._offer()

    def _only_day(self) -> str:
        days = [moment for moment in self.moments if moment.kind == "date"]
        return days[-1].words if days and self._result("free_times") is None else ""

    def _narrow(self, rows: Sequence[dict[str, Any]], kind: str) -> list[dict[str, Any]]:
        """Of several the one that is named by its day, or by its place in the list."""
        if len(rows) < 2:
            return list(rows)
        said = [self.conversation.question, *reversed(self.conversation.earlier[-LOOKED_BACK:])]
        if any(words in self.conversation.last_answer for words in WHICH):
            ordinal = understand(said[0], language=self.language).ordinal
            if ordinal is not None and abs(ordinal) <= len(rows):
                return [rows[ordinal - 1 if ordinal > 0 else -1]]
        for text in said:
            days = {day for moment in self._read(text) if (day := self._day_of(moment)) is not None}
            named = [row for row in rows if datetime.fromisoformat(row["start"]).date() in days]
            if len(named) == 1:
                return named
            if _kind(text) == kind:
                break
        return list(rows)


def _blank(text: str, spans: Sequence[tuple[int, int]]) -> str:
    return "".join("." if any(s <= place < e for s, e in spans) else sign for place, sign in enumerate(text))


def _is_part_of_day(moment: Moment) -> bool:
    """«el jueves por la tarde» is no hour."""
    reading = moment.candidates[0] if moment.candidates else None
    if reading is None or not isinstance(reading.start, datetime) or not isinstance(reading.end, datetime):
        return False
    return reading.end - reading.start >= timedelta(hours=3)
