"""Reminders on the owner's phone: with buttons, by a template, by the next channel when they are not delivered."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from agenda.models import Reminder
from agenda.planning import plan
from messaging import outbox, reminding
from messaging.channels import channels_for
from messaging.models import Channel, Delivery, Notification, PhoneLink
from messaging.whatsapp.notices import write_payload
from tenants.models import Preferences, User
from tenants.scope import tenant_scope
from tests import factories
from tests.messaging.outgoing import drain, graph, look, shared, template
from tests.messaging.test_reminders import mail
from tests.messaging.test_statuses import say
from tests.standins.graph_server import BUSINESS_ACCOUNT_ID, GraphServer

__all__ = ["graph", "mail"]

pytestmark = pytest.mark.django_db

START = datetime(2026, 3, 4, 20, 30, tzinfo=UTC)
DUE = START - timedelta(hours=1)
OWNER = "573005550101"
SOON = timedelta(minutes=1)


@pytest.fixture
def link(alice: User, graph: GraphServer) -> PhoneLink:
    """Alice's phone wrote an hour ago; her reminders go there, and nowhere else by her own wish."""
    with tenant_scope(alice):
        Preferences.current(alice).change(reminder_channels=["whatsapp"])
        return factories.phone_link(alice, wa_id=OWNER, phone_key=OWNER, last_seen_at=DUE - timedelta(hours=1))


def book(user: User, **fields: Any) -> Reminder:
    with tenant_scope(user):
        made = factories.appointment(user, start_datetime=START, reminder_minutes=[60], **fields)
        plan(of=made, preferences=Preferences.current(user), now=START - timedelta(days=1))
        return Reminder.objects.get()


def remind(now: datetime = DUE) -> None:
    reminding.drain(clock=lambda: now)
    drain(now=now)


def reminder(user: User) -> Reminder:
    with tenant_scope(user):
        return Reminder.objects.get()


def bells(user: User) -> list[str]:
    with tenant_scope(user):
        return list(Notification.objects.order_by("pk").values_list("kind", flat=True))


def close_window(link: PhoneLink) -> None:
    with tenant_scope(link.user):
        PhoneLink.objects.update(last_seen_at=DUE - timedelta(days=2))


def test_it_reaches_whoever_has_linked_a_phone_while_a_number_sends(alice, bob, graph, link, settings):
    def names(user: User) -> list[str]:
        with tenant_scope(user):
            return [channel.name for channel in channels_for(user, preferred=["whatsapp", "web"])]

    assert (names(alice), names(bob)) == (["whatsapp", "web"], ["web"])
    number = shared()
    number.paused_for = "token"
    number.save()
    assert names(alice) == ["web"]
    settings.WHATSAPP = settings.WHATSAPP | {"PHONE_NUMBER_ID": ""}
    assert names(alice) == ["web"]


def test_a_phone_that_only_the_tenants_own_number_vouches_for_hears_nothing_from_the_shared_one(alice, graph, link):
    with tenant_scope(alice):
        PhoneLink.objects.update(is_proved=False)
        assert [one.name for one in channels_for(alice, preferred=["whatsapp", "web"])] == ["web"]


def test_in_the_window_it_comes_with_buttons(alice, graph, link):
    one = book(alice)
    remind()
    (sent,) = graph.sent
    assert sent.recipient == OWNER
    assert sent.text.startswith("*Reunión con Carla, miércoles 4 de marzo a las 15:30")
    buttons = [button["reply"] for button in sent.payload["interactive"]["action"]["buttons"]]
    assert [button["id"] for button in buttons] == [
        f"{verb}:{one.pk}" for verb in ("reminder-confirm", "reminder-move", "reminder-cancel")
    ]
    found = reminder(alice)
    assert (found.status, found.channel, bells(alice)) == ("sent", "whatsapp", [])


def test_it_goes_out_once_however_often_it_is_looked_at(alice, graph, link):
    book(alice)
    remind()
    with tenant_scope(alice):
        Reminder.objects.update(status="scheduled", sent_at=None)
    remind(DUE + SOON)
    assert len(graph.sent) == 1
    assert reminder(alice).status == "sent"


def test_after_the_window_the_template_says_it(alice, graph, link):
    close_window(link)
    number = shared()
    number.templates, number.business_account_id = [template()], BUSINESS_ACCOUNT_ID
    number.save()
    one = book(alice, description="Traer\nel   contrato")
    remind()
    (sent,) = graph.sent
    body, *buttons = sent.payload["template"]["components"]
    assert sent.payload["template"]["name"] == "recado_reminder"
    title, details = (parameter["text"] for parameter in body["parameters"])
    assert title.startswith("Reunión con Carla")
    assert details.endswith("Traer el contrato")
    assert buttons[0]["parameters"][0]["payload"] == f"reminder-confirm:{one.pk}"


