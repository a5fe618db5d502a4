from __future__ import annotations

import csv
import io
from datetime import UTC, date, datetime, timedelta

import pytest
from django.utils import timezone

from analytics.tables import TABLES, write_csv
from tenants.events import record
from tenants.scope import tenant_scope
from tests import factories
from tests.analytics.figures import make_figures

pytestmark = pytest.mark.django_db

PATH = "/api/user/analytics"
TALK = {"conversation": 1, "message": 1, "contact": 1, "channel": "whatsapp", "audience": "customer"}


def talk(name, **data):
    return record(name, **{**TALK, "assistant": "commercial", **data})


@pytest.fixture
def rows(alice, bob):
    """Something of Alice's today, and much of Bob's that must stay invisible."""
    with tenant_scope(bob):
        for _number in range(5):
            talk("message_received", kind="text")
            talk("conversation_started")
        factories.conversation(bob)
        factories.unanswered_question(bob)
    with tenant_scope(alice):
        conversation = factories.conversation(alice)
        factories.message(alice, conversation=conversation)
        factories.message(alice, conversation=conversation, role="note", content="Ojo.", status="done")
        talk("conversation_started")
        talk("message_received", kind="text")
        talk("message_sent", by="assistant", provider="builtin", waited_ms=2500)
        factories.unanswered_question(alice, question="=cmd|' /C calc'!A0", times=3)


def test_it_tells_the_last_four_weeks_unless_asked_otherwise(alice, rows, api):
    found = api(alice).get(PATH).json()
    today = timezone.now().astimezone(timezone.get_default_timezone())
    assert (date.fromisoformat(found["to"]) - date.fromisoformat(found["from"])).days == 27
    assert abs((date.fromisoformat(found["to"]) - today.date()).days) <= 1
    assert found["group"] == "day"
    assert len(found["buckets"]) == 28
    assert found["figures"]["people"] == {"value": 1, "before": 0}
    assert found["figures"]["response_p50_seconds"] == {"value": 2.5, "before": None}
    assert found["series"]["conversations"] == [
        {"channel": "whatsapp", "assistant": "commercial", "audience": "customer", "values": [0] * 27 + [1]}
    ]
    assert [one["times"] for one in found["missing"]] == [3]
    assert found["currency"] == "COP"
    assert found["timezone"] == "America/Bogota"


@pytest.mark.parametrize(
    ("asked", "wrong"),
    [
        ("from=2026-02-10&to=2026-02-01", "to"),
        ("from=2001-01-01&to=2026-01-01", "to"),
        ("from=1926-01-01", "from"),
        ("to=2126-01-01", "to"),
        ("from=ayer", "from"),
        ("from=2026-02-30", "from"),
        ("from=2026-02-01T00:00:00Z", "from"),
        ("group=year", "group"),
        ("from=%00", "from"),
    ],
)
def test_what_cannot_be_asked_is_named(alice, api, asked, wrong):
    answer = api(alice).get(f"{PATH}?{asked}")
    assert answer.status_code == 400
    assert list(answer.json()) == [wrong]
    assert answer.json()[wrong]


def test_three_years_may_be_asked_and_days_ahead(alice, rows, api):
    today = timezone.now().date()
    found = api(alice).get(f"{PATH}?from={today - timedelta(days=1000)}&to={today + timedelta(days=30)}&group=month")
    assert found.status_code == 200
    assert 33 <= len(found.json()["buckets"]) <= 36


def test_an_empty_parameter_counts_as_absent(alice, api):
    assert api(alice).get(f"{PATH}?from=&to=&group=").json()["group"] == "day"


def test_stats_count_what_there_is(alice, bob, rows, api):
    found = api(alice).get("/api/user/chat/stats").json()
    assert found["conversations"] == 1
    assert found["messages"] == 1  # the note is the owner's own
    assert found["by_type"] == {"commercial": 1, "personal": 0}
    assert {one["name"]: one["count"] for one in found["events"]} == {
        "conversation_started": 1,
        "message_received": 1,
        "message_sent": 1,
    }
    assert found["events"][0]["label"] == "Empezó una conversación"


