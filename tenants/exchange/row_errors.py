"""What is wrong with a row of a file: as it is kept, in no language, and as somebody reads it, in theirs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tenants.exchange.columns import name_column, title_of
from tenants.exchange.kinds import Kind
from tenants.exchange.reasons import Reason, say
from tenants.exchange.values import say_choices, write_cell

LONGEST_VALUE = 200  # characters of what a report repeats

# {row, column, index, field, value, code, params}: ``column`` is the title that the file gives, «» where it gives none,
# and ``index`` which column it is. Of rows from before there were codes: {row, column, field, value, message}.
KeptError = dict[str, Any]


def keep_error(*, row: int, reason: Reason, field: str, index: int | None, title: str, cell: Any) -> KeptError:
    """An error of a row, as JSON holds it."""
    value = cell if isinstance(cell, bool) else write_cell(cell)[:LONGEST_VALUE].replace("\x00", "\ufffd")
    return {"row": row, "column": title, "index": index, "field": field, "value": value, **reason.kept()}


def show_error(kept: Mapping[str, Any], *, kind: Kind) -> dict[str, Any]:
    """The error in the language that is active: {row, column, field, value, code, message}."""
    value = kept.get("value", "")
    return {
        "row": kept["row"],
        "column": column_of(kept, kind=kind),
        "field": kept["field"],
        "value": write_cell(value) if isinstance(value, bool) else value,
        "code": kept.get("code", ""),
        "message": message_of(kept, kind=kind),
    }


def column_of(kept: Mapping[str, Any], *, kind: Kind) -> str:
    """What the column is called: as the file does, else by its letter; of one that the file has not, our own name."""
    if kept["column"] or kept.get("index") is not None:
        return name_column(kept["column"], kept.get("index") or 0)
    field = kind.field(kept["field"])
    return title_of(field) if field is not None else ""


def message_of(kept: Mapping[str, Any], *, kind: Kind) -> str:
    """Why, in the language that is active."""
    field = kind.field(kept.get("field", ""))
    choices = {"words": say_choices(field)} if kept.get("code") == "not_a_choice" and field is not None else None
    return say(dict(kept), words=kind.reasons, more=choices)
