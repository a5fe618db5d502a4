"""Conversations that were silent for as long as their tenant keeps them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from messaging import conversations, retention
from messaging.models import Attachment, Conversation, Delivery, Message
from tenants.models import Preferences, User
from tenants.scope import tenant_scope
from tests import factories

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 30, 17, tzinfo=UTC)


def keep(user: User, count: int | None) -> None:
    with tenant_scope(user):
        Preferences.objects.update(conversations_months=count)


def talk(user: User, *, days: int) -> Conversation:
    """A conversation that has been silent for so many days, with a message, a file and a delivery."""
    at = NOW - timedelta(days=days)
    with tenant_scope(user):
        made: Conversation = factories.conversation(user)
        said = factories.message(user, conversation=made, created_at=at)
        factories.attachment(user, message=said)
        Delivery.objects.create(
            user=user, kind="reply", key=f"x{made.pk}", phone_number_id="1", recipient="2", message=said,
            text="Secreto", payload={"type": "text", "text": {"body": "Secreto"}}, status="read",
        )  # fmt: skip
        Conversation.objects.filter(pk=made.pk).update(updated_at=at)
    return made


def left(user: User) -> list[int]:
    with tenant_scope(user):
        return list(Conversation.objects.order_by("pk").values_list("pk", flat=True))


def test_who_says_nothing_keeps_them(alice):
    kept = talk(alice, days=3000)
    assert retention.forget_silent(now=NOW) == 0
    assert left(alice) == [kept.pk]


def test_what_was_silent_for_longer_goes_with_all_that_belongs_to_it(alice, bob):
    keep(alice, 2)
    keep(bob, 12)
    talk(alice, days=62)
    fresh, others = talk(alice, days=60), talk(bob, days=62)
    assert retention.forget_silent(now=NOW) == 1
    assert left(alice) == [fresh.pk]
    assert left(bob) == [others.pk]
    with tenant_scope(alice):
        assert Message.objects.count() == Attachment.objects.count() == 1
        gone = Delivery.objects.get(message=None)
        assert (gone.text, gone.payload, gone.status) == ("", {}, "read"), "it stays counted, without its words"
    with tenant_scope(bob):
        assert Delivery.objects.get().text == "Secreto"
    assert retention.forget_silent(now=NOW) == 0


def test_what_was_said_meanwhile_saves_it(alice):
    made = talk(alice, days=62)
    with tenant_scope(alice):
        assert conversations.delete(conversation=made, silent_since=NOW - timedelta(days=63)) == 0
        assert conversations.delete(conversation=made, silent_since=NOW - timedelta(days=61)) == 1
        assert conversations.delete(conversation=made) == 0


def test_what_is_still_to_go_out_keeps_its_words(alice):
    made = talk(alice, days=1)
    with tenant_scope(alice):
        Delivery.objects.update(status="queued")
        conversations.delete(conversation=made)
        assert Delivery.objects.get().text == "Secreto"


def test_its_time_is_limited(alice):
    keep(alice, 1)
    talk(alice, days=90)
    assert retention.forget_silent(now=NOW, seconds=0.0) == 0
    assert len(left(alice)) == 1
