"""Reminders that are due: who takes them, what is said, through which channel, once."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection

from agenda import claiming
from agenda.models import Appointment, Reminder
from agenda.planning import plan
from messaging import channels, crew, reminding
from messaging.channels import Notice, Refused
from messaging.models import Notification
from messaging.whatsapp.notices import WhatsApp
from tenants import suspensions
from tenants.models import Preferences, User
from tenants.scope import tenant_scope
from tests import factories
from tests.messaging.conftest import connections_of, until
from tests.standins.smtp_server import SMTPServer

pytestmark = pytest.mark.django_db
THURSDAY = datetime(2026, 11, 26, 20, 30, tzinfo=UTC)  # 15:30 in Bogotá
NOW = THURSDAY - timedelta(minutes=60)
SAID = "Reunión con Carla, jueves 26 de noviembre a las 15:30 (hora de Bogotá)"


@pytest.fixture(autouse=True)
def bobs(bob) -> Iterator[None]:
    """Bob's own reminder, which is due at another time and must stay as it is."""
    with tenant_scope(bob):
        factories.reminder(bob)
        before = list(Reminder.objects.values())
    yield
    with tenant_scope(bob):
        assert list(Reminder.objects.values()) == before
        assert not Notification.objects.exists()


@pytest.fixture
def mail(settings) -> Iterator[SMTPServer]:
    with SMTPServer() as server:
        settings.MAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT, settings.EMAIL_TIMEOUT = "127.0.0.1", server.port, 0.3
        yield server


@dataclass
class Recorder:
    """A channel that remembers what it was asked to say."""

    name: str = "whatsapp"
    writes_rows: bool = False
    is_silent: bool = False
    said: list[Notice] = field(default_factory=list)
    fault: Exception | None = None
    during: Any = None

    def reaches(self, user: User) -> bool:
        return True

    def send(self, notice: Notice, *, now: datetime) -> None:
        self.said.append(notice)
        if self.during:
            self.during(notice)
        if self.fault:
            raise self.fault


@pytest.fixture
def whatsapp() -> Iterator[Recorder]:
    channel = Recorder()
    channels.register(channel)
    yield channel
    channels.register(WhatsApp())


def prefer(user: User, *names: str, **fields: Any) -> None:
    with tenant_scope(user):
        Preferences.current(user).change(reminder_channels=list(names), **fields)


def book(user: User, *, now: datetime = NOW - timedelta(days=1), **fields: Any) -> Appointment:
    """An appointment with its reminders, an hour before unless it says otherwise."""
    with tenant_scope(user):
        fields = {"start_datetime": THURSDAY, "reminder_minutes": [60], **fields}
        made = factories.appointment(user, **fields)
        plan(of=made, preferences=Preferences.current(user), now=now)
        return made


def send(now: datetime = NOW) -> dict[str, int]:
    return dict(reminding.drain(clock=lambda: now))


def rows(user: User) -> list[Reminder]:
    with tenant_scope(user):
        return list(Reminder.objects.order_by("due_at", "pk"))


def bell(user: User) -> list[tuple[str, str]]:
    with tenant_scope(user):
        return list(Notification.objects.order_by("pk").values_list("kind", "title"))


# --- what is said, and by which channel ------------------------------------------------------------------------------


def test_the_bell_says_the_appointment_on_the_persons_clock(alice):
    made = book(alice, location="Calle 10 # 4-20")
    assert send(NOW - timedelta(seconds=1)) == {}
    assert send() == {"sent": 1}
    assert bell(alice) == [("reminder", SAID)]
    with tenant_scope(alice):
        said = Notification.objects.get()
        assert said.body == "Lugar: Calle 10 # 4-20"
        assert said.url == f"/user/personal/agenda?appointment={made.pk}"
    (row,) = rows(alice)
    assert (row.status, row.channel, row.sent_at, row.lease_until) == ("sent", "web", NOW, None)
    assert send(NOW + timedelta(days=1)) == {}


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("en", "Reunión con Carla, Thursday, November 26 at 15:30 (Bogota time)"),
        ("pt", "Reunión con Carla, quinta-feira, 26 de novembro às 15:30 (horário de Bogotá)"),
    ],
)
def test_it_is_said_in_the_persons_language(language, said, alice):
    with tenant_scope(alice):
        Preferences.current(alice).change(person={"language": language})
    book(alice)
    send()
    assert bell(alice) == [("reminder", said)]


