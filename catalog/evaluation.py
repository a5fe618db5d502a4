"""Measuring how well something works, for `manage.py evaluate NAME FILE`.

An app that can be measured has a module ``evaluations`` with functions that are registered here. They get the content
of the file and answer the measures, which are printed as one line of JSON, and the misses.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Outcome:
    """What was measured, by name; and what went wrong, the worst first, each with what somebody needs to see why."""

    measures: Mapping[str, Any]
    misses: Sequence[Mapping[str, Any]] = field(default_factory=list)


class UnusableFile(ValueError):
    """The file does not hold what this evaluation needs; the text says what is missing."""


Evaluation = Callable[[Any], Outcome]
registered: dict[str, Evaluation] = {}


def register(name: str) -> Callable[[Evaluation], Evaluation]:
    """Make a function known as ``manage.py evaluate NAME``."""

    def add(evaluation: Evaluation) -> Evaluation:
        registered[name] = evaluation
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
