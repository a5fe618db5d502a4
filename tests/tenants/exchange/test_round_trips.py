"""What is exported imports again as it was: every kind in every format, for whatever is in the rows."""

from __future__ import annotations

import io
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone, translation
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from agenda.models import Appointment, Attendee, Task
from catalog.models import MOST_MONEY, MOST_UNITS, Product
from tenants.exchange import drafting, running
from tenants.exchange.kinds import kind_of
from tenants.exchange.sources import source_of
from tenants.models import Contact, ImportJob, User
from tenants.scope import tenant_scope

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 23, 15, tzinfo=UTC)
QUICK = settings(
    deadline=None,
    max_examples=8,
    # Every example is some statements: one that fails is told as it was found.
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)

# What people write: letters and signs of any script, also lines and tabs. A file that is full of control characters is
# no table to the import.
SIGNS = st.one_of(st.characters(exclude_categories=["C"]), st.sampled_from("\n\t\r\u200d\u202e"))
HARD = st.sampled_from(
    ["=1+1", "'=1", "''", "+573001234567", "-5", "@x", "\uff1d1", "1.234,50", "2026-11-26", "007", "1e5", "sí", "true",
     "«á;b,c\"d\"|e»", "_x0041_", "a\nb", "a\r\nb", "\u202egnirts", "👩‍👩‍👧 شاي", "#¡REF!", "NULL", "<b>", "\ufeffx"]
)  # fmt: skip


def text(most: int, *, least: int = 0) -> st.SearchStrategy[str]:
    free = st.one_of(st.text(SIGNS, max_size=min(most, 40)), HARD)
    return free.map(lambda given: given.strip()[:most].strip()).filter(lambda given: len(given) >= least)


