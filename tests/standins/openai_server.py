"""Chat Completions as far as the assistants use it: ``python -m tests.standins.openai_server --port N``."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from tests.standins.script import (
    Answer,
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

STOPS = {"end": "stop", "cut": "length", "refusal": "content_filter"}


class OpenAIServer(ModelServer):
    """A stand-in for OpenAI's Chat Completions and the servers that speak it."""

    base_path = "/v1"

    def error_body(self, answer: Fail) -> dict[str, Any]:
        return {"error": {"type": answer.type, "message": answer.message, "code": None, "param": None}}

    def events(self, request: Request, answer: Answer) -> Iterator[bytes]:
        head = {
            "id": f"chatcmpl-{len(self.requests)}",
            "object": "chat.completion.chunk",
            "created": 1,
            "model": request.body.get("model", ""),
        }

        def chunk(delta: dict[str, Any], finish: str | None = None) -> bytes:
            return _data({**head, "choices": [{"index": 0, "delta": delta, "finish_reason": finish}]})

        yield chunk({"role": "assistant", "content": ""})
        for piece in pieces(text_of(answer), answer.piece if isinstance(answer, Say) else 12):
            yield chunk({"content": piece})
        if isinstance(answer, Overloaded):
            yield _data({"error": {"type": "overloaded_error", "message": "Overloaded"}})
        if isinstance(answer, Overloaded | Drop | Truncate):
            return
        calls = calls_of(answer)
        for index, call in enumerate(calls):
            call_id = f"call_{len(self.requests)}_{index}"
            function = {"name": call.name, "arguments": ""}
            yield chunk({"tool_calls": [{"index": index, "id": call_id, "type": "function", "function": function}]})
            for piece in pieces(arguments_of(call), 9):
                yield chunk({"tool_calls": [{"index": index, "function": {"arguments": piece}}]})
        finish = "tool_calls" if calls else STOPS[answer.stop] if isinstance(answer, Say) else "stop"
        yield chunk({}, finish)
        usage = {
            "prompt_tokens": 27,
            "completion_tokens": 11,
            "total_tokens": 38,
            "prompt_tokens_details": {"cached_tokens": 7},
        }
        yield _data({**head, "choices": [], "usage": usage})
        yield b"data: [DONE]\n\n"


def _data(data: dict[str, Any]) -> bytes:
    return f"data: {json.dumps(data)}\n\n".encode()


if __name__ == "__main__":
    run(OpenAIServer)
