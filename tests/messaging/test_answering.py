"""Turns: claimed, run on threads, written once."""

from __future__ import annotations

import pytest

from messaging import answering
from messaging.models import Message
from tenants.models import User
from tests.messaging.conftest import read, replies, say, until
from tests.standins.openai_server import OpenAIServer
from tests.standins.script import Say

pytestmark = pytest.mark.django_db(transaction=True)


def test_it_answers_what_is_ready(alice: User, model: OpenAIServer):
    model.script(Say("Con gusto."))
    message = say(alice)
    assert answering.answer_ready() == "1 turns"
    message = read(alice, message)
    assert (message.status, message.error, message.attempts) == (Message.Status.DONE, None, 1)
    assert (message.reply.content, message.reply.provider, message.reply.model) == ("Con gusto.", "openai", "stand-in")


def test_a_real_worker_answers(alice: User, model: OpenAIServer, start_worker):
    start_worker()
    message = say(alice)
    until(lambda: read(alice, message).status != Message.Status.PENDING)
    assert replies(alice, message.conversation) == ["Con mucho gusto."]
