"""The agenda as an iCalendar file: out, in again, and what strangers' files may hold."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
import recurring_ical_events
import vobject
from django.test import Client
from icalendar import Calendar

from agenda import booking, todo, undoing
from agenda.calendar.export import write_calendar
from agenda.calendar.files import Unreadable, read_file
from agenda.calendar.intake import take_in
from agenda.models import Appointment, Change, Reminder, Task
from tenants.models import User
from tenants.scope import tenant_scope

pytestmark = pytest.mark.django_db

BOGOTA = ZoneInfo("America/Bogota")
NOW = datetime(2026, 11, 23, 15, tzinfo=UTC)
PATH = "/api/user/personal/calendar"


def at(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 11, day, hour, minute, tzinfo=BOGOTA)


@pytest.fixture
def agenda(alice, bob) -> User:
    """Alice's appointments and tasks; Bob has one that must not be seen."""
    with tenant_scope(bob):
        booking.book(user=bob, now=NOW, title="Secreto de Bob", start=at(26, 9))
    with tenant_scope(alice):
        booking.book(
            user=alice,
            now=NOW,
            title="Reunión con Carla; «presupuesto», fase\\2",
            start=at(26, 15, 30),
            end=at(26, 16, 15),
            description="Primera línea\nSegunda, con coma; y punto y coma",
            location="Oficina de Carla",
            attendees=[{"name": "Carla Ñúñez", "email": "carla@example.com"}, {"name": "Don José"}],
            reminder_minutes=[60, 15],
        )
        booking.book(
            user=alice, now=NOW, title="Feria 🎪", start=date(2026, 11, 28), end=date(2026, 11, 30), all_day=True
        )
        gone = booking.book(user=alice, now=NOW, title="Dentista", start=at(27, 8)).appointment
        booking.cancel(appointment_id=gone.pk, now=NOW, reason="Se enfermó")
        todo.add(
            user=alice,
            now=NOW,
            title="Pagar el arriendo",
            due_date=date(2026, 12, 1),
            priority="high",
            category="Local",
        )
        done = todo.add(user=alice, now=NOW, title="Comprar tornillos").task
        todo.alter(task_id=done.pk, now=NOW, status="completed")
    return alice


def shown(user: User) -> list[tuple]:
    """What the agenda of ``user`` says, whatever the ids."""
    with tenant_scope(user):
        appointments = [
            (
                row.title,
                row.description,
                row.start_datetime,
                row.end_datetime,
                row.all_day,
                row.busy,
                row.location,
                row.status,
                row.cancel_reason,
                row.reminder_minutes,
                [(one["name"], one["email"], one["phone"]) for one in undoing.attendees_of([row.pk])[row.pk]],
            )
            for row in Appointment.objects.present().order_by("start_datetime", "title")
        ]
        tasks = [
            (row.title, row.due_date, row.priority, row.status, row.category, row.completed_at)
            for row in Task.objects.present().order_by("title")
        ]
        return [*appointments, *tasks]


def written(user: User) -> bytes:
    with tenant_scope(user):
        return write_calendar(user=user, name="Ferretería")


def take(user: User, data: bytes):
    with tenant_scope(user):
        return take_in(user=user, items=read_file(data=data, timezone=user.timezone), now=NOW)


def event(*lines: str, uid: str = "1@example.com") -> bytes:
    """A calendar of one event."""
    body = ["BEGIN:VEVENT", f"UID:{uid}", "DTSTAMP:20261101T000000Z", *lines, "END:VEVENT"]
    return "\r\n".join(["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:x", *body, "END:VCALENDAR", ""]).encode()