def test_activity_tells_the_newest_first_and_every_day(alice, rows, api):
    found = api(alice).get("/api/user/chat/activity?days=3").json()
    assert found["days"] == 3
    assert [one["event"] for one in found["activity"]] == ["message_sent", "message_received", "conversation_started"]
    assert found["activity"][0]["data"]["waited_ms"] == 2500
    assert [(one["conversations"], one["messages"]) for one in found["by_day"]] == [(0, 0), (0, 0), (1, 2)]
    assert len(api(alice).get("/api/user/chat/activity").json()["by_day"]) == 7


@pytest.mark.parametrize("days", ["0", "91", "-1", "siete", "", "1.5"])
def test_activity_is_told_of_one_to_ninety_days(alice, api, days):
    assert api(alice).get(f"/api/user/chat/activity?days={days}").status_code == 400


def read_table(content: bytes, delimiter: str) -> list[list[str]]:
    assert content.startswith(b"\xef\xbb\xbf")
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline=""), delimiter=delimiter))


def test_a_table_comes_as_a_spreadsheet_of_the_language_reads_it(alice, rows, api):
    answer = api(alice).get(f"{PATH}/export?table=response")
    assert answer.status_code == 200
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    assert answer["Content-Disposition"].startswith('attachment; filename="response-')
    head, *lines = read_table(answer.content, ";")
    assert head[:2] == ["Desde", "Hasta"]
    assert lines[-1][2] == "2,5"
    assert lines[0][2] == ""
    alice.language = "en"
    alice.save()
    assert read_table(api(alice).get(f"{PATH}/export?table=response").content, ",")[-1][2] == "2.5"


def test_no_cell_is_a_formula(alice, rows, api):
    lines = read_table(api(alice).get(f"{PATH}/export?table=missing").content, ";")
    assert lines[1][:2] == ["'=cmd|' /C calc'!A0", "3"]


def test_all_of_it_comes_as_a_pdf(alice, rows, api):
    answer = api(alice).get(f"{PATH}/report?from=2026-02-01&to=2026-02-03")
    assert answer.status_code == 200
    assert answer["Content-Type"] == "application/pdf"
    assert answer["Content-Disposition"] == 'attachment; filename="recado-2026-02-01-2026-02-03.pdf"'
    assert answer.content.startswith(b"%PDF-")
    assert api(alice).get(f"{PATH}/report?from=ayer").json().keys() == {"from"}


def test_it_exports_only_tables_that_there_are(alice, api):
    assert list(api(alice).get(f"{PATH}/export?table=passwords").json()) == ["table"]
    assert list(api(alice).get(f"{PATH}/export").json()) == ["table"]


@pytest.mark.parametrize("table", TABLES)
def test_every_table_comes_back_as_it_was(table):
    figures = make_figures()
    lines = read_table(write_csv(table=table, figures=figures, language="es"), ";")
    expected = TABLES[table](figures)
    assert len(lines) == len(expected)
    for line, row in zip(lines, expected, strict=True):
        for cell, value in zip(line, row, strict=True):
            assert cell == ("" if value is None else cell)
            if isinstance(value, int | float):
                assert float(cell.replace(",", ".")) == value
            elif value is not None and not isinstance(value, date | datetime) and str(value)[0] not in "=+-@":
                assert cell.replace(",", ".") == str(value).replace(",", ".")


@pytest.mark.parametrize("start", ["=1+1", "+57 300", "-2", "@here", "\tx", "\rx", "\nx", "\uff1d1", "\uff20x", "'=1"])
def test_what_would_be_a_formula_begins_with_a_quote(start):
    asked = {"question": start, "times": 1, "last_asked_at": datetime(2026, 11, 20, 15, tzinfo=UTC), "id": 1}
    lines = read_table(write_csv(table="missing", figures=make_figures(missing=[asked]), language="en"), ",")
    assert lines[1] == [f"'{start}", "1", "2026-11-20 10:00"]
