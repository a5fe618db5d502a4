"""``manage.py models``: what is configured, and whether it answers."""

from __future__ import annotations

from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from assistants import breaker, keys
from assistants.breaker import FAILURES, Admission
from assistants.configuration import current_configuration
from assistants.models import LLMConfiguration, ModelKey
from assistants.providers.base import ProviderFault
from tests.assistants.conftest import NOW
from tests.standins.anthropic_server import AnthropicServer
from tests.standins.openai_server import OpenAIServer
from tests.standins.script import Fail

KEY = "sk-row-9876543210fedcba"

pytestmark = pytest.mark.django_db


def run(*arguments: str) -> tuple[str, str, int]:
    """What it prints, and its exit status."""
    out, err = StringIO(), StringIO()
    try:
        call_command("models", *arguments, stdout=out, stderr=err)
    except CommandError as error:
        return out.getvalue(), err.getvalue() + str(error), error.returncode
    return out.getvalue(), err.getvalue(), 0


@pytest.fixture(autouse=True)
def _nothing_set(settings: Any) -> None:
    settings.LLM_PROVIDER = "builtin"
    settings.LLM_MODEL = settings.ANTHROPIC_API_KEY = settings.OPENAI_API_KEY = ""
    settings.ANTHROPIC_BASE_URL = settings.OPENAI_BASE_URL = ""


def test_with_nothing_said_the_builtin_assistant_answers() -> None:
    out, err, status = run()
    assert "the server's settings decide" in out
    assert "always: " in out
    assert "claude-haiku-5-5: input 0.1, output 0.5, cache read 0.01, cache written 0.125" in out
    assert (err, status) == ("", 0)
    assert run("test")[2] == 0


def test_it_lists_models_keys_prices_and_what_fails_without_a_key() -> None:
    version = LLMConfiguration.objects.create(
        provider="anthropic",
        base_url="http://127.0.0.1:9",
        fallback_provider="openai",
        fallback_base_url="http://127.0.0.1:8/v1",
        created_by="root",
    )
    for place, secret in enumerate((KEY, "sk-two-0123456789abcd")):
        ModelKey.objects.create(
            provider="anthropic", base_url="http://127.0.0.1:9", secret=secret, ends=secret[-4:], position=place
        )
    keys.set_aside(pk=ModelKey.objects.earliest("position").pk, reason="no_credit", now=NOW)
    model = current_configuration()
    for _time in range(FAILURES):
        breaker.failed(model, fault=ProviderFault.TIMEOUT, admission=Admission(), now=NOW)
    out, _err, status = run()
    assert f"version {version.pk}, by root" in out
    assert "answers: anthropic · claude-haiku-5-5 · http://127.0.0.1:9" in out
    assert "if it fails: openai · gpt-6-luna · http://127.0.0.1:8/v1" in out
    assert "…dcba (set aside: " in out
    assert "…abcd" in out
    assert "prices: not known" in out
    assert "claude-haiku-5-5" in out.split("prices", 1)[1]
    assert status == 0
    assert KEY not in out
    assert "openai" not in run("--provider", "anthropic")[0].split("known prices")[0]


@pytest.mark.parametrize(("provider", "server_class"), [("anthropic", AnthropicServer), ("openai", OpenAIServer)])
def test_a_test_call_prints_what_came_and_how_long(provider: str, server_class: Any) -> None:
    with server_class() as server:
        LLMConfiguration.objects.create(
            provider=provider, model="m", base_url=server.url, input_price=1, output_price=1
        )
        ModelKey.objects.create(provider=provider, base_url=server.url, secret=KEY)
        out, err, status = run("test")
        assert f"{provider} · m: " in out
        assert " ms" in out
        assert "«Con mucho gusto.»" in out
        assert "tokens, US$ 0.0000" in out
        assert (err, status) == ("", 0)
        server.default = Fail(401)
        out, err, status = run("test", "--provider", provider)
        assert status == 1
        assert "1 did not answer." in err
        assert KEY not in out + err


def test_a_provider_that_does_not_answer_now_is_tried_with_the_settings(settings: Any) -> None:
    with OpenAIServer() as server:
        settings.OPENAI_BASE_URL = server.url
        assert run("test", "--provider", "openai")[2] == 0
    assert run("test", "--provider", "anthropic")[2] == 1, "there is no key"