def test_a_letter_has_the_same_words_and_a_name_of_its_own(alice, mail):
    prefer(alice, "email", "web")
    book(alice, description="Llevar el contrato.")
    assert send() == {"sent": 1}
    (letter,) = mail.letters
    assert (letter.recipient, letter.subject) == ("alice@example.com", SAID)
    assert letter.name == f"reminder-{rows(alice)[0].pk}@127.0.0.1"
    assert SAID in letter.text
    assert "Llevar el contrato." in letter.text
    assert bell(alice) == []
    assert rows(alice)[0].channel == "email"


def test_a_title_of_several_lines_cannot_write_headers(alice, mail):
    prefer(alice, "email")
    book(alice, title="Cita\r\nBcc: todos@example.com")
    assert send() == {"sent": 1}
    assert mail.letters[0].message["Bcc"] is None
    assert mail.letters[0].subject.startswith("Cita Bcc: todos@example.com, jueves")


def test_channels_that_are_not_there_or_cannot_reach_the_person_are_passed_over(alice, settings, mail):
    User.objects.filter(pk=alice.pk).update(email="")
    prefer(alice, "whatsapp", "email", "web")
    book(alice)
    assert send() == {"sent": 1}
    assert rows(alice)[0].channel == "web"
    assert mail.conversations == 0


def test_mail_that_is_only_printed_reaches_nobody(alice, settings):
    settings.MAIL_BACKEND = "django.core.mail.backends.console.EmailBackend"
    prefer(alice, "email", "web")
    book(alice)
    send()
    assert rows(alice)[0].channel == "web"


def test_another_channel_joins_by_registering(alice, whatsapp):
    prefer(alice, "whatsapp", "web")
    book(alice)
    assert send() == {"sent": 1}
    assert [notice.title for notice in whatsapp.said] == [SAID]
    assert rows(alice)[0].channel == "whatsapp"


def test_a_channel_that_writes_rows_does_so_in_the_transaction_that_calls_it_sent(alice, whatsapp):
    def look(notice: Notice) -> None:
        assert notice.reminder.status == "claimed"
        assert not connection.get_autocommit() or connection.in_atomic_block

    whatsapp.writes_rows, whatsapp.during = True, look
    prefer(alice, "whatsapp", "web")
    book(alice)
    assert send() == {"sent": 1}
    assert rows(alice)[0].channel == "whatsapp"


def test_an_outbox_that_refuses_passes_on_to_the_next(alice, whatsapp):
    whatsapp.writes_rows, whatsapp.fault = True, Refused("window_closed")
    prefer(alice, "whatsapp", "web")
    book(alice)
    assert send() == {"sent": 1}
    assert rows(alice)[0].channel == "web"


def test_without_any_channel_it_fails_and_the_bell_says_so(alice, settings):
    settings.MAIL_BACKEND = "django.core.mail.backends.console.EmailBackend"
    prefer(alice, "email")
    book(alice)
    assert send() == {"failed": 1}
    assert (rows(alice)[0].status, rows(alice)[0].detail) == ("failed", "no_channel")
    assert bell(alice) == [("failed", f"No pudimos enviarte un aviso: {SAID}")]


# --- what no longer stands, and what comes too late ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "detail"),
    [
        ({"status": "cancelled"}, "over"),
        ({"status": "completed"}, "over"),
        ({"deleted_at": NOW}, "over"),
        ({"start_datetime": THURSDAY + timedelta(hours=1), "end_datetime": THURSDAY + timedelta(hours=2)}, "moved"),
    ],
)
def test_the_state_is_read_again_before_sending(change, detail, alice):
    made = book(alice)
    with tenant_scope(alice):
        Appointment.objects.filter(pk=made.pk).update(**change)  # behind the planner's back
    assert send() == {"dropped": 1}
    assert rows(alice)[0].detail == detail
    assert bell(alice) == []


def test_who_wants_no_reminders_gets_none(alice):
    prefer(alice)
    book(alice)
    assert send() == {"dropped": 1}
    assert rows(alice)[0].detail == "muted"


@pytest.mark.parametrize(("back_after", "status"), [(59, "sent"), (61, "dropped")])
def test_a_suspended_tenants_reminder_waits_and_goes_out_while_it_is_useful(back_after, status, alice):
    book(alice)
    suspensions.suspend(actor=None, user=alice, reason="No pagó")
    assert send() == {}
    assert claiming.waiting_since(now=NOW) is None  # nothing stands still
    suspensions.restore(actor=None, user=alice, reason="Pagó")
    assert send(NOW + timedelta(minutes=back_after)) == {status: 1}


def test_what_was_claimed_just_before_the_suspension_is_not_said(alice):
    book(alice)
    (claim,) = claiming.claim_due(now=NOW, most=10)
    suspensions.suspend(actor=None, user=User.objects.get(pk=alice.pk), reason="No pagó")
    assert reminding.deal_with(claim, user=alice, clock=lambda: NOW) == "scheduled"
    assert bell(alice) == []


