"""What WhatsApp says became of a message: forwards only, once, and of no one else's."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import transaction

from config.simulator.bodies import make_status
from messaging import crew, dispatch, outbox, sending, statuses
from messaging.models import Channel, Delivery, InboundUpdate, Notification
from tenants.models import Contact
from tenants.scope import all_tenants, tenant_scope
from tests.messaging.outgoing import NOW, PHONE, connect, drain, graph, look, meet, put, template
from tests.standins.graph_server import PHONE_NUMBER_ID

__all__ = ["graph"]

pytestmark = pytest.mark.django_db

SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)
LATER = NOW + MINUTE


def say(
    status: str,
    one: Delivery,
    *,
    at: datetime = LATER,
    wamid: str | None = None,
    callback: str | None = None,
    phone_number_id: str | None = None,
    channel_id: int | None = -1,
    item: dict[str, Any] | None = None,
    **fields: Any,
) -> Delivery | None:
    """Have WhatsApp say that of a message, as taking in does."""
    item = item or make_status(
        status,
        wamid=wamid if wamid is not None else look(one).wamid or "wamid.of-it",
        recipient=PHONE,
        callback=sending.callback_of(one.pk) if callback is None else callback,
        at=at,
        **fields,
    )
    update = InboundUpdate(
        kind="status",
        phone_number_id=one.phone_number_id if phone_number_id is None else phone_number_id,
        channel_id=one.channel_id if channel_id == -1 else channel_id,
    )
    with all_tenants(), transaction.atomic():
        return statuses.apply([(update, item)], now=LATER)[0]


@pytest.fixture
def sent(alice, graph) -> Delivery:
    one = put(meet(alice))
    drain()
    return look(one)


def test_it_goes_from_sent_to_read(sent):
    for status in ("sent", "delivered", "read"):
        assert say(status, sent).status == status
    sent = look(sent)
    assert (sent.status, sent.sent_at, sent.delivered_at, sent.read_at) == ("read", NOW, LATER, LATER)


@pytest.mark.parametrize("order", list(itertools.permutations(["sent", "delivered", "read"])))
def test_in_any_order_and_any_number_of_times_it_ends_the_same(sent, order):
    for status in (*order, *order):
        say(status, sent)
    sent = look(sent)
    assert (sent.status, sent.delivered_at, sent.read_at) == ("read", LATER, LATER)


def test_read_fills_in_that_it_was_delivered(sent):
    say("read", sent)
    assert look(sent).delivered_at == LATER


@pytest.mark.parametrize("end", ["delivered", "read"])
def test_what_arrived_has_not_failed(sent, end):
    say(end, sent)
    say("failed", sent, errors=[{"code": 131026}])
    assert (look(sent).status, look(sent).code, look(sent).failed_at) == (end, None, None)


def test_what_failed_stays_so(sent):
    say("failed", sent, errors=[{"code": 131026, "title": "Message undeliverable"}])
    say("sent", sent)
    found = look(sent)
    assert (found.status, found.code, found.detail, found.failed_at) == (
        "failed", 131026, "Message undeliverable", LATER,
    )  # fmt: skip


@pytest.mark.parametrize("status", ["sent", "delivered", "read", "failed"])
def test_an_unknown_is_resolved_by_any(alice, graph, status):
    graph.drop_after()
    one = put(meet(alice))
    assert drain() == {"unknown": 1}
    say(status, one, wamid=graph.sent[0].wamid)
    assert (look(one).status, look(one).wamid) == (status, graph.sent[0].wamid)


def test_it_is_known_by_whatsapps_id_when_ours_does_not_come_back(sent):
    say("read", sent, callback="")
    assert look(sent).status == "read"


def test_a_status_that_comes_before_the_answer_is_not_taken_back(alice, graph):
    """The webhook may be quicker than the call that it speaks of."""
    one = put(meet(alice))
    (claim,) = dispatch.claim_due(now=NOW, most=1)
    with tenant_scope(alice):
        found = sending._begin(claim, alice, now=NOW)
    say("delivered", one, wamid="wamid.quick")
    ended = crew.write_down(sending._call(found), user=alice, what="it", seconds=5, clock=lambda: LATER)
    assert ended == "lost"
    assert (look(one).status, look(one).wamid, look(one).lease_until) == ("delivered", "wamid.quick", None)
    assert outbox.sweep(now=NOW + timedelta(hours=1))["unknown"] == 0


def test_what_was_thought_to_be_refused_and_went_out_is_not_sent_again(alice, graph):
    graph.refuse(131000)
    one = put(meet(alice))
    assert drain() == {"queued": 1}
    say("sent", one)
    assert look(one).status == "sent"
    assert drain(now=NOW + timedelta(hours=1)) == {}


def test_what_was_never_begun_has_no_status(alice, graph):
    one = put(meet(alice))
    say("read", one)
    assert look(one).status == "queued"


def test_only_of_the_same_number_and_the_channel_whose_secret_signed_it(alice, bob, graph):
    mine = connect(alice, graph)
    with tenant_scope(bob):
        theirs = Channel.objects.create(user=bob, phone_number_id="20001", app_secret="x", token="x")
    own, of_shared = put(meet(alice, channel=mine)), put(meet(alice, "573009999999"))
    drain()
    own, of_shared = look(own), look(of_shared)
    assert say("read", own, channel_id=theirs.pk) is None
    assert say("read", own, channel_id=None) is None
    assert say("read", own, phone_number_id="20009") is None
    assert say("read", of_shared, channel_id=theirs.pk, phone_number_id="20001") is None
    assert say("read", of_shared, channel_id=theirs.pk, phone_number_id=PHONE_NUMBER_ID) is None
    assert [look(one).status for one in (own, of_shared)] == ["sent", "sent"]
    assert say("read", own).pk == own.pk


def test_it_notes_what_it_costs(sent):
    say("sent", sent, pricing={"billable": True, "category": "utility", "type": "regular", "pricing_model": "PMP"})
    found = look(sent)
    assert (found.is_billable, found.category, found.pricing_type) == (True, "utility", "regular")
    say("delivered", sent)
    assert look(sent).is_billable is True


def test_a_late_status_still_says_what_it_costs(sent):
    say("read", sent)
    say("delivered", sent, pricing={"billable": False, "type": "free_customer_service"})
    assert (look(sent).status, look(sent).is_billable) == ("read", False)


@pytest.mark.parametrize("code", [131050, 131048, 190, 131042])
def test_a_refusal_that_comes_late_teaches_the_same(alice, graph, code):
    channel = connect(alice, graph)
    one = put(meet(alice, channel=channel))
    drain()
    say("failed", one, errors=[{"code": code}])
    assert look(one).status == "failed"
    with tenant_scope(alice):
        state, contact = Channel.objects.get(), Contact.objects.get()
        learned = {
            131050: contact.opted_out_at,
            131048: state.no_proactive_before,
            190: state.paused_for,
            131042: state.payment_problem_at,
        }
        assert learned[code]
        assert Notification.objects.filter(kind="alert").count() == (code != 131050)


def test_a_window_that_was_closed_is_answered_by_the_template_as_a_message_of_its_own(alice, graph):
    graph.fail(131047)
    channel = connect(alice, graph, templates=[template()])
    one = put(
        meet(alice, channel=channel),
        template={"name": "recado_reminder", "language": "es", "values": ["a", "b"]},
    )
    drain()
    for _ in range(3):
        say("failed", one, errors=[{"code": 131047}])
    with tenant_scope(alice):
        Contact.objects.update(opted_out_at=None)
    assert drain(now=LATER) == {"sent": 1}
    assert look(one).status == "failed"
    assert [sent.payload["type"] for sent in graph.sent] == ["text", "template"]


@pytest.mark.parametrize(
    "item",
    [
        {},
        {"status": "deleted"},
        {"status": ["read"]},
        {"status": "warning"},
        {"status": "failed", "errors": "none"},
        {"status": "failed", "errors": [None, {"code": "x", "error_data": []}]},
        {"status": "read", "timestamp": "99999999999999999999"},
        {"status": "read", "timestamp": {}, "pricing": []},
        {"status": "read", "pricing": {"billable": "yes", "category": 7, "type": "\x00" * 100}},
    ],
)
def test_odd_statuses_do_no_harm(sent, item):
    for id_ in (sent.wamid, 7, None, "\x00"):
        say("", sent, item={"id": id_, **item})
        say("", sent, item={"id": id_, "biz_opaque_callback_data": sending.callback_of(sent.pk), **item})
    assert look(sent).status in {"sent", "failed", "read"}


@pytest.mark.parametrize(
    "data", ["delivery:", "delivery:x", "delivery:-1", "delivery:²", f"delivery:{'9' * 30}", "7", 7, {}]
)
def test_odd_ids_are_nobodys(data):
    assert sending.id_of_callback(data) is None


def test_a_time_that_is_absurd_is_now(sent):
    say("delivered", sent, at=datetime(2019, 1, 1, tzinfo=UTC))
    say("read", sent, at=datetime(2031, 1, 1, tzinfo=UTC))
    assert (look(sent).delivered_at, look(sent).read_at) == (LATER, LATER)


def test_another_tenant_s_rows_stay_as_they_are(alice, bob, graph, sent):
    theirs = put(meet(bob))
    drain()
    say("read", sent)
    assert look(theirs).status == "sent"
