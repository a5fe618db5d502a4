"""What a reply gives beside its text: things to choose from, and what the owner is to hear of."""

from __future__ import annotations

from dataclasses import dataclass

MOST_OPTIONS = 10  # rows of a list on WhatsApp
LONGEST_TITLE, LONGEST_DESCRIPTION = 24, 72  # characters of such a row


@dataclass(frozen=True, slots=True)
class Option:
    """Something to choose by a tap. ``id``: ``product:<id>`` or ``slot:<start, ISO 8601>``; it decides nothing alone.

    Whoever sends it back is answered as whoever says its title: with their own rights, from rows read then.
    """

    id: str
    title: str
    description: str = ""


@dataclass(frozen=True, slots=True)
class Notice:
    """What the owner is to be told of a customer's turn, in the owner's language: a booking, a wish to speak to them.

    ``key`` is the same however often the turn is run.
    """

    key: str
    title: str
    body: str = ""
    url: str = ""


@dataclass(frozen=True, slots=True)
class Beside:
    """What a reply gives beside its text."""

    options: tuple[Option, ...] = ()
    unanswered: str = ""
    handover: bool = False
    notices: tuple[Notice, ...] = ()


def make_option(id_: str, title: str, description: str = "") -> Option:
    """An option whose texts fit: cut at a word where there is one."""
    return Option(id_, _clip(title, LONGEST_TITLE), _clip(description, LONGEST_DESCRIPTION))


def _clip(text: str, length: int) -> str:
    text = " ".join(text.split())
    if len(text) <= length:
        return text
    head = text[: length - 1]
    words, _, rest = head.rpartition(" ")
    return f"{words if len(words) > length // 2 and rest else head}".rstrip(" ,;:-–") + "…"
