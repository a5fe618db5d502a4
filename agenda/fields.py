"""Fields of the agenda's API: moments, people, reminders."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from typing import Any, NoReturn
from zoneinfo import ZoneInfo

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from agenda.details import read_minutes, wall_of
from agenda.models import MOST_ATTENDEES, MOST_REMINDER_MINUTES, MOST_REMINDERS

PERSON_FIELDS = {"name": 200, "email": 254, "phone": 40}

_day = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_spaced_offset = re.compile(r"(:\d{2}(?:\.\d+)?) (\d{2}:?\d{2})", re.ASCII)  # a plus sign that a URL took for a space
_DAY = r"[1-9][0-9]{3}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])"
_HOUR = r"([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9](\.[0-9]{1,9})?)?"
_OFFSET = r"(Z|[+-]([01][0-9]|2[0-3])(:?[0-5][0-9])?| ([01][0-9]|2[0-3]):?[0-5][0-9])"
MOMENT = rf"\s*{_DAY}([T ]{_HOUR}{_OFFSET}?)?\s*"


@extend_schema_field(
    {
        "type": "string",
        "maxLength": 40,
        "pattern": f"^{MOMENT}$",
        "description": "ISO 8601: with an offset; without one, on the tenant's clock (that of `timezone` when it is "
        "given beside it); of an hour that the clocks show twice the first. A day alone for what takes all day.",
    }
)
class Moment(serializers.Field[Any, Any, Any, Any]):
    """An aware datetime, a naive one (a wall clock's, to be settled in a zone) or a day."""

    default_error_messages = {
        "invalid": _("Escríbelo como 2026-11-26T15:30:00-05:00."),
        "absent": _("Esa fecha o esa hora no existe."),
    }

    def to_internal_value(self, data: Any) -> datetime | date:
        if not isinstance(data, str) or len(data) > 40 or not re.match(r"\s*\d{4}-\d{2}-\d{2}", data, re.ASCII):
            self.fail("invalid")
        text = _spaced_offset.sub(r"\1+\2", data.strip())
        if not re.fullmatch(MOMENT, data):
            self._refuse(text)
        try:
            if _day.fullmatch(text):
                return date.fromisoformat(text)
            moment = datetime.fromisoformat(text)
            if moment.tzinfo is None:
                return moment
            return moment.astimezone(UTC)
        except (ValueError, OverflowError):
            self._refuse(text)

    def _refuse(self, text: str) -> NoReturn:
        self.fail("absent" if re.fullmatch(r"[\d\-T:.+Z ]+", text, re.ASCII) else "invalid")

    def to_representation(self, value: Any) -> Any:
        return value


def read_wall(moment: datetime, zone: ZoneInfo, *, name: str) -> datetime:
    """What a naive ``moment`` of the field ``name`` means on the clocks of ``zone``; an aware one is itself.

    An hour that comes twice is the first of the two. One that the clocks skip is an error: nobody can mean it.
    """
    if moment.tzinfo is not None:
        return moment
    try:
        settled = moment.replace(tzinfo=zone, fold=0).astimezone(UTC)
    except OverflowError as fault:
        raise serializers.ValidationError({name: [Moment.default_error_messages["absent"]]}) from fault
    if wall_of(settled, zone) != moment:
        told = _("Esa hora no existe en %(zone)s: ese día los relojes se adelantan y se la saltan.")
        raise serializers.ValidationError({name: [told % {"zone": zone.key}]})
    return settled


def _whole(value: Any) -> Any:
    """A whole number is one in JSON also when it is written 60.0."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


_person = {
    "type": "object",
    "properties": {
        "name": {"type": "string", "maxLength": 200},
        "email": {"type": "string", "maxLength": 254},
        "phone": {"type": "string", "maxLength": 40},
        "contact": {
            "type": ["integer", "null"],
            "minimum": 1,
            "maximum": 2**63 - 1,
            "description": "The id of one of my contacts.",
        },
    },
    "additionalProperties": False,
}


@extend_schema_field(
    {
        "type": ["array", "string"],
        "items": {"anyOf": [_person, {"type": "string", "maxLength": 200}]},
        "maxItems": MOST_ATTENDEES,
        "description": "Who comes. A text in the list is a name; a text for the whole are names between commas. "
        "Answers hold objects.",
    }
)
class Attendees(serializers.Field[Any, Any, Any, Any]):
    """A list of {name, email, phone, contact}."""

    default_error_messages = {
        "invalid": _("Debe ser una lista de asistentes: nombres, u objetos con «name», «email», «phone» y «contact»."),
    }

    def to_internal_value(self, data: Any) -> list[dict[str, Any]]:
        if isinstance(data, str):
            data = [name for name in data.split(",") if name.strip()]
        if not isinstance(data, list):
            self.fail("invalid")
        if len(data) > MOST_ATTENDEES:
            raise serializers.ValidationError(_("Como mucho %(most)d asistentes.") % {"most": MOST_ATTENDEES})
        return [self._read(one, number) for number, one in enumerate(data, 1)]

    def _read(self, one: Any, number: int) -> dict[str, Any]:
        person = {"name": one} if isinstance(one, str) else one
        if not isinstance(person, dict) or not set(person) <= {*PERSON_FIELDS, "contact"}:
            self.fail("invalid")
        contact = _whole(person.get("contact"))
        if contact is not None and (type(contact) is not int or not 1 <= contact < 2**63):
            self.fail("invalid")
        texts = {}
        for name, most in PERSON_FIELDS.items():
            text = person.get(name) or ""
            if not isinstance(text, str):
                self.fail("invalid")
            if len(text) > most:
                told = _("El asistente %(n)d tiene un texto demasiado largo.")
                raise serializers.ValidationError(told % {"n": number})
            texts[name] = text.strip()
        return {**texts, "contact": contact}

    def to_representation(self, value: Any) -> Any:
        return value


@extend_schema_field(
    {
        "type": ["array", "integer", "null"],
        "items": {"type": "integer", "minimum": 0, "maximum": MOST_REMINDER_MINUTES},
        "maxItems": MOST_REMINDERS,
        "minimum": 0,
        "maximum": MOST_REMINDER_MINUTES,
        "description": "When to be reminded, in minutes before: one or several; null or none: not at all. "
        "Answers hold a list.",
    }
)
class Minutes(serializers.Field[Any, Any, Any, Any]):
    """A list of minutes."""

    default_error_messages = {"invalid": _("Debe ser un número entero de minutos, o una lista de ellos.")}

    def __init__(self, **options: Any) -> None:
        super().__init__(allow_null=True, required=False, **options)

    def validate_empty_values(self, data: Any) -> tuple[bool, Any]:
        return (True, []) if data is None else super().validate_empty_values(data)

    def to_internal_value(self, data: Any) -> list[int]:
        minutes = [_whole(one) for one in (data if isinstance(data, list) else [data])]
        if any(type(n) is not int for n in minutes):
            self.fail("invalid")
        try:
            return read_minutes(minutes)
        except ValidationError as fault:
            raise serializers.ValidationError(fault.messages) from fault

    def to_representation(self, value: Any) -> Any:
        return value
