"""The demo shops' past: full at first sight, the same each time, and never told twice."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
from django.db import transaction

from config.demo.history import DAYS, tell_history
from config.demo.shops import TRADES, _fill, read_shop
from messaging.models import Conversation, Delivery, Message, UnansweredQuestion
from tenants.accounts import register
from tenants.events import EVENTS
from tenants.models import Event, User
from tenants.scope import tenant_scope
from tests.databases import shared

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 24, 20, tzinfo=UTC)


def tell(user: User, trade: str = "hardware", *, now: datetime = NOW) -> int:
    _fill(user, read_shop(trade))
    with tenant_scope(user), transaction.atomic():
        return tell_history(owner=user, trade=trade, now=now)


@dataclass
class Told:
    """A shop of each trade with its past, another one of the first trade elsewhere, and one with none."""

    shops: dict[str, User]
    lines: dict[str, int]
    other: User
    empty: User


@pytest.fixture(scope="module")
def told(django_db_setup, django_db_blocker):
    """Told once."""
    yield from shared(_tell_all, blocker=django_db_blocker)


def _tell_all() -> Told:
    people = {name: register(username=name, password="una-clave-larga-7") for name in (*TRADES, "empty")}
    lines = {trade: tell(people[trade], trade) for trade in TRADES}
    other = register(username="other", password="una-clave-larga-7", timezone="America/Mexico_City")
    tell(other)
    return Told(people, lines, other, people.pop("empty"))


@pytest.mark.parametrize("trade", TRADES)
def test_a_shop_has_lived_for_weeks(told, trade):
    assert told.lines[trade] > 1500
    with tenant_scope(told.shops[trade]):
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
    with tenant_scope(told.empty):
        assert not Event.objects.exists()


def test_each_event_says_what_its_kind_may_say(told):
    with tenant_scope(told.shops["hardware"]):
        for event in Event.objects.all():
            assert EVENTS[event.name].fields >= event.data.keys(), event.name


def test_every_reply_answers_what_was_said_before_it(told):
    with tenant_scope(told.shops["hardware"]):
        for reply in Message.objects.filter(role="assistant").select_related("reply_to"):
            assert reply.reply_to.conversation_id == reply.conversation_id
            assert reply.reply_to.created_at <= reply.created_at < NOW
        ordered = list(
            Message.objects.order_by("conversation_id", "created_at").values_list("conversation_id", "pk", "role")
        )
        asked = [(talk, pk) for talk, pk, role in ordered if role == "user"]
        assert asked == sorted(asked), "as their ids say"


def test_it_is_the_same_each_time_and_told_once(told):
    first, second = [], []
    for user, said in ((told.shops["hardware"], first), (told.other, second)):
        with tenant_scope(user), transaction.atomic():
            assert tell_history(owner=user, trade="hardware", now=NOW) == 0
            said += Message.objects.order_by("id").values_list("content", "created_at", "role")
    zone = timedelta(hours=1)  # the other one lives elsewhere
    assert [row[0] for row in first][:5] == [row[0] for row in second][:5]
    assert abs(first[0][1] - second[0][1]) <= zone
