"""From a cell to the value of a field, by the field's type."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, tzinfo
from decimal import Decimal
from functools import lru_cache
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils import translation
from django.utils.translation import gettext as _

from tenants.exchange.amounts import read_money, read_number, read_whole
from tenants.exchange.bounds import Cell
from tenants.exchange.dates import read_date, read_datetime, read_time
from tenants.exchange.faults import NotSo
from tenants.exchange.formulas import free
from tenants.exchange.kinds import Field
from tenants.exchange.texts import plain_words

YES = {"si", "s", "yes", "y", "true", "verdadero", "verdadeiro", "sim", "1", "x", "ok", "on", "activo", "activa"}
YES |= {"active", "ativo", "ativa", "hecho", "hecha", "done", "feito", "feita", "disponible", "available", "disponivel"}
NO = {"no", "n", "nao", "false", "falso", "0", "off", "inactivo", "inactiva", "inactive", "inativo", "inativa"}
NO |= {"pendiente", "pending", "pendente", "agotado"}
MOST_PARTS = 200
_parts = (";", "|", "\n", ",")
_telephone = re.compile(r"\+?[0-9]{5,18}")
_spoken = re.compile(r"[\s().\-/]|(?i:^tel:)|(?i:^cel:?)")


@dataclass(frozen=True, slots=True)
class Manner:
    """How the cells of a file say what they say."""

    decimal: str
    date_order: str
    zone: tzinfo


def is_blank(cell: Cell) -> bool:
    return cell is None or (isinstance(cell, str) and (not cell or cell.isspace()))


def read_value(cell: Cell, *, field: Field, manner: Manner) -> Any:
    """The value of a cell that is not blank. Raises NotSo."""
    if isinstance(cell, str):
        cell = free(cell)
    value = _readers[field.type](cell, field, manner)
    if isinstance(value, int | Decimal) and not isinstance(value, bool):
        if field.most is not None and value > field.most:
            raise NotSo("at_most", n=str(field.most))
        if field.least is not None and value < field.least:
            raise NotSo("at_least", n=str(field.least))
    return value


def write_cell(cell: Cell) -> str:
    """A cell as a person reads it: for text fields, samples and reports."""
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return _("sí") if cell else _("no")
    if isinstance(cell, float):
        return f"{Decimal(f'{cell:.15g}'):f}"
    if isinstance(cell, datetime):
        return cell.isoformat(sep=" ", timespec="seconds" if cell.second else "minutes")
    if isinstance(cell, time):
        return cell.isoformat(timespec="seconds" if cell.second else "minutes")
    return cell.isoformat() if isinstance(cell, date) else str(cell)


def _read_text(cell: Cell, field: Field, _manner: Manner) -> str:
    text = write_cell(cell)
    return _measured(text.strip() if field.strip else text, field)


def _read_list(cell: Cell, field: Field, _manner: Manner) -> list[str]:
    text = write_cell(cell)
    sign = next((sign for sign in _parts if sign in text), None)
    parts = [part.strip() for part in (text.split(sign) if sign else [text])]
    found = [_measured(part, field) for part in dict.fromkeys(parts) if part]
    most = field.most or MOST_PARTS
    if len(found) > most:
        raise NotSo("too_many_parts", n=int(most))
    return found


def _read_boolean(cell: Cell, _field: Field, _manner: Manner) -> bool:
    if isinstance(cell, bool):
        return cell
    said = plain_words(write_cell(cell))
    if said in YES or said in NO:
        return said in YES
    raise NotSo("not_yes_or_no")


def _read_choice(cell: Cell, field: Field, _manner: Manner) -> str:
    known = choices_of(field)
    said = plain_words(write_cell(cell))
    if said not in known:
        raise NotSo("not_a_choice")  # which words, is said to whoever reads
    return known[said]


def _read_email(cell: Cell, field: Field, _manner: Manner) -> str:
    text = _measured(write_cell(cell).strip().removeprefix("mailto:"), field)
    try:
        validate_email(text)
    except ValidationError as fault:
        raise NotSo("not_an_email") from fault
    return text


def _read_phone(cell: Cell, _field: Field, _manner: Manner) -> str:
    text = write_cell(cell).strip()
    if re.fullmatch(r"[0-9][.,][0-9]+[eE]\+?[0-9]+", text):
        raise NotSo("lost_digits")
    text = _spoken.sub("", text)
    text = f"+{text[2:]}" if text.startswith("00") else text
    if not _telephone.fullmatch(text):
        raise NotSo("not_a_phone")
    return text


def _measured(text: str, field: Field) -> str:
    if field.max_length is not None and len(text) > field.max_length:
        raise NotSo("too_long", n=field.max_length)
    return text


def say_choices(field: Field) -> str:
    """What one may choose, in the language that is active."""
    return ", ".join(str(words[0]) if words else key for key, words in field.choices.items())


def choices_of(field: Field) -> Mapping[str, str]:
    """By each word for it, in any of our languages, the key of a choice."""
    return _choices(tuple((key, tuple(words)) for key, words in field.choices.items()))


@lru_cache(maxsize=64)
def _choices(given: tuple[tuple[str, tuple[Any, ...]], ...]) -> dict[str, str]:
    found: dict[str, str] = {}
    for language, _name in settings.LANGUAGES:
        with translation.override(language):
            for key, words in given:
                for word in (key, *words):
                    found.setdefault(plain_words(str(word)), key)
    return found


_readers: dict[str, Callable[[Cell, Field, Manner], Any]] = {
    "text": _read_text,
    "number": lambda cell, field, manner: read_number(cell, decimal=manner.decimal),
    "money": lambda cell, field, manner: read_money(cell, decimal=manner.decimal),
    "integer": lambda cell, field, manner: read_whole(cell, decimal=manner.decimal),
    "date": lambda cell, field, manner: read_date(cell, order=manner.date_order),
    "datetime": lambda cell, field, manner: read_datetime(cell, order=manner.date_order, zone=manner.zone),
    "time": lambda cell, field, manner: read_time(cell),
    "boolean": _read_boolean,
    "choice": _read_choice,
    "list": _read_list,
    "email": _read_email,
    "phone": _read_phone,
}
