"""Amounts and moments as the superadmin's pages say them, in the reader's language and zone."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from django.utils import timezone
from django.utils.formats import date_format, number_format


def say_bytes(size: int) -> str:
    """«1,2 GB»."""
    value, units = float(size), ["B", "kB", "MB", "GB", "TB"]
    while value >= 1024 and len(units) > 1:
        value, units = value / 1024, units[1:]
    return f"{say_number(value, 0 if units[0] == 'B' or value >= 100 else 1)} {units[0]}"


def say_money(amount: Decimal) -> str:
    """US dollars, with as many digits as a small amount needs."""
    return f"US$ {say_number(amount, 4 if 0 < amount < 1 else 2)}"


def say_ms(milliseconds: float | None) -> str:
    if milliseconds is None:
        return "—"
    return f"{say_number(milliseconds / 1000, 1)} s" if milliseconds >= 1000 else f"{say_number(milliseconds, 0)} ms"


def say_number(value: float | Decimal, places: int = 0) -> str:
    return str(number_format(value, decimal_pos=places, force_grouping=True))


def say_when(moment: datetime | None) -> str:
    """«23 nov. 12:30», on the reader's clock."""
    return date_format(timezone.localtime(moment), "j N H:i") if moment is not None else "—"
