"""What a turn does, done once: however often it is run, by whoever, a step of it writes once.

A writing call takes its step by a row that is unique on (turn, step), in the transaction of the change itself. So a
turn that was killed between its change and its reply, one that two workers run at the same time, and one in which the
built-in assistant goes on where a model broke off, all find what was done:

- the same call again (by digest, at any step) gets the stored result and writes nothing;
- another call at a step that is taken gets the stored result of that step too, with a note that says so. A model that
  words its call differently the second time has so done nothing twice; one that really wants something else asks
  again and gets the next step.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction

from assistants.models import Intention, ToolEffect
from assistants.speech import ReaderLost
from tenants.models import User

CONSENT = 0  # the step of what the person has just agreed to
MOST_STEPS = 10  # writing calls of one turn
EARLIER = (
    "Esto ya se hizo en un intento anterior de este mismo turno: cuéntaselo a la persona y no lo repitas. Si lo que"
    " pides ahora es otra cosa y todavía falta, pídelo de nuevo."
)


def _hold_nothing() -> None:
    """Nobody else can be running this turn."""


@dataclass(frozen=True, slots=True)
class TurnKey:
    """Which turn of which thread this is. ``hold`` is called in the transaction of every change: it raises when the
    turn is somebody else's by now, and keeps it from becoming so before the transaction ends."""

    turn: int
    thread: int
    hold: Callable[[], None] = _hold_nothing


class TooManySteps(Exception):
    """The turn has written MOST_STEPS times."""


@dataclass(frozen=True, slots=True)
class Act:
    """A call that wrote, and what came of it."""

    step: int
    tool: str
    digest: str
    result: dict[str, Any]

    @property
    def changes(self) -> list[dict[str, Any]]:
        """[{id, summary, until}]: what can be undone."""
        return list(self.result.get("changes", ()))


@dataclass
class Acts:
    """What one turn has done. Without a key (no conversation) it is known to this object alone."""

    user: User
    key: TurnKey | None = None
    done: dict[int, Act] = field(default_factory=dict)
    question: str = ""  # what the person is asked before more is done
    note: str = ""  # what became of an earlier question: agreed, refused, expired
    _next: int = CONSENT + 1

    def recall(self) -> None:
        """Begin an attempt, in the tenant's scope: what others have done of this turn is known, and steps begin."""
        self._next = CONSENT + 1
        if self.key is not None:
            for row in ToolEffect.objects.filter(turn=self.key.turn).order_by("step"):
                self.done[row.step] = Act(row.step, row.tool, row.digest, row.result)

    def in_order(self) -> list[Act]:
        """What was done, in the order of its steps."""
        return [self.done[step] for step in sorted(self.done)]

    def once(
        self,
        *,
        tool: str,
        arguments: Mapping[str, Any],
        run: Callable[[], dict[str, Any]],
        step: int | None = None,
    ) -> tuple[dict[str, Any], bool]:
        """Do it, unless this turn has done it: (what came of it, whether it is what was asked for).

        ``run`` is called in a transaction; what it raises undoes it and leaves the step free. Raises TooManySteps, and
        ReaderLost when the turn is not ours any more.
        """
        digest = digest_of(tool=tool, arguments=arguments)
        for act in self.done.values():
            if act.digest == digest:
                self._next = max(self._next, act.step + 1)
                return act.result, True
        place = self._next if step is None else step
        if place > MOST_STEPS:
            raise TooManySteps
        act, fresh = self._take(place, tool, digest, run)
        self.done[place] = act
        if step is None:
            self._next = place + 1
        return (act.result, True) if fresh else (act.result | {"note": EARLIER}, False)

    def _take(self, place: int, tool: str, digest: str, run: Callable[[], dict[str, Any]]) -> tuple[Act, bool]:
        if self.key is None:
            if place in self.done:
                return self.done[place], False
            with transaction.atomic():
                return Act(place, tool, digest, run()), True
        with transaction.atomic():
            self._hold(self.key)
            row, created = ToolEffect.objects.get_or_create(
                user=self.user,
                turn=self.key.turn,
                step=place,
                defaults={"thread": self.key.thread, "tool": tool, "digest": digest},
            )
            if created:
                row.result = run()
                row.save(update_fields=["result"])
        return Act(place, row.tool, row.digest, row.result), created or row.digest == digest

    def _hold(self, key: TurnKey) -> None:
        try:
            key.hold()
        except Exception as fault:
            raise ReaderLost(type(fault).__name__) from fault


def digest_of(*, tool: str, arguments: Mapping[str, Any]) -> str:
    """What tells one call from another; arguments that are null or absent are the same."""
    given = {name: value for name, value in arguments.items() if value is not None}
    text = json.dumps([tool, given], sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def forget(*, thread: int) -> None:
    """Delete what is kept of a thread that is deleted, in the tenant's scope. What was done stays done."""
    ToolEffect.objects.filter(thread=thread).delete()
    Intention.objects.filter(thread=thread).delete()
