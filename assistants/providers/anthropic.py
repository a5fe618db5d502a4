"""Claude, by Anthropic's SDK: streaming, tools, prompt caching.

The raw events are read here rather than the SDK's accumulated message: that one turns truncated argument JSON into
``{}`` and a stream that ends too early into a short answer (SDK 2.12).

Layout for the prompt cache, from what changes least: tools, stable system, history, the person's message, and last
what changes with every turn. Four breakpoints are allowed; they are on the last tool, the last stable block, the
person's message and the newest tool result.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import anthropic
import httpx2

from assistants.providers.arguments import parse_call
from assistants.providers.base import (
    ChatMessage,
    Completion,
    ProviderError,
    ProviderFault,
    Stop,
    SystemBlock,
    TokenUsage,
    ToolCall,
    ToolSpec,
)
from assistants.providers.meter import estimate_request, estimate_tokens, note_cut
from assistants.providers.streaming import StreamingProvider
from assistants.providers.transport import (
    clean_text,
    quiet_loggers,
    require_usable_key,
    status_error,
    stray_error,
    was_sent,
)

quiet_loggers("anthropic")

CACHE = {"type": "ephemeral"}
STOPS = {
    "end_turn": Stop.END,
    "stop_sequence": Stop.END,
    "pause_turn": Stop.END,  # only server-side tools pause, and none is offered
    "tool_use": Stop.TOOLS,
    "max_tokens": Stop.MAX_TOKENS,
    "model_context_window_exceeded": Stop.MAX_TOKENS,
    "refusal": Stop.REFUSAL,
}


class AnthropicProvider(StreamingProvider):
    """Messages API with streaming. ``base_url`` empty means Anthropic's own."""

    name = "anthropic"
    default_base_url = "https://api.anthropic.com"
    sdk_error = anthropic.AnthropicError

    def generate(
        self,
        *,
        system: Sequence[SystemBlock],
        messages: Sequence[ChatMessage],
        tools: Sequence[ToolSpec],
        max_tokens: int,
        on_text: Callable[[str], None] | None = None,
    ) -> Completion:
        require_usable_key(self._api_key)
        request = {
            "model": self.model,
            "max_tokens": max_tokens,
            "system": _system(system),
            "messages": _messages(messages, volatile=[clean_text(b.text) for b in system if not b.stable and b.text]),
            "tools": _tools(tools),
        }
        return self._run(request, _Received(), on_text)

    def _open(self, request: dict[str, Any]) -> anthropic.Stream[anthropic.types.RawMessageStreamEvent]:
        given = {key: value for key, value in request.items() if value}
        client = self._shared(anthropic.Anthropic, api_key=self._api_key)
        stream: anthropic.Stream[anthropic.types.RawMessageStreamEvent] = client.messages.create(**given, stream=True)
        return stream

    def _fault(self, error: Exception) -> ProviderError:
        if isinstance(error, anthropic.APITimeoutError):
            was_read = isinstance(error.__cause__, httpx2.ReadTimeout)
            return ProviderError(ProviderFault.TIMEOUT, "no answer in time", was_sent=was_read)
        if isinstance(error, anthropic.APIStatusError):
            return status_error(error.status_code, error.type, message=error.message, headers=error.response.headers)
        if isinstance(error, anthropic.APIConnectionError):
            return ProviderError(ProviderFault.CONNECTION, type(error.__cause__ or error).__name__)
        if isinstance(error, anthropic.AnthropicError):
            return ProviderError(ProviderFault.PROTOCOL, type(error).__name__)
        return stray_error(error)


