"""What a tenant may choose from."""

from __future__ import annotations

from zoneinfo import available_timezones

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

LANGUAGES = [("es", "Español"), ("en", "English"), ("pt", "Português")]

# ISO 4217 codes of Latin America, and the two that its shops quote beside them.
CURRENCIES = [
    ("ARS", _("Peso argentino")),
    ("BOB", _("Boliviano")),
    ("BRL", _("Real brasileño")),
    ("CLP", _("Peso chileno")),
    ("COP", _("Peso colombiano")),
    ("CRC", _("Colón costarricense")),
    ("CUP", _("Peso cubano")),
    ("DOP", _("Peso dominicano")),
    ("EUR", _("Euro")),
    ("GTQ", _("Quetzal guatemalteco")),
    ("HNL", _("Lempira hondureño")),
    ("MXN", _("Peso mexicano")),
    ("NIO", _("Córdoba nicaragüense")),
    ("PAB", _("Balboa panameño")),
    ("PEN", _("Sol peruano")),
    ("PYG", _("Guaraní paraguayo")),
    ("USD", _("Dólar estadounidense")),
    ("UYU", _("Peso uruguayo")),
    ("VES", _("Bolívar venezolano")),
]

# The currency that a new account most likely sells in, by its time zone.
_zone_currencies = {
    "America/Argentina": "ARS",
    "America/Buenos_Aires": "ARS",
    "America/La_Paz": "BOB",
    "America/Sao_Paulo": "BRL",
    "America/Bahia": "BRL",
    "America/Fortaleza": "BRL",
    "America/Manaus": "BRL",
    "America/Recife": "BRL",
    "America/Santiago": "CLP",
    "America/Punta_Arenas": "CLP",
    "America/Bogota": "COP",
    "America/Costa_Rica": "CRC",
    "America/Havana": "CUP",
    "America/Santo_Domingo": "DOP",
    "Europe/": "EUR",
    "America/Guatemala": "GTQ",
    "America/Tegucigalpa": "HNL",
    "America/Mexico_City": "MXN",
    "America/Monterrey": "MXN",
    "America/Tijuana": "MXN",
    "America/Cancun": "MXN",
    "America/Managua": "NIO",
    "America/Panama": "PAB",
    "America/Lima": "PEN",
    "America/Asuncion": "PYG",
    "America/Guayaquil": "USD",
    "America/El_Salvador": "USD",
    "America/New_York": "USD",
    "America/Chicago": "USD",
    "America/Los_Angeles": "USD",
    "America/Puerto_Rico": "USD",
    "America/Montevideo": "UYU",
    "America/Caracas": "VES",
}


def validate_timezone(value: str) -> None:
    """Refuse what is no IANA zone name."""
    if value not in available_timezones():
        raise ValidationError(_("No conocemos la zona horaria «%(value)s»."), params={"value": value})


def likely_currency(timezone: str) -> str:
    """The ISO 4217 code that somebody in ``timezone`` most likely sells in; USD when we cannot tell."""
    return next((code for prefix, code in _zone_currencies.items() if timezone.startswith(prefix)), "USD")
