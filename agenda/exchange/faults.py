"""Why a row cannot be a task or an appointment: the import's own reasons, and those of the agenda's rules."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from tenants.exchange.kinds import Refused
from tenants.exchange.reasons import Words, reasons_of

REASONS: Words = {
    "same_as_row": _("Es la misma que la de la fila %(n)d."),
    "changed_since": _("Cambió después: la dejamos como está."),
    "no_such_occurrence": _("La repetición no tiene esa fecha."),
    "too_many_series": _("Son más de %(most)d series de una vez."),
    "attendee": _("No entendemos el correo o el teléfono de %(name)s."),
}

_names = {"start": "start_datetime", "end": "end_datetime"}  # as the agenda's own fields are called, and ours


def name_of(field: str) -> str:
    """The column that is about a field of the agenda's."""
    return _names.get(field, field)


def refused(fault: ValidationError) -> Refused:
    """A row that the agenda's rules refuse; the first of several reasons."""
    field, reason = next(iter(reasons_of(fault).items()))
    return Refused(reason, name_of(field))
