"""What calls took that were cut off: a service is paid for what it had read and written until then, and the last word,
in which it says how much that was, never came.

A provider notes it here when a round ends without its end, whoever ended it: the deadline, the service, or a listener
who had heard enough. Where the service had told its counts they are taken; what it had not is estimated.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from math import ceil
from typing import Any

from assistants.providers.base import TokenUsage

# Characters of Spanish, English and Portuguese for one token, on the low side of what services count: an estimate is
# rather too high than too low.
CHARACTERS = 3.5

_local = threading.local()


@dataclass(slots=True)
class Meter:
    """What this thread's calls took that were cut off. ``is_estimate``: not all of it was told by the service."""

    usage: TokenUsage = field(default_factory=TokenUsage)
    is_estimate: bool = False


@contextmanager
def metered() -> Iterator[Meter]:
    """Collect what is noted inside, by this thread. The innermost one gets it."""
    before: Meter | None = getattr(_local, "meter", None)
    meter = _local.meter = Meter()
    try:
        yield meter
    finally:
        _local.meter = before


def note_cut(usage: TokenUsage, *, is_estimate: bool) -> None:
    """Say what a call took that was cut off."""
    meter: Meter | None = getattr(_local, "meter", None)
    if meter is not None:
        meter.usage += usage
        meter.is_estimate = meter.is_estimate or is_estimate


def estimate_tokens(characters: int) -> int:
    """How many tokens so many characters are, about."""
    return ceil(characters / CHARACTERS)


def estimate_request(request: dict[str, Any]) -> int:
    """How many tokens a request is, about: its texts and its tools, without what pictures are."""
    return estimate_tokens(_letters(request))


def _letters(thing: Any) -> int:
    if isinstance(thing, str):
        return 0 if thing.startswith("data:") else len(thing)
    if isinstance(thing, dict):
        if thing.get("type") == "base64":
            return 0
        return sum(len(str(name)) + _letters(value) for name, value in thing.items())
    if isinstance(thing, list | tuple):
        return sum(_letters(each) for each in thing)
    return len(json.dumps(thing, default=str))
