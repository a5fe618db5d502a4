"""Which model answers: from the settings, from the active version, on the very next turn."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from cryptography.fernet import Fernet
from django.db import IntegrityError, connection, transaction

from assistants import keys
from assistants.checks import check_provider
from assistants.configuration import current_configuration, resolve
from assistants.models import LLMConfiguration, ModelKey
from assistants.prices import Prices
from tests.assistants.conftest import NOW, Heard
from tests.standins.anthropic_server import AnthropicServer
from tests.standins.openai_server import OpenAIServer
from tests.standins.script import Say

KEY = "sk-row-9876543210fedcba"


@pytest.fixture(autouse=True)
def _own_settings(settings: Any) -> None:
    settings.LLM_PROVIDER = "anthropic"
    settings.LLM_MODEL = ""
    settings.ANTHROPIC_API_KEY = "sk-settings-anthropic"
    settings.ANTHROPIC_BASE_URL = ""
    settings.OPENAI_API_KEY = "sk-settings-openai"
    settings.OPENAI_BASE_URL = "http://127.0.0.1:1/v1"


@pytest.mark.django_db
class TestResolving:
    def test_without_a_row_the_settings_decide(self, settings: Any) -> None:
        found = current_configuration()
        assert (found.provider, found.model, found.api_key) == (
            "anthropic",
            "claude-haiku-5-5",
            "sk-settings-anthropic",
        )
        settings.LLM_MODEL = "claude-sonnet-5-5"
        assert current_configuration().model == "claude-sonnet-5-5"

    def test_the_row_wins_and_its_blanks_come_from_the_settings(self) -> None:
        LLMConfiguration.objects.create(model="claude-opus-5-5", max_tokens=300)
        found = current_configuration()
        assert (found.provider, found.model, found.max_tokens) == ("anthropic", "claude-opus-5-5", 300)
        assert found.api_key == "sk-settings-anthropic"

    def test_another_provider_takes_nothing_of_the_settings_provider(self, settings: Any) -> None:
        settings.LLM_MODEL = "claude-sonnet-5-5"
        LLMConfiguration.objects.create(provider="openai")
        found = current_configuration()
        assert found.api_key == "sk-settings-openai"
        assert not found.model.startswith("claude")
        assert found.base_url == "http://127.0.0.1:1/v1"

    def test_the_servers_key_is_not_sent_to_an_address_of_the_row(self) -> None:
        LLMConfiguration.objects.create(provider="openai", base_url="http://127.0.0.1:11434/v1")
        assert current_configuration().api_key == ""

    def test_the_builtin_assistant_needs_nothing(self) -> None:
        LLMConfiguration.objects.create(provider="builtin", model="x")
        found = current_configuration()
        assert (found.provider, found.model, found.api_key, found.fault) == ("builtin", "builtin", "", "")

    def test_a_key_that_cannot_be_read_leaves_the_builtin_assistant(self, settings: Any) -> None:
        ModelKey.objects.create(provider="anthropic", secret=KEY)
        settings.FIELD_ENCRYPTION_KEYS = [Fernet.generate_key().decode()]
        found = current_configuration()
        assert (found.provider, found.fault) == ("builtin", "undecryptable_key")

    def test_an_unknown_provider_is_a_failed_check_and_leaves_the_builtin_assistant(self, settings: Any) -> None:
        assert check_provider() == []
        settings.LLM_PROVIDER = "astrology"
        assert current_configuration().fault == "unknown_provider"
        assert [message.id for message in check_provider()] == ["assistants.E001"]

    def test_claude_without_a_key_is_a_warning(self, settings: Any) -> None:
        settings.ANTHROPIC_API_KEY = ""
        assert [message.id for message in check_provider()] == ["assistants.W001"]

    def test_the_key_is_encrypted_at_rest_and_hidden_in_representations(self) -> None:
        ModelKey.objects.create(provider="anthropic", secret=KEY)
        with connection.cursor() as cursor:
            cursor.execute("SELECT secret FROM assistants_modelkey")
            stored = cursor.fetchone()[0]
        assert KEY not in stored
        assert current_configuration().api_key == KEY
        assert KEY not in repr(current_configuration())

    @pytest.mark.parametrize("fields", [{"is_active": True}, {"is_active": False, "provider": "astrology"}])
    def test_the_database_refuses_two_active_versions_and_an_unknown_provider(self, fields: dict[str, Any]) -> None:
        LLMConfiguration.objects.create()
        with pytest.raises(IntegrityError), transaction.atomic():
            LLMConfiguration.objects.create(**fields)

    def test_a_key_is_for_one_provider_at_one_address(self) -> None:
        ModelKey.objects.create(provider="openai", base_url="http://127.0.0.1:1/v1", secret=KEY)
        assert current_configuration().api_key == "sk-settings-anthropic"
        assert resolve(row=LLMConfiguration(provider="openai")).api_key == KEY
        elsewhere = LLMConfiguration(provider="openai", base_url="http://127.0.0.1:2/v1")
        assert resolve(row=elsewhere).api_key == ""

    def test_keys_come_in_their_order_and_those_set_aside_only_when_no_other_is_left(self) -> None:
        rows = [ModelKey.objects.create(provider="anthropic", secret=f"{KEY}-{n}", position=2 - n) for n in range(3)]
        assert [key.secret[-1] for key in current_configuration().keys] == ["2", "1", "0"]
        keys.set_aside(pk=rows[1].pk, reason="refused", now=NOW)
        assert [key.secret[-1] for key in current_configuration().keys] == ["2", "0"]
        for row in rows:
            keys.set_aside(pk=row.pk, reason="no_credit", now=NOW)
        assert [(key.secret[-1], key.is_aside) for key in current_configuration().keys] == [
            ("2", True),
            ("1", True),
            ("0", True),
        ]

    def test_a_fallback_takes_nothing_of_the_first(self) -> None:
        LLMConfiguration.objects.create(
            provider="anthropic",
            model="claude-opus-5-5",
            fallback_provider="openai",
            max_tokens=200,
            input_price=9,
            output_price=9,
        )
        found = current_configuration()
        first, second = found.models()
        assert (first.model, second.model, second.max_tokens) == ("claude-opus-5-5", "gpt-6-luna", 200)
        assert (second.api_key, second.base_url) == ("sk-settings-openai", "http://127.0.0.1:1/v1")
        assert first.prices == Prices(*[Decimal(9)] * 4)
        assert second.prices is None, "another server's model of that name may cost anything"


@pytest.mark.django_db(transaction=True)
def test_a_change_of_the_row_is_used_by_the_next_turn(claude: AnthropicServer, ask: Callable[..., Heard]) -> None:
    assert ask().reply.provider == "anthropic"
    with OpenAIServer(default=Say("Hola desde otro modelo.")) as other:
        LLMConfiguration.objects.create(provider="openai", model="llama3.3", base_url=other.url)
        ModelKey.objects.create(provider="openai", base_url=other.url, secret=KEY)
        heard = ask()
        assert (heard.reply.provider, heard.reply.model) == ("openai", "llama3.3")
        assert heard.reply.text == "Hola desde otro modelo."
        assert other.requests[0].headers["authorization"] == f"Bearer {KEY}"
        assert {tool["function"]["name"] for tool in other.requests[0].body["tools"]} >= {"search_products"}
        LLMConfiguration.objects.update(model="llama4")
        assert ask().usage.model == "llama4"
    LLMConfiguration.objects.update(provider="builtin")
    heard = ask()
    assert (heard.reply.provider, heard.reply.outcome, heard.reply.reason) == ("builtin", "answered", "")
    LLMConfiguration.objects.all().delete()
    assert ask().reply.provider == "anthropic"
    assert len(claude.requests) == 2