@pytest.mark.parametrize(
    ("minutes", "after_start", "status"),
    [(60, -1, "sent"), (60, 0, "dropped"), (0, 4, "sent"), (0, 5, "dropped")],
)
def test_an_appointment_is_reminded_before_it_starts_or_not_at_all(minutes, after_start, status, alice):
    book(alice, reminder_minutes=[minutes])
    assert send(THURSDAY + timedelta(minutes=after_start)) == {status: 1}
    assert rows(alice)[0].detail == ("" if status == "sent" else "too_late")


def test_an_all_day_appointment_is_of_use_all_day(alice):
    midnight = datetime(2026, 11, 26, 5, tzinfo=UTC)
    book(
        alice,
        start_datetime=midnight,
        end_datetime=midnight + timedelta(days=1),
        all_day=True,
        reminder_minutes=[0],
        title="Feria",
    )
    assert send(midnight + timedelta(hours=20)) == {"sent": 1}
    assert bell(alice) == [("reminder", "Feria, jueves 26 de noviembre, todo el día")]


def remind_of_task(user: User, **fields: Any) -> None:
    with tenant_scope(user):
        made = factories.task(user, **{"due_date": THURSDAY.date(), **fields})
        plan(of=made, preferences=Preferences.current(user), now=NOW - timedelta(days=9))


def test_a_task_is_of_use_until_its_day_is_over(alice):
    remind_of_task(alice)  # 08:00 in Bogotá
    assert send(datetime(2026, 11, 27, 4, 59, tzinfo=UTC)) == {"sent": 1}
    assert bell(alice) == [("reminder", "Pagar el arriendo, vence hoy, jueves 26 de noviembre")]
    remind_of_task(alice, due_date=THURSDAY.date() + timedelta(days=1))
    assert send(datetime(2026, 11, 28, 5, 0, tzinfo=UTC)) == {"dropped": 1}


def test_of_two_that_are_due_together_one_is_enough(alice):
    book(alice, reminder_minutes=[60, 15])
    assert send(THURSDAY - timedelta(minutes=10)) == {"dropped": 1, "sent": 1}
    assert [(row.status, row.detail) for row in rows(alice)] == [("dropped", "superseded"), ("sent", "")]


# --- quiet hours -----------------------------------------------------------------------------------------------------

QUIET = {"start": "21:00", "end": "07:00"}
SEVEN = datetime(2026, 11, 27, 12, tzinfo=UTC)  # in Bogotá


def test_quiet_hours_postpone_an_appointment_that_starts_after_them(alice, mail):
    prefer(alice, "email", quiet_hours=QUIET)
    book(alice, start_datetime=SEVEN + timedelta(minutes=45), reminder_minutes=[60])
    assert send(SEVEN - timedelta(minutes=15)) == {"scheduled": 1}
    (row,) = rows(alice)
    assert (row.status, row.next_at, row.due_at) == ("scheduled", SEVEN, SEVEN - timedelta(minutes=15))
    assert mail.conversations == 0
    assert send(SEVEN) == {"sent": 1}


def test_one_that_starts_within_them_is_told_to_the_bell_alone(alice, mail):
    prefer(alice, "email", "web", quiet_hours=QUIET)
    book(alice, start_datetime=SEVEN - timedelta(minutes=30))
    assert send(SEVEN - timedelta(minutes=90)) == {"sent": 1}
    assert rows(alice)[0].channel == "web"
    assert mail.conversations == 0


def test_and_to_nobody_where_there_is_no_bell(alice, mail):
    prefer(alice, "email", quiet_hours=QUIET)
    book(alice, start_datetime=SEVEN - timedelta(minutes=30))
    assert send(SEVEN - timedelta(minutes=90)) == {"dropped": 1}
    assert rows(alice)[0].detail == "quiet_hours"


def test_a_task_waits_for_the_end_of_quiet_hours(alice):
    prefer(alice, "web", quiet_hours={"start": "07:30", "end": "10:00"})
    remind_of_task(alice)
    assert send(datetime(2026, 11, 26, 13, 0, tzinfo=UTC)) == {"scheduled": 1}
    assert send(datetime(2026, 11, 26, 15, 0, tzinfo=UTC)) == {"sent": 1}


# --- refusals, silence, and what nobody knows ------------------------------------------------------------------------


