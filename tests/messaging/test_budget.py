"""The month's messages: what counts, what is held back past it, and what the tenant is told."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from assistants import usage
from assistants.models import MonthUsage
from messaging.models import Channel, Delivery, Notification
from tenants.events import Event
from tenants.models import Allowance
from tenants.scope import tenant_scope
from tests.messaging.outgoing import PHONE, connect, drain, graph, look, meet, put, template

__all__ = ["graph"]

pytestmark = pytest.mark.django_db

SEND = "/api/whatsapp/send"


def now():
    return timezone.now()


def agree(user, messages):
    with tenant_scope(user):
        Allowance.objects.update_or_create(user=user, defaults={"messages": messages})


def counted(user):
    with tenant_scope(user):
        return usage.month(user, now()).messages


def told(user):
    with tenant_scope(user):
        return [(row.title, row.url) for row in Notification.objects.filter(kind="alert").order_by("pk")]


def look_after(delivery):
    """Send what is due; what became of this one."""
    drain(now=now() + timedelta(minutes=1))
    return look(delivery).status


@pytest.fixture
def channel(alice, graph) -> Channel:
    return connect(alice, graph, templates=[template()])


@pytest.fixture
def talk(alice, channel):
    return meet(alice, channel=channel, wrote_at=now())


def test_each_message_that_goes_out_counts_once(alice, bob, talk, graph):
    put(talk, now=now())
    put(talk, now=now())
    assert counted(alice) == 0, "what waits has not gone out"
    drain(now=now() + timedelta(minutes=1))
    assert counted(alice) == 2
    assert counted(bob) == 0


def test_what_was_refused_does_not_count_and_what_nobody_knows_does_once(alice, talk, graph):
    graph.refuse(131026)
    assert look_after(put(talk, now=now())) == "failed"
    assert counted(alice) == 0
    graph.drop_after()
    lost = put(talk, now=now())
    assert look_after(lost) == "unknown"
    assert counted(alice) == 1
    graph.drop_before()
    later = put(talk, now=now())
    look_after(later)
    drain(now=now() + timedelta(hours=1))
    assert look(later).status in ("sent", "delivered", "read", "unknown")
    assert counted(alice) == 2, "once, however often it was tried"


def test_past_the_budget_sends_are_refused_in_words_and_replies_go_on(alice, talk, graph, api):
    agree(alice, 1)
    put(talk, now=now())
    drain(now=now())
    answer = api(alice).post(SEND, {"to": PHONE, "text": "Hola"}, format="json")
    assert answer.status_code == 409
    assert "incluye tu plan" in str(answer.json())
    one, other = (put(talk, now=now(), kind=kind) for kind in (Delivery.Kind.SEND, Delivery.Kind.NOTICE))
    reply = put(talk, "Con gusto", now=now())
    system = put(talk, "No te escribo más", now=now(), kind=Delivery.Kind.SYSTEM)
    for minute in range(1, 6):
        drain(now=now() + timedelta(minutes=minute))
    assert [(look(row).status, look(row).detail) for row in (one, other)] == [("failed", "budget_messages")] * 2
    assert [look(row).status for row in (reply, system)] == ["sent", "sent"]
    assert counted(alice) == 3


def test_a_budget_of_zero_lets_nothing_out_but_what_the_system_says(alice, talk, graph):
    agree(alice, 0)
    reply, system = put(talk, now=now()), put(talk, now=now(), kind=Delivery.Kind.SYSTEM)
    drain(now=now())
    drain(now=now() + timedelta(minutes=1))
    assert (look(reply).status, look(reply).detail) == ("failed", "budget_messages")
    assert look(system).status == "sent"
    assert [title for title, _url in told(alice)] == ["Se acabó tu plan de este mes"]


def test_the_tenant_is_told_once_at_four_fifths_and_once_at_the_end(alice, bob, talk, graph):
    agree(alice, 5)
    for number in range(6):
        put(talk, now=now() + timedelta(minutes=number))
        drain(now=now() + timedelta(minutes=number))
        assert len(told(alice)) == (0 if number < 3 else 1 if number < 4 else 2)
    assert told(alice) == [
        ("Queda poco de tu plan de este mes", "/user/settings#plan"),
        ("Se acabó tu plan de este mes", "/user/settings#plan"),
    ]
    assert told(bob) == []
    with tenant_scope(alice):
        names = [event.name for event in Event.objects.filter(name__startswith="budget_").order_by("at", "pk")]
        body = Notification.objects.filter(kind="alert").order_by("-pk")[0].body
    assert names == ["budget_warned", "budget_reached"]
    assert "a quien te escribe se le sigue respondiendo" in body


@pytest.mark.parametrize(("language", "said"), [("es", "Queda poco"), ("en", "little"), ("pt", "Resta pouco")])
def test_it_is_said_in_the_tenants_language(alice, talk, graph, language, said):
    alice.language = language
    alice.save()
    agree(alice, 10)
    with tenant_scope(alice):
        MonthUsage.objects.create(user=alice, month=usage.month_of(user=alice, now=now()), messages=7)
    put(talk, now=now())
    drain(now=now())
    assert said in told(alice)[0][0]
