"""How a tenant writes numbers, money and dates: the BCP 47 tag of its language and country."""

from __future__ import annotations

# The country that writes its numbers beside each currency; EUR and USD are quoted in several.
_COUNTRIES = {
    "ARS": "AR",
    "BOB": "BO",
    "BRL": "BR",
    "CLP": "CL",
    "COP": "CO",
    "CRC": "CR",
    "CUP": "CU",
    "DOP": "DO",
    "EUR": "ES",
    "GTQ": "GT",
    "HNL": "HN",
    "MXN": "MX",
    "NIO": "NI",
    "PAB": "PA",
    "PEN": "PE",
    "PYG": "PY",
    "USD": "US",
    "UYU": "UY",
    "VES": "VE",
}
_OTHER_LANGUAGES = {"en": "en-US", "pt": "pt-BR"}


def locale_tag(*, language: str, currency: str) -> str:
    """``es-CO`` for Spanish and Colombian pesos. The country follows the currency, which is the tenant's own choice."""
    return _OTHER_LANGUAGES.get(language) or f"es-{_COUNTRIES.get(currency, '419')}"
