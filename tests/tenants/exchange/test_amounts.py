"""Numbers and prices, however they are written."""

from __future__ import annotations

from contextlib import suppress
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenants.exchange.amounts import guess_decimal, read_money, read_number, read_whole
from tenants.exchange.faults import NotSo

SIGNS = ["", "$", "$ ", "R$ ", "US$ ", "COP ", "S/. ", "Bs. ", "Q", "€ ", "MXN$ "]


@pytest.mark.parametrize(
    ("text", "decimal", "number"),
    [
        ("$ 1.234,50", ".", "1234.50"),
        ("1,234.50", ",", "1234.50"),
        ("1.234", ",", "1234"),
        ("1,234", ".", "1234"),
        ("1.234.567", ".", "1234567"),
        ("1 234,50", ",", "1234.50"),
        ("1'234.50", ".", "1234.50"),
        ("1\u00a0234,5", ",", "1234.5"),
        ("12,5", ".", "12.5"),
        ("0,5", ",", "0.5"),
        (".5", ".", "0.5"),
        ("45900", ",", "45900"),
        ("S/. 12.50", ",", "12.50"),
        ("Bs.12", ",", "12"),
        ("Q12.50", ",", "12.50"),
        ("R$ 99,90", ".", "99.90"),
        ("5 €", ",", "5"),
        ("5 pesos", ",", "5"),
        ("$ 12.-", ",", "12"),
        ("(3,5)", ",", "-3.5"),
        ("-$ 5", ",", "-5"),
        ("\u22125", ",", "-5"),
        ("\uff11\uff12", ",", "12"),  # wide digits
        (12.5, ",", "12.5"),
        (0.1 + 0.2, ",", "0.3"),
        (7, ",", "7"),
    ],
)
def test_it_reads_numbers_as_people_write_them(text, decimal, number):
    assert read_number(text, decimal=decimal) == Decimal(number)


@pytest.mark.parametrize(
    "text",
    [
        "gratis",
        "",
        "-",
        "N/A",
        "1.2.3",
        "1,,2",
        "1.23.456,7",
        "12.345,6.7",
        "1e5",
        "12abc",
        "abc12",
        "5%",
        "50 c/u",
        "١٢",
        "9" * 50,
        "9" * 19,
        True,
        float("nan"),
        float("inf"),
        1e300,
    ],
)
def test_it_says_what_is_no_number(text):
    for decimal in ".,":
        with pytest.raises(NotSo):
            read_number(text, decimal=decimal)


def test_a_price_has_two_decimals_and_is_not_below_zero():
    assert read_money("12.5000", decimal=".") == Decimal("12.50")
    assert read_money(45900.333333, decimal=",") == Decimal("45900.33")  # reckoned by the spreadsheet
    for text in ("12.345", "1,000", "12.3456", "-5", "gratis"):
        decimal = "," if "," in text else "."
        with pytest.raises(NotSo):
            read_money(text, decimal=decimal)


def test_a_whole_number_may_be_written_with_decimals():
    assert read_whole("12,0", decimal=",") == 12
    assert read_whole(3.0, decimal=",") == 3
    with pytest.raises(NotSo):
        read_whole("1,5", decimal=",")


def test_the_decimal_sign_is_that_of_the_numbers_that_leave_no_doubt():
    assert guess_decimal(["1.234", "1.234,50", "gratis"], otherwise=".") == ","
    assert guess_decimal(["1,234", "12.5"], otherwise=",") == "."
    assert guess_decimal(["1.234.567"], otherwise=".") == ","
    assert guess_decimal(["1.234", "5.678"], otherwise="!") == "!"
    assert guess_decimal([], otherwise="!") == "!"
    assert guess_decimal(["23.11.2026"], otherwise="!") == "!"  # a day


@given(
    number=st.decimals(min_value=0, max_value=10**12, places=2),
    decimal=st.sampled_from([".", ","]),
    grouped=st.booleans(),
    sign=st.sampled_from(SIGNS),
)
def test_what_is_written_with_two_decimals_is_read_back_in_either_way_of_writing(number, decimal, grouped, sign):
    text = f"{number:,.2f}" if grouped else f"{number:.2f}"
    if decimal == ",":
        text = text.translate(str.maketrans(".,", ",."))
    for setting in ".,":
        assert read_money(f"{sign}{text}", decimal=setting) == number


@given(st.text(max_size=60))
def test_any_text_is_a_number_or_none(text):
    for decimal in ".,":
        with suppress(NotSo):
            assert read_number(text, decimal=decimal).is_finite()
