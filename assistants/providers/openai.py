"""Chat Completions, by OpenAI's SDK: OpenAI itself and what speaks its protocol (Ollama, vLLM, llama.cpp and others).

Only what the lesser servers implement is sent: one system message, which comes first, and no strict schemas.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Generator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import httpx2
import openai

from assistants.providers.arguments import parse_call
from assistants.providers.base import (
    ChatMessage,
    Completion,
    Provider,
    ProviderError,
    ProviderFault,
    Stop,
    SystemBlock,
    TokenUsage,
    ToolSpec,
)
from assistants.providers.meter import estimate_request, estimate_tokens, note_cut
from assistants.providers.transport import (
    CONNECT_SECONDS,
    FAULT_OF_TYPE,
    READ_SECONDS,
    RETRIED,
    ROUND_SECONDS,
    STRAY,
    WITH_OTHER_KEYS,
    clean_text,
    deadline,
    http_client,
    open_with_retry,
    quiet_loggers,
    require_usable_key,
    shared_client,
    status_error,
    stray_error,
    was_sent,
)

quiet_loggers("openai")

DEFAULT_BASE_URL = "https://api.openai.com/v1"
NO_KEY = "none"  # local servers want no key, the SDK wants one
STOPS = {
    "stop": Stop.END,
    "tool_calls": Stop.TOOLS,
    "function_call": Stop.TOOLS,
    "length": Stop.MAX_TOKENS,
    "content_filter": Stop.REFUSAL,
}


class OpenAIProvider(Provider):
    """Chat Completions with streaming. ``base_url`` empty means OpenAI's own, which needs a key."""

    name = "openai"

    def __init__(
        self,
        *,
        model: str,
        api_key: str,
        base_url: str = "",
        round_seconds: float = ROUND_SECONDS,
        has_other_keys: bool = False,
    ) -> None:
        self.model = model
        self._api_key = api_key
        self._base_url = base_url or DEFAULT_BASE_URL
        self._official = urlsplit(self._base_url).hostname == "api.openai.com"
        self._round_seconds = round_seconds
        self._passing = WITH_OTHER_KEYS if has_other_keys else RETRIED

    def generate(
        self,
        *,
        system: Sequence[SystemBlock],
        messages: Sequence[ChatMessage],
        tools: Sequence[ToolSpec],
        max_tokens: int,
        on_text: Callable[[str], None] | None = None,
    ) -> Completion:
        if self._official or self._api_key:
            require_usable_key(self._api_key)
        request: dict[str, Any] = {
            "model": self.model,
            "messages": _messages(system, messages),
            "stream_options": {"include_usage": True},
            "max_completion_tokens" if self._official else "max_tokens": max_tokens,
        }
        if tools:
            request["tools"] = [_tool(tool) for tool in tools]
        received = _Received()
        deltas = self._deltas(request, received)
        try:
            with deadline(self._round_seconds), closing(deltas):  # the listener may have heard enough
                for delta in deltas:
                    if on_text is not None:
                        on_text(delta)
        except Exception as fault:
            received.note_cut(request, fault)
            raise
        return received.completion(self.model)

    def _deltas(self, request: dict[str, Any], received: _Received) -> Generator[str, None, None]:
        """Yield text as it arrives, filling ``received``; only ProviderError leaves."""

        def create() -> openai.Stream[openai.types.chat.ChatCompletionChunk]:
            try:
                stream: openai.Stream[openai.types.chat.ChatCompletionChunk] = self._client().chat.completions.create(
                    **request, stream=True
                )
                return stream
            except (openai.OpenAIError, *STRAY) as error:
                raise _provider_error(error) from None

        stream = open_with_retry(create, passing=self._passing)
        try:
            for chunk in stream:
                if text := received.take(chunk):
                    yield text
            received.check_end()
        except (openai.OpenAIError, *STRAY) as error:
            raise _provider_error(error) from None
        finally:
            stream.close()

    def transcribe(self, *, content: bytes, filename: str, mime_type: str, model: str, seconds: float) -> str:
        """What is said in an audio file. Raises ProviderError."""
        if self._official or self._api_key:
            require_usable_key(self._api_key)
        try:
            with deadline(seconds):
                heard = self._client().audio.transcriptions.create(model=model, file=(filename, content, mime_type))
        except (openai.OpenAIError, *STRAY) as error:
            raise _provider_error(error) from None
        text = getattr(heard, "text", None)
        if not isinstance(text, str):
            raise ProviderError(ProviderFault.PROTOCOL, "the answer holds no text")
        return clean_text(text)

    def _client(self) -> openai.OpenAI:
        def build() -> openai.OpenAI:
            return openai.OpenAI(
                api_key=self._api_key or NO_KEY,
                base_url=self._base_url,
                timeout=httpx2.Timeout(READ_SECONDS, connect=CONNECT_SECONDS),
                max_retries=0,  # transport.open_with_retry does it, with a bounded wait
                http_client=http_client(),
            )

        return shared_client(kind=self.name, base_url=self._base_url, api_key=self._api_key, build=build)


