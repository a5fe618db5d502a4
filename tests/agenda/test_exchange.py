"""Tasks and appointments out of spreadsheets and calendar files, back into them, and taken back."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from io import BytesIO
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone, translation
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agenda import booking, todo
from agenda.calendar.export import write_calendar
from agenda.exchange.people import read_people, write_people
from agenda.models import Appointment, Attendee, Change, Reminder, Series, Task
from tenants.exchange import drafting, running
from tenants.exchange.kinds import kind_of
from tenants.exchange.writers import Column, write_csv
from tenants.models import Contact, Event, ImportJob, User
from tenants.scope import tenant_scope

pytestmark = pytest.mark.django_db

BOGOTA = ZoneInfo("America/Bogota")
NOW = datetime(2026, 11, 23, 15, tzinfo=UTC)
SOON = timezone.now().replace(microsecond=0) + timedelta(days=30)  # what is past is reminded of no more
DAY = SOON.date()


@pytest.fixture
def tenant(alice, bob) -> User:
    """Alice, whose scope is open; Bob has what must not be seen."""
    with tenant_scope(bob):
        todo.add(user=bob, now=NOW, title="Secreta", due_date=DAY)
        booking.book(user=bob, now=NOW, title="Secreta", start=SOON)
    with tenant_scope(alice), timezone.override(BOGOTA), translation.override("es"):
        yield alice
    with tenant_scope(bob):
        assert [Task.objects.get().title, Appointment.objects.get().title] == ["Secreta", "Secreta"]


def bring(user: User, kind: str, said: str | bytes, *, name: str = "lista.csv", **how: Any) -> ImportJob:
    """Import a file, and say how it went."""
    data = said.encode() if isinstance(said, str) else said
    job = drafting.begin(user=user, kind=kind_of(kind), file=BytesIO(data), name=name, size=len(data), **how)
    return done(user, running.start(user=user, job=job, now=timezone.now()))


def done(user: User, job: ImportJob) -> ImportJob:
    running.run(user=user, job_id=job.pk)
    job.refresh_from_db()
    return job


def counts(job: ImportJob) -> tuple[int, int, int, int]:
    return job.created, job.updated, job.unchanged, job.refused


def take_back(user: User, job: ImportJob) -> ImportJob:
    return done(user, running.undo(job=job, now=timezone.now()))


def sheet_of(user: User, kind: str) -> bytes:
    """What an export of the kind says, as CSV."""
    found, file = kind_of(kind), BytesIO()
    columns = [Column(field.name, str(field.label), field.type) for field in found.columns]
    rows = [[row[field.name] for field in found.columns] for row in found.export(user=user, filters={})]
    write_csv(file=file, columns=columns, rows=rows, language="es", zone=BOGOTA)
    return file.getvalue()


# --- tasks -----------------------------------------------------------------------------------------------------------
TASKS = f"""Pendiente;Fecha límite;Urgencia;Avance;Lista;Notas
Pagar el arriendo;{DAY:%d/%m/%Y};Urgente;por hacer;Pagos;En el banco
Pedir tornillos;;baja;haciendo;Compras;
Llamar a José;{DAY:%d/%m/%Y};;hecho;;
"""


def test_a_sheet_of_tasks_becomes_tasks_with_reminders_and_one_event(tenant):
    job = bring(tenant, "tasks", TASKS)
    assert (job.status, *counts(job)) == ("done", 3, 0, 0, 0)
    pay, screws, call = Task.objects.order_by("pk")
    assert (pay.title, pay.due_date, pay.priority, pay.category, pay.description) == (
        "Pagar el arriendo", DAY, "high", "Pagos", "En el banco",
    )  # fmt: skip
    assert (screws.due_date, screws.priority, screws.status) == (None, "low", "in_progress")
    assert (call.status, call.completed_at is not None) == ("completed", True)
    assert Reminder.objects.filter(task=pay).count() == 1
    assert not Reminder.objects.filter(task=call).exists()
    assert [event.name for event in Event.objects.order_by("pk")] == ["data_imported"]
    assert not Change.objects.exists()  # an import is taken back where it was made, and not by «deshacer»


def test_the_same_sheet_again_changes_nothing_and_another_one_brings_it_up_to_date(tenant):
    bring(tenant, "tasks", TASKS)
    assert counts(bring(tenant, "tasks", TASKS)) == (0, 0, 3, 0)
    job = bring(tenant, "tasks", TASKS.replace("En el banco", "Por transferencia"))
    assert counts(job) == (0, 1, 2, 0)
    task = Task.objects.get(title="Pagar el arriendo")
    assert (task.description, task.version) == ("Por transferencia", 2)
    assert counts(bring(tenant, "tasks", TASKS, on_match="skip")) == (0, 0, 0, 0)
    assert Task.objects.get(pk=task.pk).description == "Por transferencia"


def test_what_no_task_can_be_is_refused_with_its_reason(tenant):
    rows = ["A;mañana quizás;alta;", "B;;altísima;", "C;;;un rato", ";01/02/2027;;", 'D;;alta;"15; 60"']
    job = bring(tenant, "tasks", "\n".join(["Tarea;Vence;Prioridad;Avisos", *rows]))
    assert counts(job) == (1, 0, 0, 4)
    assert [(error["row"], error["field"]) for error in job.errors] == [
        (2, "due_date"), (3, "priority"), (4, "reminder_minutes"), (5, "title"),
    ]  # fmt: skip
    assert Task.objects.get().reminder_minutes == [15, 60]


def test_undoing_puts_back_what_was_and_leaves_alone_what_changed_since(tenant):
    known = todo.add(user=tenant, now=NOW, title="Pagar el arriendo", due_date=DAY, description="Antes").task
    job = bring(tenant, "tasks", TASKS)
    assert counts(job) == (2, 1, 0, 0)
    screws = Task.objects.get(title="Pedir tornillos")
    todo.alter(task_id=screws.pk, now=timezone.now(), priority="high")
    job = take_back(tenant, job)
    assert (job.status, job.undone, [one["row"] for one in job.left]) == ("undone", 2, [3])
    known.refresh_from_db()
    assert (known.description, known.priority) == ("Antes", "medium")
    assert list(Task.objects.present().order_by("pk").values_list("title", flat=True)) == [
        "Pagar el arriendo", "Pedir tornillos",
    ]  # fmt: skip


def test_completing_one_of_a_series_by_a_sheet_makes_the_next_and_undoing_takes_it_back(tenant):
    task = todo.add(user=tenant, now=NOW, title="Inventario", due_date=DAY, rrule="FREQ=WEEKLY").task
    job = bring(tenant, "tasks", f"Tarea;Vence;Estado\nInventario;{DAY:%Y-%m-%d};hecha\n")
    assert counts(job) == (0, 1, 0, 0)
    following = Task.objects.open().get()
    assert (following.series_id, following.due_date) == (task.series_id, DAY + timedelta(days=7))
    assert take_back(tenant, job).undone == 1
    assert Task.objects.open().get().pk == task.pk


# --- appointments in a sheet -----------------------------------------------------------------------------------------
def test_a_sheet_with_day_and_hour_apart_becomes_appointments(tenant):
    carla = Contact.objects.create(user=tenant, name="Carla", phone="+573001234567", whatsapp_key="573001234567")
    booking.book(user=tenant, now=NOW, title="Ya estaba", start=datetime.combine(DAY, time(15, 45), BOGOTA))
    said = f"""Servicio;Día;Hora;Duración;Cliente;Celular;Dirección
