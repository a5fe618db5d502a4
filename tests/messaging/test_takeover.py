"""Taking over: the owner speaks, the assistant keeps quiet."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from messaging import claims, takeover
from messaging.claims import ClaimLost
from messaging.models import Conversation, Message
from tenants.models import User
from tenants.scope import tenant_scope
from tests.factories import conversation as make_conversation
from tests.messaging.conftest import read, replies, say
from tests.messaging.test_claims import claim, claim_one, finish

pytestmark = pytest.mark.django_db


def again(user: User, conversation: Conversation) -> Conversation:
    with tenant_scope(user):
        return Conversation.objects.get(pk=conversation.pk)


def test_it_lasts_as_long_as_it_was_asked_for(alice):
    now = timezone.now()
    with tenant_scope(alice):
        conversation = make_conversation(alice)
        assert not takeover.is_taken_over(conversation=conversation, now=now)
        takeover.take_over(conversation=conversation, minutes=10, now=now)
        assert takeover.is_taken_over(conversation=conversation, now=now + timedelta(minutes=9))
        assert not takeover.is_taken_over(conversation=conversation, now=now + timedelta(minutes=10))
        takeover.take_over(conversation=conversation, minutes=None, now=now)
        assert takeover.is_taken_over(conversation=conversation, now=now + timedelta(days=400))
        takeover.hand_back(conversation=conversation, now=now)
    assert not takeover.is_taken_over(conversation=again(alice, conversation), now=now)


def test_a_word_typed_on_the_phone_never_shortens_it(alice):
    now = timezone.now()
    with tenant_scope(alice):
        conversation = make_conversation(alice)
        takeover.keep_quiet(conversation=conversation, now=now)
        assert again_until(conversation) == now + timedelta(minutes=takeover.ECHO_MINUTES)
        takeover.take_over(conversation=conversation, minutes=120, now=now)
        takeover.keep_quiet(conversation=conversation, now=now)
        assert again_until(conversation) == now + timedelta(minutes=120)
        takeover.take_over(conversation=conversation, minutes=None, now=now)
        takeover.keep_quiet(conversation=conversation, now=now)
        assert again_until(conversation) is None
        assert takeover.is_taken_over(conversation=conversation, now=now + timedelta(days=1))


def again_until(conversation: Conversation):
    return Conversation.objects.get(pk=conversation.pk).taken_over_until


def test_a_turn_in_course_says_nothing_more(alice):
    message = say(alice)
    turn = claim_one(alice)
    with tenant_scope(alice):
        takeover.take_over(conversation=message.conversation, minutes=None, now=timezone.now())
    with pytest.raises(ClaimLost):
        finish(turn, "Tarde.")
    assert replies(alice, message.conversation) == []
    assert read(alice, message).status == Message.Status.DONE
    assert claim() == []
    assert claims.ready_since(per_tenant=10) is None
