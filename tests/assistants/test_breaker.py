"""A model that fails again and again is left alone, and tried again by one turn at a time; through both SDKs."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection

from assistants import breaker
from assistants.breaker import FAILURES, PAUSE, TRIAL, WINDOW, Admission, Stand
from assistants.configuration import Configuration, current_configuration
from assistants.models import Breaker, LLMConfiguration, ModelKey, Outcome
from assistants.providers.base import ProviderFault
from assistants.replies import LEFT_ALONE
from tests.assistants.conftest import NOW, Heard
from tests.standins.anthropic_server import AnthropicServer
from tests.standins.openai_server import OpenAIServer
from tests.standins.script import Answer, Drop, Fail, ModelServer, Overloaded, Raw, Say, Silence, Truncate

SECOND = timedelta(seconds=1)
MODEL = Configuration("anthropic", "m", "sk-x", "http://127.0.0.1:9")
OTHER = Configuration("anthropic", "other", "sk-x", "http://127.0.0.1:9")


def fail(times: int = FAILURES, *, at: Any = NOW, model: Configuration = MODEL) -> None:
    for _time in range(times):
        breaker.failed(model, fault=ProviderFault.SERVER, admission=Admission(), now=at)


def stand(model: Configuration = MODEL, *, at: Any = NOW) -> Stand:
    return next((state.stand for state in breaker.states(now=at) if state.model == model.model), Stand.CLOSED)


@pytest.mark.django_db
class TestSteps:
    def test_it_opens_after_so_many_faults_in_a_row(self) -> None:
        fail(FAILURES - 1)
        assert breaker.admit(MODEL, now=NOW) == Admission(has_failed=True)
        fail(1)
        assert breaker.admit(MODEL, now=NOW) is None
        assert stand() is Stand.OPEN
        assert breaker.admit(OTHER, now=NOW) == Admission()

    def test_an_answer_in_between_forgets_the_faults(self) -> None:
        fail(FAILURES - 1)
        breaker.served(MODEL, admission=Admission(has_failed=True))
        fail(FAILURES - 1)
        assert breaker.admit(MODEL, now=NOW) is not None

    def test_faults_far_apart_do_not_add_up(self) -> None:
        fail(FAILURES - 1)
        fail(1, at=NOW + WINDOW)
        assert breaker.admit(MODEL, now=NOW + WINDOW) is not None

    def test_one_trial_begins_after_the_pause_and_no_second_one(self) -> None:
        fail()
        later = NOW + PAUSE
        assert breaker.admit(MODEL, now=later - SECOND) is None
        assert breaker.admit(MODEL, now=later) == Admission(is_trial=True)
        assert breaker.admit(MODEL, now=later) is None
        assert stand(at=later) is Stand.HALF_OPEN

    def test_a_trial_that_is_answered_closes_it(self) -> None:
        fail()
        trial = breaker.admit(MODEL, now=NOW + PAUSE)
        breaker.served(MODEL, admission=trial)
        assert breaker.admit(MODEL, now=NOW + PAUSE) == Admission()
        assert stand(at=NOW + PAUSE) is Stand.CLOSED

    def test_a_trial_that_fails_keeps_it_open_for_another_pause(self) -> None:
        fail()
        later = NOW + PAUSE
        trial = breaker.admit(MODEL, now=later)
        breaker.failed(MODEL, fault=ProviderFault.TIMEOUT, admission=trial, now=later + SECOND)
        assert breaker.admit(MODEL, now=later + PAUSE) is None
        assert breaker.admit(MODEL, now=later + SECOND + PAUSE) == Admission(is_trial=True)

    def test_a_trial_whose_process_died_makes_room_for_another(self) -> None:
        fail()
        later = NOW + PAUSE
        assert breaker.admit(MODEL, now=later)
        assert breaker.admit(MODEL, now=later + TRIAL - SECOND) is None
        assert breaker.admit(MODEL, now=later + TRIAL) == Admission(is_trial=True)

    def test_what_began_before_it_opened_neither_closes_it_nor_puts_the_trial_off(self) -> None:
        fail()
        breaker.served(MODEL, admission=Admission(has_failed=True))
        fail(1, at=NOW + PAUSE)
        assert stand() is Stand.OPEN
        assert breaker.admit(MODEL, now=NOW + PAUSE) == Admission(is_trial=True)

    def test_the_same_model_at_another_address_is_another_one(self) -> None:
        fail()
        assert breaker.admit(Configuration("anthropic", "m", "sk-x", "http://127.0.0.1:8"), now=NOW) is not None

    def test_its_state_is_said_in_words(self) -> None:
        fail()
        (state,) = breaker.states(now=NOW)
        assert "m falla desde las" in state.text
        assert "error del servicio" in state.text
        assert breaker.alarms(MODEL, now=NOW) == [state.text]
        assert breaker.alarms(OTHER, now=NOW) == []


@pytest.mark.django_db(transaction=True)
def test_of_many_turns_at_once_one_tries() -> None:
    fail()
    start, came = threading.Barrier(8), []

    def ask() -> None:
        start.wait()
        came.append(breaker.admit(MODEL, now=NOW + PAUSE))
        connection.close()

    threads = [threading.Thread(target=ask) for _n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert came.count(Admission(is_trial=True)) == 1
    assert came.count(None) == 7


@pytest.mark.django_db(transaction=True)
def test_faults_that_come_at_once_are_all_counted() -> None:
    start = threading.Barrier(FAILURES)

    def ask() -> None:
        start.wait()
        fail(1)
        connection.close()

    threads = [threading.Thread(target=ask) for _n in range(FAILURES)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert Breaker.objects.get().failures == FAILURES
    assert stand() is Stand.OPEN


@pytest.fixture(params=[AnthropicServer, OpenAIServer])
def first(request: Any, settings: Any, transactional_db: None) -> Iterator[ModelServer]:
    """The model that everybody asks, by either protocol; Claude stands in for it."""
    settings.ANTHROPIC_API_KEY = settings.OPENAI_API_KEY = ""
    provider = "anthropic" if request.param is AnthropicServer else "openai"
    with (
        request.param(default=Say("Hola del primero.")) as server,
        AnthropicServer(default=Say("Hola del otro.")) as two,
    ):
        server.second = two
        LLMConfiguration.objects.create(
            provider=provider,
            model="first",
            base_url=server.url,
            fallback_provider="anthropic",
            fallback_model="second",
            fallback_base_url=two.url,
            input_price=1,
            output_price=1,
            fallback_input_price=2,
            fallback_output_price=2,
        )
        for name, address in ((provider, server.url), ("anthropic", two.url)):
            ModelKey.objects.create(provider=name, base_url=address, secret=f"sk-{name}-0123456789", ends="6789")
        yield server


FAULTS: list[tuple[Answer, str]] = [
    (Fail(500), "server"),
    (Fail(529, "overloaded_error", retry_after=60), "overloaded"),
    (Fail(429, "rate_limit_error", retry_after=60), "rate_limited"),
    (Fail(401, "authentication_error"), "credentials"),
    (Fail(402, "billing_error"), "no_credit"),
    (Fail(404, "not_found_error"), "bad_request"),
    (Overloaded("Hola"), "overloaded"),
    (Drop("Hola"), "connection"),
    (Truncate("Hola"), "protocol"),
    (Raw("<html>"), "protocol"),
]


@pytest.mark.parametrize(("fault", "reason"), FAULTS)
def test_the_fallback_answers_a_turn_that_the_first_could_not(
    first: Any, ask: Callable[..., Heard], fault: Answer, reason: str
) -> None:
    first.default = fault
    heard = ask()
    assert heard.shown == heard.reply.text == "Hola del otro."
    assert (heard.reply.provider, heard.reply.model, heard.reply.outcome) == ("anthropic", "second", Outcome.ANSWERED)
    assert (heard.usage.model, heard.usage.by_fallback, heard.usage.reason) == ("second", True, reason)
    assert heard.usage.configuration == LLMConfiguration.objects.get().pk
    assert heard.usage.cost is not None
    assert Breaker.objects.get().failures == 1


def test_while_it_is_open_nobody_waits_for_it_and_it_closes_by_itself(first: Any, ask: Callable[..., Heard]) -> None:
    first.default = Fail(503)
    for _turn in range(FAILURES):
        ask()
    asked = len(first.requests)
    heard = ask()
    assert len(first.requests) == asked, "it is left alone"
    assert (heard.reply.model, heard.usage.reason, heard.usage.by_fallback) == ("second", LEFT_ALONE, True)
    # it fails on: one turn after the pause tries it, and those after that do not
    later = NOW + PAUSE + timedelta(minutes=1)
    assert ask(now=later).reply.model == "second"
    tried = len(first.requests)
    assert tried > asked
    assert ask(now=later).reply.model == "second"
    assert len(first.requests) == tried
    # it is well again: the next trial closes it for everybody
    first.default = Say("Hola del primero.")
    again = later + PAUSE + timedelta(minutes=1)
    assert ask(now=again).reply.model == "first"
    assert ask(now=again).usage.reason == ""
    assert stand(current_configuration(), at=again) is Stand.CLOSED


def test_with_both_open_the_builtin_assistant_answers_at_once(first: Any, ask: Callable[..., Heard]) -> None:
    first.default = first.second.default = Fail(503)
    for _turn in range(FAILURES):
        heard = ask()
        assert (heard.reply.provider, heard.usage.outcome) == ("builtin", Outcome.FALLBACK)
    asked = len(first.requests), len(first.second.requests)
    heard = ask()
    assert (len(first.requests), len(first.second.requests)) == asked
    assert (heard.reply.provider, heard.usage.provider, heard.usage.reason) == ("builtin", "builtin", LEFT_ALONE)
    assert heard.usage.cost == 0
    assert len(breaker.alarms(current_configuration(), now=NOW)) == 2


def test_one_that_hangs_is_left_at_its_deadline_and_counted(
    first: Any, ask: Callable[..., Heard], monkeypatch: pytest.MonkeyPatch
) -> None:
    from assistants.providers import transport

    first.default = Silence(30)
    for module in ("anthropic", "openai"):
        __import__(f"assistants.providers.{module}")
    monkeypatch.setattr(transport, "READ_SECONDS", 0.3)
    heard = ask(seconds=3.0)
    assert heard.usage.reason == "timeout"
    assert Breaker.objects.get(model="first").last_fault == "timeout"


def test_what_is_wrong_with_one_request_says_nothing_of_the_service(first: Any, ask: Callable[..., Heard]) -> None:
    first.default = Fail(400, "invalid_request_error")
    for _turn in range(FAILURES + 1):
        ask()
    assert not Breaker.objects.exists()


def test_a_turn_of_two_models_costs_what_both_took(first: Any, ask: Callable[..., Heard]) -> None:
    from tests.standins.script import Call

    first.script(Call("search_products", {"query": "sierra", "limit": None}), Fail(503), Fail(503))
    usage = ask().usage
    assert usage.by_fallback
    took = usage.input_tokens + usage.output_tokens + usage.cache_read_tokens + usage.cache_write_tokens
    second = 20 + 11 + 7 + 5  # what the stand-in for Claude counts for each round, at 2 dollars for a million
    assert usage.cost * 1_000_000 == (took - second) * 1 + second * 2


class TestKeys:
    def turn_keys(self, *secrets: str) -> list[ModelKey]:
        row = ModelKey.objects.get(base_url=LLMConfiguration.objects.get().base_url)
        ModelKey.objects.filter(pk=row.pk).update(position=0)
        row.secret = secrets[0]
        row.save()
        return [row] + [
            ModelKey.objects.create(provider=row.provider, base_url=row.base_url, secret=secret, position=n + 1)
            for n, secret in enumerate(secrets[1:])
        ]

    def serve(self, first: Any, answers: dict[str, Answer]) -> None:
        def answer(request: Any) -> Answer:
            key = (request.headers.get("authorization") or "").removeprefix("Bearer ")
            return answers[key or request.headers["x-api-key"]]

        first.default = answer

    @pytest.mark.parametrize(
        ("fault", "why"), [(Fail(401), "refused"), (Fail(403), "refused"), (Fail(402), "no_credit")]
    )
    def test_one_that_is_refused_is_set_aside_and_the_next_one_serves(
        self, first: Any, ask: Callable[..., Heard], fault: Answer, why: str
    ) -> None:
        bad, good = self.turn_keys("sk-bad-0123456789", "sk-good-0123456789")
        self.serve(first, {bad.secret: fault, good.secret: Say("Hola del primero.")})
        assert ask().usage.reason == ""
        bad.refresh_from_db()
        assert (bad.set_aside_at is not None, bad.set_aside_for) == (True, why)
        asked = len(first.requests)
        ask()
        assert len(first.requests) == asked + 1, "nobody asks with it any more"
        assert not Breaker.objects.exists()

    def test_one_that_is_asked_too_much_makes_room_for_the_next_at_once(
        self, first: Any, ask: Callable[..., Heard]
    ) -> None:
        busy, good = self.turn_keys("sk-busy-0123456789", "sk-good-0123456789")
        self.serve(first, {busy.secret: Fail(429, "rate_limit_error"), good.secret: Say("Hola del primero.")})
        assert ask().reply.model == "first"
        assert len(first.requests) == 2, "without a second try of the first one"
        assert not ModelKey.objects.exclude(set_aside_at=None).exists()

    def test_when_all_are_refused_the_service_counts_as_failing_and_one_that_serves_again_is_found(
        self, first: Any, ask: Callable[..., Heard]
    ) -> None:
        keys = self.turn_keys("sk-one-0123456789", "sk-two-0123456789")
        self.serve(first, {key.secret: Fail(401) for key in keys})
        for _turn in range(FAILURES):
            assert ask().reply.model == "second"
        assert ModelKey.objects.exclude(set_aside_at=None).count() == 2
        self.serve(first, {keys[0].secret: Fail(401), keys[1].secret: Say("Hola del primero.")})
        assert ask(now=NOW + PAUSE + timedelta(minutes=1)).reply.model == "first"
        assert list(ModelKey.objects.exclude(set_aside_at=None)) == [keys[0]]
