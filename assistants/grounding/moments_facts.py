"""What a reply of the personal assistant may say: the appointments, tasks, free times and acts of one turn."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from agenda.dates import Moment, read_moments
from assistants.grounding.facts import Facts
from assistants.grounding.words import STOP_WORDS, tokenize, word_set

# What an item may be called without saying which one.
GENERIC = word_set(
    "cita citas reunion reuniones tarea tareas evento eventos pendiente pendientes compromiso compromisos llamada"
    " appointment appointments meeting meetings task tasks event events call reuniao reunioes tarefa tarefas"
    " compromissos pendencia pendencias"
)
_TEXTS = ("said", "question", "summary", "day_text", "when_text", "due_text")


def content_stems(text: str) -> frozenset[str]:
    """The stems of the words that tell one thing from another."""
    return frozenset(
        token.stem for token in tokenize(text) if token.folded not in STOP_WORDS and token.folded not in GENERIC
    )


@dataclass(frozen=True, slots=True)
class Span:
    """From when to when on the tenant's clock, naive. A day is from its midnight to the next."""

    start: datetime
    end: datetime

    def holds(self, day: date) -> bool:
        return self.start.date() <= day <= (self.end - timedelta(minutes=1)).date()


@dataclass(slots=True)
class Item:
    """An appointment (``spans``, the latest last: earlier ones are from before it moved) or a task (``due``)."""

    title: str
    is_task: bool = False
    all_day: bool = False
    spans: list[Span] = field(default_factory=list)
    due: list[date] = field(default_factory=list)
    minutes: set[int] = field(default_factory=set)
    status: str = ""
    priority: str = ""
    overdue: bool = False
    stems: frozenset[str] = frozenset()

    @property
    def days(self) -> list[date]:
        return [*self.due, *(day for span in self.spans for day in (span.start.date(), span.end.date()))]


class AgendaFacts(Facts):
    """The facts of a turn about an agenda. ``now`` and ``timezone`` say what «mañana» is."""

    def __init__(self, *, currency: str, now: datetime, timezone: str) -> None:
        super().__init__(currency=currency)
        self.timezone = timezone
        self.now = now.astimezone(ZoneInfo(timezone))
        self.items: dict[tuple[bool, int], Item] = {}
        self.looked: list[Span] = []
        self.free: list[Span] = []
        self.minutes: set[int] = set()
        self.counts: set[int] = set()
        self.acts: set[str] = set()
        self.told: list[Moment] = []  # in texts of ours
        self.asked: list[Moment] = []  # in the person's words
        self.words: set[str] = set()  # stems of all that was read
        self.asked_words: set[str] = set()

    @property
    def today(self) -> date:
        return self.now.date()

    def read(self, text: str) -> list[Moment]:
        """The moments of a text, as they are meant now."""
        return read_moments(text=text, now=self.now.astimezone(UTC), timezone=self.timezone)

    def add_rows(self, rows: Iterable[Mapping[str, Any]]) -> None:
        """Add appointments and tasks as tools show them."""
        for row in rows:
            self._walk(row, key="")
        self.version += 1

    def add_text(self, text: str) -> None:
        super().add_text(text)
        self.words |= {token.stem for token in tokenize(text)}

    def add_question(self, text: str) -> None:
        super().add_question(text)
        self.asked += self.read(text)
        self.asked_words |= {token.stem for token in tokenize(text)}

    def add_tool_result(self, content: str) -> None:
        try:
            value = json.loads(content)
        except ValueError:
            return
        self._walk(value, key="")
        self.version += 1

    def _walk(self, value: Any, *, key: str) -> None:
        if isinstance(value, list):
            if value and isinstance(value[0], dict):
                self.counts.add(len(value))
            for inner in value:
                self._walk(inner, key=key)
        elif isinstance(value, str):
            self.add_text(value)
            if key in _TEXTS or key == "candidates":
                self.told += self.read(value)
        elif isinstance(value, Mapping):
            self._take(value)
            for name, inner in value.items():
                if name not in ("start", "end", "due", "weekday", "looked_from", "looked_until", "until"):
                    self._walk(inner, key=str(name))

    def _take(self, row: Mapping[str, Any]) -> None:
        if row.get("done") is True and row.get("act"):
            self.acts.add(str(row["act"]))
        if "looked_from" in row:
            self.looked.append(Span(_moment(row["looked_from"]), _moment(row["looked_until"])))
        if isinstance(row.get("minutes"), int):
            self.minutes.add(row["minutes"])
        elif isinstance(row.get("minutes"), list):
            self.minutes |= {each for each in row["minutes"] if isinstance(each, int)}
        if "day" in row and "title" not in row:
            start = _moment(str(row["day"]))
            self.looked.append(Span(start, start + timedelta(days=1)))
        if "start" in row and "title" not in row and "end" in row:
            self.free.append(Span(_moment(row["start"]), _moment(row["end"])))
        if isinstance(row.get("title"), str) and isinstance(row.get("id"), int):
            self._take_item(row)

    def _take_item(self, row: Mapping[str, Any]) -> None:
        is_task = row.get("kind") == "task"
        item = self.items.setdefault((is_task, row["id"]), Item(title="", is_task=is_task))
        item.title = row["title"]
        item.status, item.priority = str(row.get("status") or ""), str(row.get("priority") or "")
        item.all_day, item.overdue = bool(row.get("all_day")), bool(row.get("overdue"))
        item.minutes |= set(row.get("reminder_minutes") or ())
        item.stems |= content_stems(" ".join([row["title"], *row.get("attendees", [])])) or frozenset(
            token.stem for token in tokenize(row["title"])
        )
        if row.get("start"):
            span = Span(_moment(row["start"]), _moment(row["end"]))
            if span not in item.spans:
                item.spans.append(span)
        if row.get("due"):
            due = date.fromisoformat(row["due"])
            if due not in item.due:
                item.due.append(due)


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=None)
