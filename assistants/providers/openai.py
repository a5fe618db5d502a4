"""Chat Completions, by OpenAI's SDK: OpenAI itself and what speaks its protocol (Ollama, vLLM, llama.cpp and others).

Only what the lesser servers implement is sent: one system message, which comes first, and no strict schemas.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import httpx2
import openai

from assistants.providers.arguments import parse_call
from assistants.providers.base import (
    ChatMessage,
    Completion,
    ProviderError,
    ProviderFault,
    Stop,
    SystemBlock,
    TokenUsage,
    ToolSpec,
)
from assistants.providers.meter import estimate_request, estimate_tokens, note_cut
from assistants.providers.streaming import StreamingProvider
from assistants.providers.transport import (
    FAULT_OF_TYPE,
    STRAY,
    clean_text,
    deadline,
    quiet_loggers,
    require_usable_key,
    status_error,
    stray_error,
    was_sent,
)

quiet_loggers("openai")

NO_KEY = "none"  # local servers want no key, the SDK wants one
STOPS = {
    "stop": Stop.END,
    "tool_calls": Stop.TOOLS,
    "function_call": Stop.TOOLS,
    "length": Stop.MAX_TOKENS,
    "content_filter": Stop.REFUSAL,
}


class OpenAIProvider(StreamingProvider):
    """Chat Completions with streaming. ``base_url`` empty means OpenAI's own, which needs a key."""

    name = "openai"
    default_base_url = "https://api.openai.com/v1"
    sdk_error = openai.OpenAIError

    @property
    def _is_official(self) -> bool:
        return urlsplit(self._base_url).hostname == "api.openai.com"

    def generate(
        self,
        *,
        system: Sequence[SystemBlock],
        messages: Sequence[ChatMessage],
        tools: Sequence[ToolSpec],
        max_tokens: int,
        on_text: Callable[[str], None] | None = None,
    ) -> Completion:
        if self._is_official or self._api_key:
            require_usable_key(self._api_key)
        request: dict[str, Any] = {
            "model": self.model,
            "messages": _messages(system, messages),
            "stream_options": {"include_usage": True},
            "max_completion_tokens" if self._is_official else "max_tokens": max_tokens,
        }
        if tools:
            request["tools"] = [_tool(tool) for tool in tools]
        return self._run(request, _Received(), on_text)

    def transcribe(self, *, content: bytes, filename: str, mime_type: str, model: str, seconds: float) -> str:
        """What is said in an audio file. Raises ProviderError."""
        if self._is_official or self._api_key:
            require_usable_key(self._api_key)
        try:
            with deadline(seconds):
                heard = self._client().audio.transcriptions.create(model=model, file=(filename, content, mime_type))
        except (openai.OpenAIError, *STRAY) as error:
            raise self._fault(error) from None
        text = getattr(heard, "text", None)
        if not isinstance(text, str):
            raise ProviderError(ProviderFault.PROTOCOL, "the answer holds no text")
        return clean_text(text)

    def _open(self, request: dict[str, Any]) -> openai.Stream[openai.types.chat.ChatCompletionChunk]:
        stream: openai.Stream[openai.types.chat.ChatCompletionChunk] = self._client().chat.completions.create(
            **request, stream=True
        )
        return stream

    def _client(self) -> openai.OpenAI:
        return self._shared(openai.OpenAI, api_key=self._api_key or NO_KEY)

    def _fault(self, error: Exception) -> ProviderError:
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
            return ProviderError(
                FAULT_OF_TYPE.get(error.type or "", ProviderFault.SERVER), error.type or "stream error"
            )
        if isinstance(error, openai.OpenAIError):
            return ProviderError(ProviderFault.PROTOCOL, type(error).__name__)
        return stray_error(error)


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
