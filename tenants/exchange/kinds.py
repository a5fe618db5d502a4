"""What can be imported and exported: products, contacts, tasks, appointments. Each is a ``Kind`` of its app.

A kind lives in its app's ``exchange.py`` and is registered when the app is ready::

    class CatalogConfig(AppConfig):
        def ready(self) -> None:
            from catalog.exchange import PRODUCTS

            register(PRODUCTS)

It gives its fields and five functions, and knows nothing of files, columns, batches or jobs. Everything that calls it
has opened the tenant's scope, the tenant's language and zone, and says whose doing it is (``events.acting``).

===============  =====================================================================================================
``identify``     by what a row is known again, from its values alone: a SKU, a UID, a phone. None: never known again
``check``        what is wrong with the values together, by field; each alone has been read and measured already
``find``         what there is already for each row of a batch, in one or two statements; locked when asked to
``write``        makes or changes a batch, in the caller's transaction, in few statements. Does what hangs on the rows
                 (indexes, reminders). Its rows leave no events: the machinery leaves one for the import
``undo``         takes back what an import wrote, but leaves alone what was changed since
``export``       the rows as values of the same fields, so that what is exported imports again without loss
===============  =====================================================================================================

What the machinery does: reading files, finding header and columns, reading values by type (``values.py``), missing
required fields, lengths, choices, the same thing twice in one file, create, update, unchanged or skip, batches,
resuming, progress, cancelling, what undoing needs, reports.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, BinaryIO, ClassVar, Literal, NamedTuple

from django.utils.functional import Promise

from tenants.exchange.reasons import Reason, Words
from tenants.models import User

FieldType = Literal[
    "text",  # str
    "number",  # Decimal
    "money",  # Decimal of two places, not negative
    "integer",  # int
    "date",  # date
    "datetime",  # aware datetime; a file's bare one is in the tenant's zone
    "time",  # time
    "boolean",  # bool
    "choice",  # str, a key of ``choices``
    "list",  # list[str], parted by comma, semicolon or bar
    "email",  # str
    "phone",  # str of digits with or without +, signs between taken out; the kind knows the country
]
Values = dict[str, Any]  # by field; a field that the file says nothing about is not in it


class _Kept:
    """An empty cell says nothing: a row that is there keeps its value, a new one gets the kind's default."""

    def __repr__(self) -> str:
        return "KEPT"


KEPT = _Kept()


@dataclass(frozen=True, slots=True)
class Field:
    """One column of a kind. Never ``id``, ``user`` or ``tenant``: such columns of a file mean nothing.

    ``label`` heads the column of an export in the person's language, and is known to the importer as ``name`` and
    ``aliases`` are: words of headers in Spanish, English and Portuguese, in any case, with or without accents.
    ``required``: a new row needs it. ``empty`` is what an empty cell means: a text is emptied by it unless it is
    required, everything else is KEPT, unless the kind says otherwise (``empty=None`` takes a date away).
    """

    name: str
    label: str | Promise
    type: FieldType = "text"
    required: bool = False
    max_length: int | None = None  # characters of a text, of each text of a list
    aliases: tuple[str, ...] = ()
    choices: Mapping[str, tuple[str | Promise, ...]] = field(default_factory=dict)  # value → its label, other words
    most: int | Decimal | None = None  # of a number; of a list, how many
    least: int | None = 0  # of a number; None: any
    empty: Any = ...
    strip: bool = True  # False: a text keeps the blanks around it
    exported: bool = True  # False: another way of saying it, which files of ours do not use (a day and an hour apart)

    def of_nothing(self) -> Any:
        """What an empty cell means."""
        if self.empty is not ...:
            return self.empty
        return "" if self.type in {"text", "email", "phone"} and not self.required else KEPT


class Identity(NamedTuple):
    """What a row is known by. Two rows of one file with the same one are refused when it ``is_unique``."""

    field: str
    value: str
    is_unique: bool = True


@dataclass(frozen=True, slots=True)
class Found:
    """The row that there is already: its values by field, and a mark that is another one after any change of it."""

    id: int
    values: Values
    mark: str = ""