def test_a_second_parser_reads_what_we_write(agenda):
    read = vobject.readOne(written(agenda).decode())
    events = {one.summary.value: one for one in read.vevent_list}
    meeting = events["Reunión con Carla; «presupuesto», fase\\2"]
    assert meeting.dtstart.value == at(26, 15, 30)
    assert meeting.dtend.value == at(26, 16, 15)
    assert meeting.description.value == "Primera línea\nSegunda, con coma; y punto y coma"
    assert meeting.attendee_list[0].value == "mailto:carla@example.com"
    assert sorted(alarm.trigger.value for alarm in meeting.valarm_list) == [-timedelta(hours=1), -timedelta(minutes=15)]
    fair = events["Feria 🎪"]
    assert (fair.dtstart.value, fair.dtend.value) == (date(2026, 11, 28), date(2026, 11, 30))
    assert events["Dentista"].status.value == "CANCELLED"
    todos = {one.summary.value: one for one in read.vtodo_list}
    assert todos["Pagar el arriendo"].due.value == date(2026, 12, 1)
    assert todos["Comprar tornillos"].status.value == "COMPLETED"
    assert "Secreto" not in written(agenda).decode()
    assert all(len(line) <= 75 for line in written(agenda).split(b"\r\n"))


def test_what_goes_out_comes_in_again_without_loss(agenda, bob):
    User.objects.filter(pk=bob.pk).update(timezone=agenda.timezone)
    bob.refresh_from_db()
    with tenant_scope(bob):
        Appointment.objects.all().delete()
    intake = take(bob, written(agenda).replace(b"@127.0.0.1", b"@elsewhere.example"))
    assert (intake.created, intake.refused) == (5, [])
    assert shown(bob) == shown(agenda)


def test_the_same_file_twice_changes_nothing(agenda, bob):
    for user, data in ((agenda, written(agenda)), (bob, event("SUMMARY:Dentista", "DTSTART:20261126T150000Z"))):
        take(user, data)
        before, acts = shown(user), None
        with tenant_scope(user):
            acts = Change.objects.count()
        again = take(user, data)
        assert (again.created, again.updated, again.refused, again.change) == (0, 0, [], None)
        assert again.unchanged >= 1
        assert shown(user) == before
        with tenant_scope(user):
            assert Change.objects.count() == acts


def test_a_newer_file_brings_what_is_there_up_to_date(alice, bob):
    take(bob, event("SUMMARY:De Bob", "DTSTART:20261126T150000Z"))
    take(alice, event("SUMMARY:Dentista", "DTSTART:20261126T150000Z", "DTEND:20261126T160000Z"))
    intake = take(alice, event("SUMMARY:Dentista", "DTSTART:20261126T170000Z", "DTEND:20261126T180000Z"))
    assert (intake.created, intake.updated) == (0, 1)
    with tenant_scope(alice):
        row = Appointment.objects.present().get()
        assert row.start_datetime == datetime(2026, 11, 26, 17, tzinfo=UTC)
    with tenant_scope(bob):
        assert Appointment.objects.present().get().title == "De Bob"


def test_an_import_is_undone_as_a_whole(agenda):
    before = shown(agenda)
    data = event("SUMMARY:Uno", "DTSTART:20261126T150000Z").replace(
        b"END:VCALENDAR", event("SUMMARY:Dos", "DTSTART:20261127T150000Z", uid="2").split(b"PRODID:x\r\n")[1]
    )
    intake = take(agenda, data)
    assert intake.created == 2
    assert shown(agenda) != before
    with tenant_scope(agenda):
        undoing.undo(user=agenda, now=NOW, change_id=intake.change.pk)
    assert shown(agenda) == before


def test_imported_appointments_are_reminded_of(alice):
    alarm = ["BEGIN:VALARM", "ACTION:DISPLAY", "DESCRIPTION:x", "TRIGGER:-PT1H", "END:VALARM"]
    take(alice, event("SUMMARY:Dentista", "DTSTART:20261126T150000Z", *alarm))
    with tenant_scope(alice):
        assert Reminder.objects.get().due_at == datetime(2026, 11, 26, 14, tzinfo=UTC)


