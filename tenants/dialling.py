"""Phone numbers as people write them at home, without their country's code: «300 123 4567» of a shop in Colombia."""

from __future__ import annotations

import re

from tenants.phones import LEAST_DIGITS, MOST_DIGITS, digits_of

# The country's code, the digits of its numbers (ITU-T E.164, national numbering plans), and what is dialled before a
# distant one at home.
_plans = {
    "AR": ("54", (10, 11), "0"),
    "BO": ("591", (8,), "0"),
    "BR": ("55", (10, 11), "0"),
    "CL": ("56", (9,), ""),
    "CO": ("57", (10,), "0"),
    "CR": ("506", (8,), ""),
    "CU": ("53", (8,), "0"),
    "DO": ("1", (10,), ""),
    "EC": ("593", (8, 9), "0"),
    "ES": ("34", (9,), ""),
    "GT": ("502", (8,), ""),
    "HN": ("504", (8,), ""),
    "MX": ("52", (10,), "01"),
    "NI": ("505", (8,), ""),
    "PA": ("507", (7, 8), ""),
    "PE": ("51", (8, 9), "0"),
    "PR": ("1", (10,), ""),
    "PY": ("595", (9,), "0"),
    "SV": ("503", (8,), ""),
    "US": ("1", (10,), "1"),
    "UY": ("598", (8,), "0"),
    "VE": ("58", (10,), "0"),
}
_international = re.compile(r"\+[1-9][0-9]{6,14}")


def international(text: str, *, country: str) -> str:
    """The number in ``text`` as E.164 has it: +573001234567. "" for what is none, or whose country nobody can tell.

    ``country`` (ISO 3166-1) is where a number without a code is from.
    """
    written = text.strip()
    digits = digits_of(written)
    if written.startswith(("+", "00", "(+")):
        found = f"+{digits}"
        return found if _international.fullmatch(found) else ""
    if country not in _plans or not LEAST_DIGITS <= len(digits) <= MOST_DIGITS:
        return ""
    code, lengths, trunk = _plans[country]
    if digits.startswith(code) and len(digits) - len(code) in lengths and len(digits) not in lengths:
        return f"+{digits}"
    at_home = digits.removeprefix(trunk) if trunk and len(digits.removeprefix(trunk)) in lengths else digits
    return f"+{code}{at_home}" if len(at_home) in lengths and at_home[0] != "0" else ""
