"""What would become of each row of a file: created, updated, left as it is, skipped, or refused with its reasons."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, Literal, TypeVar

from django.utils import timezone

from tenants.exchange.bounds import Raw
from tenants.exchange.columns import title_of
from tenants.exchange.faults import NotSo
from tenants.exchange.kinds import KEPT, Field, Identity, Kind, Refused, Row
from tenants.exchange.reasons import Reason
from tenants.exchange.row_errors import KeptError, keep_error
from tenants.exchange.values import Manner, is_blank, read_value
from tenants.models import ImportJob, User

Action = Literal["create", "update", "unchanged", "skip", "refuse"]
One = TypeVar("One")
Place = tuple[int, str]  # of a column: its index, and its title in the file

MOST_REASONS = 20  # of one row


@dataclass(slots=True)
class Judged:
    """A row of the file and what it comes to. ``row`` is what the kind gets; None when it cannot be read.

    ``errors`` are as they are kept; ``row_errors.show_error`` says them to people.
    """

    number: int
    cells: list[Any]
    action: Action = "refuse"
    row: Row | None = None
    errors: list[KeptError] = field(default_factory=list)

    def refuse(self, reason: Reason, *, name: str = "", place: Place | None = None) -> None:
        """Say what is wrong, and with which field and column of the file; the row is not taken."""
        self.action = "refuse"
        if len(self.errors) < MOST_REASONS:
            index, title = place or (None, "")
            cell = self.cells[index] if index is not None and index < len(self.cells) else None
            self.errors.append(
                keep_error(row=self.number, reason=reason, field=name, index=index, title=title, cell=cell)
            )


class Judge:
    """Goes through the rows of one file in order, once: it remembers what it has seen.

    In the scope, language and zone of the tenant.
    """

    def __init__(self, *, user: User, kind: Kind, job: ImportJob) -> None:
        self._user, self._kind, self._job = user, kind, job
        self._manner = Manner(job.decimal, job.date_order, timezone.get_current_timezone())
        self._columns: list[tuple[Place, Field]] = []
        for column in job.columns:
            known = kind.field(column["field"]) if column["field"] else None
            if known is not None:
                self._columns.append(((column["index"], column["name"]), known))
        self._places = {known.name: place for place, known in self._columns}
        self._seen: dict[tuple[str, str], tuple[int, int]] = {}  # the first row with this identity, and how many

    @property
    def lacking(self) -> list[str]:
        """The titles of fields without which nothing new can be made, and that no column is."""
        return [title_of(one) for one in self._kind.fields if one.required and one.name not in self._places]

    def read(self, raw: Raw) -> Judged:
        """Read one row's values. Looks at no database."""
        judged = Judged(raw.number, raw.cells)
        if raw.fault:
            judged.refuse(raw.fault)
        values: dict[str, Any] = {}
        for place, known in self._columns:
            index = place[0]
            cell = raw.cells[index] if index < len(raw.cells) else None
            if is_blank(cell) and (known.strip or cell is None or cell == ""):
                if (nothing := known.of_nothing()) is not KEPT:
                    values[known.name] = nothing
                continue
            try:
                values[known.name] = read_value(cell, field=known, manner=self._manner)
            except NotSo as fault:
                if raw.fault:
                    continue  # what can be read is shown all the same
                judged.refuse(fault.reason, name=known.name, place=place)
        if not judged.errors:
            self._blame(judged, self._kind.check(user=self._user, values=values))
        identity = self._kind.identify(values) if not judged.errors else None
        judged.row = Row(raw.number, values)
        if identity is not None:
            self._recognise(judged, identity)
        return judged

    def decide(self, batch: Sequence[Judged], *, lock: bool = False) -> None:
        """Find what there is already for the rows of ``batch`` that can be read, and say what becomes of each."""
        readable = [judged for judged in batch if not judged.errors and judged.row is not None]
        rows = [judged.row for judged in readable if judged.row is not None]
        for judged, row, found in zip(
            readable, rows, self._kind.find(user=self._user, rows=rows, lock=lock), strict=True
        ):
            row.found = found
            if found is None:
                judged.action = "create"
                for one in self._kind.fields:
                    if one.required and row.values.get(one.name, "") in ("", None):
                        judged.refuse(Reason("needed"), name=one.name, place=self._places.get(one.name))
            elif self._job.on_match == ImportJob.OnMatch.SKIP:
                judged.action = "skip"
            else:
                is_same = all(found.values.get(name) == value for name, value in row.values.items())
                judged.action = "unchanged" if is_same else "update"

    def blame(self, judged: Judged, refused: Refused) -> None:
        """Say why the kind could not write a row."""
        self._blame(judged, {refused.field: refused.reason})

    def _blame(self, judged: Judged, faults: dict[str, Reason]) -> None:
        for name, reason in faults.items():
            judged.refuse(reason, name=name, place=self._places.get(name))

    def _recognise(self, judged: Judged, identity: Identity) -> None:
        key = (identity.field, identity.value)
        first, times = self._seen.get(key, (judged.number, 0))
        self._seen[key] = (first, times + 1)
        if times and identity.is_unique:
            self._blame(judged, {identity.field: Reason("twice_in_file", {"row": first})})
        elif judged.row is not None:
            judged.row.occurrence = times


def in_batches(rows: Iterable[One], size: int) -> Iterator[list[One]]:
    """The rows, so many at a time."""
    rest = iter(rows)
    while batch := list(islice(rest, size)):
        yield batch