def test_after_the_window_without_a_template_it_is_a_letter(alice, graph, link, mail):
    close_window(link)
    book(alice)
    remind()
    assert (graph.sent, len(mail.letters)) == ([], 1)
    assert (reminder(alice).status, reminder(alice).channel) == ("sent", "email")


@pytest.mark.parametrize("at_once", [True, False])
def test_what_cannot_be_delivered_is_a_letter(alice, graph, link, mail, at_once):
    graph.refuse(131026) if at_once else graph.fail(131026)
    book(alice)
    remind()
    with tenant_scope(alice):
        (one,) = Delivery.objects.all()
    if not at_once:
        assert (reminder(alice).status, mail.letters) == ("sent", [])
        say("failed", one, errors=[{"code": 131026}])
    assert look(one).status == "failed"
    assert reminder(alice).status == "scheduled"
    remind(DUE + SOON)
    assert (reminder(alice).status, reminder(alice).channel, len(mail.letters)) == ("sent", "email", 1)
    remind(DUE + 2 * SOON)
    assert len(mail.letters) == 1


def test_when_nothing_delivers_it_the_reminder_has_failed_and_the_bell_says_so(alice, graph, link, settings):
    settings.MAIL_BACKEND = "django.core.mail.backends.dummy.EmailBackend"
    graph.refuse(131026)
    book(alice)
    remind()
    remind(DUE + SOON)
    assert (reminder(alice).status, bells(alice)) == ("failed", ["failed"])


def test_the_bell_says_when_nobody_knows(alice, graph, link, mail):
    graph.drop_after()
    book(alice)
    remind()
    assert (bells(alice), mail.letters) == (["unconfirmed"], [])
    with tenant_scope(alice):
        (one,) = Delivery.objects.all()
    assert one.status == "unknown"
    remind(DUE + SOON)
    assert len(graph.sent) == 1


def test_it_is_not_sent_after_the_appointment_began(alice, graph, link):
    number = shared()
    number.not_before = START + SOON
    number.save()
    book(alice)
    remind()
    assert reminder(alice).status == "sent"
    remind(START + 2 * SOON)
    assert graph.sent == []
    with tenant_scope(alice):
        assert Delivery.objects.get().detail == "too_late"
    assert reminder(alice).status in {"scheduled", "dropped"}
    remind(START + 3 * SOON)
    assert (reminder(alice).status, reminder(alice).detail) == ("dropped", "too_late")


def test_it_goes_out_from_the_number_to_which_the_phone_wrote_last(alice, graph, link):
    graph.add_number(phone_number_id="20001", token="t")
    graph.add_number(phone_number_id="20002", token="t")
    with tenant_scope(alice):
        for number, hours in (("20001", 3), ("20002", 5)):
            channel = Channel.objects.create(user=alice, phone_number_id=number, app_secret="x", token="t")
            factories.conversation(
                alice,
                channel="whatsapp",
                assistant_type="personal",
                link=link,
                number=channel,
                phone_number_id=number,
                window_until=DUE + timedelta(hours=hours),
            )
    book(alice)
    remind()
    assert [sent.phone_number_id for sent in graph.sent] == ["20002"]


def test_a_phone_that_hides_its_number_is_written_to_by_its_id(alice, graph, link):
    with tenant_scope(alice):
        PhoneLink.objects.update(wa_id="", phone_key="", bsuid="CO.104712")
    book(alice)
    remind()
    assert (graph.sent[0].recipient, graph.sent[0].is_bsuid) == ("CO.104712", True)


def test_a_digest_has_no_buttons_and_a_task_has_its_own(alice, graph, link):
    with tenant_scope(alice):
        task = factories.task(alice, title="Pagar la luz")
        of_task = factories.reminder(alice, task=task)
        notice = reminding.write_notice(reminder=of_task, user=alice, now=DUE)
        titles = [b["reply"]["title"] for b in write_payload(notice)["interactive"]["action"]["buttons"]]
        assert titles == ["Ya está hecha", "Cambiar la fecha", "Quitar la tarea"]
        digest = Reminder(user=alice, kind="morning_digest", day=DUE.date(), due_at=DUE, next_at=DUE)
        assert write_payload(reminding.write_notice(reminder=digest, user=alice, now=DUE))["type"] == "text"


@pytest.mark.parametrize("language", ["es", "en", "pt"])
def test_it_fits_what_meta_takes_in_every_language(alice, graph, link, language):
    alice.language = language
    alice.save()
    book(alice, title="😀" * 100, description="ñ😀" * 2000, location="L" * 200)
    remind()
    assert len(graph.sent) == 1, "the stand-in refuses what is too long"


def test_nothing_of_it_is_anothers(alice, bob, graph, link):
    book(alice)
    remind()
    with tenant_scope(bob):
        assert not Delivery.objects.exists()
    assert outbox.sweep(now=DUE + SOON)["unknown"] == 0
