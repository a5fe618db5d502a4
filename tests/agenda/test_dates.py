from __future__ import annotations

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import pytest

from agenda.dates import read_moments, upcoming

LIMA = ZoneInfo("America/Lima")
NOW = datetime(2026, 11, 18, 10, tzinfo=LIMA)  # a Wednesday


def read(text, *, now=NOW, timezone="America/Lima", language=None):
    return read_moments(text=text, now=now, timezone=timezone, language=language)


def only(text, **options):
    (moment,) = read(text, **options)
    return moment


def starts(moment):
    return [reading.start for reading in moment.candidates]


def at(*numbers, zone=LIMA, fold=0):
    return datetime(*numbers, tzinfo=zone, fold=fold)


def test_a_day_and_an_hour_are_one_moment_and_the_notice_before_it_another():
    text = "agéndame una reunión con Carla el próximo jueves a las 3 y media en su oficina y avísame una hora antes"
    meeting, notice = read(text)

    assert meeting.kind == "datetime"
    assert meeting.start == at(2026, 11, 26, 15, 30)
    assert at(2026, 11, 19, 15, 30) in starts(meeting)
    assert meeting.reason == "which_week"
    assert meeting.needs_asking
    assert meeting.words == "el próximo jueves a las 3 y media"
    assert (notice.kind, notice.relation, notice.duration) == ("duration", "before", timedelta(hours=1))


def test_words_may_stand_between_the_day_and_its_hour():
    text = "El jueves tengo dentista con Luis a las 4 de la tarde"
    moment = only(text)

    assert moment.start == at(2026, 11, 19, 16)
    assert [text[slice(*span)] for span in moment.spans] == ["El jueves", "a las 4 de la tarde"]


def test_a_second_hour_of_a_sentence_is_of_the_same_day():
    first, second = read("El jueves dentista a las 9 am y reunión a las 11 am")

    assert (first.start, second.start) == (at(2026, 11, 19, 9), at(2026, 11, 19, 11))


@pytest.mark.parametrize(
    "text",
    [
        "El jueves no puedo. Llámame a las 4 pm",
        "El jueves no puedo\nllámame a las 4 pm",
        "recuérdame a las 4 pm que el jueves tengo examen",
    ],
)
def test_another_sentence_or_thought_keeps_its_hour(text):
    assert sorted(moment.kind for moment in read(text)) == ["date", "time"]


def test_an_hour_without_its_part_of_the_day_has_two_readings():
    moment = only("a las 3 y media")

    assert starts(moment) == [time(15, 30), time(3, 30)]
    assert moment.ambiguous
    assert moment.reason == "morning_or_evening"
    assert not moment.needs_asking  # nobody meets at half past three in the night


def test_an_hour_at_which_people_meet_in_the_morning_and_in_the_evening_needs_asking():
    assert only("mañana a las 7").needs_asking
    assert not only("mañana a las 10").needs_asking
    assert not only("mañana a las 7 de la noche").ambiguous


def test_midnight_begins_and_ends_a_day():
    assert starts(only("hoy a medianoche")) == [at(2026, 11, 19), at(2026, 11, 18)]
    assert starts(only("a medianoche")) == [time()]
    assert starts(only("mañana a las 12 de la noche")) == [at(2026, 11, 20)]


def test_hours_of_today_that_are_over_come_last():
    assert starts(only("hoy a las 9")) == [at(2026, 11, 18, 21), at(2026, 11, 18, 9)]


def test_a_day_of_the_year_is_the_next_one_and_the_last_one_is_kept():
    moment = only("el 3 de mayo")

    assert starts(moment) == [date(2027, 5, 3), date(2026, 5, 3)]
    assert moment.reason == "past_or_future"
    assert not moment.needs_asking


def test_a_date_in_digits_may_have_the_month_first():
    moment = only("el 03/04/2027")

    assert starts(moment) == [date(2027, 4, 3), date(2027, 3, 4)]
    assert moment.reason == "day_or_month"
    assert starts(only("on 03/04/2027", language="en"))[0] == date(2027, 3, 4)


def test_a_weekday_tells_which_of_both_is_the_month():
    moment = only("el sábado 03/04/2027")

    assert starts(moment) == [date(2027, 4, 3)]
    assert not moment.ambiguous


def test_a_weekday_and_a_number_are_this_month_s_even_if_it_is_over():
    moment = only("el lunes 16")

    assert starts(moment) == [date(2026, 11, 16), date(2027, 8, 16)]
    assert moment.reason == "which_month"
    assert moment.needs_asking
    assert starts(only("el viernes 25"))[0] == date(2026, 12, 25)


