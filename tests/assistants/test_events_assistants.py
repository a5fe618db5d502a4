"""What a turn leaves in the event log: what its tools did, once, and that a model failed."""

from __future__ import annotations

import pytest

from assistants.effects import TurnKey
from assistants.engine import reply
from tenants.events import acting
from tenants.models import User
from tests.assistants.conftest import NOW
from tests.assistants.test_personal_turns import BOOK, TOLD
from tests.event_log import data, events, told
from tests.standins.anthropic_server import AnthropicServer
from tests.standins.script import Fail, Say

pytestmark = pytest.mark.django_db(transaction=True)


def turn(user: User, message: str = "agéndame una reunión con Carla el jueves a las 15:30", **more: object) -> object:
    key = TurnKey(turn=1, thread=7)
    with acting("assistant"):
        return reply(user=user, assistant_type="personal", message=message, now=NOW, key=key, **more)


def test_what_a_tool_books_is_the_assistants_and_once_however_often_the_turn_runs(alice, bob, claude: AnthropicServer):
    claude.script(BOOK, Say(TOLD), BOOK, Say(TOLD))
    for _ in range(2):
        turn(alice)
    assert told(alice) == [("appointment_created", "assistant")]
    assert data(alice, "appointment_created")["by"] == "assistant"
    assert events(bob) == []


def test_a_model_that_fails_is_told_with_its_reason(alice, bob, claude: AnthropicServer):
    claude.script(Fail(529, "overloaded_error", retry_after=60))
    turn(alice, "Hola")
    assert told(alice) == [("model_failed", "system")]
    failed = data(alice, "model_failed")
    assert (failed["provider"], failed["reason"]) == ("anthropic", "overloaded")
    assert failed["model"]


def test_the_built_in_assistant_alone_fails_nobody(alice, settings):
    settings.LLM_PROVIDER = "builtin"
    turn(alice, "Hola")
    assert events(alice) == []


def test_what_was_searched_comes_with_the_reply(alice, shop, settings):
    settings.LLM_PROVIDER = "builtin"
    said = reply(user=alice, assistant_type="commercial", audience="customer", message="¿Tienen telescopios?", now=NOW)
    assert len(said.queries) == 1
    assert "telescopio" in said.queries[0].lower()
    assert said.found >= 0
    assert reply(user=alice, assistant_type="commercial", message="Gracias", now=NOW).queries == ()
