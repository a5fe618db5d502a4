"""The table of refusals: every row of it does what it says, over real HTTP."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import translation

from messaging.models import Channel, Delivery, Notification
from messaging.reactions import PAUSES
from messaging.whatsapp.errors import RULES, TRIED_AGAIN, Reaction, explain, reaction_to
from tenants.models import Contact
from tenants.scope import tenant_scope
from tests.messaging.outgoing import NOW, PHONE, connect, drain, graph, look, meet, put, template, text

__all__ = ["graph"]

pytestmark = pytest.mark.django_db

SECOND, MINUTE, HOUR, DAY = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
# One code of each row, the ends of ranges, and what becomes of the message at once.
ROWS = [(code, rule.reaction) for rule in RULES for code in sorted({rule.first, rule.last})]


@pytest.fixture
def channel(alice, graph) -> Channel:
    return connect(alice, graph, business_account_id="77777", templates=[template()])


def state_of(channel: Channel) -> Channel:
    with tenant_scope(channel.user):
        return Channel.objects.get(pk=channel.pk)


@pytest.mark.parametrize(("code", "reaction"), ROWS)
def test_every_row_ends_the_message_or_tries_it_again(alice, graph, channel, code, reaction):
    assert reaction_to(code) == reaction
    graph.refuse(code, details="because")
    one = put(meet(alice, channel=channel))
    drain()
    one = look(one)
    assert (one.code, one.sent_at) == (code, None)
    assert one.status == ("queued" if reaction in TRIED_AGAIN else "failed")
    assert (one.failed_at is None) == (one.status == "queued")
    assert graph.sent == []


@pytest.mark.parametrize(("code", "reaction"), [row for row in ROWS if row[1] not in TRIED_AGAIN])
def test_what_failed_is_never_sent_again(alice, graph, channel, code, reaction):
    graph.refuse(code)
    put(meet(alice, channel=channel))
    drain()
    drain(now=NOW + 2 * DAY)
    assert len([line for line in graph.requests if line[0] == "POST"]) == 1


@pytest.mark.parametrize("code", [1, 2, 131000, 131016, 131057])
def test_what_passes_is_tried_again_after_pauses_and_then_no_more(alice, graph, channel, code):
    graph.refuse(code, times=None)
    one, now = put(meet(alice, channel=channel)), NOW
    for pause in PAUSES:
        assert drain(now=now) == {"queued": 1}
        assert 0.8 * pause <= look(one).next_at - now <= 1.2 * pause
        assert drain(now=now + 0.7 * pause) == {}
        now += 2 * pause
    assert drain(now=now) == {"failed": 1}
    assert look(one).attempts == len(PAUSES) + 1


def test_what_passes_is_not_tried_past_its_use(alice, graph, channel):
    graph.refuse(131000)
    put(meet(alice, channel=channel), useful_until=NOW + 2 * SECOND)
    assert drain() == {"failed": 1}


@pytest.mark.parametrize(
    ("code", "waiting"), [(130429, {"20001"}), (4, {"20001", "20002"}), (80007, {"20001", "20003"})]
)
def test_a_number_that_goes_too_fast_slows_down_with_those_beside_it(alice, bob, graph, channel, code, waiting):
    """By number, by app, by business account; never another tenant's."""
    numbers = [
        channel,
        connect(alice, graph, "20002", business_account_id="88888"),
        connect(alice, graph, "20003", business_account_id="77777", app_secret="another"),
        connect(bob, graph, "20004", business_account_id="77777"),
    ]
    graph.refuse(code)
    one = put(meet(alice, channel=channel))
    assert drain() == {"queued": 1}
    assert {state_of(one).phone_number_id for one in numbers if state_of(one).not_before} == waiting
    assert NOW < state_of(channel).not_before <= NOW + 3 * SECOND
    others = put(meet(alice, "573009999999", channel=channel))
    assert drain() == {}, "the whole number waits"
    assert drain(now=NOW + 10 * SECOND) == {"sent": 2}
    assert (look(one).status, look(others).status) == ("sent", "sent")


def test_it_slows_down_ever_more_and_never_the_same(alice, graph, channel):
    graph.refuse(130429, times=None)
    one, now, waits = put(meet(alice, channel=channel)), NOW, []
    for _ in range(8):
        drain(now=now)
        waits.append((look(one).next_at - now).total_seconds())
        now += timedelta(minutes=10)
    assert all(0.7 * 2 * 2**n <= wait <= 1.3 * 2 * 2**n for n, wait in enumerate(waits)), waits
    assert len({wait / 2**n for n, wait in enumerate(waits)}) == 8


