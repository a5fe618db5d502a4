"""«Lo que te piden y no tienes»."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from messaging.models import Message, UnansweredQuestion
from messaging.questions import LONGEST_QUESTION, dismiss, note_unanswered, restore, wish_of
from tenants.models import User
from tenants.scope import tenant_scope
from tests import factories

pytestmark = pytest.mark.django_db


def ask(user: User, text: str, *, minutes: int = 0) -> UnansweredQuestion | None:
    with tenant_scope(user):
        message: Message = factories.message(user, content=text)
        return note_unanswered(user=user, text=text, message=message, now=timezone.now() + timedelta(minutes=minutes))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("¿Tienen telescopios?", "un telescopio"),
        ("¿Venden laptops gamer?", "laptop gamer por favor"),
        ("LÁMPARAS rojas", "lampara roja"),
        ("tenis rojos", "rojos tenis"),
    ],
)
def test_the_same_wish_said_otherwise_is_the_same_wish(one, other):
    assert wish_of(one) == wish_of(other) != ""


def test_another_wish_is_another():
    assert wish_of("¿Tienen telescopios?") != wish_of("¿Tienen microscopios?")


def test_it_counts_who_asked_for_the_same(alice, bob):
    ask(bob, "¿Tienen telescopios?")
    ask(alice, "¿Tienen telescopios?")
    ask(alice, "un telescopio", minutes=5)
    with tenant_scope(alice):
        row = UnansweredQuestion.objects.get()
        assert (row.question, row.times) == ("¿Tienen telescopios?", 2)
        assert row.message.content == "un telescopio"
        assert row.last_at > row.first_at
    with tenant_scope(bob):
        assert UnansweredQuestion.objects.get().times == 1


def test_it_keeps_what_a_question_of_any_length_begins_with(alice):
    row = ask(alice, "telescopio " * 200)
    assert row is not None
    assert len(row.question) <= LONGEST_QUESTION
    assert ask(alice, " ".join(f"palabra{n}" for n in range(500))) is not None


@pytest.mark.parametrize("text", ["", "  ", "¿?", "…"])
def test_what_holds_no_word_is_not_kept(text, alice):
    with tenant_scope(alice):
        message = factories.message(alice)
        assert note_unanswered(user=alice, text=text, message=message, now=timezone.now()) is None
        assert not UnansweredQuestion.objects.exists()


def test_what_was_put_aside_stays_aside_and_goes_on_counting(alice):
    row = ask(alice, "¿Tienen telescopios?")
    with tenant_scope(alice):
        dismiss(question=row, now=timezone.now())
    ask(alice, "¿Tienen telescopios?")
    with tenant_scope(alice):
        assert not UnansweredQuestion.objects.open().exists()
        restore(question=row)
        assert UnansweredQuestion.objects.open().get().times == 2


def test_the_most_asked_comes_first(alice):
    ask(alice, "un telescopio")
    ask(alice, "un telescopio")
    ask(alice, "una grúa", minutes=5)
    with tenant_scope(alice):
        by_times = [row.question for row in UnansweredQuestion.objects.open().most_asked_first()]
        by_time = [row.question for row in UnansweredQuestion.objects.open().newest_first()]
    assert by_times == ["un telescopio", "una grúa"]
    assert by_time == by_times[::-1]
