"""The window of 24 hours, for customers and for the owner's own phone."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from messaging.models import Conversation, PhoneLink
from messaging.whatsapp import window
from tenants.scope import tenant_scope
from tests import factories
from tests.messaging.outgoing import NOW, PHONE, connect, drain, graph, look, meet, put
from tests.standins.graph_server import PHONE_NUMBER_ID

__all__ = ["graph"]

pytestmark = pytest.mark.django_db

HOUR, SECOND = timedelta(hours=1), timedelta(seconds=1)


def test_it_is_open_for_24_hours_to_the_second(alice, graph):
    ana = meet(alice, wrote_at=NOW - 24 * HOUR)
    late, early = put(ana), put(ana)
    assert drain(now=NOW) == {"failed": 2}
    assert (look(late).detail, look(early).detail) == ("window_closed", "window_closed")
    with tenant_scope(alice):
        Conversation.objects.update(window_until=NOW + SECOND)
    put(ana)
    assert drain(now=NOW) == {"sent": 1}


def test_it_is_looked_at_again_just_before_sending(alice, graph):
    one = put(meet(alice, wrote_at=NOW - 23 * HOUR))
    assert drain(now=NOW + HOUR) == {"failed": 1}
    assert look(one).detail == "window_closed"


def test_who_never_wrote_has_none(alice, graph):
    put(meet(alice, wrote_at=None))
    assert drain() == {"failed": 1}
    assert graph.sent == []


def test_each_number_has_a_window_of_its_own(alice, graph):
    channel = connect(alice, graph)
    ana = meet(alice, channel=channel)
    one = put(ana, phone_number_id=PHONE_NUMBER_ID, channel=None)
    put(ana)
    assert drain() == {"failed": 1, "sent": 1}
    assert look(one).detail == "window_closed"


def test_it_is_not_anothers(alice, bob, graph):
    """Bob's customer may be Alice's, too: what she wrote to him opens nothing to Alice."""
    meet(bob)
    put(meet(alice, wrote_at=None))
    assert drain() == {"failed": 1}


def test_what_the_system_answers_at_once_needs_none(alice, graph):
    put(meet(alice, wrote_at=None), kind="system")
    assert drain() == {"sent": 1}


def test_the_owners_is_that_of_the_conversation_else_the_phones_last_sign_of_life(alice, graph):
    with tenant_scope(alice):
        link = factories.phone_link(alice, wa_id=PHONE, last_seen_at=NOW)

        def until(number: str = PHONE_NUMBER_ID) -> datetime | None:
            return window.window_of_owner(user=alice, link=link, phone_number_id=number)

        assert until() == until("20001") == NOW + 24 * HOUR
        factories.conversation(alice, channel="whatsapp", link=link, phone_number_id="20001", window_until=NOW + HOUR)
        assert (until("20001"), until()) == (NOW + HOUR, None)
        PhoneLink.objects.update(last_seen_at=None)


def test_a_message_to_the_owner_is_known_by_the_phone(alice, graph):
    with tenant_scope(alice):
        factories.phone_link(alice, wa_id=PHONE, last_seen_at=NOW - HOUR)
    ana = meet(alice, "573009999999", wrote_at=None)
    one = put(ana, kind="notice", contact=None, recipient=put_to(PHONE))
    other = put(ana, kind="notice", contact=None, recipient=put_to("573008888888"))
    assert drain() == {"sent": 1, "failed": 1}
    assert (look(one).status, look(other).detail) == ("sent", "window_closed")


def put_to(phone: str):
    from messaging.outbox import Recipient

    return Recipient(phone)
