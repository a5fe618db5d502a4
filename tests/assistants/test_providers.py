"""Both providers of the network, by their real SDKs, against servers of our own that speak their protocols."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx2
import pytest

from assistants.providers.anthropic import AnthropicProvider
from assistants.providers.base import (
    ChatMessage,
    Completion,
    Provider,
    ProviderError,
    ProviderFault,
    Stop,
    SystemBlock,
    TokenUsage,
    ToolResult,
    ToolSpec,
)
from assistants.providers.meter import Meter, estimate_request, metered
from assistants.providers.openai import OpenAIProvider
from assistants.providers.transport import deadline, http_client
from tests.standins.anthropic_server import AnthropicServer
from tests.standins.openai_server import OpenAIServer
from tests.standins.script import (
    Call,
    Calls,
    Drip,
    Drop,
    Fail,
    ModelServer,
    Overloaded,
    Raw,
    Say,
    Silence,
    Truncate,
)

KEY = "sk-planted-0123456789abcdef"
SECRET_WORDS = "busco una sierra para mi taller"
TOOL = ToolSpec(
    "search_products",
    "Search.",
    {
        "type": "object",
        "properties": {"query": {"type": "string"}},
        "required": ["query"],
        "additionalProperties": False,
    },
)

Make = Callable[..., Provider]


@pytest.fixture(params=["anthropic", "openai"])
def server(request: pytest.FixtureRequest) -> Iterator[ModelServer]:
    with (AnthropicServer if request.param == "anthropic" else OpenAIServer)() as running:
        yield running


@pytest.fixture
def provider(server: ModelServer) -> Provider:
    return make(server)


def make(server: ModelServer, **options: Any) -> Provider:
    if isinstance(server, AnthropicServer):
        return AnthropicProvider(model="claude-haiku-5-5", api_key=KEY, base_url=server.url, **options)
    return OpenAIProvider(model="llama", api_key=KEY, base_url=server.url, **options)


def ask(provider: Provider, *messages: ChatMessage, heard: list[str] | None = None) -> Completion:
    return provider.generate(
        system=[SystemBlock("Reglas.", stable=True), SystemBlock("Hoy es domingo.")],
        messages=messages or [ChatMessage("user", SECRET_WORDS)],
        tools=[TOOL],
        max_tokens=300,
        on_text=None if heard is None else heard.append,
    )


def fault(provider: Provider) -> ProviderError:
    with pytest.raises(ProviderError) as caught:
        ask(provider)
    return caught.value


def test_it_streams_text_as_it_arrives(server: ModelServer, provider: Provider) -> None:
    server.script(Say("Sí, tenemos sierras y también 🪚 serruchos.", piece=5))
    heard: list[str] = []
    completion = ask(provider, heard=heard)
    assert completion.text == "".join(heard) == "Sí, tenemos sierras y también 🪚 serruchos."
    assert len(heard) > 5
    assert completion.stop is Stop.END
    assert completion.model == provider.model
    assert completion.usage.output == 11
    assert completion.usage.cache_read == 7
    assert completion.usage.input == 20


def test_it_counts_what_was_written_to_the_prompt_cache() -> None:
    with AnthropicServer() as server:
        assert ask(make(server)).usage == TokenUsage(input=20, output=11, cache_read=7, cache_write=5)


def test_it_returns_tool_calls_with_their_arguments(server: ModelServer, provider: Provider) -> None:
    server.script(Calls((Call("search_products", {"query": "sierra «fina»"}, preface="Veamos."), Call("list", {}))))
    completion = ask(provider)
    assert completion.stop is Stop.TOOLS
    assert [(call.name, call.arguments) for call in completion.tool_calls] == [
        ("search_products", {"query": "sierra «fina»"}),
        ("list", {}),
    ]
    assert completion.text == "Veamos."
    server.script(Say("Hay una."))
    results = tuple(ToolResult(call.id, call.name, "[]") for call in completion.tool_calls)
    spoken = ChatMessage("assistant", completion.text, completion.tool_calls, opaque=completion.opaque)
    assert ask(provider, ChatMessage("user", "hola"), spoken, ChatMessage("tool", tool_results=results)).text
    sent = str(server.requests[-1].body)
    assert all(sent.count(call.id) == 2 for call in completion.tool_calls)


@pytest.mark.parametrize("raw", ['{"query": "sier', "[1]", '"text"', "{nope}", "[" * 15_000])
def test_arguments_that_are_no_json_object_are_told_apart_from_none(
    server: ModelServer, provider: Provider, raw: str
) -> None:
    server.script(Call("search_products", raw))
    call = ask(provider).tool_calls[0]
    assert call.arguments is None
    assert call.error


def test_lone_surrogates_and_nul_are_cleaned_both_ways(server: ModelServer, provider: Provider) -> None:
    server.script(Call("search_products", r'{"query": "a\ud800b\u0000c"}'), Say("x\ud83dy\x00z", piece=1))
    assert ask(provider, ChatMessage("user", "hola\ud800 \x00mundo")).tool_calls[0].arguments == {"query": "abc"}
    assert "hola mundo" in str(server.requests[0].body)
    assert ask(provider).text == "xyz"


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (Fail(401, "authentication_error"), ProviderFault.CREDENTIALS),
        (Fail(403, "permission_error"), ProviderFault.CREDENTIALS),
        (Fail(400, "invalid_request_error"), ProviderFault.BAD_REQUEST),
        (Fail(404, "not_found_error"), ProviderFault.BAD_REQUEST),
        (Fail(302), ProviderFault.BAD_REQUEST),
        (Raw("<html><body>Bienvenido al portal</body></html>"), ProviderFault.PROTOCOL),
        (Raw("<html>", "text/event-stream"), ProviderFault.PROTOCOL),
        (Raw("event: message_start\ndata: {no json\n\n", "text/event-stream"), ProviderFault.PROTOCOL),
        (Raw('event: message_start\ndata: {"type": "message_start"}\n\n', "text/event-stream"), ProviderFault.PROTOCOL),
        (Raw("data: \xff\n\n", "text/event-stream"), ProviderFault.PROTOCOL),
        (Raw(""), ProviderFault.PROTOCOL),
        (Truncate("Tenemos una"), ProviderFault.PROTOCOL),
        (Drop("Tenemos una"), ProviderFault.CONNECTION),
        (Overloaded("Tenemos una"), ProviderFault.OVERLOADED),
    ],
)
def test_a_fault_that_a_second_try_would_not_cure_is_named_at_once(
    server: ModelServer, provider: Provider, answer: Any, kind: ProviderFault
) -> None:
    server.script(answer)
    error = fault(provider)
    assert error.kind is kind
    assert len(server.requests) == 1


@pytest.mark.parametrize(
    ("status", "kind"),
    [(429, ProviderFault.RATE_LIMITED), (529, ProviderFault.OVERLOADED), (500, ProviderFault.SERVER)],
)
def test_a_passing_fault_is_tried_once_more_and_no_more(
    server: ModelServer, provider: Provider, status: int, kind: ProviderFault
) -> None:
    server.script(Fail(status, retry_after=0.01), Say("Ahora sí."))
    assert ask(provider).text == "Ahora sí."
    server.script(Fail(status, retry_after=0.01), Fail(status, retry_after=0.01), Say("Tarde."))
    assert fault(provider).kind is kind
    assert len(server.requests) == 4


def test_a_long_retry_after_is_reported_instead_of_slept(server: ModelServer, provider: Provider) -> None:
    server.script(Fail(429, "rate_limit_error", retry_after=3600))
    began = time.monotonic()
    error = fault(provider)
    assert (error.kind, error.retry_after) == (ProviderFault.RATE_LIMITED, 3600)
    assert time.monotonic() - began < 20
    assert len(server.requests) == 1


def test_a_refused_connection_is_a_connection_fault(server: ModelServer) -> None:
    provider = make(server)
    server.stop()
    assert fault(provider).kind is ProviderFault.CONNECTION


def test_a_slow_drip_ends_at_the_deadline_of_the_round(server: ModelServer) -> None:
    server.script(Drip(every=0.02))
    began = time.monotonic()
    assert fault(make(server, round_seconds=0.4)).kind is ProviderFault.TIMEOUT
    assert time.monotonic() - began < 20


def test_silence_ends_at_an_outer_deadline_that_is_shorter(server: ModelServer, provider: Provider) -> None:
    server.script(Silence(30))
    began = time.monotonic()
    with deadline(0.3):
        assert fault(provider).kind is ProviderFault.TIMEOUT
    assert time.monotonic() - began < 20


def test_words_that_keep_coming_end_at_the_deadline_too(server: ModelServer) -> None:
    server.script(Say("palabra " * 500, piece=4, pause=0.02))
    assert fault(make(server, round_seconds=0.3)).kind is ProviderFault.TIMEOUT


@pytest.mark.parametrize(("stop", "expected"), [("cut", Stop.MAX_TOKENS), ("refusal", Stop.REFUSAL)])
def test_it_tells_why_the_model_stopped(server: ModelServer, provider: Provider, stop: str, expected: Stop) -> None:
    server.script(Say("Tenemos", stop=stop))
    assert ask(provider).stop is expected


def test_an_empty_answer_is_empty_text(server: ModelServer, provider: Provider) -> None:
    server.script(Say(""))
    completion = ask(provider)
    assert (completion.text, completion.stop) == ("", Stop.END)


def test_what_the_listener_raises_passes_through(server: ModelServer, provider: Provider) -> None:
    def refuse(text: str) -> None:
        raise ValueError("enough")

    with pytest.raises(ValueError, match="enough"):
        provider.generate(system=[], messages=[ChatMessage("user", "hola")], tools=[], max_tokens=10, on_text=refuse)
    assert ask(provider).text  # the connection was given back


def test_thirty_two_rounds_wait_at_the_same_time(server: ModelServer, provider: Provider) -> None:
    gate = threading.Barrier(32)

    def wait_for_all(request: Any) -> Say:
        gate.wait(timeout=20)
        return Say("Listo.")

    server.default = wait_for_all
    with ThreadPoolExecutor(32) as threads:
        texts = list(threads.map(lambda _: ask(provider).text, range(32)))
    assert texts == ["Listo."] * 32


def test_neither_key_nor_text_reaches_a_log_or_an_error(
    server: ModelServer, provider: Provider, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    server.script(Say("privado"), Fail(401, "authentication_error"), Fail(400, "invalid_request_error"))
    ask(provider)
    told = f"{fault(provider)!r} {fault(provider)}"
    for text in (caplog.text, told):
        assert KEY not in text
        assert SECRET_WORDS not in text
        assert "private words" not in text
    assert server.requests[0].headers["authorization"] == f"Bearer {KEY}"


def test_no_key_is_a_credentials_fault_without_a_request() -> None:
    for provider in (AnthropicProvider(model="m", api_key=""), OpenAIProvider(model="m", api_key="")):
        assert fault(provider).kind is ProviderFault.CREDENTIALS


def test_a_local_server_needs_no_key() -> None:
    with OpenAIServer() as server:
        assert ask(OpenAIProvider(model="llama", api_key="", base_url=server.url)).text
        assert server.requests[0].body["max_tokens"] == 300


def test_a_key_that_no_header_can_carry_is_refused(server: ModelServer) -> None:
    kind = AnthropicProvider if isinstance(server, AnthropicServer) else OpenAIProvider
    for key in ("ñandú", "line\nbreak"):
        assert fault(kind(model="m", api_key=key, base_url=server.url)).kind is ProviderFault.CREDENTIALS
    assert not server.requests


# --- the layout for the prompt cache --------------------------------------------------------------------------------
def test_what_is_stable_comes_first_and_what_is_volatile_last() -> None:
    with AnthropicServer() as server:
        provider = make(server)
        history = [ChatMessage("user", "hola"), ChatMessage("assistant", "¡Hola!")]
        ask(provider, *history, ChatMessage("user", "¿hay sierras?"))
        body = server.requests[0].body
    assert body["tools"][-1]["cache_control"] == {"type": "ephemeral"}
    assert body["tools"][0]["strict"] is True
    assert body["system"] == [{"type": "text", "text": "Reglas.", "cache_control": {"type": "ephemeral"}}]
    assert body["messages"][-1] == {
        "role": "user",
        "content": [
            {"type": "text", "text": "¿hay sierras?", "cache_control": {"type": "ephemeral"}},
            {"type": "text", "text": "Hoy es domingo."},
        ],
    }
    assert str(body).count("cache_control") == 3
    assert not {"temperature", "top_p", "top_k"} & set(body)
    assert body["stream"] is True


def test_a_tool_round_never_has_more_than_four_breakpoints_and_returns_signed_thoughts() -> None:
    with AnthropicServer() as server:
        provider = make(server)
        server.script(Call("search_products", {"query": "a"}, thinking="mm"), Call("search_products", {"query": "b"}))
        messages = [ChatMessage("user", "¿hay sierras?")]
        for _ in range(3):
            completion = ask(provider, *messages)
            messages.append(ChatMessage("assistant", completion.text, completion.tool_calls, opaque=completion.opaque))
            results = tuple(ToolResult(call.id, call.name, "[]") for call in completion.tool_calls)
            messages.append(ChatMessage("tool", tool_results=results))
        last = server.requests[-1].body
    assert str(last).count("cache_control") == 4
    assert last["messages"][1]["content"][0] == {"type": "thinking", "thinking": "mm", "signature": "signed"}


def test_every_socket_of_the_client_obeys_the_deadline() -> None:
    client = http_client()
    pools = [t._pool for t in (client._transport, *client._mounts.values()) if isinstance(t, httpx2.HTTPTransport)]
    assert pools
    assert all(type(pool._network_backend).__module__ == "assistants.providers.transport" for pool in pools)


def test_a_server_of_ones_own_machine_is_reached_past_a_proxy(
    server: ModelServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    assert ask(make(server)).text


# --- what was cut off ------------------------------------------------------------------------------------------------
LONG = "Tenemos sierras circulares, serruchos y caladoras para cortar madera de muchas clases. " * 6


class Enough(Exception):
    """The listener has heard enough."""


def stop_after(characters: int) -> Callable[[str], None]:
    heard: list[str] = []

    def listen(text: str) -> None:
        heard.append(text)
        if sum(map(len, heard)) >= characters:
            raise Enough

    return listen


def cut(provider: Provider, on_text: Callable[[str], None] | None = None) -> Meter:
    with metered() as meter, pytest.raises((ProviderError, Enough)):
        provider.generate(
            system=[SystemBlock("Reglas. " * 100, stable=True)],
            messages=[ChatMessage("user", SECRET_WORDS)],
            tools=[TOOL],
            max_tokens=300,
            on_text=on_text,
        )
    return meter


def test_a_round_that_nobody_listens_to_any_longer_is_counted(server: ModelServer, provider: Provider) -> None:
    server.script(Say(LONG, piece=10))
    meter = cut(provider, stop_after(200))
    assert meter.is_estimate
    assert 45 <= meter.usage.output <= 70  # two hundred characters, and not the whole answer
    if isinstance(server, AnthropicServer):  # which tells first what it has read
        assert (meter.usage.input, meter.usage.cache_read, meter.usage.cache_write) == (20, 7, 5)
    else:
        assert 200 < meter.usage.input < 500


@pytest.mark.parametrize("answer", [Truncate(LONG), Overloaded(LONG)])
def test_a_round_that_broke_off_is_counted(server: ModelServer, provider: Provider, answer: Any) -> None:
    server.script(answer)
    meter = cut(provider)
    assert meter.is_estimate
    assert meter.usage.output > 100
    assert meter.usage.input >= 20


def test_a_request_that_was_read_and_not_answered_in_time_is_estimated(server: ModelServer) -> None:
    server.script(Say("Hola."), Silence(5))
    ask(make(server))  # so that there is a client, which takes its time
    meter = cut(make(server, round_seconds=0.8))
    assert meter.is_estimate
    assert 200 < meter.usage.input < 500
    assert meter.usage.output == 0


@pytest.mark.parametrize("answer", [Fail(400), Fail(401), Fail(529, "overloaded_error"), Raw("<html>")])
def test_what_was_refused_cost_nothing(server: ModelServer, provider: Provider, answer: Any) -> None:
    server.script(answer, answer)
    assert cut(provider) == Meter()


def test_nobody_to_connect_to_cost_nothing(server: ModelServer) -> None:
    provider = make(server)
    server.stop()
    assert cut(provider) == Meter()


def test_pictures_are_no_text_of_a_request() -> None:
    text = {"messages": [{"content": [{"type": "text", "text": "Hola" * 100}]}]}
    picture = {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "A" * 100_000}}
    link = {"type": "image_url", "image_url": {"url": "data:image/png;base64," + "A" * 100_000}}
    with_pictures = {"messages": [{"content": [*text["messages"][0]["content"], picture, link]}]}
    assert estimate_request(text) > 100
    assert estimate_request(with_pictures) < estimate_request(text) + 40
