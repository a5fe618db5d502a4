"""Days and hours, however they are written."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

import pytest
from babel.dates import format_date
from hypothesis import given
from hypothesis import strategies as st

from tenants.exchange.dates import guess_order, read_date, read_datetime, read_time
from tenants.exchange.faults import NotSo

BOGOTA = ZoneInfo("America/Bogota")
DAY = date(2026, 11, 23)


@pytest.mark.parametrize(
    "text",
    [
        "23/11/2026",
        "11/23/2026",
        "2026-11-23",
        "2026/11/23",
        "23.11.2026",
        "20261123",
        "23 nov 2026",
        "23-nov-26",
        "Nov 23, 2026",
        "November 23rd, 2026",
        "23 de noviembre de 2026",
        "lunes, 23 de noviembre de 2026",
        "23 de novembro de 2026",
        "23/11/2026 15:30",
        "2026-11-23T15:30:00",
        "46349",
        46349,
        46349.6,
        datetime(2026, 11, 23, 9),  # noqa: DTZ001  (a spreadsheet knows no zone)
        DAY,
    ],
)
def test_it_reads_a_day_in_every_style(text):
    for order in ("dmy", "mdy", "ymd"):
        assert read_date(text, order=order) == DAY


def test_the_order_decides_what_is_open():
    assert read_date("03/04/2026", order="dmy") == date(2026, 4, 3)
    assert read_date("03/04/2026", order="mdy") == date(2026, 3, 4)
    assert read_date("26/11/23", order="ymd") == DAY
    assert read_date("23-11-26", order="dmy") == read_date("11-23-26", order="mdy") == DAY
    assert read_date("01/02/85", order="dmy") == date(1985, 2, 1)


@pytest.mark.parametrize(
    "text",
    ["31/02/2026", "99/99/9999", "0/0/0000", "hola", "", "12/2026", "2026", "mañana", "23/11/226", "x" * 99, True],
)
def test_it_says_what_is_no_day(text):
    with pytest.raises(NotSo):
        read_date(text, order="dmy")


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("23/11/2026 15:30", datetime(2026, 11, 23, 15, 30, tzinfo=BOGOTA)),
        ("23/11/2026 3:30 p. m.", datetime(2026, 11, 23, 15, 30, tzinfo=BOGOTA)),
        ("Nov 23, 2026 12:05 AM", datetime(2026, 11, 23, 0, 5, tzinfo=BOGOTA)),
        ("23 de novembro de 2026 às 15h30", datetime(2026, 11, 23, 15, 30, tzinfo=BOGOTA)),
        ("23/11/2026 a las 15:30", datetime(2026, 11, 23, 15, 30, tzinfo=BOGOTA)),
        ("2026-11-23T20:30:00Z", datetime(2026, 11, 23, 20, 30, tzinfo=UTC)),
        ("2026-11-23 15:30:00.123456-05:00", datetime(2026, 11, 23, 15, 30, 0, 123456, tzinfo=BOGOTA)),
        ("23/11/2026", datetime(2026, 11, 23, tzinfo=BOGOTA)),
        (46349.5, datetime(2026, 11, 23, 12, tzinfo=BOGOTA)),
    ],
)
def test_it_reads_a_moment_on_the_tenants_clock(text, moment):
    assert read_datetime(text, order="dmy", zone=BOGOTA) == moment


def test_it_reads_an_hour():
    for text in ("15:30", "3:30 pm", "3:30 p. m.", "15h30", "15.30", "15:30:00", 0.6458333333, time(15, 30)):
        assert read_time(text) == time(15, 30)
    for text in ("25:00", "9", "noche", "", "15:60"):
        with pytest.raises(NotSo):
            read_time(text)


def test_the_order_is_that_of_the_dates_that_leave_no_doubt():
    assert guess_order(["03/04/2026", "23/11/2026"], otherwise="mdy") == "dmy"
    assert guess_order(["03/04/2026", "11/23/2026"], otherwise="dmy") == "mdy"
    assert guess_order(["03/04/2026", "nada"], otherwise="mdy") == "mdy"
    assert guess_order(["2026-11-23"], otherwise="dmy") == "dmy"


@given(day=st.dates(date(1970, 1, 1), date(2069, 12, 31)), language=st.sampled_from(["es", "en", "pt"]))
def test_what_babel_writes_is_read_back(day, language):
    for style in ("medium", "long", "full"):
        assert read_date(format_date(day, style, locale=language), order="dmy") == day
    short = "mdy" if language == "en" else "dmy"
    assert read_date(format_date(day, "short", locale=language), order=short) == day


@given(st.datetimes(datetime(1970, 1, 1), datetime(2100, 1, 1)))  # noqa: DTZ001
def test_iso_is_read_back_to_the_microsecond(moment):
    aware = moment.replace(tzinfo=UTC)
    assert read_datetime(aware.isoformat(), order="dmy", zone=BOGOTA) == aware
    assert read_datetime(moment.isoformat(sep=" "), order="mdy", zone=BOGOTA) == moment.replace(tzinfo=BOGOTA)


@given(st.text(max_size=70))
def test_any_text_is_a_day_an_hour_or_none(text):
    for read in (
        lambda: read_date(text, order="dmy"),
        lambda: read_datetime(text, order="mdy", zone=BOGOTA),
        lambda: read_time(text),
    ):
        with suppress(NotSo):
            read()