def test_a_refusal_is_tried_again_with_growing_pauses_and_then_the_next_channel(alice, mail):
    prefer(alice, "email", "web")
    book(alice)
    mail.behaviour = "busy"
    now, pauses = NOW, []
    while rows(alice)[0].status != "sent":
        assert send(now) in ({"scheduled": 1}, {"scheduled": 1, "sent": 1})
        pauses.append(rows(alice)[0].next_at - now)
        now = rows(alice)[0].next_at
    assert pauses[:3] == list(reminding.PAUSES)
    assert mail.conversations == len(reminding.PAUSES) + 1
    assert rows(alice)[0].channel == "web"
    assert bell(alice) == [("reminder", SAID)]


def test_no_pause_outlasts_the_use_of_it(alice, mail):
    prefer(alice, "email", "web")
    book(alice, reminder_minutes=[1])
    mail.behaviour = "busy"
    now = THURSDAY - timedelta(seconds=50)
    assert send(now) == {"scheduled": 1, "sent": 1}
    assert mail.conversations == 1
    assert rows(alice)[0].channel == "web"


def test_a_mailbox_that_does_not_exist_is_asked_once(alice, mail):
    prefer(alice, "email", "web")
    book(alice)
    mail.behaviour = "reject"
    assert send() == {"scheduled": 1, "sent": 1}
    assert mail.conversations == 1


@pytest.mark.parametrize("behaviour", ["hang", "busy", "leave"])
def test_what_ends_before_the_letter_is_definite(behaviour, alice, mail):
    prefer(alice, "email")
    book(alice)
    mail.behaviour = behaviour
    assert send() == {"scheduled": 1}
    assert mail.letters == []
    mail.behaviour = "accept"
    assert send(NOW + timedelta(minutes=1)) == {"sent": 1}
    assert len(mail.letters) == 1


def test_a_letter_that_is_not_wanted_is_definite_too(alice, mail):
    prefer(alice, "email")
    book(alice)
    mail.behaviour = "spurn"
    assert send() == {"failed": 1}
    assert rows(alice)[0].detail == "mail_refused"


def test_a_server_that_is_not_there_is_definite(alice, mail, settings):
    prefer(alice, "email", "web")
    book(alice)
    settings.EMAIL_PORT = 1  # nobody listens there
    assert send() == {"scheduled": 1}
    assert (rows(alice)[0].detail, rows(alice)[0].attempts) == ("no_mail_server", 1)


@pytest.mark.parametrize("behaviour", ["drop", "stall"])
def test_silence_after_the_letter_is_unknown_shown_and_never_sent_again(behaviour, alice, mail):
    prefer(alice, "email", "web")
    book(alice)
    mail.behaviour = behaviour
    assert send() == {"unknown": 1}
    assert (rows(alice)[0].status, rows(alice)[0].detail) == ("unknown", "no_answer")
    assert bell(alice) == [("unconfirmed", f"Quizá no te llegó un aviso: {SAID}")]
    mail.behaviour = "accept"
    reminding.sweep(now=NOW + timedelta(hours=1))
    assert send(NOW + timedelta(minutes=30)) == {}
    assert len(mail.letters) == 1


def test_a_channel_that_fails_in_its_own_way_is_unknown_too(alice, whatsapp):
    whatsapp.fault = ZeroDivisionError()
    prefer(alice, "whatsapp", "web")
    book(alice)
    assert send() == {"unknown": 1}


def test_a_fault_of_ours_is_tried_again_and_given_up(alice, whatsapp):
    def break_down(notice: Notice) -> None:
        raise ZeroDivisionError

    whatsapp.writes_rows, whatsapp.during = True, break_down
    prefer(alice, "whatsapp")
    book(alice)
    assert [send(NOW + timedelta(minutes=minutes)) for minutes in (0, 5, 10)] == [
        {"scheduled": 1},
        {"scheduled": 1},
        {"failed": 1},
    ]
    assert rows(alice)[0].detail == "fault"


# --- claims ----------------------------------------------------------------------------------------------------------


def test_a_moved_appointment_whose_reminder_was_just_claimed_is_reminded_at_its_new_time_alone(alice):
    made = book(alice)
    (claim,) = claiming.claim_due(now=NOW, most=10)
    with tenant_scope(alice):
        made.start_datetime += timedelta(hours=2)
        made.end_datetime += timedelta(hours=2)
        made.save()
        plan(of=made, preferences=Preferences.current(alice), now=NOW)
    assert reminding.deal_with(claim, user=alice, clock=lambda: NOW) == "lost"
    assert bell(alice) == []
    assert send(NOW + timedelta(hours=2)) == {"sent": 1}
    assert bell(alice) == [("reminder", SAID.replace("15:30", "17:30"))]


