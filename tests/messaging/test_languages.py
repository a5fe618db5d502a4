"""A customer is answered in the language they write in: by both kinds of words, a model's and our own."""

from __future__ import annotations

from typing import Any

import pytest

from assistants.language import detect_language
from catalog.models import Product
from messaging.models import Conversation
from tenants.models import Contact, User
from tenants.scope import tenant_scope
from tests.messaging.arrivals import answer_all, connect, sent, write
from tests.standins.script import Say

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _without_model(settings: Any) -> None:
    settings.LLM_PROVIDER = "builtin"


@pytest.fixture
def shop(alice: User) -> Any:
    with tenant_scope(alice):
        Product.objects.create(user=alice, name="Martillo Hammer Martelo", price="1250.50", stock=7)
    return connect(alice)


def say(channel: Any, *texts: str) -> list[str]:
    """What the customer is answered, one answer to each."""
    for text in texts:
        write(channel, text)
        answer_all()
    return sent(channel.user)


def language_of(user: User) -> str:
    with tenant_scope(user):
        return str(Contact.objects.get().language)


@pytest.mark.parametrize(
    ("asks", "told", "thanks", "thanked", "language"),
    [
        ("do you have a hammer?", "$1,250.50", "thanks", "You're welcome", "en"),
        ("vocês têm martelo?", "$ 1.250,50", "muito obrigado", "De nada", "pt"),
        ("¿tienen martillos?", "$ 1.250,50", "gracias", "Con gusto", "es"),
    ],
)
def test_the_first_message_decides_and_short_ones_change_nothing(alice, shop, asks, told, thanks, thanked, language):
    price, unclear, last = say(shop, asks, "ok", thanks)
    assert told in price
    assert {detect_language(unclear, default=one) for one in ("es", "en", "pt")} == {language}
    assert thanked in last
    assert language_of(alice) == language


def test_it_is_remembered_longer_than_the_talk(alice, bob, shop):
    say(shop, "do you have a hammer?")
    with tenant_scope(alice):
        Conversation.objects.all().delete()
    assert "You're welcome" in say(shop, "gracias")[-1]
    with tenant_scope(bob):
        assert not Contact.objects.exists()


def test_another_language_is_followed_once_it_is_clear(alice, shop):
    answers = say(shop, "do you have a hammer?", "y ¿cuánto vale el martillo?", "ok gracias")
    assert "$ 1.250,50" in answers[1]
    assert "Con gusto" in answers[2]
    assert language_of(alice) == "es"


def test_who_asks_for_a_language_gets_it(alice, shop):
    assert detect_language(say(shop, "¿tienen martillos?", "in English, please")[-1], default="es") == "en"
    assert "You're welcome" in say(shop, "thanks")[-1]


def test_our_own_words_are_in_it_too(alice, shop):
    say(shop, "do you have a hammer?")
    assert say(shop, "STOP")[-1].startswith("Done:")
    assert say(shop, "START")[-1].startswith("Good to have you back!")


def test_a_model_is_told_in_which_language_to_answer(alice, shop, model):
    model.script(Say("Yes, the Martillo Hammer Martelo costs $1,250.50."))
    assert say(shop, "do you have a hammer?")[-1].startswith("Yes, the Martillo")
    told = (
        "La persona escribe en inglés: respóndele en inglés. Escribe los precios a su modo: $1,234.50, no $ 1.234,50."
    )
    assert told in str(model.requests[-1].body["messages"])
