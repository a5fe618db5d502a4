"""What a tenant may choose from."""

from __future__ import annotations

from functools import cache
from zoneinfo import available_timezones

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from tenants.locales import CURRENCY_COUNTRIES

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

# Whose national holidays count: ISO 3166-1 codes, as the package «holidays» knows them.
COUNTRIES = [
    ("AR", _("Argentina")),
    ("BO", _("Bolivia")),
    ("BR", _("Brasil")),
    ("CL", _("Chile")),
    ("CO", _("Colombia")),
    ("CR", _("Costa Rica")),
    ("CU", _("Cuba")),
    ("DO", _("República Dominicana")),
    ("EC", _("Ecuador")),
    ("ES", _("España")),
    ("GT", _("Guatemala")),
    ("HN", _("Honduras")),
    ("MX", _("México")),
    ("NI", _("Nicaragua")),
    ("PA", _("Panamá")),
    ("PE", _("Perú")),
    ("PR", _("Puerto Rico")),
    ("PY", _("Paraguay")),
    ("SV", _("El Salvador")),
    ("US", _("Estados Unidos")),
    ("UY", _("Uruguay")),
    ("VE", _("Venezuela")),
]


@cache
def zone_names() -> frozenset[str]:
    """The names of IANA zones; finding them reads the whole folder of zones (20 ms), so once in a process."""
    return frozenset(available_timezones())


def validate_timezone(value: str) -> None:
    """Refuse what is no IANA zone name."""
    if value not in zone_names():
        raise ValidationError(_("No conocemos la zona horaria «%(value)s»."), params={"value": value})


def likely_currency(timezone: str) -> str:
    """The ISO 4217 code that somebody in ``timezone`` most likely sells in; USD when we cannot tell."""
    return next((code for prefix, code in _zone_currencies.items() if timezone.startswith(prefix)), "USD")


_zone_countries = {
    "America/Guayaquil": "EC",
    "America/El_Salvador": "SV",
    "America/Puerto_Rico": "PR",
    "America/New_York": "US",
    "America/Chicago": "US",
    "America/Los_Angeles": "US",
    "Europe/Madrid": "ES",
}


def likely_country(timezone: str) -> str:
    """The ISO 3166-1 code of the country that somebody in ``timezone`` most likely lives in; "" when we cannot tell."""
    return _zone_countries.get(timezone) or CURRENCY_COUNTRIES.get(likely_currency(timezone), "")
