"""Taking back what an import wrote into the agenda, except for what somebody changed since."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from django.utils import timezone

from agenda import undoing
from tenants.exchange.kinds import Done
from tenants.exchange.reasons import Reason
from tenants.models import User

Entries = list[dict[str, Any]]  # as a Change holds them
MadeEntries = Callable[[Done], Entries | None]  # of what an import made; None: it was changed since


def take_back(*, user: User, rows: Sequence[Done], made: MadeEntries) -> list[Reason | None]:
    """Undo ``rows``, of which those that an import made are told by ``made``; for each None, or why it was left."""
    now = timezone.now()
    answers: list[Reason | None] = []
    with undoing.act(user=user, now=now):
        told = [row.before["entries"] if row.before is not None else made(row) for row in rows]
        present = undoing.rows_of([entry for entries in told for entry in entries or ()])
        going: Entries = []
        for row, entries in zip(rows, told, strict=True):
            if entries is None or _is_changed(entries, present):
                answers.append(Reason("changed_since"))
                continue
            answers.append(None)
            if all((entry["model"], entry["id"]) in present for entry in entries):
                going += entries
            elif row.before is None:  # some of it is gone already
                going += [entry for entry in entries if (entry["model"], entry["id"]) in present]
        keys = {(entry["model"], entry["id"]) for entry in going}
        rest = {key: row for key, row in present.items() if key in keys}
        if going:
            undoing.take_back(user=user, entries=going, rows=rest, now=now)
    return answers


def _is_changed(entries: Entries, present: dict[tuple[str, int], Any]) -> bool:
    for entry in entries:
        row = present.get((entry["model"], entry["id"]))
        # Whoever deleted what was made has undone it already.
        is_undone = entry["fields"] is None and getattr(row, "deleted_at", None) is not None
        if row is not None and not is_undone and getattr(row, "version", None) != entry["version"]:
            return True
    return False
