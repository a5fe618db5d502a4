"""The page of imports, a thin shell over the public API, and a file of each kind to begin with."""

from __future__ import annotations

from io import BytesIO
from typing import Any, cast

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from tenants.exchange.kinds import Kind, kinds
from tenants.exchange.writers import Column, Type, write_xlsx

# In the order in which a shop begins with them; whatever else is registered follows.
ORDER = ("products", "contacts", "tasks", "appointments")
SHEETS = ".csv,.tsv,.txt,.xlsx,.ods,text/csv,text/tab-separated-values"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@require_safe
@never_cache
@login_required
def imports(request: HttpRequest) -> HttpResponse:
    """The spreadsheet that one has, seen as it is read before anything is kept."""
    described = [_describe(kind) for kind in _in_order()]
    shown = {"kinds": described, "chosen": _chosen(request).name, "opened": "id" in request.GET}
    return render(request, "tenants/import.html", shown)


@require_safe
@login_required
def sample(request: HttpRequest) -> HttpResponse:
    """A workbook with a few rows of a kind, as the import reads it."""
    found = _chosen(request)
    rows = found.examples()
    fields = [field for field in found.fields if any(field.name in row for row in rows)]
    columns = [Column(field.name, str(field.label), cast(Type, field.type)) for field in fields]
    file = BytesIO()
    write_xlsx(
        file=file,
        columns=columns,
        rows=[[row.get(field.name) for field in fields] for row in rows],
        zone=timezone.get_current_timezone(),
        title=str(found.label),
    )
    answer = HttpResponse(file.getvalue(), content_type=XLSX)
    answer["Content-Disposition"] = f'attachment; filename="{found.name}.xlsx"'
    return answer


def _in_order() -> list[Kind]:
    return sorted(kinds(), key=lambda kind: (ORDER.index(kind.name) if kind.name in ORDER else len(ORDER), kind.name))


def _chosen(request: HttpRequest) -> Kind:
    """The kind that the address names, else the first."""
    known = _in_order()
    return next((kind for kind in known if kind.name == request.GET.get("kind")), known[0])


def _describe(kind: Kind) -> dict[str, Any]:
    calendar = "ics" in kind.readers
    return {
        "name": kind.name,
        "label": str(kind.label),
        "accept": SHEETS + (",.ics,text/calendar" if calendar else ""),
        "takes_calendar": calendar,
        "sample": f"{reverse('import-sample')}?kind={kind.name}",
        "fields": [
            {"name": field.name, "label": str(field.label), "type": field.type, "required": field.required}
            for field in kind.fields
        ],
    }