@dataclass
class _Received:
    """What a stream has brought so far."""

    text: list[str] = field(default_factory=list)
    calls: dict[int, dict[str, str]] = field(default_factory=dict)
    usage: TokenUsage = field(default_factory=TokenUsage)
    finish_reason: str | None = None
    refused: bool = False
    model: str = ""
    started: bool = False

    def take(self, chunk: Any) -> str:
        """Note one chunk; returns the text to show, mostly empty."""
        self.model = chunk.model or self.model
        if chunk.usage is not None:
            self._count(chunk.usage)
        for choice in chunk.choices or ():
            self.started = True
            if choice.finish_reason:
                self.finish_reason = choice.finish_reason
            delta = choice.delta
            if delta is None:
                continue
            self.refused = self.refused or bool(delta.refusal)
            for call in delta.tool_calls or ():
                self._take_call(call)
            if delta.content:
                text = clean_text(delta.content)
                self.text.append(text)
                return text
        return ""

    def _take_call(self, delta: Any) -> None:
        index = delta.index if isinstance(delta.index, int) else len(self.calls)
        call = self.calls.setdefault(index, {"id": "", "name": "", "json": ""})
        call["id"] = delta.id or call["id"]
        if delta.function is not None:
            call["name"] = delta.function.name or call["name"]
            call["json"] += delta.function.arguments or ""

    def _count(self, usage: Any) -> None:
        cached = getattr(usage.prompt_tokens_details, "cached_tokens", None) or 0
        self.usage = TokenUsage(
            input=max((usage.prompt_tokens or 0) - cached, 0), output=usage.completion_tokens or 0, cache_read=cached
        )

    def check_end(self) -> None:
        if not self.started:
            raise ProviderError(ProviderFault.PROTOCOL, "the answer is not a completion stream")
        if self.finish_reason is None:
            raise ProviderError(ProviderFault.PROTOCOL, "the stream ended before the message")

    def note_cut(self, request: dict[str, Any], fault: Exception) -> None:
        """Everything is told at the end of the stream alone."""
        if self.usage != TokenUsage():
            note_cut(self.usage, is_estimate=False)
        elif self.started or was_sent(fault):
            written = sum(map(len, self.text)) + sum(len(call["json"]) for call in self.calls.values())
            taken = TokenUsage(input=estimate_request(request), output=estimate_tokens(written))
            note_cut(taken, is_estimate=True)

    def completion(self, model: str) -> Completion:
        calls = tuple(
            parse_call(call_id=call["id"] or f"call_{index}", name=call["name"], raw=call["json"])
            for index, call in sorted(self.calls.items())
        )
        stop = STOPS.get(self.finish_reason or "", Stop.END)
        if self.refused:
            stop = Stop.REFUSAL
        elif calls and stop is Stop.END:
            stop = Stop.TOOLS  # several servers end a message of tool calls with "stop"
        return Completion(
            text="".join(self.text), stop=stop, tool_calls=calls, usage=self.usage, model=self.model or model
        )


def _provider_error(error: Exception) -> ProviderError:
    """Status and type only: a service's message may quote the request or part of a key."""
    if isinstance(error, openai.APITimeoutError):
        was_read = isinstance(error.__cause__, httpx2.ReadTimeout)
        return ProviderError(ProviderFault.TIMEOUT, "no answer in time", was_sent=was_read)
    if isinstance(error, openai.APIStatusError):
        return status_error(
            error.status_code, error.type, error.code, message=error.message, headers=error.response.headers
        )
    if isinstance(error, openai.APIConnectionError):
        return ProviderError(ProviderFault.CONNECTION, type(error.__cause__ or error).__name__)
    if isinstance(error, openai.APIError):  # an error event inside a stream
        return ProviderError(FAULT_OF_TYPE.get(error.type or "", ProviderFault.SERVER), error.type or "stream error")
    if isinstance(error, openai.OpenAIError):
        return ProviderError(ProviderFault.PROTOCOL, type(error).__name__)
    return stray_error(error)


# --- request --------------------------------------------------------------------------------------------------------
def _tool(tool: ToolSpec) -> dict[str, Any]:
    return {
        "type": "function",
        "function": {"name": tool.name, "description": tool.description, "parameters": tool.parameters},
    }


def _messages(system: Sequence[SystemBlock], messages: Sequence[ChatMessage]) -> list[dict[str, Any]]:
    """Messages as the API wants them; volatile texts follow the person's newest message, for the prefix cache."""
    volatile = [clean_text(block.text) for block in system if not block.stable and block.text]
    stable = [clean_text(block.text) for block in system if block.stable and block.text]
    params: list[dict[str, Any]] = [{"role": "system", "content": "\n\n".join(stable)}] if stable else []
    newest = max((i for i, m in enumerate(messages) if m.role == "user" and m.text), default=None)
    for index, message in enumerate(messages):
        text = clean_text(message.text).strip()
        if message.role == "tool":
            params.extend(
                {"role": "tool", "tool_call_id": result.call_id, "content": clean_text(result.content)}
                for result in message.tool_results
            )
        elif message.role == "user" and text:
            said = "\n\n".join([text, *volatile] if index == newest else [text])
            params.append({"role": "user", "content": [*_images(message), _text(said)] if message.images else said})
        elif message.role == "assistant" and (text or message.tool_calls):
            params.append(_assistant(message, text))
    return params


def _text(text: str) -> dict[str, Any]:
    return {"type": "text", "text": text}


def _images(message: ChatMessage) -> list[dict[str, Any]]:
    return [
        {"type": "image_url", "image_url": {"url": f"data:{image.mime_type};base64,{image.as_base64()}"}}
        for image in message.images
    ]


def _assistant(message: ChatMessage, text: str) -> dict[str, Any]:
    param: dict[str, Any] = {"role": "assistant", "content": text or None}
    if message.tool_calls:
        param["tool_calls"] = [
            {
                "id": call.id,
                "type": "function",
                "function": {"name": call.name, "arguments": json.dumps(call.arguments or {})},
            }
            for call in message.tool_calls
        ]
    return param