@pytest.mark.parametrize(
    ("lines", "start", "end"),
    [
        (["DTSTART:20261126T153000"], at(26, 15, 30), at(26, 16, 30)),  # floating: on the tenant's clock
        (["DTSTART;TZID=America/Santiago:20261126T153000"], at(26, 13, 30), at(26, 14, 30)),
        (["DTSTART;TZID=SA Pacific Standard Time:20261126T153000", "DURATION:PT15M"], at(26, 15, 30), at(26, 15, 45)),
        (["DTSTART:20261126T203000Z", "DTEND:20261126T203000Z"], at(26, 15, 30), at(26, 16, 30)),
        (["DTSTART;VALUE=DATE:20261126"], at(26, 0), at(27, 0)),
        (["DTSTART;VALUE=DATE:20261126", "DTEND;VALUE=DATE:20261128"], at(26, 0), at(28, 0)),
    ],
)
def test_hours_of_every_kind(alice, lines, start, end):
    assert take(alice, event("SUMMARY:Dentista", *lines)).created == 1
    with tenant_scope(alice):
        row = Appointment.objects.get()
    assert (row.start_datetime, row.end_datetime) == (start, end)


@pytest.mark.parametrize(
    "lines",
    [
        ["SUMMARY:Sin fecha"],
        ["DTSTART:20261126T150000Z", "DTEND:20261126T140000Z"],
        ["DTSTART:20261126T150000Z", "DTEND;VALUE=DATE:20261127"],
        ["DTSTART:20261301T150000Z"],
        ["DTSTART:00010101T000000Z"],
        ["DTSTART:20261126T150000Z", "DURATION:P400D"],
        ["DTSTART:20261126T150000Z", *["ATTENDEE;CN=X:mailto:x@example.com"] * 5000],
        ["DTSTART:20261126T150000Z", "RRULE:FREQ=SECONDLY;COUNT=99999999"],
        ["DTSTART:20261126T150000Z", "RRULE:FREQ=NEVER"],
        ["DTSTART:20261126T150000Z", "RRULE:FREQ=DAILY", "RRULE:FREQ=WEEKLY"],
    ],
)
def test_what_cannot_be_taken_says_why_and_leaves_the_others_alone(alice, lines):
    good = event("SUMMARY:Bueno", "DTSTART:20261127T150000Z", uid="good").split(b"PRODID:x\r\n")[1]
    intake = take(alice, event(*lines).replace(b"END:VCALENDAR", good))
    assert intake.created == 1
    assert len(intake.refused) == 1
    assert intake.refused[0].reason
    with tenant_scope(alice):
        assert [row.title for row in Appointment.objects.present()] == ["Bueno"]


NESTED = b"BEGIN:VCALENDAR\r\n" + b"BEGIN:VEVENT\r\n" * 50_000 + b"END:VEVENT\r\n" * 50_000 + b"END:VCALENDAR\r\n"


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x00",
        b"hola",
        b"\xff\xfe",
        b"<html></html>",
        b"BEGIN:VCALENDAR\r\n",
        b"BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nEND:VCALENDAR\r\nEND:VEVENT\r\n",
        b"BEGIN:VEVENT\r\nEND:VEVENT\r\n",
        NESTED,
        b"BEGIN:VCALENDAR\r\n" * 100_000,
        b"BEGIN:VCALENDAR\r\nDESCRIPTION:" + b"x" * 500_000 + b"\r\nEND:VCALENDAR\r\n",
        b"BEGIN:VCALENDAR\r\n" + b"BEGIN:VEVENT\r\nEND:VEVENT\r\n" * 6000 + b"END:VCALENDAR\r\n",
        b"BEGIN:VCALENDAR\r\nVERSION:2.0\r\n" + b"\xc3\x28\r\n" + b"END:VCALENDAR\r\n",
        event("DTSTART:20261126T150000Z") * 200_000,
    ],
    ids=range(14),
)
def test_a_file_that_is_none_is_a_clear_400(alice, api, data):
    answer = api(alice).generic("POST", PATH, data, "text/calendar")
    assert answer.status_code in ({413} if len(data) > 3 * 1024**2 else {400})
    assert list(answer.json()) == ["detail"]
    with tenant_scope(alice):
        assert not Appointment.objects.exists()


