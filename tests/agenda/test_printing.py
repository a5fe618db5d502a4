"""The agenda on paper: a week across a page, and tasks to tick off."""

from __future__ import annotations

import io
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone, translation

from agenda import printing
from agenda.export import APPOINTMENTS
from agenda.filters import AppointmentFilters
from tenants.exchange.export_api import send_file
from tenants.models import User
from tenants.scope import tenant_scope
from tests import factories
from tests.papers import closely, pages, texts

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 23, 15, tzinfo=UTC)
MONDAY = datetime(2026, 11, 23, 14, tzinfo=UTC)  # nine in the morning in Bogotá


def week(user: User, day: str) -> bytes:
    file = io.BytesIO()
    with translation.override("es"), timezone.override(user.timezone), tenant_scope(user):
        filters = AppointmentFilters(data={"from": day})
        filters.is_valid(raise_exception=True)
        printing.draw_week(user=user, filters=filters.validated_data, file=file, now=NOW, compress=False)
    return file.getvalue()


def tasks(user: User, **filters: Any) -> bytes:
    file = io.BytesIO()
    with translation.override("es"), timezone.override(user.timezone), tenant_scope(user):
        printing.draw_tasks(user=user, filters=filters, file=file, now=NOW, compress=False)
    return file.getvalue()


def test_a_week_shows_its_days_and_what_is_on_them(alice, bob):
    with tenant_scope(bob):
        factories.appointment(bob, title="Ajena", start_datetime=MONDAY)
    with tenant_scope(alice):
        meeting = factories.appointment(
            alice, title="Reunión <b>con</b> Carla", start_datetime=MONDAY, location="Su oficina"
        )
        factories.attendee(alice, appointment=meeting, name="Carla Gómez")
        factories.appointment(alice, title="Cancelada", start_datetime=MONDAY, status="cancelled")
        factories.appointment(alice, title="De la otra semana", start_datetime=MONDAY + timedelta(days=7))
        factories.appointment(alice, title="Domingo", start_datetime=MONDAY + timedelta(days=6))
    said = texts(week(alice, "2026-11-23"))
    for words in ("Lunes 23", "Domingo 29", "09:00 – 10:00", "Su oficina", "Carla Gómez", "Página 1 de 1", "Domingo"):
        assert words in said, said
    assert closely("Reunión <b>con</b> Carla") in closely(said)
    assert "Agenda · 23 a 29 de nov de 2026" in said
    for words in ("Ajena", "Cancelada", "De la otra semana"):
        assert words not in said


def test_what_goes_past_midnight_stands_on_both_days(alice):
    with tenant_scope(alice):
        start = MONDAY.replace(hour=3) + timedelta(days=2)  # ten at night on Tuesday
        factories.appointment(alice, title="Turno", start_datetime=start, end_datetime=start + timedelta(hours=5))
    said = texts(week(alice, "2026-11-23"))
    assert said.count("Turno") == 2
    assert "22:00 – …" in said
    assert "… – 03:00" in said


def test_full_days_take_more_pages(alice):
    with tenant_scope(alice):
        for n in range(60):
            factories.appointment(
                alice, title=f"Cita {n} " + "larga " * 20, start_datetime=MONDAY + timedelta(minutes=n)
            )
    paper = week(alice, "2026-11-23")
    assert pages(paper) > 1
    assert texts(paper).count("Lunes 23") == pages(paper)


def test_a_week_without_anything_says_so(alice):
    assert "Sin citas esta semana." in texts(week(alice, "2026-11-23"))


def test_tasks_come_by_when_they_are_due(alice, bob):
    with tenant_scope(bob):
        factories.task(bob, title="Ajena")
    with tenant_scope(alice):
        factories.task(alice, title="Pagar arriendo", due_date=date(2026, 11, 20), priority="high", category="Casa")
        factories.task(
            alice, title="Llamar <script>", due_date=date(2026, 11, 27), description="Al proveedor\ntemprano"
        )
        factories.task(alice, title="Algún día", due_date=None)
        factories.task(alice, title="Listo", due_date=None, status="completed", completed_at=NOW)
    said = texts(tasks(alice))
    words = ["Vencidas", "Pagar arriendo", "Por hacer", "Llamar <script>", "Sin fecha", "Algún día", "Hechas", "Listo"]
    order = [closely(said).index(closely(word)) for word in words]
    assert order == sorted(order)
    for word in (
        "urgente · Casa",
        "vie 20 nov 2026",
        "Al proveedor temprano",
        "Tareas · 23 de noviembre de 2026",
    ):
        assert word in said, said
    assert "Ajena" not in said
    assert "Llamar" not in texts(tasks(alice, overdue="true"))


def test_no_tasks_make_a_page_that_says_so(alice):
    assert "No hay tareas que mostrar." in texts(tasks(alice))


@pytest.mark.parametrize(
    ("language", "asked", "name"),
    [
        ("es", {"from": "2026-11-23"}, "agenda-semana-2026-11-23.pdf"),
        ("en", {"from": "2026-12-28"}, "agenda-week-2026-12-28.pdf"),
        ("pt", {"from": "2026-11-25"}, "agenda-semana-2026-11-25.pdf"),
        ("es", {}, "agenda-semana-2026-11-23.pdf"),  # that of the day on which it is asked for
    ],
)
def test_a_weeks_file_is_called_after_its_first_day(alice, language, asked, name):
    with translation.override(language), timezone.override(alice.timezone), tenant_scope(alice):
        filters = APPOINTMENTS.read_filters(asked)
        thursday = datetime(2026, 11, 26, 22, tzinfo=UTC)
        assert APPOINTMENTS.file_name(form="pdf", day=timezone.localtime(thursday), filters=filters) == name
        assert APPOINTMENTS.file_name(form="csv", day=timezone.localtime(thursday), filters=filters).endswith(
            "-2026-11-26.csv"
        )


def test_the_name_goes_out_in_the_persons_language_also_from_the_queue(api, alice, settings, tmp_path):
    settings.DATA_DIR = tmp_path
    User.objects.filter(pk=alice.pk).update(language="en")
    alice.refresh_from_db()
    client = api(alice)
    answer = client.get("/api/user/personal/appointments/export?format=pdf&from=2026-11-23")
    assert answer["Content-Disposition"] == 'attachment; filename="agenda-week-2026-11-23.pdf"'
    asked = {"what": "appointments", "format": "pdf", "filters": {"from": "2026-12-28"}}
    job = client.post("/api/user/exports", asked, format="json").json()
    assert job["name"] == "agenda-week-2026-12-28.pdf"


def test_a_name_with_other_letters_goes_out_as_utf_8():
    answer = send_file(io.BytesIO(b"%PDF"), form="pdf", name="agenda-día-2026-11-23.pdf")
    assert answer["Content-Disposition"] == "attachment; filename*=utf-8''agenda-d%C3%ADa-2026-11-23.pdf"
