"""Measuring how well something works, for `manage.py evaluate NAME FILE`.

An app that can be measured has a module ``evaluations`` with functions that are registered here. They get the content
of the file (JSON, or what else they say that they read) and answer the measures, which are printed as one line of JSON,
and the misses.
"""

from __future__ import annotations

import csv
import io
import json
import math
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class Outcome:
    """What was measured, by name; and what went wrong, the worst first, each with what somebody needs to see why."""

    measures: Mapping[str, Any]
    misses: Sequence[Mapping[str, Any]] = field(default_factory=list)


class UnusableFile(ValueError):
    """The file does not hold what this evaluation needs; the text says what is missing."""


def read_json(path: Path) -> Any:
    """What a JSON file holds. Raises OSError and ValueError (json.JSONDecodeError, UnicodeDecodeError)."""
    return json.loads(path.read_text(encoding="utf-8"))


def read_table(path: Path) -> list[dict[str, str]]:
    """The rows of a CSV file by the names in its first line; no row stands for an empty file.

    UTF-8, or UTF-16 with its mark; columns are parted by commas, semicolons or tabs. Raises OSError and UnusableFile.
    """
    content = path.read_bytes()
    encoding = "utf-16" if content.startswith((b"\xff\xfe", b"\xfe\xff")) else "utf-8-sig"
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError as fault:
        raise UnusableFile(f"not {encoding.removesuffix('-sig').upper()} at byte {fault.start}") from fault
    heading = text.split("\n", 1)[0]
    delimiter = max(",;\t", key=heading.count)
    lines = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    rows = []
    try:
        names = [name.strip().lower() for name in next(lines, [])]
        for line in lines:
            if not line:
                continue
            if len(line) != len(names):
                raise UnusableFile(f"line {lines.line_num}: {len(line)} columns where the first line has {len(names)}")
            rows.append(dict(zip(names, line, strict=True)))
    except csv.Error as fault:
        raise UnusableFile(f"line {lines.line_num}: {fault}") from fault
    return rows


Evaluation = Callable[[Any], Outcome]
Read = Callable[[Path], Any]
registered: dict[str, tuple[Read, Evaluation]] = {}


def register(name: str, *, read: Read = read_json) -> Callable[[Evaluation], Evaluation]:
    """Make a function known as ``manage.py evaluate NAME``; it gets what ``read`` makes of the file."""

    def add(evaluation: Evaluation) -> Evaluation:
        registered[name] = (read, evaluation)
        return evaluation

    return add


def ndcg(ranking: Sequence[Any], relevant: Collection[Any], *, at: int = 10) -> float:
    """Normalised discounted cumulative gain of the first ``at``, relevance 0 or 1: from 0 to 1."""
    gain = sum(1 / math.log2(place + 2) for place, found in enumerate(ranking[:at]) if found in relevant)
    return gain / sum(1 / math.log2(place + 2) for place in range(min(at, len(relevant))))


def recall(ranking: Sequence[Any], relevant: Collection[Any], *, at: int = 5) -> float:
    """The share of what is relevant that is among the first ``at``."""
    return len(set(ranking[:at]) & set(relevant)) / len(relevant)


def reciprocal_rank(ranking: Sequence[Any], relevant: Collection[Any]) -> float:
    """1 ÷ the place of the first relevant one, 0 when there is none."""
    return next((1 / (place + 1) for place, found in enumerate(ranking) if found in relevant), 0.0)
