"""The sentences of our own that the detector learns from: `sentences/<kind>/<family>.txt`, one pattern a line.

`{a|b|}` is one of several wordings, `<name>` one of those that `slots.txt` gives for the name; `[es]` begins what is in
Spanish, `#` a remark. A pattern makes as many sentences as its longest choice has wordings, each wording at least once.
What is drawn depends on the line alone, so a new line leaves the sentences of the others as they are.
"""

from __future__ import annotations

import hashlib
import random
import re
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

FOLDER = Path(__file__).parent / "sentences"
FEWEST, MOST = 10, 40  # sentences that a pattern with choices makes

_CHOICE = re.compile(r"\{([^{}]*)\}")
_SLOT = re.compile(r"<(\w+)>")


@dataclass(frozen=True, slots=True)
class Sentence:
    """One sentence, of which kind of intent, from which family of patterns."""

    text: str
    kind: str
    family: str
    language: str


def read_sentences(folder: Path = FOLDER) -> list[Sentence]:
    """All sentences of all families, each text once, always in the same order."""
    slots = _read_slots(folder / "slots.txt")
    found: dict[str, Sentence] = {}
    for path in sorted(folder.glob("*/*.txt")):
        language = "es"
        for line in path.read_text(encoding="utf-8").splitlines():
            if line.startswith("[") and line.endswith("]"):
                language = line[1:-1]
            elif line and not line.startswith("#"):
                for text in _expand(line, slots):
                    found.setdefault(text, Sentence(text, path.parent.name, path.stem, language))
    return list(found.values())


def fingerprint(folder: Path = FOLDER) -> str:
    """A hash of all the files, by which weights are known to come from them."""
    made = hashlib.sha256()
    for path in sorted(folder.rglob("*.txt")):
        made.update(f"{path.relative_to(folder).as_posix()}\n".encode())
        made.update(path.read_bytes())
    return made.hexdigest()


def _read_slots(path: Path) -> dict[str, list[str]]:
    slots: dict[str, list[str]] = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            name, _, wordings = line.partition("=")
            slots.setdefault(name.strip(), []).extend(wording.strip() for wording in wordings.split("|"))
    return slots


def _expand(line: str, slots: Mapping[str, list[str]]) -> Iterator[str]:
    chance = random.Random(zlib.crc32(line.encode()))  # noqa: S311  (sentences are no secrets)
    choices = [choice.split("|") for choice in _CHOICE.findall(line)]
    for wordings in choices:
        chance.shuffle(wordings)
    count = min(MOST, max([FEWEST, *map(len, choices)])) if choices or "<" in line else 1
    for number in range(count):
        turns = iter(choices)
        text = _CHOICE.sub(lambda _, turns=turns, number=number: _turn(next(turns), number), line)  # type: ignore[misc]
        text = _SLOT.sub(lambda slot: chance.choice(slots[slot[1]]), text)
        yield " ".join(text.replace(" ,", ",").replace(" ?", "?").split())


def _turn(wordings: list[str], number: int) -> str:
    # By other strides after each round, so that choices of the same length do not go hand in hand.
    return wordings[(number + number // len(wordings) * 7) % len(wordings)]
