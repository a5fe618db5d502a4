"""The bell and the list of reminders, as an API and live."""

from __future__ import annotations

import json
import threading
from datetime import UTC, datetime, time, timedelta

import pytest
from django.db import connection, transaction
from django.utils import timezone
from django_q.models import OrmQ
from django_q.signing import SignedPackage

from agenda.models import Reminder
from agenda.planning import plan
from messaging import bell
from messaging.bell import BellStream
from messaging.bell_serializers import show_notification
from messaging.models import Notification
from messaging.streams import TooManyWaiting, switchboard
from messaging.tasks import replan
from tenants.models import Preferences, User
from tenants.scope import tenant_scope
from tests import factories
from tests.messaging.conftest import until

pytestmark = pytest.mark.django_db
NOTIFICATIONS, REMINDERS = "/api/user/notifications", "/api/user/personal/reminders"


@pytest.fixture(autouse=True)
def bobs(bob) -> None:
    with tenant_scope(bob):
        factories.notification(bob, title="Secreto de Bob")
        factories.reminder(bob)


def tell(user: User, title: str = "Reunión con Carla") -> Notification:
    with tenant_scope(user):
        with transaction.atomic():
            bell.tell(
                user=user,
                kind="reminder",
                title=title,
                reminder=factories.reminder(user),
                now=timezone.now(),
            )
        return Notification.objects.latest("pk")


def test_the_newest_comes_first_and_unread_ones_can_be_asked_for(alice, api):
    for title in ("Primero", "Segundo"):
        tell(alice, title)
    answer = api(alice).get(NOTIFICATIONS).json()
    assert [one["title"] for one in answer["results"]] == ["Segundo", "Primero"]
    assert set(answer["results"][0]) == {"id", "kind", "title", "body", "url", "created_at", "read_at"}
    read = api(alice).post(f"{NOTIFICATIONS}/{answer['results'][1]['id']}/read").json()
    assert read["read_at"] is not None
    assert api(alice).get(f"{NOTIFICATIONS}?unread=true").json()["count"] == 1
    assert [one["title"] for one in api(alice).get(f"{NOTIFICATIONS}?unread=false").json()["results"]] == ["Primero"]


def test_reading_twice_keeps_the_first_time(alice, api):
    path = f"{NOTIFICATIONS}/{tell(alice).pk}/read"
    first, again = api(alice).post(path).json(), api(alice).post(path).json()
    assert first == again


def test_all_are_read_at_once_and_nobody_elses(alice, bob, api):
    tell(alice), tell(alice)
    assert api(alice).post(f"{NOTIFICATIONS}/read").json() == {"read": 2}
    assert api(alice).post(f"{NOTIFICATIONS}/read").json() == {"read": 0}
    assert api(bob).get(f"{NOTIFICATIONS}?unread=true").json()["count"] == 1


@pytest.mark.parametrize("query", ["unread=maybe", "page=0", "page_size=201"])
def test_it_names_a_wrong_parameter(query, alice, api):
    answer = api(alice).get(f"{NOTIFICATIONS}?{query}")
    assert answer.status_code in {400, 404}
    assert list(answer.json()) == [query.split("=")[0]]


def test_one_kind_of_a_reminder_is_told_once(alice):
    with tenant_scope(alice):
        row = factories.reminder(alice)
        for _ in range(2):
            with transaction.atomic():
                bell.tell(user=alice, kind="reminder", title="Cita", reminder=row, now=timezone.now())
        assert Notification.objects.count() == 1


# --- the list of reminders -------------------------------------------------------------------------------------------


def test_reminders_are_listed_in_order_with_what_they_are_about(alice, api):
    with tenant_scope(alice):
        late = factories.reminder(alice)
        early = factories.reminder(alice, due_at=late.due_at - timedelta(days=1), minutes=60)
    answer = api(alice).get(REMINDERS).json()
    assert [row["id"] for row in answer["results"]] == [early.pk, late.pk]
    row = answer["results"][0]
    assert (row["kind"], row["task"], row["appointment"], row["title"]) == (
        "task",
        early.task_id,
        None,
        "Pagar el arriendo",
    )
    assert (row["status"], row["channel"], row["minutes"], row["sent_at"]) == ("scheduled", "", 60, None)
    assert row["due_at"].endswith("-05:00")


def test_reminders_are_filtered_by_status_and_by_time(alice, api):
    with tenant_scope(alice):
        rows = [factories.reminder(alice, due_at=factories.THURSDAY + timedelta(days=n)) for n in range(3)]
        Reminder.objects.filter(pk=rows[1].pk).update(status="unknown")

    def ids(query: str) -> list[int]:
        return [row["id"] for row in api(alice).get(f"{REMINDERS}?{query}").json()["results"]]

    assert ids("status=unknown") == [rows[1].pk]
    day = factories.THURSDAY + timedelta(days=1)
    assert ids(f"from={day:%Y-%m-%d}") == [rows[1].pk, rows[2].pk]
    assert ids(f"from={day:%Y-%m-%d}&to={day:%Y-%m-%d}") == [rows[1].pk]
    assert ids(f"to={day:%Y-%m-%dT%H:%M}Z") == [rows[0].pk]
    assert api(alice).get(f"{REMINDERS}?status=perhaps").status_code == 400
    assert api(alice).get(f"{REMINDERS}?from=ayer").status_code == 400


def test_the_list_takes_few_queries(alice, api, django_assert_max_num_queries):
    with tenant_scope(alice):
        for _ in range(20):
            factories.reminder(alice)
    client = api(alice)
    with django_assert_max_num_queries(8):
        client.get(REMINDERS)


# --- live ------------------------------------------------------------------------------------------------------------


