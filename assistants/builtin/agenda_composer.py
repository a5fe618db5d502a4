"""Turning what the agenda's tools said into an answer: what was done, what there is, and a word to go on with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from assistants.builtin.agenda_material import Person
from assistants.builtin.agenda_phrases import DUE, PRIORITY, WAS_DUE, agenda_phrase
from assistants.builtin.agenda_planning import AgendaPlan
from assistants.builtin.agenda_understanding import AgendaIntent
from assistants.language import Language

SHOWN = 8  # lines of a list
_MANNERS = {
    AgendaIntent.HELP: "help",
    AgendaIntent.THANKS: "thanks",
    AgendaIntent.GOODBYE: "goodbye",
    AgendaIntent.OUT_OF_SCOPE: "out_of_scope",
    AgendaIntent.MANIPULATION: "out_of_scope",
    AgendaIntent.SHOP: "shop",
    AgendaIntent.YES: "nothing_pending",
    AgendaIntent.NO: "refused",
}
_HOPELESS = {"there is nothing to undo": "no_undo", "it was changed again": "changed_since"}

Row = Mapping[str, Any]


class AgendaComposer:
    """Writes one answer."""

    def __init__(self, *, person: Person, plan: AgendaPlan) -> None:
        self.person, self.plan = person, plan
        self.language: Language = plan.understanding.language

    def write(self) -> str:
        """The whole answer."""
        if self.person.done:
            return "\n\n".join(self._write_act(act) for act in self.person.done)
        if self.person.note in ("refused", "expired"):
            return self._say(self.person.note)
        if (acted := self.plan.results.acted) is not None:
            return self._write_act(acted)
        if self.plan.question:
            return self._say("when") if self.plan.question == "when" else self.plan.question
        if self.plan.several:
            return "\n".join([self._say("which"), *map(self._item, self.plan.several[:SHOWN])])
        if self.plan.not_found:
            return self._say("not_found")
        if key := _MANNERS.get(self.plan.intent):
            return self._say(key)
        return self._write_found()

    def write_safely(self) -> str:
        """What names no day and no thing, for when the whole answer was found to say what it should not.

        What was done is told by the tools' own words, after it.
        """
        if self.person.done or (self.plan.results.acted or {}).get("done"):
            return self._say("told_below")
        return self._say("say_again")

    def _say(self, key: str, **values: object) -> str:
        return agenda_phrase(key, self.language, **values)

    # -- what was done

    def _write_act(self, act: Row) -> str:
        if "error" in act:
            key = next((key for start, key in _HOPELESS.items() if str(act["error"]).startswith(start)), "")
            return self._say(key) if key else self._say("cannot", why=act["error"])
        if not act.get("done"):
            if "note" in act:  # the question comes at the end of the reply
                return self._say("asked")
            return str(act.get("question") or self._say("failed" if act.get("failed") else "unclear"))
        parts = [self._say(str(act["act"]), said=act["said"])]
        if act.get("conflicts"):
            others = "; ".join(f"{row['title']}, {row['when_text']}" for row in act["conflicts"][:3])
            parts.append(self._say("conflict", others=others))
        if act.get("next"):
            parts += [self._say("next", said=self._line(row)) for row in act["next"][:1]]
        if act.get("failed"):
            parts.append(self._say("failed"))
        if act.get("changes") and not self.person.brief:
            parts.append(self._say("undo_hint"))
        return " ".join(parts)

    # -- what there is

    def _write_found(self) -> str:
        results = self.plan.results
        if (day := results.last("daily_summary")) is not None and "day" in day:
            return self._write_day(day)
        if (free := results.last("find_free_time")) is not None and "free" in free:
            return self._write_free(free["free"])
        appointments, tasks = results.last("list_appointments"), results.last("list_tasks")
        if self.plan.intent == AgendaIntent.OVERDUE and tasks is not None:
            return self._write_overdue(tasks.get("tasks", []))
        if self.plan.intent == AgendaIntent.TASKS and tasks is not None:
            return self._write_tasks(tasks)
        if appointments is not None and "appointments" in appointments:
            return self._write_span(appointments, tasks or {})
        for answer in (appointments, tasks):
            if answer and answer.get("question"):
                return str(answer["question"])
        return self._say("unclear")

    def _write_day(self, day: Row) -> str:
        greets = self.plan.intent == AgendaIntent.GREETING
        name = f", {self.person.name}" if self.person.name else ""
        lines = [self._say("greeting", name=name)] if greets else []
        appointments, due, overdue = day["appointments"], day["due"], day["overdue"]
        told = self.plan.intent in (AgendaIntent.SUMMARY, AgendaIntent.GREETING)
        if appointments:
            lines += [self._say("day", day=day["day_text"]), *map(self._item, appointments[:SHOWN])]
        else:
            lines.append(self._say("none_day", day=day["day_text"]))
        if due:
            lines += [self._say("due"), *map(self._item, due[:SHOWN])]
        if overdue:
            lines += [self._say("mind_overdue"), *map(self._item, overdue[: SHOWN if told else 3])]
        if told and not self.person.brief:
            lines += ["", self._say("close_busy" if appointments or due or overdue else "close_free")]
        return "\n".join(lines)

    def _write_free(self, slots: Sequence[Row]) -> str:
        if not slots:
            return self._say("no_free")
        lines = [self._say("free"), *(f"- {slot['when_text']}" for slot in slots[:SHOWN])]
        return "\n".join(lines if self.person.brief else [*lines, "", self._say("free_close")])

    def _write_overdue(self, rows: Sequence[Row]) -> str:
        if not rows:
            return self._say("no_overdue")
        return "\n".join([self._say("overdue"), *map(self._item, rows[:SHOWN]), "", self._say("overdue_close")])

    def _write_tasks(self, found: Row) -> str:
        rows = found.get("tasks", [])
        if not rows:
            return self._say("no_tasks")
        lines = [self._say("tasks"), *map(self._item, rows[:SHOWN])]
        return "\n".join([*lines, self._say("more")] if len(rows) > SHOWN else lines)

    def _write_span(self, appointments: Row, tasks: Row) -> str:
        rows, due = appointments["appointments"], tasks.get("tasks", [])
        if not rows and not due:
            return self._say("not_found" if self.plan.understanding.words else "none_span")
        lines = [self._say("here" if self.plan.understanding.words else "span"), *map(self._item, rows[:SHOWN])]
        lines += map(self._item, due[: max(2, SHOWN - len(rows))])
        if len(rows) > SHOWN:
            lines.append(self._say("more"))
        return "\n".join(lines)

    def _item(self, row: Row) -> str:
        return f"- {self._line(row)}"

    def _line(self, row: Row) -> str:
        if row.get("kind") != "task":
            place = f" ({row['location']})" if row.get("location") else ""
            return f"**{row['title']}**, {row['when_text']}{place}"
        parts = [f"**{row['title']}**"]
        if priority := PRIORITY[row["priority"]][self.language]:
            parts.append(priority)
        if row.get("due_text"):
            due = WAS_DUE if row.get("overdue") else DUE
            parts.append(due[self.language].format(day=row["due_text"]))
        return ", ".join(parts)
