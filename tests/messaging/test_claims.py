"""Claims: one turn of a conversation at a time, in order, one reply, and everybody's fair share."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from messaging import claims, conversations
from messaging.claims import Claim, ClaimLost, Turn
from messaging.models import Conversation, Message, MessageDelta
from tenants import suspensions
from tenants.models import User
from tenants.scope import tenant_scope
from tests.factories import message as make_message
from tests.messaging.conftest import read, replies, say

pytestmark = pytest.mark.django_db


def claim(most: int = 10, per_tenant: int = 10) -> list[Claim]:
    return claims.claim_ready(most=most, per_tenant=per_tenant)


def begin(held: Claim) -> Turn | None:
    with tenant_scope(held.user):
        return claims.begin(claim=held, now=timezone.now())


def claim_one(user: User) -> Turn:
    (held,) = [held for held in claim() if held.user == user]
    turn = begin(held)
    assert turn is not None
    return turn


def finish(turn: Turn, text: str = "Hola.") -> None:
    with tenant_scope(turn.claim.user):
        claims.finish(turn=turn, reply=Message(content=text, provider="builtin"), now=timezone.now())


def lease_runs_out(conversation: Conversation) -> None:
    with tenant_scope(conversation.user):
        Conversation.objects.filter(pk=conversation.pk).update(lease_until=timezone.now() - timedelta(seconds=1))


def test_a_conversation_is_claimed_once(alice):
    message = say(alice)
    (held,) = claim()
    assert (held.user, held.conversation_id) == (alice, message.conversation_id)
    assert claim() == []


def test_messages_of_one_conversation_are_answered_in_order_one_at_a_time(alice):
    first = say(alice, "Uno")
    second = say(alice, "Dos", conversation=first.conversation)
    turn = claim_one(alice)
    assert turn.message == first
    assert claim() == []
    finish(turn, "Respuesta a uno")
    turn = claim_one(alice)
    assert turn.message == second
    assert [message.content for message in turn.history] == ["Uno", "Respuesta a uno"]
    finish(turn)
    assert claim() == []
    assert claims.ready_since(per_tenant=10) is None


def test_a_message_that_is_tried_again_does_not_run_beside_a_later_one(alice):
    with tenant_scope(alice):
        failed = make_message(alice, reason="fault")
    say(alice, "Otra cosa", conversation=failed.conversation)
    turn = claim_one(alice)
    assert turn.message != failed
    with tenant_scope(alice):
        conversations.try_again(message=failed)
    assert claim() == []
    finish(turn)
    assert claim_one(alice).message == failed


def test_the_late_writer_of_a_turn_that_ran_twice_writes_nothing(alice):
    message = say(alice)
    slow = claim_one(alice)
    lease_runs_out(message.conversation)
    quick = claim_one(alice)
    with tenant_scope(alice):
        with pytest.raises(ClaimLost):
            claims.add_text(turn=slow, text="Tarde.")
        claims.add_text(turn=quick, text="A tiempo.")
    finish(quick, "A tiempo.")
    with pytest.raises(ClaimLost):
        finish(slow, "Tarde.")
    with pytest.raises(ClaimLost), tenant_scope(alice):
        claims.stumble(turn=slow, now=timezone.now())
    assert replies(alice, message.conversation) == ["A tiempo."]
    assert read(alice, message).status == Message.Status.DONE


def test_a_lease_that_is_renewed_does_not_run_out(alice):
    message = say(alice)
    turn = claim_one(alice)
    lease_runs_out(message.conversation)
    claims.renew([turn.claim])
    assert claim() == []
    finish(turn)


def test_a_lost_claim_renews_nothing(alice):
    message = say(alice)
    turn = claim_one(alice)
    lease_runs_out(message.conversation)
    newer = claim_one(alice)
    lease_runs_out(message.conversation)
    claims.renew([turn.claim])
    assert [held.fence for held in claim()] == [newer.claim.fence + 1]


def test_text_in_course_is_taken_back_when_a_turn_begins_anew(alice):
    message = say(alice)
    turn = claim_one(alice)
    with tenant_scope(alice):
        claims.add_text(turn=turn, text="A medias")
    lease_runs_out(message.conversation)
    claim_one(alice)
    with tenant_scope(alice):
        assert list(MessageDelta.objects.order_by("pk").values_list("text", "reset")) == [
            ("A medias", False),
            ("", True),
        ]


def test_a_message_interrupted_too_often_fails_and_the_next_has_its_turn(alice):
    first = say(alice, "Uno")
    second = say(alice, "Dos", conversation=first.conversation)
    for _ in range(claims.MAX_ATTEMPTS):
        assert claim_one(alice).message == first
        lease_runs_out(first.conversation)
    assert claim_one(alice).message == second
    failed = read(alice, first)
    assert (failed.status, failed.reason) == (Message.Status.FAILED, Message.Reason.INTERRUPTED)
    assert failed.error


def test_a_fault_of_ours_is_tried_again_and_then_said(alice):
    message = say(alice)
    for _ in range(claims.MAX_ATTEMPTS):
        turn = claim_one(alice)
        with tenant_scope(alice):
            claims.stumble(turn=turn, now=timezone.now())
    failed = read(alice, message)
    assert (failed.status, failed.reason) == (Message.Status.FAILED, Message.Reason.FAULT)
    assert claim() == []


def test_a_deleted_conversation_drops_what_its_turn_says(alice):
    message = say(alice)
    turn = claim_one(alice)
    with tenant_scope(alice):
        message.conversation.delete()
        with pytest.raises(ClaimLost):
            claims.add_text(turn=turn, text="Hola")
    with pytest.raises(ClaimLost):
        finish(turn)
    with tenant_scope(alice):
        assert not Message.objects.exists()


def test_a_conversation_that_was_deleted_after_its_claim_has_no_turn(alice):
    message = say(alice)
    (held,) = claim()
    with tenant_scope(alice):
        message.conversation.delete()
    with pytest.raises(ClaimLost):
        begin(held)


def test_nobody_answers_for_a_deactivated_person_until_they_are_back(alice):
    say(alice)
    User.objects.filter(pk=alice.pk).update(is_active=False)
    assert claim() == []
    assert claims.ready_since(per_tenant=10) is None
    User.objects.filter(pk=alice.pk).update(is_active=True)
    assert len(claim()) == 1


def test_a_turn_that_runs_while_its_tenant_is_suspended_says_nothing_more(alice):
    message = say(alice)
    turn = claim_one(alice)
    suspensions.suspend(actor=None, user=User.objects.get(pk=alice.pk), reason="No pagó")
    with tenant_scope(alice):
        for act in (lambda: claims.add_text(turn=turn, text="Sí."), lambda: finish(turn, "Sí.")):
            with pytest.raises(ClaimLost):
                act()
    assert (read(alice, message).status, replies(alice, message.conversation)) == ("pending", [])
    suspensions.restore(actor=None, user=User.objects.get(pk=alice.pk), reason="Pagó")
    lease_runs_out(message.conversation)
    finish(claim_one(alice), "Sí.")
    assert replies(alice, message.conversation) == ["Sí."]


def test_one_tenants_burst_does_not_starve_another(alice, bob):
    for _ in range(50):
        say(alice)
    say(bob)
    taken = Counter(held.user.username for held in claim(most=8, per_tenant=6))
    assert taken == {"alice": 6, "bob": 1}
    for _ in range(3):
        say(bob)
    # Bob has one running and Alice six: the next free places are his.
    assert Counter(held.user.username for held in claim(most=3, per_tenant=100)) == {"bob": 3}


def test_what_is_beyond_a_tenants_share_is_not_ready(alice):
    for _ in range(4):
        say(alice)
    assert len(claim(per_tenant=3)) == 3
    assert claims.ready_since(per_tenant=3) is None
    assert claims.ready_since(per_tenant=4) is not None


def test_history_holds_whole_turns_and_is_cut_in_steps(alice):
    first = say(alice, "P0")
    finish(claim_one(alice), "R0")
    lengths = []
    for n in range(1, 16):
        say(alice, f"P{n}", conversation=first.conversation)
        turn = claim_one(alice)
        lengths.append(len(turn.history))
        assert [message.role for message in turn.history] == ["user", "assistant"] * (len(turn.history) // 2)
        assert turn.history[-1].content == f"R{n - 1}"
        finish(turn, f"R{n}")
    assert lengths == [2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 12, 14, 16, 18, 20]


def test_a_failed_message_is_no_history(alice):
    with tenant_scope(alice):
        failed = make_message(alice)
    say(alice, "Y ahora", conversation=failed.conversation)
    assert claim_one(alice).history == []


def test_looking_for_work_reads_the_pending_rows_only(alice):
    """A hundred thousand answered messages cost a look nothing."""
    say(alice)
    with tenant_scope(alice), connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO messaging_message
                (user_id, conversation_id, role, content, status, reason, attempts, tools, sources, provider, model,
                 created_at, kind, assistant_type, payload, wamid, quoted_wamid)
            SELECT %s, c.id, 'user', 'Hola', 'done', '', 1, '[]', '[]', '', '', now(), 'text', '', '{}', '', ''
            FROM messaging_conversation c, generate_series(1, 20000)
            """,
            [alice.pk],
        )
        cursor.execute("ANALYZE messaging_message")
    with connection.cursor() as cursor:
        cursor.execute("SET recado.all_tenants = 'on'")
        values = {"per_tenant": 10, "most": 10, "lease": claims.LEASE}
        cursor.execute("EXPLAIN " + claims._claim, values)
        plan = "\n".join(line for (line,) in cursor.fetchall())
        cursor.execute("RESET recado.all_tenants")
    assert "message_pending" in plan
    assert "Seq Scan on messaging_message" not in plan
