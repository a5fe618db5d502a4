"""The day in one letter, once a day, at the hour that the person wants."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

import pytest

from agenda import claiming
from agenda.models import Reminder
from agenda.planning import plan_digests, replan
from messaging import reminding
from messaging.models import Notification
from tenants.models import Preferences, User
from tenants.scope import tenant_scope
from tests import factories

pytestmark = pytest.mark.django_db
MORNING = datetime(2026, 11, 26, 12, 30, tzinfo=UTC)  # 07:30 in Bogotá, a Thursday
EVENING = datetime(2026, 11, 27, 1, 0, tzinfo=UTC)  # 20:00 in Bogotá


@pytest.fixture(autouse=True)
def agenda(alice, bob) -> None:
    with tenant_scope(bob):
        Preferences.current(bob).change(morning_digest_at=time(5, 0))
        factories.appointment(bob, title="Secreto de Bob", start_datetime=MORNING)
    with tenant_scope(alice):
        Preferences.current(alice).change(morning_digest_at=time(7, 30), evening_digest_at=time(20, 0))


def digests(user: User, **fields) -> list[tuple[str, date, datetime]]:
    with tenant_scope(user):
        return list(Reminder.objects.filter(**fields).order_by("due_at").values_list("kind", "day", "due_at"))


def said(user: User) -> list[tuple[str, str]]:
    with tenant_scope(user):
        return list(Notification.objects.order_by("pk").values_list("title", "body"))


def test_each_day_has_one_of_each_that_is_wanted_on_the_persons_clock(alice, bob):
    now = MORNING - timedelta(hours=1)
    assert claiming.plan_all_digests(now=now) == 5  # Bob's of today is past: five o'clock in Mexico was before
    today = date(2026, 11, 26)
    assert digests(alice) == [
        ("morning_digest", today, MORNING),
        ("evening_digest", today, EVENING),
        ("morning_digest", today + timedelta(days=1), MORNING + timedelta(days=1)),
        ("evening_digest", today + timedelta(days=1), EVENING + timedelta(days=1)),
    ]
    assert claiming.plan_all_digests(now=now) == 0
    assert len(digests(bob)) == 1


def test_the_morning_says_what_the_day_holds(alice):
    with tenant_scope(alice):
        factories.appointment(
            alice, title="Reunión con Carla", start_datetime=MORNING + timedelta(hours=8), location="Centro"
        )
        factories.appointment(alice, title="Cancelada", start_datetime=MORNING, status="cancelled")
        factories.appointment(alice, title="Mañana", start_datetime=MORNING + timedelta(days=1))
        factories.task(alice, title="Llamar al banco", due_date=date(2026, 11, 26), priority="high")
        factories.task(alice, title="Enviar la factura", due_date=date(2026, 11, 24))
    claiming.plan_all_digests(now=MORNING - timedelta(hours=1))
    assert reminding.drain(clock=lambda: MORNING) == {"sent": 1}
    assert said(alice) == [
        (
            "Tu día: jueves 26 de noviembre",
            "Citas (hora de Bogotá)\n- 15:30 · Reunión con Carla (Centro)\n\n"
            "Tareas\n- Llamar al banco\n\n"
            "Tareas vencidas\n- Enviar la factura (martes 24 de noviembre)",
        )
    ]


def test_the_evening_looks_at_tomorrow_and_says_when_it_is_free(alice):
    claiming.plan_all_digests(now=EVENING - timedelta(hours=1))
    reminding.drain(clock=lambda: EVENING)
    assert said(alice) == [("Mañana, viernes 27 de noviembre", "Mañana no tienes citas ni tareas.")]


def test_a_digest_that_comes_too_late_is_dropped(alice):
    claiming.plan_all_digests(now=MORNING - timedelta(hours=1))
    assert reminding.drain(clock=lambda: MORNING + timedelta(hours=4)) == {"dropped": 1}
    assert said(alice) == []


def test_quiet_hours_drop_a_digest(alice):
    with tenant_scope(alice):
        Preferences.current(alice).change(quiet_hours={"start": "22:00", "end": "09:00"})
    claiming.plan_all_digests(now=MORNING - timedelta(hours=1))
    assert reminding.drain(clock=lambda: MORNING) == {"dropped": 1}


def test_another_hour_moves_what_is_to_come_and_a_day_has_no_second_one(alice):
    claiming.plan_all_digests(now=MORNING - timedelta(hours=1))
    reminding.drain(clock=lambda: MORNING)
    with tenant_scope(alice):
        preferences = Preferences.current(alice)
        preferences.change(morning_digest_at=time(9, 0), evening_digest_at=None)
        replan(user=alice, now=MORNING)
        plan_digests(preferences=preferences, now=MORNING)
    assert digests(alice, status="scheduled") == [
        ("morning_digest", date(2026, 11, 27), MORNING + timedelta(days=1, minutes=90))
    ]
    assert len(said(alice)) == 1


def test_one_that_nobody_wants_any_more_is_not_said(alice):
    claiming.plan_all_digests(now=MORNING - timedelta(hours=1))
    with tenant_scope(alice):
        Preferences.objects.update(morning_digest_at=None)  # and nothing planned anew yet
    assert reminding.drain(clock=lambda: MORNING) == {"dropped": 1}
