"""What comes out: one line for each thing measured."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Line:
    """``ratio`` of what was ``measured`` to its ``ceiling`` (both in words); ``goal`` at most, or at least.

    A line without a ratio has a ``value`` of its own, in ``unit``, which the goal is about.
    """

    row: str
    what: str
    measured: str
    ceiling: str = ""
    ratio: float | None = None
    value: float | None = None
    unit: str = ""
    at_most: float | None = None
    at_least: float | None = None

    @property
    def is_met(self) -> bool | None:
        """None where there is no goal."""
        number = self.ratio if self.ratio is not None else self.value
        if number is None or (self.at_most is None and self.at_least is None):
            return None
        return (self.at_most is None or number <= self.at_most) and (self.at_least is None or number >= self.at_least)

    @property
    def goal(self) -> str:
        if self.is_met is None:
            return ""
        limit = f"≤ {self.at_most:g}" if self.at_most is not None else f"≥ {self.at_least:g}"
        return f"{limit} {self.unit}".strip() + (", met" if self.is_met else ", **missed**")

    @property
    def number(self) -> str:
        if self.ratio is not None:
            return f"{self.ratio:.2f}"
        return f"{self.value:g} {self.unit}".strip() if self.value is not None else ""


HEAD = "| row | what | ratio | goal | measured | ceiling |\n|---|---|---|---|---|---|"


def show(line: Line) -> str:
    """The line as a row of a Markdown table."""
    return f"| {line.row} | {line.what} | {line.number} | {line.goal} | {line.measured} | {line.ceiling} |"


def save(lines: Iterable[Line], path: Path) -> None:
    """Write the lines as JSON, for programs."""
    path.write_text(json.dumps([asdict(line) | {"is_met": line.is_met} for line in lines], indent=1))
