"""Which row is the header, which column is which field, and what a tenant said of them the last time."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date, time
from functools import cache
from typing import Any

from django.conf import settings
from django.utils import translation
from django.utils.timezone import now
from django.utils.translation import gettext as _

from tenants.exchange.bounds import Cell, Raw
from tenants.exchange.dates import looks_like_date
from tenants.exchange.formulas import free
from tenants.exchange.kinds import Field, Kind, kind_of
from tenants.exchange.texts import plain_words
from tenants.exchange.values import is_blank, write_cell
from tenants.models import ImportMapping, User

LOOKED_AT = 30  # rows among which the header is
SAMPLES = 3
LONGEST_NAME, LONGEST_SAMPLE = 100, 80
LONGEST_TITLE = 60  # characters of a cell that is a column's title

# Words of a title that say nothing of what the column is.
_said_of_all = (
    "de del la el los las en por para the of in for do da dos das em a y e and"
    " producto productos product products produto produtos articulo articulos item items contacto contato contact"
    " tarea task tarefa cita appointment cliente customer actual total cop mxn ars clp pen brl usd eur uyu"
)
_empty_words = frozenset(_said_of_all.split())
# These name rows of some database or somebody else's: whatever they are, they are no field of ours.
_nobodys = frozenset({"id", "user", "user id", "tenant", "tenant id", "usuario", "usuario id", "pk", "owner", "dueno"})


def find_header(raws: Sequence[Raw], *, kind: Kind) -> int | None:
    """The number of the row that names the columns; None when there seems to be none."""
    best, most = None, 0.0
    for raw in raws[:LOOKED_AT]:
        names = [write_cell(cell) for cell in raw.cells if not is_blank(cell)]
        known = len({field for name in names if (field := _known(name, kind))})
        share = known / len(names) if names else 0.0
        if known + share > most and (known >= 2 or share >= 0.5):
            best, most = raw.number, known + share
    return best if best is not None else _untold_header(raws)


def describe(
    raws: Sequence[Raw], *, header_row: int | None, kind: Kind, told: Mapping[str, str | None] | None = None
) -> list[dict[str, Any]]:
    """The columns: {index, name, samples, field}; the name is the title that the file gives, «» where it gives none.

    ``raws`` are the first rows of the file. ``told`` is what has been said of columns, by index as a text; without it
    their titles are looked at.
    """
    header = next((raw for raw in raws if raw.number == header_row), None)
    body = [raw for raw in raws if header_row is None or raw.number > header_row]
    width = max([len(raw.cells) for raw in body if not raw.fault] + [len(header.cells) if header else 0], default=0)
    names = [_name(header, index) for index in range(width)]
    fields = guess(names, kind=kind) if told is None else [told.get(str(index)) for index in range(width)]
    return [
        {
            "index": index,
            "name": names[index],
            "samples": _samples(body, index),
            "field": fields[index],
        }
        for index in range(width)
    ]


def guess(names: Sequence[str], *, kind: Kind) -> list[str | None]:
    """Of each title the field that it most likely is, each field once."""
    found: list[str | None] = [None] * len(names)
    for spoken in (plain_words, _essential):
        for index, name in enumerate(names):
            field = _words_of(kind.name, spoken is _essential).get(spoken(name)) if name and not found[index] else None
            if field and field not in found and plain_words(name) not in _nobodys:
                found[index] = field
    return found


def layout_of(columns: Sequence[Mapping[str, Any]], *, header_row: int | None) -> str:
    """What a header says, in short: two files with the same titles in the same order have the same layout."""
    titles = [f"{len(columns)} columns"]
    if header_row:
        titles = [plain_words(column["name"] or f"Columna {letters(column['index'])}") for column in columns]
    return hashlib.sha256("\x1f".join(titles).encode()).hexdigest()


def recall(*, kind: str, layout: str) -> list[str | None] | None:
    """What the tenant whose scope is open said of columns with that layout."""
    found = ImportMapping.objects.filter(kind=kind, layout=layout).values_list("fields", flat=True).first()
    return list(found) if found is not None else None


def remember(*, user: User, kind: str, layout: str, fields: Sequence[str | None]) -> None:
    """Keep it for the next file."""
    ImportMapping.objects.update_or_create(
        user=user, kind=kind, layout=layout, defaults={"fields": list(fields), "used_at": now()}
    )


def letters(index: int) -> str:
    """The column as spreadsheets call it: A, B, … Z, AA."""
    name = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, 26)
        name = chr(65 + rest) + name
    return name


def name_column(title: str, index: int) -> str:
    """What a person calls a column: its title, else «Columna C»."""
    return title or _("Columna %s") % letters(index)


def title_of(field: Field) -> str:
    """What a person calls the field, in the language that is active."""
    return str(field.label)


def _name(header: Raw | None, index: int) -> str:
    if header is None or index >= len(header.cells):
        return ""
    return " ".join(free(write_cell(header.cells[index])).split())[:LONGEST_NAME]


def _samples(body: Sequence[Raw], index: int) -> list[str]:
    told = (write_cell(raw.cells[index]) for raw in body if index < len(raw.cells) and not is_blank(raw.cells[index]))
    return list(dict.fromkeys(text[:LONGEST_SAMPLE] for text in told))[:SAMPLES]


def _known(name: str, kind: Kind) -> str | None:
    if len(name) > LONGEST_TITLE:
        return None
    return _words_of(kind.name, False).get(plain_words(name)) or _words_of(kind.name, True).get(_essential(name))


def _essential(name: str) -> str:
    """The words of a title without those that say nothing: «Precio de venta (COP)» → «precio venta»."""
    words = plain_words(name).split()
    return " ".join([word for word in words if word not in _empty_words] or words)


@cache
def _words_of(kind: str, is_essential: bool) -> dict[str, str]:
    """By title its field: the field's name, its label in each of our languages, and its aliases."""
    spoken = _essential if is_essential else plain_words
    found: dict[str, str] = {}
    for field in kind_of(kind).fields:
        labels = []
        for language, _name in settings.LANGUAGES:
            with translation.override(language):
                labels.append(str(field.label))
        for word in (field.name.replace("_", " "), *labels, *field.aliases):
            found.setdefault(spoken(word), field.name)
    return found


def _untold_header(raws: Sequence[Raw]) -> int | None:
    """A header whose words nobody knows: the first row as wide as most, all texts, above something that is none."""
    widths = Counter(len(raw.cells) for raw in raws)
    if not widths:
        return None
    usual = max(widths, key=lambda width: (widths[width], width))
    first = next(number for number, raw in enumerate(raws) if len(raw.cells) >= usual)
    head, body = raws[first], raws[first + 1 :]
    titles = [cell for cell in head.cells if isinstance(cell, str) and not is_blank(cell) and _is_title(cell)]
    if len(titles) != len(head.cells) or len({plain_words(title) for title in titles}) != len(titles):
        return None
    has_figures = any(not _is_title(cell) for raw in body for cell in raw.cells if not is_blank(cell))
    return head.number if has_figures else None


def _is_title(cell: Cell) -> bool:
    if isinstance(cell, bool | int | float | date | time):
        return False
    text = str(cell).strip()
    bare = text.strip("$€ ").replace(".", "").replace(",", "").replace(" ", "")
    return len(text) <= LONGEST_TITLE and not bare.isdigit() and not looks_like_date(text)
