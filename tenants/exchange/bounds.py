"""How much of a file is taken, and the row as every reader gives it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

from django.conf import settings

from tenants.exchange.faults import Unreadable
from tenants.exchange.reasons import Reason

_unkept = re.compile("[\x00\ufffd\ud800-\udfff]")
Cell = Any  # str, int, float, bool, date, datetime, time, or None


class Raw(NamedTuple):
    """A row of a file that is not blank. ``number`` counts as a spreadsheet does, blank rows and header included.

    ``fault`` says why it cannot be taken as it is; then its cells are those that were kept.
    """

    number: int
    cells: list[Cell]
    fault: Reason | None = None


Raws = Iterator[Raw]


@dataclass(frozen=True, slots=True)
class Bounds:
    """What is read of a file at most."""

    rows: int
    columns: int
    cell: int  # characters
    expanded: int  # bytes, of what a packed file holds
    blank_rows: int = 2_000_000

    @classmethod
    def current(cls) -> Bounds:
        """Those of the settings."""
        given = settings.IMPORTS
        return cls(
            rows=given["ROWS"],
            columns=given["COLUMNS"],
            cell=given["CELL"],
            expanded=given["EXPANDED_MB"] * 1024 * 1024,
        )


def keep_within(raws: Raws, bounds: Bounds) -> Raws:
    """The rows, with a fault where one is too wide, too long or holds what cannot be kept. Raises Unreadable."""
    for count, raw in enumerate(raws):
        if count > bounds.rows or raw.number > bounds.rows + bounds.blank_rows:
            raise Unreadable("too_many_rows", n=bounds.rows)
        yield raw if raw.fault else raw._replace(fault=_fault_of(raw.cells, bounds))


def too_wide(columns: int, bounds: Bounds) -> Reason:
    """What is said of a row of so many columns."""
    return Reason("too_wide", {"n": columns, "most": bounds.columns})


def _fault_of(cells: list[Cell], bounds: Bounds) -> Reason | None:
    if len(cells) > bounds.columns:
        return too_wide(len(cells), bounds)
    for cell in cells:
        if isinstance(cell, str):
            if len(cell) > bounds.cell:
                return Reason("cell_too_long", {"n": bounds.cell})
            if wrong := _unkept.search(cell):
                return Reason("null_signs" if wrong[0] == "\x00" else "unreadable_signs")
    return None
