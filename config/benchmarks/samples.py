"""Times that were taken, and what they say together."""

from __future__ import annotations

import math
import statistics
import time
from collections.abc import Callable, Mapping, Sequence

Samples = dict[str, list[float]]

LEAST_ROUNDS = 5
LONGEST = 8.0  # seconds of one comparison, once it has its least rounds: the whole must end in time on any machine


def interleave(work: Mapping[str, Callable[[], object]], *, rounds: int, warm_up: int = 2) -> Samples:
    """Seconds of each piece of work in each round. A round does everything once, so that noise hits all alike.

    Ends early, after LEAST_ROUNDS, when it takes longer than LONGEST.
    """
    taken: Samples = {name: [] for name in work}
    names = list(work)
    until = time.monotonic() + LONGEST
    for number in range(-warm_up, rounds):
        if number >= LEAST_ROUNDS and time.monotonic() > until:
            break
        for name in names if number % 2 else reversed(names):
            began = time.perf_counter()
            work[name]()
            if number >= 0:
                taken[name].append(time.perf_counter() - began)
    return taken


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest value that at least ``share`` (0 to 1) of the values do not exceed."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]


def ratio(samples: Samples, above: str, below: str) -> float:
    """The median of one over the median of the other."""
    return statistics.median(samples[above]) / statistics.median(samples[below])


def milliseconds(values: Sequence[float], share: float = 0.5) -> str:
    """A percentile, the median unless told, for people."""
    value = percentile(values, share) * 1000
    return f"{value:.2f} ms" if value < 10 else f"{value:.1f} ms" if value < 100 else f"{value:.0f} ms"