def test_the_reader_itself_refuses_what_is_too_large():
    with pytest.raises(Unreadable):
        read_file(data=b"x" * (3 * 1024**2 + 1), timezone="UTC")


def test_thousands_of_appointments_come_in_at_once(alice):
    many = [
        event(f"SUMMARY:Cita {n}", "DTSTART:20270101T150000Z", uid=f"{n}@x")
        .split(b"PRODID:x\r\n")[1]
        .split(b"END:VCAL")[0]
        for n in range(3000)
    ]
    data = b"BEGIN:VCALENDAR\r\nPRODID:x\r\nVERSION:2.0\r\n" + b"".join(many) + b"END:VCALENDAR\r\n"
    intake = take(alice, data)
    assert (intake.created, intake.refused) == (3000, [])


def test_by_the_api(agenda, api):
    data = api(agenda).get(PATH, {"from": "2026-11-26", "to": "2026-11-26"})
    assert data["Content-Type"] == "text/calendar; charset=utf-8"
    assert "attachment" in data["Content-Disposition"]
    titles = [str(one["summary"]) for one in Calendar.from_ical(data.content).walk("VEVENT")]
    assert titles == ["Reunión con Carla; «presupuesto», fase\\2"]
    answer = api(agenda).generic("POST", PATH, event("SUMMARY:Nueva", "DTSTART:20261126T150000Z"), "text/calendar")
    assert answer.status_code == 200
    assert (answer.json()["created"], answer.json()["refused"]) == (1, [])
    undone = api(agenda).post(f"/api/user/personal/changes/{answer.json()['undo']['id']}/undo")
    assert undone.status_code == 200


def test_the_private_address(agenda, bob, api):
    feed = f"{PATH}/feed"
    assert api(agenda).get(feed).json() == {"created_at": None, "read_at": None}
    url = api(agenda).post(feed).json()["url"]
    path = url[url.index("/calendar/") :]
    stranger = Client()
    answer = stranger.get(path)
    assert answer.status_code == 200
    assert answer["Content-Type"] == "text/calendar; charset=utf-8"
    assert "Feria" in answer.content.decode()
    assert "Secreto" not in answer.content.decode()
    assert api(agenda).get(feed).json()["read_at"]
    # Neither another's secret nor another's number opens it, and nothing is said about why.
    number, secret = path.removeprefix("/calendar/").removesuffix(".ics").split("-", 1)
    api(bob).post(feed)
    for wrong in (f"{bob.pk}-{secret}", f"{number}-{'x' * 43}", "x", f"999999-{secret}", f"{number}-{secret}x"):
        missing = stranger.get(f"/calendar/{wrong}.ics")
        assert (missing.status_code, missing.content) == (404, b"")
    # Made again, the old one is void; revoked, there is none.
    renewed = api(agenda).post(feed).json()["url"]
    assert stranger.get(path).status_code == 404
    path = renewed[renewed.index("/calendar/") :]
    assert stranger.get(path).status_code == 200
    User.objects.filter(pk=agenda.pk).update(is_active=False)
    assert stranger.get(path).status_code == 404
    User.objects.filter(pk=agenda.pk).update(is_active=True)
    assert api(agenda).delete(feed).status_code == 204
    assert stranger.get(path).status_code == 404


@pytest.fixture
def series(alice, bob) -> User:
    """A weekly meeting with one occurrence moved, one removed, one cancelled; days that repeat; a rule that ends."""
    with tenant_scope(bob):
        booking.book(user=bob, now=NOW, title="Secreto de Bob", start=at(26, 9), rrule="FREQ=DAILY;COUNT=3")
    User.objects.filter(pk=alice.pk).update(timezone="America/Santiago")  # whose clocks change in April and September
    alice.refresh_from_db()
    zone = ZoneInfo("America/Santiago")
    with tenant_scope(alice):
        first = booking.book(
            user=alice,
            now=NOW,
            title="Reunión de equipo",
            start=datetime(2026, 11, 26, 9, tzinfo=zone),
            rrule="FREQ=WEEKLY;UNTIL=20270501",
            attendees=["Carla"],
            reminder_minutes=[10],
        ).appointment
        rows = list(Appointment.objects.filter(series=first.series).order_by("start_datetime"))
        booking.alter(
            appointment_id=rows[2].pk, now=NOW, start=rows[2].start_datetime + timedelta(hours=2), title="Otra"
        )
        booking.remove(appointment_id=rows[4].pk, now=NOW)
        booking.cancel(appointment_id=rows[6].pk, now=NOW, reason="Feriado")
        days = {"start": date(2026, 12, 1), "all_day": True, "rrule": "FREQ=MONTHLY;BYMONTHDAY=1;COUNT=8"}
        booking.book(user=alice, now=NOW, title="Pagar sueldos", **days)
    return alice


