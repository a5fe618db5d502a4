"""How well dates in words are read, measured on sentences with their answers."""

from __future__ import annotations

import time as clock
from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import date, datetime, time
from statistics import median
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from agenda.dates import Moment, read_moments
from catalog.evaluation import Outcome, UnusableFile, register

# Of a kind that is asked for, the moments that can answer it: the better ones first.
ANSWERS = {
    "date": ("date", "datetime", "recurrence", "datetime_range", "date_range"),
    "time": ("time", "datetime", "time_range", "recurrence", "datetime_range"),
    "datetime": ("datetime", "datetime_range", "recurrence"),
}


@register("dates")
def evaluate_dates(content: Any) -> Outcome:
    """Read [{text, now, timezone, kind: date|time|datetime, value}], or an object of such lists; raises UnusableFile.

    Right is when the likeliest reading of the best moment of that kind is the value: «2016-11-07», «19:30:00» or
    «2016-11-07 19:30:00» in the row's zone. A ``now`` without offset is that zone's. ``ambiguous_flagged`` is the share
    of the rows marked ``"ambiguous": true`` (of all rows, when none is marked) that came back with a doubt.
    """
    rows = _rows(content)
    right: Counter[str] = Counter()
    asked: Counter[str] = Counter()
    durations: list[float] = []
    misses: list[Mapping[str, Any]] = []
    flags: list[tuple[bool, bool]] = []
    read_moments(text="mañana", now=rows[0][1], timezone=rows[0][2])  # what is loaded once is no sentence's time
    for row, now, zone in rows:
        started = clock.perf_counter()
        moments = read_moments(text=row["text"], now=now, timezone=zone)
        durations.append(clock.perf_counter() - started)
        best = _best(moments, row["kind"])
        said = _value(best, row["kind"])
        asked[row["kind"]] += 1
        flags.append((row.get("ambiguous") is True, any(moment.ambiguous for moment in moments)))
        if said == row["value"]:
            right[row["kind"]] += 1
        else:
            found = [
                {"kind": one.kind, "words": one.words, "readings": [str(each.start) for each in one.candidates]}
                for one in moments
            ]
            misses.append({**row, "said": said, "found": found})
    marked = [flagged for ambiguous, flagged in flags if ambiguous] or [flagged for _, flagged in flags]
    return Outcome(
        {
            "n": len(rows),
            "accuracy": round(right.total() / len(rows), 4),
            "by_kind": {kind: round(right[kind] / asked[kind], 4) for kind in ANSWERS if asked[kind]},
            "ambiguous_flagged": round(sum(marked) / len(marked), 4),
            "p50_ms": round(1000 * median(durations), 3),
        },
        misses,
    )


def _rows(content: Any) -> list[tuple[dict[str, Any], datetime, ZoneInfo]]:
    lists: Iterable[Any] = [content] if isinstance(content, list) else []
    if isinstance(content, dict):
        lists = [rows for rows in content.values() if isinstance(rows, list)]
    rows = []
    try:
        for row in (row for rows in lists for row in rows):
            zone = ZoneInfo(row["timezone"])
            now = datetime.fromisoformat(row["now"])
            if row["kind"] not in ANSWERS:
                raise UnusableFile(f"unknown kind {row['kind']!r}")
            read = {**row, "text": str(row["text"]), "value": str(row["value"])}
            rows.append((read, now if now.tzinfo else now.replace(tzinfo=zone), zone))
    except (KeyError, TypeError, ValueError, ZoneInfoNotFoundError) as fault:
        raise UnusableFile(f"not a list of text, now, timezone, kind and value: {fault!r}") from fault
    if not rows:
        raise UnusableFile("there is no sentence")
    return rows


def _best(moments: list[Moment], kind: str) -> Moment | None:
    """The first moment of the kind that answers best."""
    for wanted in ANSWERS[kind]:
        for moment in moments:
            if moment.kind == wanted and moment.candidates:
                return moment
    return None


def _value(moment: Moment | None, kind: str) -> str | None:
    start = moment.start if moment else None
    if kind == "time":
        return start.isoformat("seconds") if isinstance(start, time) else _part(start, "%H:%M:%S")
    if kind == "date" and isinstance(start, date):
        return start.date().isoformat() if isinstance(start, datetime) else start.isoformat()
    return start.replace(tzinfo=None).isoformat(" ", "seconds") if isinstance(start, datetime) else None


def _part(start: date | time | None, form: str) -> str | None:
    return start.strftime(form) if isinstance(start, datetime) else None