def events(lines: list[str]) -> list[tuple[str, dict]]:
    found = []
    for line in lines:
        fields = dict(part.split(": ", 1) for part in line.strip().split("\n") if ": " in part)
        if "event" in fields:
            found.append((fields["event"], json.loads(fields["data"])))
    return found


@pytest.mark.django_db(transaction=True)
def test_an_open_page_hears_the_bell_and_that_it_was_read_elsewhere(alice, bob, api):
    old = tell(alice, "De antes")
    with timezone.override(alice.timezone):
        stream = BellStream(user=alice, render=show_notification, after=old.pk)
    heard: list[str] = []

    def listen() -> None:
        for line in stream:
            heard.append(line)
            if ("unread", {"unread": 0}) in events(heard):
                break
        connection.close()

    page = threading.Thread(target=listen)
    page.start()
    try:
        until(lambda: ("unread", {"unread": 1}) in events(heard))
        tell(bob, "Secreto")
        new = tell(alice)
        until(lambda: ("unread", {"unread": 2}) in events(heard))
        said = [data for name, data in events(heard) if name == "notification"]
        assert [(one["id"], one["title"]) for one in said] == [(new.pk, "Reunión con Carla")]
        assert said[0] == api(alice).get(NOTIFICATIONS).json()["results"][0]
        api(alice).post(f"{NOTIFICATIONS}/read")
        page.join(timeout=30)
        assert not page.is_alive()
        assert old.pk not in [one["id"] for one in said]
    finally:
        stream.close()
        page.join(timeout=30)
    assert switchboard.waiting == 0


def test_who_comes_back_is_told_what_was_missed(alice):
    first, second = tell(alice, "Uno"), tell(alice, "Dos")
    stream = BellStream(user=alice, render=show_notification, after=first.pk)
    try:
        lines = iter(stream)
        said = [event for _ in range(3) for event in events([next(lines)])]
    finally:
        stream.close()
    assert [data["id"] for name, data in said if name == "notification"] == [second.pk]


def test_what_comes_between_the_answer_and_its_first_line_is_told(alice, api, short_streams):
    tell(alice, "De antes")
    answer = api(alice).get(f"{NOTIFICATIONS}/stream")
    new = tell(alice, "Justo ahora")
    said = events([line.decode() for line in answer.streaming_content])
    assert [data["id"] for name, data in said if name == "notification"] == [new.pk]


def test_a_row_that_is_committed_after_one_of_a_higher_number_is_told_all_the_same(alice):
    stream = BellStream(user=alice, render=show_notification, after=0)
    with tenant_scope(alice):
        late, soon = tell(alice, "Tarde"), tell(alice, "Pronto")
        Notification.objects.filter(pk=late.pk).delete()
        assert [data["id"] for name, data in events(stream.read()) if name == "notification"] == [soon.pk]
        late.save(force_insert=True)
        assert [data["id"] for name, data in events(stream.read()) if name == "notification"] == [late.pk]
        assert events(stream.read()) == []
    stream.close()


def test_bells_leave_room_for_the_conversations(alice, api, monkeypatch):
    monkeypatch.setattr(bell, "MOST_BELLS", 1)
    first = BellStream(user=alice, render=show_notification, after=0)
    try:
        with pytest.raises(TooManyWaiting):
            BellStream(user=alice, render=show_notification, after=0)
        answer = api(alice).get(f"{NOTIFICATIONS}/stream")
        assert (answer.status_code, answer["Retry-After"]) == (503, "5")
        with switchboard.line(7, tenant_id=alice.pk):
            pass
    finally:
        first.close()


def test_the_stream_answers_as_one_and_ends_with_the_account(alice, api):
    answer = api(alice).get(f"{NOTIFICATIONS}/stream", headers={"accept": "text/event-stream"})
    assert answer.status_code == 200
    assert answer["Content-Type"].startswith("text/event-stream")
    User.objects.filter(pk=alice.pk).update(is_active=False)
    assert b"".join(answer.streaming_content) == b"retry: 2000\n\n"
    answer.close()


# --- preferences that decide hours -----------------------------------------------------------------------------------


def test_a_change_of_preferences_plans_anew(alice, api):
    with tenant_scope(alice):
        task = factories.task(alice, due_date=factories.THURSDAY.date(), reminder_minutes=[0])
        meeting = factories.appointment(alice, start_datetime=factories.THURSDAY)
        now = timezone.now()
        for of in (task, meeting):
            plan(of=of, preferences=Preferences.current(alice), now=now)
    api(alice).patch(
        "/api/user/preferences",
        {"due_hour": "10:00", "timezone": "Europe/Madrid", "morning_digest_at": "07:30"},
    )
    tasks = [SignedPackage.loads(row.payload) for row in OrmQ.objects.order_by("id")]
    wanted = ["messaging.tasks.replan", "analytics.tasks.roll_up"]
    assert [(task["func"], task["args"]) for task in tasks] == [(name, (alice.pk,)) for name in wanted]
    replan(*tasks[0]["args"])
    with tenant_scope(alice):
        assert Reminder.objects.get(task=task).due_at == datetime.combine(task.due_date, time(9), UTC)
        assert Reminder.objects.get(appointment=meeting).due_at == factories.THURSDAY - timedelta(minutes=15)
        assert Reminder.objects.filter(kind="morning_digest").count() in {
            1,
            2,
        }  # today's, if half past seven is to come


def test_replanning_twice_changes_nothing(alice):
    with tenant_scope(alice):
        Preferences.current(alice).change(evening_digest_at=time(20))
    replan(alice.pk)
    with tenant_scope(alice):
        before = list(Reminder.objects.values())
    replan(alice.pk)
    with tenant_scope(alice):
        assert list(Reminder.objects.values()) == before != []
