"""Deciding which model answers: a real test call first, through both SDKs, then a version that can be gone back to."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from assistants import probes, versions
from assistants.configuration import current_configuration, resolve
from assistants.models import Breaker, LLMConfiguration, ModelKey
from assistants.probes import probe, whose_key
from assistants.versions import MAIN, DecidedMeanwhile
from tenants.models import AuditEntry, User
from tests.standins.anthropic_server import AnthropicServer
from tests.standins.openai_server import OpenAIServer
from tests.standins.script import Answer, Drip, Fail, ModelServer, Raw, Say, Silence

KEY = "sk-row-9876543210fedcba"
OTHER = "sk-row-0123456789abwxyz"
ADD = "/admin/assistants/llmconfiguration/add/"
LIST = "/admin/assistants/llmconfiguration/"
KINDS = [("anthropic", AnthropicServer), ("openai", OpenAIServer)]

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _own_settings(settings: Any) -> None:
    settings.LLM_PROVIDER = "builtin"
    settings.LLM_MODEL = settings.ANTHROPIC_API_KEY = settings.OPENAI_API_KEY = ""
    settings.ANTHROPIC_BASE_URL = settings.OPENAI_BASE_URL = ""


@pytest.fixture
def desk(browse: Callable[[User], Client], root: User) -> Client:
    return browse(root)


def accept_only(*good: str) -> Callable[[Any], Answer]:
    """A service that knows these keys and no other."""

    def answer(request: Any) -> Answer:
        key = (request.headers.get("authorization") or "").removeprefix("Bearer ") or request.headers.get("x-api-key")
        return Say("listo") if key in good else Fail(401, "authentication_error")

    return answer


def post(desk: Client, **fields: Any) -> str:
    """Send the form as the page has it, with ``fields`` changed; what the next page says."""
    form = desk.get(ADD).context["adminform"].form
    shown = {name: form.get_initial_for_field(field, name) for name, field in form.fields.items()}
    data = {name: "" if value is None else value for name, value in shown.items()}
    return desk.post(ADD, data | fields, follow=True).content.decode()


@pytest.mark.parametrize(("provider", "server_class"), KINDS)
class TestTestCalls:
    def wanted(self, provider: str, server: ModelServer) -> LLMConfiguration:
        return LLMConfiguration(provider=provider, model="some-model", base_url=server.url)

    def test_a_model_that_answers_is_described(self, provider: str, server_class: type[ModelServer]) -> None:
        with server_class(default=accept_only(KEY)) as server:
            trial = versions.try_out(wanted=self.wanted(provider, server), new_keys={MAIN: KEY})
            found = trial.found[MAIN]
            assert (found.is_good, found.said, found.model) == (True, "listo", "some-model")
            assert found.usage.output == 11
            assert found.milliseconds >= 0
            request = server.requests[0].body
            assert request["model"] == "some-model"
            assert request["tools"], "a model that knows no tools serves nobody here"
            assert max(request.get("max_tokens", 0), request.get("max_completion_tokens", 0)) <= 64

    @pytest.mark.parametrize(
        ("answer", "fault", "said"),
        [
            (Fail(401, "authentication_error"), "credentials", "no acepta la clave"),
            (Fail(401, "authentication_error", message="API key has expired"), "credentials", "caducó"),
            (Fail(403, "permission_error"), "credentials", "no puede usar some-model"),
            (Fail(402, "billing_error"), "no_credit", "no tiene saldo"),
            (Fail(429, "insufficient_quota"), "no_credit", "no tiene saldo"),
            (Fail(400, "invalid_request_error", message="Your credit balance is too low"), "no_credit", "saldo"),
            (Fail(429, "rate_limit_error"), "rate_limited", "demasiadas peticiones"),
            (Fail(404, "not_found_error"), "bad_request", "no conoce some-model"),
            (Fail(400, "invalid_request_error"), "bad_request", "herramientas"),
            (Fail(500), "server", "falla o está saturado"),
            (Raw("<html>portal</html>"), "protocol", "no es de un modelo"),
        ],
    )
    def test_each_fault_is_said_in_plain_words(
        self, provider: str, server_class: type[ModelServer], answer: Answer, fault: str, said: str
    ) -> None:
        with server_class(default=answer) as server:
            found = versions.try_out(wanted=self.wanted(provider, server), new_keys={MAIN: KEY}).found[MAIN]
        assert found.fault == fault
        assert said in found.text
        assert KEY not in f"{found} {found.as_json()}"
        assert "private words" not in f"{found.as_json()}"

    @pytest.mark.parametrize("answer", [Silence(30), Drip()])
    def test_one_that_keeps_us_waiting_is_left_at_the_deadline(
        self, provider: str, server_class: type[ModelServer], answer: Answer
    ) -> None:
        with server_class(default=answer) as server:
            found = probe(resolve(row=self.wanted(provider, server)), seconds=0.4)
            keyed = versions.with_key(resolve(row=self.wanted(provider, server)), KEY)
            found = probe(keyed, seconds=0.4)
        assert found.fault == "timeout"
        assert "a tiempo" in found.text
        assert found.milliseconds < 3000

    def test_nobody_at_the_address_is_said(self, provider: str, server_class: type[ModelServer]) -> None:
        with server_class() as server:
            wanted = self.wanted(provider, server)
        found = versions.try_out(wanted=wanted, new_keys={MAIN: KEY}).found[MAIN]
        assert found.fault == "connection"
        assert "No se puede llegar" in found.text

    def test_stored_keys_are_tried_in_turn_until_one_serves(
        self, provider: str, server_class: type[ModelServer]
    ) -> None:
        with server_class(default=accept_only(OTHER)) as server:
            rows = [
                ModelKey.objects.create(provider=provider, base_url=server.url, secret=secret, position=n)
                for n, secret in enumerate((KEY, OTHER))
            ]
            trial = versions.try_out(wanted=self.wanted(provider, server))
            assert trial.is_good
            assert not ModelKey.objects.exclude(set_aside_at=None).exists(), "a test call writes nothing"
            versions.activate(trial=trial, based_on=None, by="root", now=timezone.now())
        assert list(ModelKey.objects.exclude(set_aside_at=None)) == [rows[0]]


@pytest.mark.parametrize(
    ("secret", "provider", "base_url", "owner"),
    [
        ("sk-ant-api03-x", "openai", "", "Anthropic"),
        ("sk-ant-api03-x", "openai", "https://api.openai.com/v1", "Anthropic"),
        ("sk-proj-x", "anthropic", "", "OpenAI"),
        ("sk-or-v1-x", "openai", "", "OpenRouter"),
        ("AIzaSyx", "anthropic", "", "Google"),
        ("sk-ant-api03-x", "anthropic", "", ""),
        ("sk-proj-x", "openai", "", ""),
        ("sk-x", "anthropic", "", ""),
        ("sk-ant-x", "openai", "http://127.0.0.1:11434/v1", ""),
    ],
)
def test_a_key_of_another_company_is_recognised_by_its_beginning(
    secret: str, provider: str, base_url: str, owner: str
) -> None:
    assert whose_key(secret, provider=provider, base_url=base_url) == owner
    if owner:
        found = probe(versions.with_key(resolve(row=LLMConfiguration(provider=provider, base_url=base_url)), secret))
        assert owner in found.text
        assert found.milliseconds == 0, "it was not sent to be refused"


class TestVersions:
    def activate(self, based_on: int | None = None, **fields: Any) -> LLMConfiguration:
        trial = versions.try_out(wanted=LLMConfiguration(**fields))
        return versions.activate(trial=trial, based_on=based_on, by="root", now=timezone.now())

    def test_one_is_active_and_the_others_are_kept(self) -> None:
        first = self.activate(provider="builtin")
        second = self.activate(first.pk, provider="builtin", max_tokens=300)
        assert [(row.pk, row.is_active) for row in LLMConfiguration.objects.all()] == [
            (second.pk, True),
            (first.pk, False),
        ]
        assert second.changes == {"max_tokens": [None, 300]}
        assert current_configuration().version == second.pk

    def test_a_failed_trial_activates_nothing(self) -> None:
        trial = versions.try_out(wanted=LLMConfiguration(provider="anthropic", model="m"))
        assert not trial.is_good
        with pytest.raises(ValueError, match="test call"):
            versions.activate(trial=trial, based_on=None, by="root", now=timezone.now())
        assert not LLMConfiguration.objects.exists()

    def test_whoever_decides_upon_what_holds_no_more_is_told(self) -> None:
        first = self.activate(provider="builtin")
        second = self.activate(first.pk, max_tokens=300)
        with pytest.raises(DecidedMeanwhile) as raised:
            self.activate(first.pk, max_tokens=400)
        assert raised.value.current == second
        assert LLMConfiguration.objects.get(is_active=True) == second

    def test_a_fallback_is_tried_out_too(self) -> None:
        with AnthropicServer() as server:
            wanted = LLMConfiguration(
                provider="anthropic",
                base_url=server.url,
                fallback_provider="openai",
                fallback_base_url=server.url + "/no",
            )
            server.default = lambda request: Say("listo") if request.path == "/v1/messages" else Fail(404)
            trial = versions.try_out(wanted=wanted, new_keys={MAIN: KEY})
        assert trial.found["main"].is_good
        assert not trial.found["fallback"].is_good
        assert not trial.is_good

    def test_a_new_version_begins_with_a_closed_breaker(self) -> None:
        with AnthropicServer() as server:
            now = timezone.now()
            Breaker.objects.create(
                provider="anthropic",
                model="m",
                base_url=server.url,
                failures=3,
                opened_at=now,
                try_at=now + timedelta(hours=1),
            )
            trial = versions.try_out(
                wanted=LLMConfiguration(provider="anthropic", model="m", base_url=server.url), new_keys={MAIN: KEY}
            )
            versions.activate(trial=trial, based_on=None, by="root", now=now)
        assert Breaker.objects.get().opened_at is None


@pytest.mark.django_db(transaction=True)
def test_of_two_who_activate_at_once_one_wins() -> None:
    first = LLMConfiguration.objects.create(provider="builtin")
    trials = [versions.try_out(wanted=LLMConfiguration(provider="builtin", max_tokens=100 + n)) for n in range(4)]
    start, came = threading.Barrier(4), []

    def decide(trial: versions.Trial) -> None:
        from django.db import connection

        start.wait()
        try:
            versions.activate(trial=trial, based_on=first.pk, by="x", now=timezone.now())
            came.append("done")
        except DecidedMeanwhile:
            came.append("too late")
        finally:
            connection.close()

    threads = [threading.Thread(target=decide, args=(trial,)) for trial in trials]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(came) == ["done", "too late", "too late", "too late"]
    assert LLMConfiguration.objects.count() == 2


class TestAdmin:
    def test_a_wrong_key_is_refused_in_words_and_nothing_is_kept(self, desk: Client) -> None:
        with AnthropicServer(default=accept_only(KEY)) as server:
            said = post(desk, provider="anthropic", base_url=server.url, new_api_key=OTHER)
        assert "no acepta la clave" in said
        assert OTHER not in said
        assert not LLMConfiguration.objects.exists()
        assert not ModelKey.objects.exists()
        assert not AuditEntry.objects.exists()

    def test_a_right_one_takes_effect_and_is_never_shown(self, desk: Client, caplog: pytest.LogCaptureFixture) -> None:
        caplog.set_level(logging.DEBUG)
        with AnthropicServer(default=accept_only(KEY)) as server:
            said = post(desk, provider="anthropic", model="m", base_url=server.url, new_api_key=KEY, _reason="Probamos")
        row = LLMConfiguration.objects.get()
        assert f"Versión {row.pk}" in said
        assert (row.created_by, row.note, row.changes["key"]) == ("root", "Probamos", [None, f"…{KEY[-4:]}"])
        assert row.tested["main"]["said"] == "listo"
        found = current_configuration()
        assert (found.provider, found.model, found.api_key, found.version) == ("anthropic", "m", KEY, row.pk)
        entry = AuditEntry.objects.get()
        assert (entry.action, entry.actor_name, entry.reason) == ("model_changed", "root", "Probamos")
        pages = [desk.get(url).content.decode() for url in (LIST, ADD, f"{LIST}{row.pk}/change/")]
        pages += [desk.get(f"/admin/assistants/modelkey/{one}").content.decode() for one in ("", "1/change/")]
        for page in (*pages, str(entry.changes), str(row.tested), caplog.text):
            assert KEY not in page
        assert KEY[-4:] in pages[1]

    def test_a_blank_key_keeps_the_stored_one(self, desk: Client) -> None:
        with AnthropicServer(default=accept_only(KEY)) as server:
            post(desk, provider="anthropic", model="m", base_url=server.url, new_api_key=KEY)
            post(desk, model="n")
        assert (current_configuration().model, current_configuration().api_key) == ("n", KEY)
        assert ModelKey.objects.count() == 1

    def test_a_second_key_is_added_and_the_same_one_is_not_doubled(self, desk: Client) -> None:
        with AnthropicServer(default=accept_only(KEY, OTHER)) as server:
            post(desk, provider="anthropic", base_url=server.url, new_api_key=KEY)
            for _time in range(2):
                post(desk, new_api_key=OTHER)
        assert [key.secret for key in current_configuration().keys] == [KEY, OTHER]

    def test_a_stored_key_is_not_sent_elsewhere(self, desk: Client) -> None:
        with AnthropicServer(default=accept_only(KEY)) as server, AnthropicServer() as elsewhere:
            post(desk, provider="anthropic", base_url=server.url, new_api_key=KEY)
            assert "Claude necesita una clave" in post(desk, base_url=elsewhere.url)
            assert not elsewhere.requests
        assert LLMConfiguration.objects.count() == 1

    def test_one_goes_back_to_an_earlier_version_after_a_test_call(self, desk: Client) -> None:
        with AnthropicServer(default=accept_only(KEY)) as server:
            post(desk, provider="anthropic", model="m", base_url=server.url, new_api_key=KEY)
            first = LLMConfiguration.objects.get()
            post(desk, provider="builtin", model="", base_url="")
            assert current_configuration().provider == "builtin"
            page = desk.get(f"{LIST}{first.pk}/change/").content.decode()
            assert "Volver a esta versión" in page
            answer = desk.post(f"{LIST}{first.pk}/again/", follow=True)
            newest = LLMConfiguration.objects.latest("pk").pk
            assert f"Versión {newest}: responde" in next(str(one) for one in answer.context["messages"])
            assert f'class="success">Versión {newest}: responde' in answer.content.decode()
            assert "m contestó" in answer.content.decode()
            found = current_configuration()
            assert (found.provider, found.model) == ("anthropic", "m")
            assert (found.version, LLMConfiguration.objects.count()) == (LLMConfiguration.objects.latest("pk").pk, 3)
            server.default = Fail(503)
            post(desk, provider="builtin", model="", base_url="")
            said = desk.post(f"{LIST}{first.pk}/again/", follow=True).content.decode()
        assert "falla o está saturado" in said
        assert current_configuration().provider == "builtin"
        assert LLMConfiguration.objects.count() == 4

    def test_of_two_superadmins_the_second_is_told_what_the_first_did(self, desk: Client) -> None:
        post(desk, provider="builtin")
        form = desk.get(ADD).context["adminform"].form
        stale = {name: form.get_initial_for_field(field, name) or "" for name, field in form.fields.items()}
        post(desk, max_tokens="300")
        answer = desk.post(ADD, stale | {"max_tokens": "400"})
        said = answer.content.decode()
        assert "root guardó la versión" in said
        assert "largo máximo: — → 300" in said
        assert LLMConfiguration.objects.get(is_active=True).max_tokens == 300
        again = {**stale, "max_tokens": "400", "based_on": answer.context["adminform"].form["based_on"].value()}
        desk.post(ADD, again)
        assert LLMConfiguration.objects.get(is_active=True).max_tokens == 400

    @pytest.mark.parametrize(
        ("fields", "said"),
        [
            ({"provider": "astrology"}, "astrology"),
            ({"model": "claude haiku"}, "sin espacios"),
            ({"base_url": "ftp://x"}, "http://"),
            ({"base_url": "http://user:pw@x"}, "sin clave"),
            ({"max_tokens": "5"}, "64"),
            ({"new_api_key": "dos palabras"}, "espacios"),
            ({"provider": "anthropic"}, "Claude necesita una clave"),
            ({"provider": "openai"}, "OpenAI necesita"),
            ({"provider": "openai", "new_api_key": "sk-ant-api03-0123456789"}, "La clave es de Anthropic"),
            ({"provider": "builtin", "input_price": "1"}, "entrada y de salida"),
            ({"provider": "builtin", "input_price": "-1", "output_price": "1"}, "errorlist"),
            ({"provider": "builtin", "fallback_model": "x"}, "de respaldo"),
            ({"provider": "builtin", "fallback_provider": "anthropic"}, "no necesita respaldo"),
        ],
    )
    def test_what_cannot_work_is_refused_with_a_reason(self, desk: Client, fields: dict[str, str], said: str) -> None:
        assert said in post(desk, **fields)
        assert not LLMConfiguration.objects.exists()

    def test_keys_are_added_tested_ordered_and_removed(self, desk: Client) -> None:
        with AnthropicServer(default=accept_only(KEY, OTHER)) as server:
            post(desk, provider="anthropic", base_url=server.url, new_api_key=KEY)
            url = "/admin/assistants/modelkey/"
            assert (
                "no acepta la clave"
                in desk.post(f"{url}add/", {"model_of": "0", "new_key": "sk-wrong-000000000"}).content.decode()
            )
            desk.post(f"{url}add/", {"model_of": "0", "new_key": OTHER})
            first, second = ModelKey.objects.order_by("position")
            assert (second.secret, second.ends, second.added_by) == (OTHER, OTHER[-4:], "root")
            desk.post(f"{url}{first.pk}/change/", {"position": "9"})
            assert [key.secret for key in current_configuration().keys] == [OTHER, KEY]
            server.default = accept_only(KEY)
            said = desk.post(
                url, {"action": "test", "_selected_action": [first.pk, second.pk]}, follow=True
            ).content.decode()
            assert "no acepta la clave" in said
            assert "contestó" in said
            desk.post(url, {"action": "delete_selected", "_selected_action": [second.pk], "post": "yes"})
        assert [key.secret for key in current_configuration().keys] == [KEY]
        assert not AuditEntry.objects.filter(changes__icontains=OTHER).exists()

    def test_nobody_else_may_look(self, browse: Callable[[User], Client], alice: User) -> None:
        for url in (LIST, ADD, "/admin/assistants/modelkey/"):
            assert browse(alice).get(url).status_code == 302

    def test_it_is_not_changed_by_reading(self, desk: Client) -> None:
        row = LLMConfiguration.objects.create(provider="builtin", is_active=False)
        assert desk.get(f"{LIST}{row.pk}/again/").status_code == 404
        assert desk.post(f"{LIST}999/again/").status_code == 404


def test_the_longest_wait_for_a_page_is_bounded() -> None:
    assert probes.SECONDS * 2 <= 30