def test_whoever_was_overtaken_sends_nothing(alice, settings):
    book(alice)
    (slow,) = claiming.claim_due(now=NOW, most=10)
    later = NOW + timedelta(seconds=settings.REMINDERS["CLAIM_LEASE_SECONDS"])
    assert claiming.claim_due(now=later, most=10) == []
    assert reminding.sweep(now=later) == {"released": 1}
    (quick,) = claiming.claim_due(now=later, most=10)
    assert reminding.deal_with(slow, user=alice, clock=lambda: later) == "lost"
    assert reminding.deal_with(quick, user=alice, clock=lambda: later) == "sent"
    assert reminding.deal_with(quick, user=alice, clock=lambda: later) == "lost"
    assert len(bell(alice)) == 1


def test_one_that_kills_whoever_takes_it_is_given_up(alice, settings):
    book(alice)
    with tenant_scope(alice):
        Reminder.objects.update(fence=claiming.MOST_CLAIMS - 1)
    claiming.claim_due(now=NOW, most=10)
    reminding.sweep(now=NOW + timedelta(minutes=5))
    assert (rows(alice)[0].status, rows(alice)[0].detail) == ("failed", "interrupted")


def test_what_a_dead_process_was_sending_becomes_unknown_and_shows(alice, whatsapp, settings):
    class Killed(BaseException):
        pass

    whatsapp.fault = Killed()  # type: ignore[assignment]
    prefer(alice, "whatsapp", "web")
    book(alice)
    with pytest.raises(Killed):
        send()
    assert rows(alice)[0].status == "sending"
    lease = timedelta(seconds=settings.REMINDERS["SENDING_LEASE_SECONDS"])
    assert reminding.sweep(now=NOW + lease - timedelta(seconds=1)) == {}
    assert reminding.sweep(now=NOW + lease) == {"unknown": 1}
    assert bell(alice) == [("unconfirmed", f"Quizá no te llegó un aviso: {SAID}")]
    assert reminding.sweep(now=NOW + lease) == {}
    whatsapp.fault = None
    assert send(NOW + lease) == {}
    assert len(whatsapp.said) == 1


def test_a_slow_sender_may_still_say_what_became_of_it(alice, whatsapp, settings):
    def sweep_meanwhile(_notice: Notice) -> None:
        reminding.sweep(now=NOW + timedelta(hours=1))
        assert rows(alice)[0].status == "unknown"

    whatsapp.during = sweep_meanwhile
    prefer(alice, "whatsapp")
    book(alice)
    assert send() == {"sent": 1}
    assert rows(alice)[0].status == "sent"


@pytest.mark.django_db(transaction=True)
def test_two_who_claim_at_once_never_take_the_same(alice):
    with tenant_scope(alice):
        for minute in range(60):
            factories.reminder(alice, due_at=NOW - timedelta(minutes=minute))
    taken: list[list[int]] = []
    start = threading.Barrier(6)

    def claim() -> None:
        mine: list[int] = []
        start.wait()
        try:
            while found := claiming.claim_due(now=NOW, most=3):
                mine += [one.reminder_id for one in found]
        finally:
            connection.close()
        taken.append(mine)

    threads = [threading.Thread(target=claim) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    everything = [pk for mine in taken for pk in mine]
    assert len(everything) == len(set(everything)) == 60


@pytest.mark.django_db(transaction=True)
def test_threads_send_side_by_side_and_leave_no_connection(alice, mail):
    prefer(alice, "email")
    for minute in range(12):
        book(alice, start_datetime=THURSDAY + timedelta(minutes=minute), reminder_minutes=[60 + minute])
    before = connections_of()
    assert reminding.drain(threads=4, clock=lambda: NOW) == {"sent": 12}
    assert len(set(mail.names())) == len(mail.names()) == 12
    until(lambda: connections_of() <= before + 6, seconds=10)


@pytest.mark.django_db(transaction=True)
def test_only_one_of_the_queues_workers_sends(alice):
    with crew.role(reminding.ROLE_KEY, name="test") as taken:
        assert taken
        assert reminding.send_due() == "somebody else is sending"
    assert reminding.send_due() == "sent 0, failed 0, unknown 0, dropped 0, later 0"


def test_the_oldest_go_first(alice):
    with tenant_scope(alice):
        made = [factories.reminder(alice, due_at=NOW - timedelta(minutes=minute)) for minute in range(5)]
    claimed = claiming.claim_due(now=NOW, most=2)
    assert {one.reminder_id for one in claimed} == {made[4].pk, made[3].pk}
    claiming.give_back(claims=claimed, now=NOW)
    assert {one.reminder_id for one in claiming.claim_due(now=NOW, most=2)} == {made[4].pk, made[3].pk}