def test_only_the_person_waits_who_was_written_to_too_often(alice, graph, channel):
    graph.refuse(131056)
    one, other = put(meet(alice, channel=channel)), put(meet(alice, "573009999999", channel=channel))
    assert drain() == {"queued": 1, "sent": 1}
    assert (state_of(channel).not_before, look(other).status) == (None, "sent")
    assert timedelta(seconds=20) < look(one).next_at - NOW < timedelta(seconds=40)
    assert drain(now=NOW + MINUTE) == {"sent": 1}


def test_a_closed_window_wants_the_template_and_never_the_same_text(alice, graph, channel):
    graph.refuse(131047)
    ana = meet(alice, channel=channel)
    put(ana, template={"name": "recado_reminder", "language": "es", "values": ["a", "b"]})
    assert drain() == {"queued": 1, "sent": 1}
    assert [sent.payload["type"] for sent in graph.sent] == ["template"]


def test_a_closed_window_without_a_template_is_the_end(alice, graph, channel):
    graph.refuse(131047)
    one = put(meet(alice, channel=channel))
    assert drain() == {"failed": 1}
    assert look(one).code == 131047


def test_spam_leaves_only_replies_and_alarms(alice, graph, channel):
    graph.refuse(131048)
    ana = meet(alice, channel=channel)
    put(ana)
    drain()
    assert state_of(channel).no_proactive_before == NOW + DAY
    kinds = {kind: put(ana, kind=kind, now=NOW + HOUR) for kind in ("send", "notice", "reply", "system")}
    drain(now=NOW + HOUR)
    assert {kind: look(one).status for kind, one in kinds.items()} == {
        "send": "failed", "notice": "failed", "reply": "sent", "system": "sent",
    }  # fmt: skip
    assert look(kinds["send"]).detail == "spam_limit"
    later = put(ana, kind="send", now=NOW + DAY - MINUTE)
    with tenant_scope(alice):
        ana.window_until = NOW + 2 * DAY
        ana.save()
    drain(now=NOW + DAY)
    assert look(later).status == "sent"
    alarmed(alice)


@pytest.mark.parametrize("code", [131049, 130472])
def test_who_is_tired_of_it_is_left_alone_for_a_day(alice, graph, channel, code):
    graph.refuse(code)
    ana = meet(alice, channel=channel)
    put(ana, kind="send")
    drain()
    again, answer = put(ana, kind="send", now=NOW + HOUR), put(ana, kind="reply", now=NOW + HOUR)
    assert drain(now=NOW + HOUR) == {"failed": 1, "sent": 1}
    assert (look(again).detail, look(answer).status) == ("tired", "sent")
    with tenant_scope(alice):
        ana.window_until = NOW + 3 * DAY
        ana.save()
    put(ana, kind="send", now=NOW + DAY)
    assert drain(now=NOW + DAY + SECOND) == {"sent": 1}


def test_who_wants_no_more_is_never_written_to_again(alice, bob, graph, channel):
    graph.refuse(131050)
    ana, theirs = meet(alice, channel=channel), meet(bob)
    put(ana)
    drain()
    with tenant_scope(alice):
        assert Contact.objects.get().opted_out_at == NOW
    with tenant_scope(bob):
        assert Contact.objects.get().opted_out_at is None
    one = put(ana, now=NOW + HOUR)
    put(theirs)
    assert drain(now=NOW + HOUR) == {"failed": 1, "sent": 1}
    assert look(one).detail == "opted_out"


@pytest.mark.parametrize("code", [0, 10, 190, 200, 210, 299])
def test_without_a_token_the_number_stands_still_until_it_is_connected_again(alice, graph, channel, code):
    graph.refuse(code)
    one, behind = put(meet(alice, channel=channel)), put(meet(alice, "573009999999", channel=channel))
    drain()
    state = state_of(channel)
    assert (state.paused_for, state.paused_at, state.token_is_valid) == ("token", NOW, False)
    assert {look(one).status, look(behind).status} <= {"queued", "sent"}
    put(meet(alice, "573008888888", channel=channel))
    assert drain(now=NOW + MINUTE) == {}
    alarmed(alice)
    with tenant_scope(alice):
        Channel.objects.update(paused_for="", paused_at=None)
    drain(now=NOW + HOUR)
    assert look(one).status == "sent"


