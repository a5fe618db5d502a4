"""How a tenant writes numbers, money and dates: the BCP 47 tag of its language and country."""

from __future__ import annotations

# The country that sells in each currency; EUR and USD are quoted in several.
CURRENCY_COUNTRIES = {
    "ARS": "AR",
    "BOB": "BO",
    "BRL": "BR",
    "CLP": "CL",
    "COP": "CO",
    "CRC": "CR",
    "CUP": "CU",
    "DOP": "DO",
    "GTQ": "GT",
    "HNL": "HN",
    "MXN": "MX",
    "NIO": "NI",
    "PAB": "PA",
    "PEN": "PE",
    "PYG": "PY",
    "UYU": "UY",
    "VES": "VE",
}
# The country whose numbers stand beside each of them.
_WRITERS = CURRENCY_COUNTRIES | {"EUR": "ES", "USD": "US"}
_OTHER_LANGUAGES = {"en": "en-US", "pt": "pt-BR"}


def locale_tag(*, language: str, currency: str) -> str:
    """``es-CO`` for Spanish and Colombian pesos. The country follows the currency, which is the tenant's own choice."""
    return _OTHER_LANGUAGES.get(language) or f"es-{_WRITERS.get(currency, '419')}"