def test_a_weekday_that_is_today_s_may_be_in_a_week():
    moment = only("el miércoles")

    assert starts(moment) == [date(2026, 11, 18), date(2026, 11, 25), date(2026, 11, 11)]
    assert moment.reason == "which_week"


def test_a_weekday_that_is_not_the_date_s_is_said():
    moment = only("el lunes 25 de diciembre")

    assert moment.start == date(2026, 12, 25)
    assert moment.reason == "weekday_mismatch"
    assert moment.needs_asking


@pytest.mark.parametrize(
    "text", ["el 30 de febrero", "el 31/04/2027", "el 29 de febrero de 2027", "2027-02-30", "en 100000 años"]
)
def test_a_day_that_cannot_be_has_no_reading(text):
    moment = only(text)

    assert moment.start is None
    assert moment.reason == "impossible_date"
    assert moment.needs_asking


def test_an_hour_that_cannot_be_has_no_reading():
    assert only("a las 24:30").reason == "impossible_hour"
    assert only("el lunes a las 24:30 de la noche").reason == "impossible_hour"


MADRID = ZoneInfo("Europe/Madrid")


def test_the_hour_that_clocks_skip_is_said():
    now = datetime(2027, 3, 27, 12, tzinfo=MADRID)
    moment = only("mañana a las 2:30 am", now=now, timezone="Europe/Madrid")

    assert moment.reason == "nonexistent_hour"
    assert moment.start == at(2027, 3, 28, 3, 30, zone=MADRID)


def test_the_hour_that_clocks_repeat_has_two_readings():
    now = datetime(2027, 10, 30, 12, tzinfo=MADRID)
    moment = only("mañana a las 2:30 am", now=now, timezone="Europe/Madrid")

    assert moment.reason == "repeated_hour"
    assert [one.utcoffset() for one in starts(moment)] == [timedelta(hours=2), timedelta(hours=1)]


def test_today_is_the_zone_s_own():
    late = datetime.fromisoformat("2026-11-19T02:00:00+00:00")

    assert only("mañana", now=late, timezone="America/Lima").start == date(2026, 11, 19)
    assert only("mañana", now=late, timezone="Europe/Madrid").start == date(2026, 11, 20)


def test_an_offset_in_the_text_counts():
    assert only("2026-12-01T10:00:00Z").start == at(2026, 12, 1, 5)


@pytest.mark.parametrize(
    ("text", "kind", "start", "end"),
    [
        ("de 4 a 6", "time_range", time(16), time(18)),
        ("de 11 a 1 de la tarde", "time_range", time(11), time(13)),
        ("from 9am to 5", "time_range", time(9), time(17)),
        ("mañana de 4 a 6 de la tarde", "datetime_range", at(2026, 11, 19, 16), at(2026, 11, 19, 18)),
        ("mañana de 10 de la noche a 2", "datetime_range", at(2026, 11, 19, 22), at(2026, 11, 20, 2)),
        ("mañana por la tarde", "datetime_range", at(2026, 11, 19, 12), at(2026, 11, 19, 20)),
        ("la próxima semana", "date_range", date(2026, 11, 23), date(2026, 11, 29)),
        ("del 3 al 5 de mayo", "date_range", date(2027, 5, 3), date(2027, 5, 5)),
        ("del lunes al miércoles", "date_range", date(2026, 11, 23), date(2026, 11, 25)),
        ("en enero", "date_range", date(2027, 1, 1), date(2027, 1, 31)),
        ("los próximos 3 días", "date_range", date(2026, 11, 18), date(2026, 11, 21)),
        ("este fin de semana", "date_range", date(2026, 11, 21), date(2026, 11, 22)),
        ("Semana Santa", "date_range", date(2027, 3, 21), date(2027, 3, 28)),
    ],
)
def test_a_range_has_both_ends(text, kind, start, end):
    moment = only(text)

    assert (moment.kind, moment.start, moment.end) == (kind, start, end)


def test_what_is_moved_is_no_range():
    from_day, to_day = read("mueve la cita del jueves al viernes a las 10")

    assert from_day.start == date(2026, 11, 19)
    assert to_day.start == at(2026, 11, 20, 10)
    assert [one.start for one in read("pasa la cita de las 3 a las 5")] == [time(15), time(17)]


