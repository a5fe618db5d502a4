"""What would touch several things at once waits for the person's word: kept as a row, done or dropped a turn later."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from assistants.consent import read_consent
from assistants.effects import CONSENT, Acts, TurnKey
from assistants.models import Intention

KEPT_FOR = timedelta(minutes=10)
MOST_CALLS = 60

Execute = Callable[[Sequence[Mapping[str, Any]]], dict[str, Any]]


def keep(*, acts: Acts, call: Mapping[str, Any], question: str, now: datetime) -> None:
    """Keep a call ({tool, arguments, sealed?}) until the person has answered ``question``, in the tenant's scope.

    Another call of the same turn joins the first; the intention of an earlier turn gives way. Without a thread there
    is no next turn, and nothing is kept.
    """
    acts.question = question
    if acts.key is None:
        return
    key = acts.key
    earlier = Intention.objects.filter(thread=key.thread, turn=key.turn).first()
    calls = [*(earlier.calls if earlier else ()), dict(call)]
    Intention.objects.update_or_create(
        user=acts.user,
        thread=key.thread,
        defaults={
            "turn": key.turn,
            "calls": [each for n, each in enumerate(calls) if each not in calls[:n]][:MOST_CALLS],
            "question": question,
            "expires_at": now + KEPT_FOR,
        },
    )


def kept(*, key: TurnKey) -> list[dict[str, Any]]:
    """The calls that this turn has asked about so far."""
    row = Intention.objects.filter(thread=key.thread, turn=key.turn).first()
    return list(row.calls) if row else []


def settle(*, acts: Acts, message: str, execute: Execute, now: datetime) -> None:
    """Take the person's ``message`` as the answer to what an earlier turn asked, in the tenant's scope.

    A plain yes in time does it, as step 0 of this turn; a plain no, or anything else, drops it. ``acts.note`` says
    which: "agreed", "refused", "expired", or nothing when nothing was pending.
    """
    if acts.key is None:
        return
    if CONSENT in acts.done:  # this turn has run before
        acts.note = "agreed"
        return
    pending = Intention.objects.filter(thread=acts.key.thread).first()
    if pending is None or pending.turn >= acts.key.turn:
        return
    agreed = read_consent(message)
    if agreed and now < pending.expires_at:

        def run() -> dict[str, Any]:
            pending.delete()
            return execute(pending.calls)

        acts.once(tool="confirmed", arguments={"calls": pending.calls}, run=run, step=CONSENT)
        acts.note = "agreed"
        return
    pending.delete()
    acts.note = "expired" if agreed else "refused" if agreed is False else ""