@dataclass(slots=True)
class Row:
    """A row of a file that can be read. ``number`` counts as a spreadsheet does. ``occurrence`` says how many rows
    before it in the file had the same identity, where that is no fault. ``found`` is set before ``write``."""

    number: int
    values: Values
    occurrence: int = 0
    found: Found | None = None


@dataclass(frozen=True, slots=True)
class Written:
    """What became of a row: its id, the mark after it, and of a changed one what ``undo`` needs to put back (JSON)."""

    id: int
    mark: str = ""
    before: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Refused:
    """Why a row could not be written, and the field that it is about, if it is about one."""

    reason: Reason
    field: str = ""


@dataclass(frozen=True, slots=True)
class Done:
    """A row that an import wrote, as it is remembered: ``before`` is None for one that it made."""

    id: int
    mark: str
    before: dict[str, Any] | None


# Reads a file of a format that only this kind has (ICS): yields first the names of the columns, then rows of cells,
# each a text, number, bool, date, time, datetime or None, or a Broken one that says why it cannot be taken. Raises
# ``tenants.exchange.faults.Unreadable``.
Reader = Callable[[BinaryIO], Iterator["Sequence[Any] | Broken"]]


@dataclass(frozen=True, slots=True)
class Broken:
    """A row of such a file that cannot be taken, and why."""

    cells: Sequence[Any]
    reason: Reason


class Kind(ABC):
    """Something that can be imported and exported. One instance of each is registered."""

    name: ClassVar[str]  # «products», as in the API
    label: ClassVar[str | Promise]  # «productos»
    fields: ClassVar[tuple[Field, ...]]
    key: ClassVar[tuple[str, ...]]  # the fields by which a row is known again, for whoever reads; `identify` decides
    reasons: ClassVar[Words] = {}  # by code its own words, or others than ``reasons.WORDS``
    readers: ClassVar[Mapping[str, Reader]] = {}  # by format: {"ics": read_calendar}

    def field(self, name: str) -> Field | None:
        """The field of that name."""
        return next((one for one in self.fields if one.name == name), None)

    @property
    def columns(self) -> tuple[Field, ...]:
        """The fields that an export has."""
        return tuple(one for one in self.fields if one.exported)

    def examples(self) -> list[Values]:
        """A few rows for a file that one may begin with, in the language that is active. A choice is said in words."""
        return []

    def identify(self, values: Values) -> Identity | None:
        """By what the row is known again; None when by nothing. Looks at no database."""
        return None

    def check(self, *, user: User, values: Values) -> dict[str, Reason]:
        """What is wrong with the values together, by field. May change ``values`` (a phone gets its country).

        Whether the row is new is not known yet. Looks at no database.
        """
        return {}

    @abstractmethod
    def find(self, *, user: User, rows: Sequence[Row], lock: bool = False) -> list[Found | None]:
        """What there is already for each row, in their order. With ``lock`` those rows stay as they are until the
        transaction ends: locked in the order of their ids."""

    @abstractmethod
    def write(self, *, user: User, rows: Sequence[Row]) -> list[Written | Refused]:
        """Make the rows whose ``found`` is None and change the others to their ``values``, in the open transaction.

        The rows that are given want writing: those that change nothing are left out before. ``found`` was locked.
        Each is answered in order. A Refused one has left nothing behind, and the others are written all the same.
        """

    @abstractmethod
    def undo(self, *, user: User, rows: Sequence[Done]) -> list[Reason | None]:
        """Delete what was made and put back what was changed, in the open transaction, and lock what is touched.

        For each row None when it is undone (also when it is gone already), or why it was left alone: its mark is
        another one than ``mark``, because somebody changed it since.
        """

    @abstractmethod
    def export(self, *, user: User, filters: Mapping[str, Any]) -> Iterator[Values]:
        """Every row that passes ``filters`` (those of the kind's list, checked by whoever calls), in a steady order.

        Streams: never more than some thousand rows in memory. A value of None is an empty cell.
        """


_kinds: dict[str, Kind] = {}


def register(kind: Kind) -> None:
    """Make a kind known. For ``AppConfig.ready``."""
    _kinds[kind.name] = kind


def kind_of(name: str) -> Kind:
    """The kind of that name. Raises KeyError."""
    return _kinds[name]


def kinds() -> Iterable[Kind]:
    """All of them, by name."""
    return [_kinds[name] for name in sorted(_kinds)]
