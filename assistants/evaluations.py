"""How well it is seen what a message is about, measured on messages with their kinds."""

from __future__ import annotations

import time
from collections.abc import Mapping
from statistics import median
from typing import Any

from assistants.intents import detect_intent
from catalog.evaluation import Outcome, UnusableFile, read_table, register

KINDS = ("commercial", "personal", "none")


@register("intents", read=read_table)
def evaluate_intents(content: Any) -> Outcome:
    """Detect the intent of rows with ``text`` and ``label`` (commercial, personal or none). Raises UnusableFile.

    ``confusion`` says of each label how often each kind was detected. The misses come with the surest first.
    """
    rows = _rows(content)
    confusion = {label: dict.fromkeys(KINDS, 0) for label in KINDS}
    durations: list[float] = []
    misses: list[Mapping[str, Any]] = []
    detect_intent("hola")  # what is loaded once is no message's time
    for text, label in rows:
        started = time.perf_counter()
        intent = detect_intent(text)
        durations.append(time.perf_counter() - started)
        confusion[label][intent.kind] += 1
        if intent.kind != label:
            misses.append({"text": text, "label": label, "said": intent.kind, "score": intent.score})
    right = sum(confusion[label][label] for label in KINDS)
    return Outcome(
        {
            "n": len(rows),
            "accuracy": round(right / len(rows), 4),
            "confusion": confusion,
            "p50_ms": round(1000 * median(durations), 3),
        },
        sorted(misses, key=lambda miss: -miss["score"]),
    )


def _rows(content: list[Mapping[str, str]]) -> list[tuple[str, str]]:
    if not content:
        raise UnusableFile("there is no message")
    if missing := [column for column in ("text", "label") if column not in content[0]]:
        raise UnusableFile(f"there is no column {' and no column '.join(missing)}; there must be text and label")
    rows = []
    for number, row in enumerate(content, start=1):
        label = row["label"].strip().lower()
        if label not in KINDS:
            raise UnusableFile(f"row {number}: unknown label {row['label'][:40]!r}; it may be {', '.join(KINDS)}")
        rows.append((row["text"], label))
    return rows