@pytest.mark.parametrize("code", [368, 131031, 130497])
def test_a_blocked_account_halts_the_number(alice, graph, channel, code):
    graph.refuse(code)
    one = put(meet(alice, channel=channel))
    drain()
    assert (state_of(channel).paused_for, look(one).status) == ("blocked", "queued")
    assert drain(now=NOW + HOUR) == {}
    alarmed(alice)


def test_a_problem_with_the_payment_is_told(alice, graph, channel):
    graph.refuse(131042)
    put(meet(alice, channel=channel))
    assert drain() == {"failed": 1}
    assert (state_of(channel).payment_problem_at, state_of(channel).paused_for) == (NOW, "")
    alarmed(alice)


@pytest.mark.parametrize("code", [132000, 132001, 132007, 132012, 132015, 132016])
def test_a_template_that_is_refused_is_used_no_more(alice, graph, channel, code):
    graph.refuse(code)
    ana = meet(alice, channel=channel, wrote_at=None)
    wanted = {"name": "recado_reminder", "language": "es", "values": ["a", "b"]}
    one, next_one = put(ana, template=wanted), put(ana, template=wanted)
    assert drain() == {"failed": 2}
    assert [row["stopped"] for row in state_of(channel).templates] == [code]
    assert (look(one).code, look(next_one).detail, graph.sent) == (code, "no_template", [])


def test_the_same_of_the_shared_number_is_the_platforms(alice, graph, caplog):
    from tests.messaging.outgoing import shared

    graph.refuse(190)
    put(meet(alice))
    drain()
    assert shared().paused_for == "token"
    assert "the shared number" in caplog.text
    assert PHONE not in caplog.text
    with tenant_scope(alice):
        assert not Notification.objects.exists()


@pytest.mark.parametrize("code", [999, 100, 131008, 131009])
def test_what_the_table_does_not_know_is_not_tried_again(alice, graph, channel, code):
    assert reaction_to(code) == reaction_to(None) == Reaction.REJECT
    graph.refuse(code)
    put(meet(alice, channel=channel))
    assert drain() == {"failed": 1}


def test_no_connection_is_tried_again_as_long_as_it_is_of_use(alice, graph, channel, settings):
    one = put(meet(alice, channel=channel))
    graph.stop()
    now = NOW
    for _ in range(12):
        assert drain(now=now) == {"queued": 1}
        assert look(one).next_at - now <= 1.3 * timedelta(minutes=5)
        now += HOUR
    assert (look(one).detail, look(one).attempts) == ("unreachable", 12)
    assert drain(now=NOW + DAY) == {"failed": 1}
    assert look(one).detail == "too_late"


def test_a_template_alone_needs_no_text(alice, graph, channel):
    ana = meet(alice, channel=channel)
    put(ana, payload={}, template={"name": "recado_reminder", "language": "es", "values": ["a", "b"]})
    assert drain() == {"sent": 1}


@pytest.mark.parametrize("language", ["es", "en", "pt"])
@pytest.mark.parametrize(("code", "reaction"), [*ROWS, (12345, Reaction.REJECT)])
def test_people_are_told_why_and_what_to_do(language, code, reaction):
    with translation.override(language):
        said = explain(code=code, detail="Recipient phone number not in allowed list")
        assert said == explain(code=code, detail="")
        assert said == explain(code=None, detail=reaction.value)
    assert said.text.endswith(".")
    assert said.remedy.endswith(".")


def test_codes_of_our_own_are_explained_too():
    for detail in (
        "too_late",
        "opted_out",
        "suspended",
        "window_closed",
        "no_number",
        "no_template",
        "unknown",
        "tired",
    ):
        assert explain(code=None, detail=detail) != explain(code=None, detail="nothing of ours"), detail


def test_meta_s_words_are_kept_and_cannot_break_the_row(alice, graph, channel):
    graph.refuse(131026, details="\x00" + "x" * 1000)
    one = put(meet(alice, channel=channel), payload=text("Hola"))
    assert drain() == {"failed": 1}
    assert look(one).detail == "�" + "x" * 299
    assert isinstance(look(one), Delivery)


def alarmed(user) -> None:
    """The bell rang once, and a letter follows."""
    with tenant_scope(user):
        (alert,) = Notification.objects.filter(kind="alert")
    assert "20001" in alert.title
    assert alert.body
