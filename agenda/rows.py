"""Rows of the agenda as values that can be kept, compared, and written many at once."""

from __future__ import annotations

import copy
import json
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

from django.db import connection
from django.db.models import Model
from django.utils.duration import duration_string

from agenda.models import Appointment, Series, Task

KEPT: dict[type[Model], tuple[str, ...]] = {
    Appointment: (
        "title",
        "description",
        "start_datetime",
        "end_datetime",
        "timezone",
        "all_day",
        "busy",
        "location",
        "reminder_minutes",
        "status",
        "cancel_reason",
        "series_id",
        "original_start",
        "detached",
        "uid",
        "deleted_at",
    ),
    Task: (
        "title",
        "description",
        "due_date",
        "priority",
        "status",
        "category",
        "reminder_minutes",
        "series_id",
        "completed_at",
        "uid",
        "deleted_at",
    ),
    Series: ("rrule", "timezone", "starts_at", "duration", "template", "made_until"),
}
MODELS: dict[str, type[Model]] = {model._meta.label_lower: model for model in KEPT}


def values_of(row: Model) -> dict[str, Any]:
    """What is kept of ``row``, as JSON holds it; ``version`` beside it, None for a model without."""
    return {name: _plain(getattr(row, name)) for name in KEPT[type(row)]} | {"version": getattr(row, "version", None)}


def put_back(row: Model, values: dict[str, Any]) -> None:
    """Set ``values``, as ``values_of`` gave them, on ``row``, which is not written."""
    for name, value in values.items():
        setattr(row, name, _column(row, name).to_python(value))


def write(rows: Sequence[Model], *, now: datetime) -> None:
    """Write all that is kept of ``rows``, of one model, and their versions, in one statement."""
    if not rows:
        return
    model = type(rows[0])
    names = [*KEPT[model], *([] if model is Series else ["version", "updated_at"])]
    columns = {name: model._meta.get_field(name.removesuffix("_id")) for name in names}
    held = []
    for row in rows:
        if model is not Series:
            row.updated_at = now  # type: ignore[attr-defined]
        held.append({"id": row.pk} | {name: _plain(getattr(row, name)) for name in names})
    kinds = ", ".join(f'"{name}" {field.db_type(connection)}' for name, field in columns.items())
    sets = ", ".join(f'"{name}" = v."{name}"' for name in names)
    table = model._meta.db_table
    with connection.cursor() as cursor:
        cursor.execute(
            f'UPDATE "{table}" t SET {sets} FROM jsonb_to_recordset(%s::jsonb) AS v (id bigint, {kinds}) '  # noqa: S608
            "WHERE t.id = v.id AND t.user_id = %s",
            [json.dumps(held), rows[0].user_id],  # type: ignore[attr-defined]
        )


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()  # the same instant is the same text, whatever its offset
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, dict | list):
        return copy.deepcopy(value)
    return duration_string(value) if isinstance(value, timedelta) else value


def _column(row: Model, name: str) -> Any:
    field: Any = row._meta.get_field(name.removesuffix("_id"))
    return field.target_field if field.is_relation else field
