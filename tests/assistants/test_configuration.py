"""The one row that says which model answers: from the settings, from the admin, on the very next turn."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from cryptography.fernet import Fernet
from django.db import IntegrityError, connection, transaction
from django.test import Client

from assistants.checks import check_provider
from assistants.configuration import current_configuration
from assistants.models import LLMConfiguration
from tenants.models import User
from tests.assistants.conftest import Heard
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
        LLMConfiguration.objects.create(provider="builtin", model="x", api_key=KEY)
        found = current_configuration()
        assert (found.provider, found.model, found.api_key, found.fault) == ("builtin", "builtin", "", "")

    def test_a_key_that_cannot_be_read_leaves_the_builtin_assistant(self, settings: Any) -> None:
        LLMConfiguration.objects.create(api_key=KEY)
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
        LLMConfiguration.objects.create(api_key=KEY)
        with connection.cursor() as cursor:
            cursor.execute("SELECT api_key FROM assistants_llmconfiguration")
            stored = cursor.fetchone()[0]
        assert KEY not in stored
        assert LLMConfiguration.objects.get().api_key == KEY
        assert KEY not in repr(current_configuration())

    @pytest.mark.parametrize("fields", [{"id": 2}, {"provider": "astrology"}])
    def test_the_database_refuses_a_second_row_and_an_unknown_provider(self, fields: dict[str, Any]) -> None:
        with pytest.raises(IntegrityError), transaction.atomic():
            LLMConfiguration.objects.create(**fields)


@pytest.mark.django_db(transaction=True)
def test_a_change_of_the_row_is_used_by_the_next_turn(claude: AnthropicServer, ask: Callable[..., Heard]) -> None:
    assert ask().reply.provider == "anthropic"
    with OpenAIServer(default=Say("Hola desde otro modelo.")) as other:
        LLMConfiguration.objects.create(provider="openai", model="llama3.3", base_url=other.url, api_key=KEY)
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


@pytest.mark.django_db
class TestAdmin:
    ADD = "/admin/assistants/llmconfiguration/add/"
    CHANGE = "/admin/assistants/llmconfiguration/1/change/"

    @pytest.fixture
    def desk(self, browse: Callable[[User], Client], root: User) -> Client:
        return browse(root)

    def post(self, desk: Client, **fields: Any) -> str:
        url = self.CHANGE if LLMConfiguration.objects.exists() else self.ADD
        blank = {"provider": "", "model": "", "base_url": "", "max_tokens": "", "new_api_key": ""}
        return desk.post(url, blank | fields, follow=True).content.decode()

    def test_a_key_is_written_and_never_shown(self, desk: Client) -> None:
        self.post(desk, provider="anthropic", new_api_key=KEY)
        assert LLMConfiguration.objects.get().api_key == KEY
        shown = desk.get(self.CHANGE).content.decode()
        assert KEY not in shown
        assert KEY[-4:] in shown
        self.post(desk, provider="anthropic", model="claude-opus-5-5")
        assert LLMConfiguration.objects.get().api_key == KEY, "a blank field keeps the key"
        self.post(desk, provider="anthropic", forget_api_key="on")
        assert LLMConfiguration.objects.get().api_key == ""

    def test_a_stored_key_is_not_sent_elsewhere_by_a_change_of_address(self, desk: Client) -> None:
        self.post(desk, provider="anthropic", new_api_key=KEY)
        for elsewhere in ({"provider": "openai"}, {"provider": "anthropic", "base_url": "http://127.0.0.1:9"}):
            assert "escríbela de nuevo" in self.post(desk, **elsewhere)
        row = LLMConfiguration.objects.get()
        assert (row.provider, row.base_url) == ("anthropic", "")

    @pytest.mark.parametrize(
        ("fields", "said"),
        [
            ({"provider": "astrology"}, "astrology"),
            ({"model": "claude haiku"}, "sin espacios"),
            ({"base_url": "ftp://x"}, "http://"),
            ({"base_url": "http://user:pw@x"}, "sin clave"),
            ({"max_tokens": "5"}, "64"),
            ({"new_api_key": "dos palabras"}, "espacios"),
            ({"provider": "anthropic", "base_url": "http://127.0.0.1:9"}, "Claude necesita una clave"),
        ],
    )
    def test_what_cannot_work_is_refused_with_a_reason(self, desk: Client, fields: dict[str, str], said: str) -> None:
        assert said in self.post(desk, **fields)
        assert not LLMConfiguration.objects.exists()

    def test_openai_without_key_or_address_is_refused(self, desk: Client, settings: Any) -> None:
        settings.OPENAI_API_KEY = settings.OPENAI_BASE_URL = ""
        assert "OpenAI necesita" in self.post(desk, provider="openai")

    def test_the_list_leads_to_the_one_form(self, desk: Client) -> None:
        assert desk.get("/admin/assistants/llmconfiguration/").url == self.ADD
        LLMConfiguration.objects.create()
        assert desk.get("/admin/assistants/llmconfiguration/").url == self.CHANGE
