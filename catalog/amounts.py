"""Money as the tenant's customers write it: «$ 12.500», «$ 1.234,50», «R$ 99,90»; to who reads English, «$12,500»."""

from __future__ import annotations

import unicodedata
from decimal import Decimal

from babel.numbers import format_currency, format_decimal, get_currency_symbol

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


# Who reads these languages takes «12.500» and «12,500» for different amounts, whatever the shop's country writes.
_READERS = {"en": "en_US", "pt": "pt_BR"}


def format_price(*, amount: Decimal, currency: str, language: str = "es") -> str:
    """Write ``amount`` of the ISO currency for somebody who reads ``language``: es, en or pt.

    The sign is that of the currency's country, and in Spanish the separators are, too; whole amounts have no cents.
    """
    digits = "#,##0" if amount == amount.to_integral_value() else "#,##0.00"
    own = LOCALES.get(currency, "es")
    reader = _READERS.get(language, own)
    if reader != own:
        sign = get_currency_symbol(currency, locale=own)
        space = "" if language == "en" and unicodedata.category(sign[-1]) == "Sc" else " "
        return f"{sign}{space}{format_decimal(amount, format=digits, locale=reader)}"
    pattern = f"{digits} ¤" if currency == "EUR" else f"¤ {digits}"
    text = format_currency(amount, currency, format=pattern, locale=own, currency_digits=False)
    return text.replace("\xa0", " ").replace("\u202f", " ")