Corte;{DAY:%d/%m/%Y};3:30 p. m.;45;Carla Gómez;+57 300 123 4567;Calle 10
Tinte;{DAY:%d/%m/%Y};16:00;;"Ana; Luis";;
Feria;{DAY + timedelta(days=1):%d/%m/%Y};;;;;
"""
    job = bring(tenant, "appointments", said)
    assert (counts(job), job.errors) == ((3, 0, 0, 0), [])
    cut, dye, fair = Appointment.objects.exclude(title="Ya estaba").order_by("pk")
    assert cut.start_datetime == datetime.combine(DAY, time(15, 30), BOGOTA)
    assert cut.end_datetime - cut.start_datetime == timedelta(minutes=45)
    assert (cut.location, booking.conflicts_of(cut) != []) == ("Calle 10", True)  # told by the agenda, not refused
    who = Attendee.objects.get(appointment=cut)
    assert (who.name, who.contact_id) == ("Carla Gómez", carla.pk)
    assert dye.end_datetime - dye.start_datetime == timedelta(hours=1)
    assert [one.name for one in Attendee.objects.filter(appointment=dye).order_by("pk")] == ["Ana", "Luis"]
    assert (fair.all_day, fair.busy, fair.start_datetime.astimezone(BOGOTA).time()) == (True, False, time())
    assert Reminder.objects.filter(appointment=cut).exists()
    assert counts(bring(tenant, "appointments", said)) == (0, 0, 3, 0)


def test_hours_that_cannot_be_are_refused(tenant):
    said = "Cita;Inicio;Fin;Zona\nA;01/02/2027 10:00;01/02/2027 09:00;\nB;;;\nC;01/02/2027 10:00;;Marte/Olympus\n"
    job = bring(tenant, "appointments", said)
    assert counts(job) == (0, 0, 0, 3)
    assert [error["field"] for error in job.errors] == ["end_datetime", "start_datetime", "timezone"]


def test_undoing_appointments_leaves_a_moved_one(tenant):
    day = DAY + timedelta(days=3)
    said = f"Cita;Inicio\nUna;{day} 10:00\nOtra;{day} 12:00\n"
    job = bring(tenant, "appointments", said)
    other = Appointment.objects.get(title="Otra")
    booking.alter(appointment_id=other.pk, now=timezone.now(), start=other.start_datetime + timedelta(hours=1))
    job = take_back(tenant, job)
    assert (job.undone, [one["row"] for one in job.left]) == (1, [3])
    assert list(Appointment.objects.present().values_list("title", flat=True)) == ["Otra"]
    assert not Reminder.objects.filter(appointment__title="Una").exists()


# --- calendar files --------------------------------------------------------------------------------------------------
FILE = """BEGIN:VCALENDAR
VERSION:2.0
PRODID:-//Otra//Agenda//ES
BEGIN:VEVENT
UID:reunion@otra
DTSTART;TZID=America/Mexico_City:20270204T093000
DTEND;TZID=America/Mexico_City:20270204T101500
SUMMARY:Reunión
ATTENDEE;CN=Carla:mailto:carla@example.com
END:VEVENT
BEGIN:VEVENT
UID:clase@otra
RECURRENCE-ID;TZID=America/Bogota:20270211T180000
DTSTART;TZID=America/Bogota:20270211T190000
DTEND;TZID=America/Bogota:20270211T200000
SUMMARY:Clase más tarde
END:VEVENT
BEGIN:VEVENT
UID:clase@otra
DTSTART;TZID=America/Bogota:20270204T180000
DTEND;TZID=America/Bogota:20270204T190000
RRULE:FREQ=WEEKLY;COUNT=5
EXDATE;TZID=America/Bogota:20270218T180000
SUMMARY:Clase
END:VEVENT
BEGIN:VEVENT
UID:feria@otra
DTSTART;VALUE=DATE:20270301
DTEND;VALUE=DATE:20270304
SUMMARY:Feria
END:VEVENT
BEGIN:VEVENT
UID:rota@otra
SUMMARY:Sin comienzo
END:VEVENT
BEGIN:VTODO
UID:tarea@otra
SUMMARY:Preparar la feria
DUE;VALUE=DATE:20270228
PRIORITY:1
END:VTODO
END:VCALENDAR
""".replace("\n", "\r\n")


def test_a_calendar_file_becomes_appointments_series_and_days(tenant):
    job = bring(tenant, "appointments", FILE, name="agenda.ics")
    assert counts(job) == (4, 0, 0, 1)
    assert job.errors[0]["text"] == "No dice cuándo empieza."
    meeting = Appointment.objects.get(title="Reunión")
    assert (meeting.start_datetime, meeting.timezone) == (
        datetime(2027, 2, 4, 15, 30, tzinfo=UTC),
        "America/Mexico_City",
    )
    assert meeting.uid == "reunion@otra"
    fair = Appointment.objects.get(title="Feria")
    assert fair.all_day
    assert (fair.end_datetime - fair.start_datetime) == timedelta(days=3)
    lessons = Appointment.objects.present().filter(series=Series.objects.get()).order_by("original_start")
    assert [one.title for one in lessons] == ["Clase", "Clase más tarde", "Clase", "Clase"]
    assert [one.start_datetime.astimezone(BOGOTA).hour for one in lessons] == [18, 19, 18, 18]
    assert counts(bring(tenant, "tasks", FILE, name="agenda.ics")) == (1, 0, 0, 0)
    assert (Task.objects.get().priority, Task.objects.get().due_date) == ("high", date(2027, 2, 28))


def test_the_same_file_again_doubles_nothing_and_a_newer_one_updates(tenant):
    bring(tenant, "appointments", FILE, name="agenda.ics")
    assert counts(bring(tenant, "appointments", FILE, name="agenda.ics")) == (0, 0, 4, 1)
    newer = FILE.replace("SUMMARY:Clase\r", "SUMMARY:Clase de inglés\r").replace("T093000", "T100000")
    job = bring(tenant, "appointments", newer, name="agenda.ics")
    assert counts(job) == (0, 2, 2, 1)
    assert Appointment.objects.present().count() == 6
    lessons = Appointment.objects.present().filter(series__isnull=False).order_by("original_start")
    assert [one.title for one in lessons] == [
        "Clase de inglés",
        "Clase más tarde",
        "Clase de inglés",
        "Clase de inglés",
    ]
    assert Appointment.objects.get(uid="reunion@otra").start_datetime == datetime(2027, 2, 4, 16, tzinfo=UTC)
    job = take_back(tenant, job)
    assert (job.undone, job.left) == (2, [])
    assert Appointment.objects.present().filter(title="Clase").count() == 3
    assert Appointment.objects.get(uid="reunion@otra").start_datetime == datetime(2027, 2, 4, 15, 30, tzinfo=UTC)


def test_undoing_takes_a_whole_series_back_unless_it_was_touched(tenant):
    job = bring(tenant, "appointments", FILE, name="agenda.ics")
    assert take_back(tenant, job).left == []
    assert not Appointment.objects.present().exists()
    job = bring(tenant, "appointments", FILE, name="agenda.ics")
    lesson = Appointment.objects.present().filter(title="Clase").order_by("start_datetime").last()
    booking.alter(appointment_id=lesson.pk, now=timezone.now(), location="Otra sala")
    job = take_back(tenant, job)
    assert (len(job.left), Appointment.objects.present().count()) == (1, 4)


def test_our_own_calendar_file_and_sheet_change_nothing(tenant):
    bring(tenant, "appointments", FILE, name="agenda.ics")
    bring(tenant, "tasks", TASKS)
    booking.book(user=tenant, now=NOW, title="Mía", start=SOON, attendees=["Pérez, Ana", {"phone": "ext 12"}])
    data = write_calendar(user=tenant, name="Agenda")
    assert counts(bring(tenant, "appointments", data, name="agenda.ics"))[1:] == (0, 5, 0)
    assert counts(bring(tenant, "tasks", data, name="agenda.ics")) == (0, 0, 3, 0)
    assert counts(bring(tenant, "appointments", sheet_of(tenant, "appointments"))) == (0, 0, 5, 0)
    assert counts(bring(tenant, "tasks", sheet_of(tenant, "tasks"))) == (0, 0, 3, 0)


# --- whatever there is comes back ------------------------------------------------------------------------------------
letters = st.characters(codec="utf-8", exclude_categories=["Cs", "Cc", "Cn", "Co"])
texts = st.text(letters, min_size=1, max_size=30).map(str.strip)
titles = texts.filter(bool)
person = st.fixed_dictionaries(
    {"name": texts, "email": st.sampled_from(["", "a@b.co"]), "phone": st.sampled_from(["", "300", "+57 300 1234"])}
)
people = st.lists(person, max_size=3).map(lambda found: [one for one in found if any(one.values())])
walls = st.datetimes(datetime(2026, 1, 1), datetime(2028, 12, 31))  # noqa: DTZ001  (hypothesis wants them naive)
moments = walls.map(lambda wall: wall.replace(microsecond=0, tzinfo=BOGOTA))
appointments = st.fixed_dictionaries(
    {
        "title": titles,
        "description": texts | st.just(""),
        "start": moments | st.dates(date(2026, 1, 1), date(2028, 12, 31)),
        "attendees": people,
        "busy": st.booleans(),
        "reminder_minutes": st.lists(st.integers(0, 10_000), max_size=3, unique=True),
        "rrule": st.sampled_from(["", "", "FREQ=WEEKLY;COUNT=4", "FREQ=MONTHLY;BYDAY=1FR;COUNT=3"]),
        "status": st.sampled_from(["scheduled", "cancelled"]),
    }
)


@given(people)
def test_people_come_back_as_they_were(given_people):
    assert read_people(write_people(given_people)) == given_people


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(appointments, max_size=4))
def test_a_sheet_of_appointments_makes_them_again(tenant, wanted):
    Appointment.objects.all().delete()
    Series.objects.all().delete()
    for fields in wanted:
        booking.book(user=tenant, now=NOW, all_day=not isinstance(fields["start"], datetime), **fields)
    before = sheet_of(tenant, "appointments")
    job = bring(tenant, "appointments", before)
    assert (counts(job)[:2], counts(job)[3]) == ((0, 0), 0)
    Appointment.objects.all().delete()
    Series.objects.all().delete()
    job = bring(tenant, "appointments", before)
    assert job.refused == 0, job.errors
    assert sorted(sheet_of(tenant, "appointments").splitlines()) == sorted(before.splitlines())
