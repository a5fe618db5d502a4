"""What the built-in assistant may work with in an agenda: whom it speaks to, when it is, and what tools have said."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from assistants.builtin.material import Conversation, read_lines, read_shop
from assistants.language import Language
from assistants.providers.base import SystemBlock

_NOW = re.compile(r"\((\d{4}-\d\d-\d\dT\d\d:\d\d), ([\w/+-]+)\)")


@dataclass(frozen=True, slots=True)
class Person:
    """To whom the assistant speaks, and when; ``overdue`` are rows of the prompt, ``done`` what this turn has done."""

    name: str
    language: Language
    now: datetime
    timezone: str
    is_heard: bool = False  # the language is the person's, as the prompt says
    brief: bool = False
    overdue: tuple[dict[str, Any], ...] = ()
    done: tuple[dict[str, Any], ...] = ()
    note: str = ""


def read_person(system: Sequence[SystemBlock]) -> Person:
    """Read the person and the moment from the system prompt."""
    text = "\n".join(block.text for block in system)
    shop = read_shop(system)
    person = next(read_lines(text, "persona"), {})
    told = list(read_lines(text, "hecho"))
    at = _NOW.search(text)
    timezone = at[2] if at else "UTC"
    now = datetime.fromisoformat(at[1]).replace(tzinfo=ZoneInfo(timezone)) if at else datetime.now(UTC)
    return Person(
        name=str(person.get("nombre") or ""),
        language=shop.language,
        now=now,
        timezone=timezone,
        is_heard=shop.is_heard,
        brief=shop.brief,
        overdue=tuple(row for row in read_lines(text, "agenda") if row.get("overdue")),
        done=tuple(row for row in told if "tool" in row),
        note=next((str(row["note"]) for row in told if "nota" in row), ""),
    )


@dataclass(frozen=True, slots=True)
class Results:
    """What the tools of this turn have answered, in order."""

    answers: tuple[tuple[str, dict[str, Any], dict[str, Any]], ...] = field(default=())

    def last(self, *names: str) -> dict[str, Any] | None:
        """The latest answer of one of the tools."""
        return next((answer for name, _, answer in reversed(self.answers) if name in names), None)

    @property
    def acted(self) -> dict[str, Any] | None:
        """What a writing tool answered last: done, a question, or an error."""
        reading = ("list_appointments", "list_tasks", "find_free_time", "daily_summary", "read_draft")
        return next((answer for name, _, answer in reversed(self.answers) if name not in reading), None)


def read_results(conversation: Conversation) -> Results:
    """The answers of this turn's tools as JSON."""
    answers = []
    for name, arguments, result in conversation.results:
        try:
            value = json.loads(result.content)
        except ValueError:
            continue
        if isinstance(value, dict):
            answers.append((name, dict(arguments), value))
    return Results(tuple(answers))
