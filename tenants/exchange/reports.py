"""The rows that an import refused, as a file that can be corrected and sent again as it is."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, BinaryIO

from django.utils import timezone
from django.utils.translation import gettext as _

from tenants.exchange.columns import guess, name_column, title_of
from tenants.exchange.kinds import Kind, kind_of
from tenants.exchange.row_errors import column_of, message_of
from tenants.exchange.values import write_cell
from tenants.exchange.writers import Column, write_csv, write_xlsx
from tenants.models import ImportJob, ImportRow, User


def write_refused(*, user: User, job: ImportJob, file: BinaryIO, form: str) -> int:
    """Write the refused rows of a job with the titles that they had, and the reasons in a column of their own.

    In the scope, language and zone of ``user``. Returns how many rows there are.
    """
    titles = _titles(job)
    columns = [Column(name=str(index), header=title) for index, title in titles.items()]
    columns.append(Column(name="reason", header=_("Por qué no se importó")))
    rows, zone = _rows(job, list(titles)), timezone.get_current_timezone()
    if form == "xlsx":
        return write_xlsx(file=file, columns=columns, rows=rows, zone=zone, title=_("Filas con errores"))
    return write_csv(file=file, columns=columns, rows=rows, language=user.language, zone=zone)


def _titles(job: ImportJob) -> dict[int, str]:
    """By index the title of each column: its own where that says what it is, else the field's, so that the file is read
    again as this one was. A column that was left out, though its title says something, stays out."""
    kind, found = kind_of(job.kind), {}
    for column in job.columns:
        field = kind.field(column["field"]) if column["field"] else None
        said = guess([column["name"]], kind=kind)[0]
        if field is not None:
            found[column["index"]] = column["name"] if said == field.name else title_of(field)
        elif said is None:
            found[column["index"]] = name_column(column["name"], column["index"])
    return found


def _rows(job: ImportJob, indexes: list[int]) -> Iterator[list[str]]:
    kind = kind_of(job.kind)
    refused = ImportRow.objects.filter(job=job, action=ImportRow.Action.REFUSED).order_by("number")
    for cells, reasons in refused.values_list("cells", "reasons").iterator(chunk_size=500):
        cells = cells or []
        told = [write_cell(cells[index]) if index < len(cells) else "" for index in indexes]
        yield [*told, "; ".join(_say(reason, kind) for reason in reasons or [])]


def _say(reason: dict[str, Any], kind: Kind) -> str:
    column, message = column_of(reason, kind=kind), message_of(reason, kind=kind)
    return f"{column}: {message}" if column else message
