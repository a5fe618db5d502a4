from __future__ import annotations

import time
from datetime import UTC, datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agenda.dates import LONGEST_TEXT, MOST_MOMENTS, read_moments, upcoming
from agenda.wording.feasts import FEASTS
from agenda.wording.vocabulary import vocabulary

NOW = datetime(2026, 11, 18, 10, tzinfo=UTC)
DIGITS = [
    *(
        "0",
        "1",
        "2",
        "3",
        "15",
        "24",
        "25",
        "30",
        "31",
        "99",
        "130",
        "2016",
        "9999",
        "99999999999",
        "1º",
        "20h",
        "8h30",
    ),
    *("8:30", "24:30", "25:00", "12/5", "31/2", "4.22", "4-6", "2024-02-30", "31/02/2023", "08/12,15", "0000-00-00"),
    *("2016-11-07T25:00", ",", ".", "-", "/", ":", "(", ")", "pm", "am", "😀", "\0", "\n"),
]


@pytest.fixture(scope="module")
def words():
    found = set(DIGITS) | {texts.split("|")[0] for _, texts in FEASTS.values()}
    for lexicon in vocabulary().lexicons.values():
        found |= lexicon.spoken()
        found |= {" ".join(parts) for entries in lexicon.phrases.values() for parts, _ in entries}
    return sorted(found)


def check(text, now, timezone):
    for moment in read_moments(text=text, now=now, timezone=timezone):
        assert text[slice(*moment.span)] == moment.words
        assert (moment.spans[0][0], moment.spans[-1][1]) == moment.span
        assert moment.candidates or moment.kind == "duration" or moment.needs_asking
        for reading in moment.candidates:
            assert not isinstance(reading.start, datetime) or reading.start.tzinfo is not None
        upcoming(moment, now=now, timezone=timezone)


NOWS = st.datetimes(datetime(2, 1, 2), datetime(9998, 12, 30), timezones=st.just(UTC))  # noqa: DTZ001
ZONES = st.sampled_from(["UTC", "Europe/Madrid", "America/Santiago", "Pacific/Kiritimati", "America/Lima"])


@given(data=st.data(), now=NOWS, timezone=ZONES)
@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_row_of_words_of_time_makes_it_fail(words, data, now, timezone):
    check(" ".join(data.draw(st.lists(st.sampled_from(words), max_size=12))), now, timezone)


@given(text=st.text(max_size=300), now=NOWS, timezone=ZONES)
@settings(max_examples=200, deadline=None)
def test_no_text_makes_it_fail(text, now, timezone):
    check(text, now, timezone)


LONG = {
    "an hour again and again": "a las 3 ",
    "small words": "de la ",
    "numbers": "1 ",
    "digits": "1",
    "dates": "12/",
    "weekdays": "lunes y ",
    "numbers in words": "veinte y ",
    "thousands": "mil ",
    "hours": "8: ",
    "days": "dia ",
    "day of day": "1 de ",
    "plain words": "hola, qué tal, muy bien, gracias por todo. ",
    "zeroes": "\0",
    "emoji": "😀",
    "commas": ",",
    "one word": "a",
    "accents": "á\u0301",
    "hyphens": "-a",
}


@pytest.mark.parametrize("piece", LONG.values(), ids=LONG)
def test_a_long_text_is_read_soon(piece):
    text = (piece * LONGEST_TEXT)[:LONGEST_TEXT]
    read_moments(text="mañana", now=NOW, timezone="UTC")  # rules are made at the first call
    spent = []
    for _ in range(5):
        started = time.process_time()
        found = read_moments(text=text, now=NOW, timezone="UTC")
        spent.append(time.process_time() - started)

    assert min(spent) < 0.5
    assert len(found) <= MOST_MOMENTS


def test_what_is_beyond_the_longest_text_is_not_read():
    assert read_moments(text="x" * LONGEST_TEXT + " mañana", now=NOW, timezone="UTC") == []


def test_emoji_stand_between_words_as_spaces_do():
    (moment,) = read_moments(text="mañana 😀 a las 6pm", now=NOW, timezone="UTC")

    assert moment.start == datetime(2026, 11, 19, 18, tzinfo=UTC)
