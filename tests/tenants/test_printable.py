"""What our PDFs can draw, and what stands where they cannot."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenants import typefaces
from tenants.printable import MISSING, printable


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Café ☕ – 5 kg → niño “Żółć” 漢字", "Café ☕ – 5 kg → niño “Żółć” □"),
        ("Ñandú, ação, Łódź, Đorđe, İstanbul, Việt Nam", "Ñandú, ação, Łódź, Đorđe, İstanbul, Việt Nam"),
        ("Ελληνικά Русский українська", "Ελληνικά Русский українська"),
        ("a\u0301 e\u0301", "á é"),
        ("₡ ₲ ₱ ₹ € £ ¥ $ № ™ ½ ² ≤ ≠", "₡ ₲ ₱ ₹ € £ ¥ $ № ™ ½ ² ≤ ≠"),
        ("1\u202f234", "1\u00a0234"),
        ("un\u00adido y co\u200bsido", "unido y cosido"),
        ("dos\n\tlíneas  ", "dos líneas"),
        ("Combo 🍔+🍟", "Combo □+□"),
        ("Hecho por 👩🏽‍🍳👨‍👩‍👧 ❤️", "Hecho por □ ❤"),
        ("Té شاي verde y más", "Té □ verde y más"),
        ("al revés\u202e exe", "al revés exe"),
        ("\x00\x07\ud800", ""),
        ("", ""),
    ],
)
def test_a_text_is_shown_as_far_as_the_typeface_goes(text, shown):
    assert printable(text) == shown


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("漢字", "COD-1"),
        ("شاي أخضر", "COD-1"),
        ("🔥", "COD-1"),
        (" ", "COD-1"),
        ("Té 漢字漢", "COD-1"),
        ("Té 漢", "Té □"),
    ],
)
def test_what_is_mostly_of_another_script_gives_way(text, shown):
    assert printable(text, otherwise="COD-1") == shown


@given(st.text())
def test_whatever_somebody_writes_can_be_drawn_on_one_line(text):
    shown = printable(text)
    assert {ord(sign) for sign in shown} <= typefaces.load()
    assert not any(unicodedata.category(sign) in ("Cc", "Cf", "Zl", "Zp") for sign in shown)
    assert MISSING * 2 not in shown
    assert printable(shown) == shown


def test_the_typeface_has_every_letter_of_the_americas_and_europe():
    letters = [*range(0x20, 0x7F), *range(0xA0, 0x180), *range(0x1E00, 0x1EFA), *range(0x400, 0x460)]
    missing = [chr(one) for one in letters if one not in typefaces.load() and unicodedata.name(chr(one), "")]
    assert missing == []
