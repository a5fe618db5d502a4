from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenants.phones import digits_of, match_key, variants, wa_me_link


@pytest.mark.parametrize(
    ("key", "spellings"),
    [
        (
            "525512345678",  # Mexico: the 1 of before 2019, and what stood before calls inside the country
            ["+52 55 1234 5678", "5215512345678", "+52 1 55 1234 5678", "+52 01 55 1234 5678", "+52 044 55 1234 5678"],
        ),
        (
            "541123456789",  # Argentina: 9 from abroad, 15 at home, in an area of two digits
            ["+54 9 11 2345-6789", "5491123456789", "+54 11 15 2345 6789", "+54 011 15 2345-6789", "541123456789"],
        ),
        ("543512345678", ["+54 9 351 234 5678", "+54 351 15 234 5678", "+54 0351 15 2345678"]),  # of three
        ("542966412345", ["+54 9 2966 41 2345", "+54 2966 15 41 2345"]),  # of four
        ("5531987654321", ["+55 31 98765-4321", "553187654321", "+55 (0)31 8765 4321", "+55 031 98765-4321"]),
        ("551134567890", ["+55 11 3456-7890"]),  # a landline of Brazil has no ninth digit
        ("573001234567", ["+57 (300) 123-45.67", "0057 300 1234567", "573001234567", "٠٠٥٧٣٠٠١٢٣٤٥٦٧"]),
        ("34600111222", ["+34 600 111 222"]),
        ("12025550143", ["+1 202 555 0143"]),
    ],
)
def test_every_spelling_of_a_number_has_one_key(key, spellings):
    assert {match_key(spelling) for spelling in spellings} == {key}
    assert match_key(key) == key
    assert {match_key(variant) for variant in variants(key)} == {key}


def test_numbers_that_only_look_alike_stay_apart():
    assert match_key("+525512345678") != match_key("+525512345679")
    assert match_key("+541123456789") != match_key("+543512345678")
    assert match_key("+54 11 1523 4567") == "541115234567"  # here 15 begins the number itself
    assert match_key("+55 11 3456-7890") != match_key("+55 11 93456-7890")  # a landline, and somebody's mobile


@pytest.mark.parametrize("text", ["", "hola", "12345", "9" * 19, "+52", "@alice"])
def test_what_is_no_number_has_no_key(text):
    assert match_key(text) == ""
    assert variants(text) == []


@given(st.text(max_size=60))
def test_a_key_is_its_own_key_whatever_the_text(text):
    key = match_key(text)
    assert key == "" or (key.isascii() and key.isdigit() and 7 <= len(key) <= 15)
    assert match_key(key) == key


@given(st.from_regex(r"(52|54|55|57|1)[0-9]{7,13}", fullmatch=True))
def test_the_key_of_a_number_is_stable(digits):
    assert match_key(match_key(digits)) == match_key(digits)


def test_the_link_that_opens_whatsapp():
    assert wa_me_link("+57 300 123 4567") == "https://wa.me/573001234567"
    assert wa_me_link("573001234567", "@luz ¿hay pan & café?") == (
        "https://wa.me/573001234567?text=%40luz%20%C2%BFhay%20pan%20%26%20caf%C3%A9%3F"
    )
    assert wa_me_link("", "hola") == ""
    assert digits_of("(0)") == ""