@pytest.mark.parametrize(
    ("text", "rule", "start"),
    [
        ("los lunes a las 9 am", "FREQ=WEEKLY;BYDAY=MO", at(2026, 11, 23, 9)),
        ("cada dos semanas", "FREQ=WEEKLY;INTERVAL=2", date(2026, 11, 18)),
        ("martes y jueves a las 18:00", "FREQ=WEEKLY;BYDAY=TU,TH", at(2026, 11, 19, 18)),
        ("todos los días a las 8:00 am", "FREQ=DAILY", at(2026, 11, 19, 8)),
        ("el primer lunes de cada mes", "FREQ=MONTHLY;BYDAY=1MO", date(2026, 12, 7)),
        ("el último día de cada mes", "FREQ=MONTHLY;BYMONTHDAY=-1", date(2026, 11, 30)),
        ("el 5 de cada mes", "FREQ=MONTHLY;BYMONTHDAY=5", date(2026, 12, 5)),
        ("cada 3 de mayo", "FREQ=YEARLY;BYMONTH=5;BYMONTHDAY=3", date(2027, 5, 3)),
        ("de lunes a viernes", "FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR", date(2026, 11, 18)),
        ("every other Friday", "FREQ=WEEKLY;INTERVAL=2;BYDAY=FR", date(2026, 11, 20)),
        ("toda segunda-feira", "FREQ=WEEKLY;BYDAY=MO", date(2026, 11, 23)),
        ("cada 15 días", "FREQ=WEEKLY;INTERVAL=2", date(2026, 11, 18)),
    ],
)
def test_what_repeats_is_a_rule_with_its_first_time(text, rule, start):
    moment = only(text)

    assert (moment.kind, moment.rrule, moment.start) == ("recurrence", rule, start)


def test_a_repeated_range_has_its_length():
    moment = only("de lunes a viernes de 9 a 18")

    assert (moment.start, moment.duration) == (at(2026, 11, 19, 9), timedelta(hours=9))


@pytest.mark.parametrize(
    ("text", "duration"),
    [
        ("una reunión de hora y media", timedelta(minutes=90)),
        ("durante 45 minutos", timedelta(minutes=45)),
        ("2 horas y 30 minutos", timedelta(minutes=150)),
        ("half an hour", timedelta(minutes=30)),
        ("três dias", timedelta(days=3)),
    ],
)
def test_how_long_is_a_duration(text, duration):
    moment = only(text)

    assert (moment.kind, moment.duration, moment.relation) == ("duration", duration, None)


@pytest.mark.parametrize(
    "text",
    [
        "quiero 3 cajas de 12 y 2 mesas para 4 personas",
        "cuesta $12.50 y hay 24 en total",
        "cerca de 5 km",
        "vivo en la calle 8, número 15-30 B",
        "llego tarde, segundo intento",
        "I may come",
        "a la orden",
        "",
        "hola",
    ],
)
def test_what_is_no_time_is_left_alone(text):
    assert read(text) == []


def test_the_language_is_found_out():
    assert only("cada dos semanas").rrule == "FREQ=WEEKLY;INTERVAL=2"
    assert only("segunda que vem, no centro").start == date(2026, 11, 23)
    assert only("due 4/5/2027").start == date(2027, 4, 5)


def test_an_hour_without_a_day_comes_next():
    moment = only("a las 8 am")

    assert upcoming(moment, now=NOW, timezone="America/Lima") == [at(2026, 11, 19, 8)]
    assert upcoming(only("mañana"), now=NOW, timezone=LIMA) == [at(2026, 11, 19)]


def test_it_refuses_a_naive_now_and_an_unknown_zone():
    with pytest.raises(ValueError, match="no time zone"):
        read("hoy", now=datetime(2026, 1, 1))  # noqa: DTZ001
    with pytest.raises(ZoneInfoNotFoundError):
        read("hoy", timezone="America/Atlantis")


@pytest.mark.parametrize(
    "text", ["Buenas noches, mañana a las 9", "boa noite, amanhã às 9", "Good evening, tomorrow at 9"]
)
def test_a_greeting_is_no_part_of_the_day(text):
    assert only(text).start.hour == 9


def test_from_an_instant_to_another_is_a_range():
    moment = only("desde mañana a las 3 pm hasta el viernes a las 5 pm")

    assert (moment.kind, moment.start, moment.end) == ("datetime_range", at(2026, 11, 19, 15), at(2026, 11, 20, 17))
