"""Anthropic's Messages API as far as the assistants use it: ``python -m tests.standins.anthropic_server --port N``."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from tests.standins.script import (
    Answer,
    Call,
    Drop,
    Fail,
    ModelServer,
    Overloaded,
    Request,
    Say,
    Truncate,
    arguments_of,
    calls_of,
    pieces,
    run,
    text_of,
)

STOPS = {"end": "end_turn", "cut": "max_tokens", "refusal": "refusal"}


class AnthropicServer(ModelServer):
    """A stand-in for Anthropic's Messages API."""

    def error_body(self, answer: Fail) -> dict[str, Any]:
        return {"type": "error", "error": {"type": answer.type, "message": answer.message}}

    def events(self, request: Request, answer: Answer) -> Iterator[bytes]:
        usage = {"input_tokens": 20, "output_tokens": 1, "cache_read_input_tokens": 7, "cache_creation_input_tokens": 5}
        message = {
            "id": f"msg_{len(self.requests)}",
            "type": "message",
            "role": "assistant",
            "model": request.body.get("model", ""),
            "content": [],
            "stop_reason": None,
            "stop_sequence": None,
            "usage": usage,
        }
        yield _event("message_start", {"message": message})
        yield _event("ping", {})
        index = 0
        calls = calls_of(answer)
        if calls and calls[0].thinking:
            yield from _thinking(index, calls[0].thinking)
            index += 1
        if text := text_of(answer):
            yield from _text(index, text, answer.piece if isinstance(answer, Say) else 12, self.ends_block(answer))
            index += 1
        if isinstance(answer, Overloaded):
            yield _event("error", {"error": {"type": "overloaded_error", "message": "Overloaded"}})
        if isinstance(answer, Overloaded | Drop | Truncate):
            return
        for call in calls:
            yield from _call(index, f"toolu_{len(self.requests)}_{index}", call)
            index += 1
        stop = "tool_use" if calls else STOPS[answer.stop] if isinstance(answer, Say) else "end_turn"
        delta = {"stop_reason": stop, "stop_sequence": None}
        yield _event("message_delta", {"delta": delta, "usage": {"output_tokens": 11}})
        yield _event("message_stop", {})

    @staticmethod
    def ends_block(answer: Answer) -> bool:
        return not isinstance(answer, Overloaded | Drop | Truncate)


def _event(name: str, data: dict[str, Any]) -> bytes:
    return f"event: {name}\ndata: {json.dumps({'type': name, **data})}\n\n".encode()


def _delta(index: int, delta: dict[str, Any]) -> bytes:
    return _event("content_block_delta", {"index": index, "delta": delta})


def _text(index: int, text: str, size: int, ends: bool) -> Iterator[bytes]:
    yield _event("content_block_start", {"index": index, "content_block": {"type": "text", "text": ""}})
    for piece in pieces(text, size):
        yield _delta(index, {"type": "text_delta", "text": piece})
    if ends:
        yield _event("content_block_stop", {"index": index})


def _thinking(index: int, text: str) -> Iterator[bytes]:
    block = {"type": "thinking", "thinking": "", "signature": ""}
    yield _event("content_block_start", {"index": index, "content_block": block})
    yield _delta(index, {"type": "thinking_delta", "thinking": text})
    yield _delta(index, {"type": "signature_delta", "signature": "signed"})
    yield _event("content_block_stop", {"index": index})


def _call(index: int, call_id: str, call: Call) -> Iterator[bytes]:
    block = {"type": "tool_use", "id": call_id, "name": call.name, "input": {}}
    yield _event("content_block_start", {"index": index, "content_block": block})
    for piece in pieces(arguments_of(call), 9):
        yield _delta(index, {"type": "input_json_delta", "partial_json": piece})
    yield _event("content_block_stop", {"index": index})


if __name__ == "__main__":
    run(AnthropicServer)