PRICES = st.decimals(0, MOST_MONEY, places=2)
PRODUCTS = st.lists(
    st.fixed_dictionaries(
        {
            "name": text(200, least=1),
            "description": st.one_of(st.text(SIGNS, max_size=60), HARD),
            "price": PRICES,
            "sku": text(64),
            "category": text(100),
            "stock": st.integers(0, MOST_UNITS),
            "active": st.booleans(),
        }
    ),
    min_size=1,
    max_size=6,
    unique_by=lambda row: row["sku"].lower() or row["name"],
)
MAILS = st.tuples(st.from_regex(r"[a-z][a-z0-9]{0,8}", fullmatch=True), st.sampled_from(["uno", "dos"])).map(
    lambda parts: f"{parts[0]}@{parts[1]}.example"
)
CONTACTS = st.lists(
    st.fixed_dictionaries(
        {
            "name": text(200, least=1),
            "phone": st.one_of(st.just(""), st.integers(10**6, 10**7 - 1).map(lambda n: f"+57300{n}")),
            "email": st.one_of(st.just(""), MAILS),
            "notes": text(2000),
        }
    ),
    min_size=1,
    max_size=6,
    unique_by=(lambda row: row["phone"] or row["name"], lambda row: row["name"]),
)
DAYS = st.dates(date(1990, 1, 1), date(2100, 12, 31))
MINUTES = st.lists(st.integers(0, 60 * 24 * 366), max_size=4, unique=True).map(sorted)
TASKS = st.lists(
    st.fixed_dictionaries(
        {
            "title": text(200, least=1),
            "description": text(5000),
            "due_date": st.one_of(st.none(), DAYS),
            "priority": st.sampled_from(["low", "medium", "high"]),
            "status": st.sampled_from(["pending", "in_progress", "completed"]),
            "category": text(100),
            "reminder_minutes": MINUTES,
        }
    ),
    min_size=1,
    max_size=6,
)
MOMENTS = st.datetimes(datetime(1990, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
WHOLE_MINUTES = MOMENTS.map(lambda at: at.replace(second=0, microsecond=0))
PEOPLE = st.lists(
    st.fixed_dictionaries({"name": text(200, least=1), "email": st.one_of(st.just(""), MAILS), "phone": st.just("")}),
    max_size=3,
)
APPOINTMENTS = st.lists(
    st.fixed_dictionaries(
        {
            "title": text(200, least=1),
            "description": text(5000),
            "location": text(300),
            "start_datetime": WHOLE_MINUTES,
            "minutes": st.integers(1, 3 * 24 * 60),
            "busy": st.booleans(),
            "status": st.sampled_from(["scheduled", "completed", "cancelled"]),
            "reminder_minutes": MINUTES,
            "people": PEOPLE,
        }
    ),
    min_size=1,
    max_size=5,
)


@pytest.fixture(params=["csv", "xlsx"])
def form(request) -> str:
    return str(request.param)


def exported(user: User, what: str, form: str, *, language: str = "es") -> bytes:
    source, file, user.language = source_of(what), io.BytesIO(), language
    with translation.override(language), timezone.override(user.timezone), tenant_scope(user):
        source.write(user=user, filters=_all(what), form=form, file=file, now=NOW)
    return file.getvalue()


def imported(user: User, what: str, data: bytes, form: str) -> ImportJob:
    with translation.override("es"), timezone.override(user.timezone), tenant_scope(user):
        file = io.BytesIO(data)
        job = drafting.begin(
            user=user, kind=kind_of(what), file=file, name=f"lista.{form}", size=len(data), on_match="update"
        )
        job = running.run_small(user=user, job=running.start(user=user, job=job, now=NOW))
    assert (job.status, job.refused, job.errors) == ("done", 0, [])
    return job


def values_of(user: User, what: str) -> list[dict[str, Any]]:
    with translation.override("es"), timezone.override(user.timezone), tenant_scope(user):
        return sorted(kind_of(what).export(user=user, filters=_all(what)), key=repr)


def _all(what: str) -> dict[str, Any]:
    source = source_of(what)
    return source.read_filters({"active": "all"} if what == "products" else {})


def anew(people: tuple[User, User]) -> tuple[User, User]:
    """The same two with nothing: each example of a test begins so."""
    for user in people:
        with tenant_scope(user):
            for model in (Product, Contact, Task, Appointment):
                model.objects.all().delete()
            ImportJob.objects.all().delete()
    return people


def check(what: str, form: str, alice: User, bob: User) -> None:
    """Bob imports what Alice exports, and has the same; Alice does, and nothing changes."""
    before = values_of(alice, what)
    data = exported(alice, what, form)
    job = imported(bob, what, data, form)
    assert job.created == len(before)
    assert values_of(bob, what) == before
    again = imported(alice, what, data, form)
    assert (again.created, again.updated, again.unchanged) == (0, 0, len(before))
    assert values_of(alice, what) == before


@pytest.fixture
def people(alice: User, bob: User) -> Iterator[tuple[User, User]]:
    bob.timezone = alice.timezone  # a sheet's bare hours are on the clock of whoever reads it
    bob.save(update_fields=["timezone"])
    return alice, bob


@QUICK
@given(rows=PRODUCTS)
def test_products(people, form, rows):
    alice, bob = anew(people)
    with tenant_scope(alice):
        Product.objects.bulk_create([Product(user=alice, **row) for row in rows])
    check("products", form, alice, bob)


@QUICK
@given(rows=CONTACTS)
def test_contacts(people, form, rows):
    alice, bob = anew(people)
    with tenant_scope(alice):
        Contact.objects.bulk_create([Contact(user=alice, **row) for row in rows])
    check("contacts", form, alice, bob)


@QUICK
@given(rows=TASKS)
def test_tasks(people, form, rows):
    alice, bob = anew(people)
    with tenant_scope(alice):
        for row in rows:
            done = NOW if row["status"] == "completed" else None
            Task.objects.create(user=alice, completed_at=done, **row)
    check("tasks", form, alice, bob)


@QUICK
@given(rows=APPOINTMENTS)
def test_appointments(people, form, rows):
    alice, bob = anew(people)
    _write_appointments(alice, rows)
    check("appointments", form, alice, bob)


@QUICK
@given(rows=APPOINTMENTS)
def test_appointments_as_a_calendar(people, rows):
    alice, bob = anew(people)
    _write_appointments(alice, [_as_calendars_say(row) for row in rows])
    before = values_of(alice, "appointments")
    imported(bob, "appointments", exported(alice, "appointments", "ics"), "ics")
    after = values_of(bob, "appointments")
    assert [one for one in after if one not in before] == [one for one in before if one not in after] == []


@pytest.mark.parametrize("language", ["es", "en", "pt"])
@pytest.mark.parametrize("what", ["products", "contacts", "tasks", "appointments"])
def test_a_sheet_in_any_language_is_read_by_whoever_speaks_another(people, form, what, language):
    alice, bob = people
    with tenant_scope(alice):
        Product.objects.create(user=alice, name="Martillo", price=Decimal("1234.50"), sku="M-1", stock=3)
        Contact.objects.create(user=alice, name="Carla", phone="+573001234567")
        Task.objects.create(user=alice, title="Pagar", due_date=date(2026, 11, 3), priority="high")
    row = {"title": "Cita", "description": "", "location": "", "start_datetime": NOW, "minutes": 90, "busy": True}
    _write_appointments(alice, [{**row, "status": "completed", "reminder_minutes": [15, 60], "people": []}])
    before = values_of(alice, what)
    imported(bob, what, exported(alice, what, form, language=language), form)
    assert values_of(bob, what) == before


def _write_appointments(user: User, rows: list[dict[str, Any]]) -> None:
    with tenant_scope(user):
        for row in rows:
            fields = {name: value for name, value in row.items() if name not in ("minutes", "people")}
            end = row["start_datetime"] + timedelta(minutes=row["minutes"])
            made = Appointment.objects.create(user=user, timezone=user.timezone, end_datetime=end, **fields)
            Attendee.objects.bulk_create([Attendee(user=user, appointment=made, **one) for one in row["people"]])


def _as_calendars_say(row: dict[str, Any]) -> dict[str, Any]:
    """iCalendar knows one kind of line end and no mark of an order of bytes; a name has neither lines nor quotes."""

    def say(text: str) -> str:
        return text.replace("\r\n", "\n").replace("\r", "").replace("\ufeff", "").strip() or "x"

    people = [{**one, "name": " ".join(say(one["name"]).replace('"', "").split()) or "x"} for one in row["people"]]
    return {**row, **{name: say(row[name]) for name in ("title", "description", "location")}, "people": people}
