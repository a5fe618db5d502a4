"""Money as the tenant's customers write it: «$ 12.500», «$ 1.234,50», «R$ 99,90»."""

from __future__ import annotations

from decimal import Decimal

from babel.numbers import format_currency

# The country whose separators and sign belong to a currency; the dollar is written as its Latin American users do.
LOCALES = {
    "ARS": "es_AR",
    "BOB": "es_BO",
    "BRL": "pt_BR",
    "CLP": "es_CL",
    "COP": "es_CO",
    "CRC": "es_CR",
    "CUP": "es_CU",
    "DOP": "es_DO",
    "EUR": "es_ES",
    "GTQ": "es_GT",
    "HNL": "es_HN",
    "MXN": "es_MX",
    "NIO": "es_NI",
    "PAB": "es_PA",
    "PEN": "es_PE",
    "PYG": "es_PY",
    "USD": "es_EC",
    "UYU": "es_UY",
    "VES": "es_VE",
}


def format_price(*, amount: Decimal, currency: str) -> str:
    """Write ``amount`` of the ISO currency with its country's sign and separators; whole amounts without cents."""
    digits = "#,##0" if amount == amount.to_integral_value() else "#,##0.00"
    pattern = f"{digits} ¤" if currency == "EUR" else f"¤ {digits}"
    locale = LOCALES.get(currency, "es")
    text = format_currency(amount, currency, format=pattern, locale=locale, currency_digits=False)
    return text.replace("\xa0", " ").replace("\u202f", " ")