def hours(data: bytes) -> list[tuple[datetime, str]]:
    """When a calendar program shows what, from now to 2028."""
    found = recurring_ical_events.of(Calendar.from_ical(data)).between(NOW, datetime(2028, 1, 1, tzinfo=UTC))
    return sorted(
        (
            start if isinstance(start := one["dtstart"].dt, datetime) else datetime.combine(start, time(), UTC),
            str(one["summary"]),
        )
        for one in found
        if one.get("status") != "CANCELLED"
    )


def kept(user: User) -> list[tuple[datetime, str]]:
    with tenant_scope(user):
        return sorted(
            (
                datetime.combine(row.start_datetime.astimezone(ZoneInfo(row.timezone)).date(), time(), UTC)
                if row.all_day
                else row.start_datetime,
                row.title,
            )
            for row in Appointment.objects.standing()
        )


def test_another_program_shows_a_series_as_we_do(series):
    data = written(series)
    assert hours(data) == kept(series)
    assert len(hours(data)) > 25
    read = vobject.readOne(data.decode())
    masters = [one for one in read.vevent_list if hasattr(one, "rrule")]
    assert sorted(one.rrule.value for one in masters) == [
        "FREQ=MONTHLY;COUNT=8;BYMONTHDAY=1",
        "FREQ=WEEKLY;UNTIL=20270502T035959Z",
    ]
    assert len([one for one in read.vevent_list if hasattr(one, "recurrence_id")]) == 2
    assert "Secreto" not in data.decode()


def test_a_series_goes_out_and_comes_in_again_without_loss(series, bob):
    with tenant_scope(bob):
        Appointment.objects.all().delete()
    User.objects.filter(pk=bob.pk).update(timezone=series.timezone)
    bob.refresh_from_db()
    intake = take(bob, written(series).replace(b"@127.0.0.1", b"@elsewhere.example"))
    assert (intake.created, intake.refused) == (2, [])
    assert shown(bob) == shown(series)
    with tenant_scope(bob):
        assert Appointment.objects.values("series").distinct().count() == 2
    again = take(bob, written(series).replace(b"@127.0.0.1", b"@elsewhere.example"))
    assert (again.created, again.refused) == (0, [])
    assert shown(bob) == shown(series)
    with tenant_scope(bob):
        undoing.undo(user=bob, now=NOW, change_id=again.change.pk if again.change else None)
        undoing.undo(user=bob, now=NOW, change_id=intake.change.pk)
        assert not Appointment.objects.present().exists()


@pytest.mark.parametrize("rule", ["FREQ=DAILY", "FREQ=WEEKLY;BYDAY=MO,WE,FR", "FREQ=MONTHLY;BYDAY=-1FR", "FREQ=YEARLY"])
def test_a_rule_without_end_is_one(alice, rule):
    start = datetime(2026, 11, 25, 9, tzinfo=BOGOTA)
    with tenant_scope(alice):
        booking.book(user=alice, now=NOW, title="Siempre", start=start, rrule=rule)
        data = write_calendar(user=alice, name="x", since=NOW, until=NOW + timedelta(days=7))
    assert data.count(b"BEGIN:VEVENT") == 1
    mine = [hour for hour in kept(alice) if hour[0] < datetime(2028, 1, 1, tzinfo=UTC)]
    assert hours(data) == mine