@dataclass
class _Received:
    """What a stream has brought so far."""

    text: list[str] = field(default_factory=list)
    blocks: dict[int, dict[str, Any]] = field(default_factory=dict)
    usage: dict[str, int] = field(default_factory=dict)
    stop_reason: str | None = None
    model: str = ""
    started: bool = False
    ended: bool = False

    def take(self, event: Any) -> str:
        """Note one event; returns the text to show, mostly empty."""
        if event.type == "message_start":
            self.started = True
            self.model = event.message.model or ""
            self._count(event.message.usage)
        elif event.type == "content_block_start":
            block = event.content_block.to_dict()
            self.blocks[event.index] = {**block, "_json": ""}
            if block["type"] == "text" and block.get("text"):
                return self._say(block["text"])
        elif event.type == "content_block_delta":
            return self._take_delta(self.blocks[event.index], event.delta)
        elif event.type == "message_delta":
            self.stop_reason = event.delta.stop_reason
            self._count(event.usage)
        elif event.type == "message_stop":
            self.ended = True
        return ""

    def _take_delta(self, block: dict[str, Any], delta: Any) -> str:
        if delta.type == "text_delta":
            return self._say(delta.text)
        if delta.type == "input_json_delta":
            block["_json"] += delta.partial_json
        elif delta.type == "thinking_delta":
            block["thinking"] = block.get("thinking", "") + delta.thinking
        elif delta.type == "signature_delta":
            block["signature"] = delta.signature
        return ""

    def _say(self, text: str) -> str:
        text = clean_text(text)
        self.text.append(text)
        return text

    def _count(self, usage: Any) -> None:
        """Counts are cumulative: a later one replaces an earlier one, an absent one leaves it."""
        for name in ("input_tokens", "output_tokens", "cache_read_input_tokens", "cache_creation_input_tokens"):
            value = getattr(usage, name, None)
            if isinstance(value, int):
                self.usage[name] = value

    def check_end(self) -> None:
        if not self.started:
            raise ProviderError(ProviderFault.PROTOCOL, "the answer is not a message stream")
        if not self.ended or self.stop_reason is None:
            raise ProviderError(ProviderFault.PROTOCOL, "the stream ended before the message")

    def note_cut(self, request: dict[str, Any], fault: Exception) -> None:
        """The stream began with what was read; how much was written is told at its end alone."""
        if not self.started:
            if was_sent(fault):
                note_cut(TokenUsage(input=estimate_request(request)), is_estimate=True)
            return
        if self.stop_reason is not None:
            note_cut(self._usage(), is_estimate=False)
            return
        written = sum(len(block["_json"]) + len(block.get("thinking", "")) for block in self.blocks.values())
        written += sum(map(len, self.text))
        told = self._usage()
        note_cut(replace(told, output=max(told.output, estimate_tokens(written))), is_estimate=True)

    def _usage(self) -> TokenUsage:
        return TokenUsage(
            input=self.usage.get("input_tokens", 0),
            output=self.usage.get("output_tokens", 0),
            cache_read=self.usage.get("cache_read_input_tokens", 0),
            cache_write=self.usage.get("cache_creation_input_tokens", 0),
        )

    def completion(self, model: str) -> Completion:
        calls = tuple(self._call(block) for _, block in sorted(self.blocks.items()) if block["type"] == "tool_use")
        opaque = tuple(
            {key: value for key, value in block.items() if key != "_json"}
            for _, block in sorted(self.blocks.items())
            if block["type"] in ("thinking", "redacted_thinking")
        )
        return Completion(
            text="".join(self.text),
            stop=STOPS.get(self.stop_reason or "", Stop.END),
            tool_calls=calls,
            usage=self._usage(),
            model=self.model or model,
            opaque=opaque,
        )

    @staticmethod
    def _call(block: dict[str, Any]) -> ToolCall:
        call_id, name, given = str(block.get("id", "")), str(block.get("name", "")), block.get("input")
        if not block["_json"] and isinstance(given, dict) and given:
            return ToolCall(call_id, name, given)
        return parse_call(call_id=call_id, name=name, raw=block["_json"])


# --- request --------------------------------------------------------------------------------------------------------
def _tools(tools: Sequence[ToolSpec]) -> list[dict[str, Any]]:
    params: list[dict[str, Any]] = [
        {"name": tool.name, "description": tool.description, "input_schema": tool.parameters, "strict": True}
        for tool in tools
    ]
    if params:
        params[-1]["cache_control"] = CACHE
    return params


def _system(blocks: Sequence[SystemBlock]) -> list[dict[str, Any]]:
    params: list[dict[str, Any]] = [
        {"type": "text", "text": clean_text(block.text)} for block in blocks if block.stable and block.text
    ]
    if params:
        params[-1]["cache_control"] = CACHE
    return params


def _messages(messages: Sequence[ChatMessage], *, volatile: Sequence[str]) -> list[dict[str, Any]]:
    """Messages as the API wants them; the volatile texts follow the person's newest message."""
    params: list[dict[str, Any]] = []
    newest = max((i for i, m in enumerate(messages) if m.role == "user" and m.text), default=None)
    for index, message in enumerate(messages):
        if not (content := _content(message)):
            continue
        if index == newest:
            content[-1]["cache_control"] = CACHE
            content.extend({"type": "text", "text": text} for text in volatile)
        elif index == len(messages) - 1:
            content[-1]["cache_control"] = CACHE
        params.append({"role": "assistant" if message.role == "assistant" else "user", "content": content})
    return params


def _content(message: ChatMessage) -> list[dict[str, Any]]:
    if message.role == "tool":
        return [
            {
                "type": "tool_result",
                "tool_use_id": result.call_id,
                "content": clean_text(result.content),
                "is_error": result.is_error,
            }
            for result in message.tool_results
        ]
    content: list[dict[str, Any]] = [dict(block) for block in message.opaque]
    content.extend(
        {
            "type": "image",
            "source": {"type": "base64", "media_type": image.mime_type, "data": image.as_base64()},
        }
        for image in message.images
    )
    if text := clean_text(message.text).strip():
        content.append({"type": "text", "text": text})
    content.extend(
        {"type": "tool_use", "id": call.id, "name": call.name, "input": call.arguments or {}}
        for call in message.tool_calls
    )
    return content
