"""The rows that an import refused, as a file that can be corrected and sent again as it is."""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO

from django.utils import timezone
from django.utils.translation import gettext as _

from tenants.exchange.columns import letters
from tenants.exchange.values import write_cell
from tenants.exchange.writers import Column, write_csv, write_xlsx
from tenants.models import ImportJob, ImportRow, User


def write_refused(*, user: User, job: ImportJob, file: BinaryIO, form: str) -> int:
    """Write the refused rows of a job with the titles that they had, and the reasons in a column of their own.

    In the scope, language and zone of ``user``. Returns how many rows there are.
    """
    titles = [column["name"] or letters(column["index"]) for column in job.columns]
    columns = [Column(name=str(number), header=title) for number, title in enumerate(titles)]
    columns.append(Column(name="reason", header=_("Motivo")))
    rows, zone = _rows(job, len(titles)), timezone.get_current_timezone()
    if form == "xlsx":
        return write_xlsx(file=file, columns=columns, rows=rows, zone=zone, title=_("Filas con errores"))
    return write_csv(file=file, columns=columns, rows=rows, language=user.language, zone=zone)


def _rows(job: ImportJob, width: int) -> Iterator[list[str]]:
    refused = ImportRow.objects.filter(job=job, action=ImportRow.Action.REFUSED).order_by("number")
    for cells, reasons in refused.values_list("cells", "reasons").iterator(chunk_size=500):
        told = [write_cell(cell) for cell in (cells or [])[:width]]
        yield [*told, *[""] * (width - len(told)), "; ".join(_say(reason) for reason in reasons or [])]


def _say(reason: dict[str, str]) -> str:
    return f"{reason['column']}: {reason['message']}" if reason.get("column") else reason["message"]
