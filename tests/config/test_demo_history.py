"""The demo shops' past: full at first sight, the same each time, and never told twice."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from django.core.management import call_command
from django.db import connection, transaction

from config.demo.history import DAYS, tell_history
from config.demo.shops import TRADES, _fill, read_shop
from messaging.models import Conversation, Delivery, Message, UnansweredQuestion
from tenants.events import EVENTS
from tenants.models import Event, User
from tenants.scope import tenant_scope

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 24, 20, tzinfo=UTC)


def tell(user: User, trade: str = "hardware", *, now: datetime = NOW) -> int:
    _fill(user, read_shop(trade))
    with tenant_scope(user), transaction.atomic():
        return tell_history(owner=user, trade=trade, now=now)


@pytest.mark.parametrize("trade", TRADES)
def test_a_shop_has_lived_for_weeks(alice, bob, trade):
    assert tell(alice, trade) > 1500
    with tenant_scope(alice):
        events = Counter(Event.objects.values_list("name", flat=True))
        assert {"message_received", "message_sent", "product_query", "unanswered_question", "order_received"} <= set(
            events
        )
        assert {"order_approved", "handed_over", "taken_over", "reminder_sent", "task_completed", "login"} <= set(
            events
        )
        days = {at.date() for at in Event.objects.values_list("at", flat=True)}
        assert len(days) >= DAYS
        assert Event.objects.order_by("-at").values_list("at", flat=True)[0] < NOW
        assert Message.objects.filter(role="user").count() == events["message_received"]
        assert {"read", "delivered", "failed"} <= set(Delivery.objects.values_list("status", flat=True))
        assert not Delivery.objects.filter(status__in=["queued", "sending"]).exists(), "nothing of it goes out"
        assert not Message.objects.filter(status="pending").exists()
        assert Conversation.objects.filter(unread__gt=0).exists()
        assert UnansweredQuestion.objects.open().exists()
    with tenant_scope(bob):
        assert not Event.objects.exists()


def test_each_event_says_what_its_kind_may_say(alice):
    tell(alice)
    with tenant_scope(alice):
        for event in Event.objects.all():
            assert EVENTS[event.name].fields >= event.data.keys(), event.name


def test_every_reply_answers_what_was_said_before_it(alice):
    tell(alice)
    with tenant_scope(alice):
        for reply in Message.objects.filter(role="assistant").select_related("reply_to"):
            assert reply.reply_to.conversation_id == reply.conversation_id
            assert reply.reply_to.created_at <= reply.created_at < NOW
        ordered = list(
            Message.objects.order_by("conversation_id", "created_at").values_list("conversation_id", "pk", "role")
        )
        asked = [(talk, pk) for talk, pk, role in ordered if role == "user"]
        assert asked == sorted(asked), "as their ids say"


def test_it_is_the_same_each_time_and_told_once(alice, bob):
    tell(alice)
    tell(bob)
    told = []
    for user in (alice, bob):
        with tenant_scope(user), transaction.atomic():
            assert tell_history(owner=user, trade="hardware", now=NOW) == 0
            told.append(list(Message.objects.order_by("id").values_list("content", "created_at", "role")))
    zone = timedelta(hours=1)  # Bob lives in another one
    assert [row[0] for row in told[0]][:5] == [row[0] for row in told[1]][:5]
    assert abs(told[0][0][1] - told[1][0][1]) <= zone


def test_the_command_doubles_nothing(db):
    call_command("demo")
    counts = []
    for _ in range(2):
        owner = User.objects.get(username="electronica")
        with tenant_scope(owner):
            counts.append((Event.objects.count(), Message.objects.count(), Conversation.objects.count()))
        call_command("demo")
    assert counts[0] == counts[1]
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM tenants_event_rest")
        assert cursor.fetchone() == (0,), "every month of it was made"
