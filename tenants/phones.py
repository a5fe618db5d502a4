"""Phone numbers: one key under which all spellings of a number meet, and links that open WhatsApp.

The spellings that differ, all of mobile phones (ITU-T E.164 country codes and the national numbering plans):

- Mexico wrote +52 1 before mobiles until August 2019 (IFT, Plan Técnico Fundamental de Numeración); WhatsApp still
  returns 521… for who registered so. Before, 044 and 045 stood in front of calls from landlines, 01 of distant ones.
- Argentina writes +54 9 area number from abroad and 0 area 15 number at home (ENACOM, Plan Fundamental de Numeración
  Nacional); area and number have ten digits together.
- Brazil gave mobiles a ninth digit, a 9 in front, area by area until November 2016 (Anatel, Resolução 553/2010);
  WhatsApp still returns eight for who registered before, of whom the old numbers began with 6 to 9.
"""

from __future__ import annotations

import re
from urllib.parse import quote

LEAST_DIGITS, MOST_DIGITS = 7, 15  # with the country's code: E.164 allows fifteen

# Argentina's areas of two and three digits; all others have four.
_area = re.compile(
    r"11|2(?:2[013]|3[067]|49|6[01346]|80|9[14789])|3(?:36|4[12358]|5[138]|6[24]|7[069]|8[013578])|[23][0-9]{3}"
)


def digits_of(text: str) -> str:
    """The digits of a number as people write it, in ASCII: «+57 (300) 123-45.67» is 573001234567. «00» is «+»."""
    digits = "".join(str(int(sign)) for sign in text.replace("(0)", "") if sign.isdecimal())
    return digits.removeprefix("00")


def match_key(text: str) -> str:
    """The digits under which every spelling of the number in ``text``, with its country's code, is found.

    Empty when it is no such number. The key is for comparing: it need not be what one dials.
    """
    digits = digits_of(text)
    if not LEAST_DIGITS <= len(digits) <= MOST_DIGITS + 3:  # a national prefix may stand in it
        return ""
    for country, rule in (("52", _mexican), ("54", _argentine), ("55", _brazilian)):
        if digits.startswith(country):
            digits = country + rule(digits[2:])
            break
    return digits if len(digits) <= MOST_DIGITS else ""


def variants(text: str) -> list[str]:
    """The spellings in digits under which the number in ``text`` may be known, its key first."""
    key = match_key(text)
    if key.startswith("52") and len(key) == 12:
        return [key, f"521{key[2:]}"]
    if key.startswith("54") and len(key) == 12:
        return [key, f"549{key[2:]}"]
    if key.startswith("55") and len(key) == 13 and key[4] == "9":
        return [key, key[:4] + key[5:]]
    return [key] if key else []


def wa_me_link(number: str, text: str = "") -> str:
    """The address that opens WhatsApp to write ``text`` to ``number``; empty when there is no number."""
    digits = digits_of(number)
    if not digits:
        return ""
    return f"https://wa.me/{digits}" + (f"?text={quote(text, safe='')}" if text else "")


def _mexican(number: str) -> str:
    return re.sub(r"^(?:1|01|044|045)(?=[0-9]{10}\Z)", "", number)


def _argentine(number: str) -> str:
    # The 9 from abroad, the 0 at home, or (as some write) both.
    number = re.sub(r"^(?:90?|09?)(?=[0-9]{10}(?:[0-9]{2})?\Z)", "", number)
    if len(number) != 12:
        return number
    area = _area.match(number)
    if area is None or not number.startswith("15", area.end()):
        return number
    return area[0] + number[area.end() + 2 :]


def _brazilian(number: str) -> str:
    number = re.sub(r"^0(?=[1-9][0-9]{9,10}\Z)", "", number)
    has_eight = re.fullmatch(r"[1-9][1-9][6-9][0-9]{7}", number)
    return f"{number[:2]}9{number[2:]}" if has_eight else number
