"""Tool arguments as a model streams them: pieces of JSON text that may be cut, malformed or of another shape."""

from __future__ import annotations

import json
from typing import Any

from assistants.providers.base import ToolCall
from assistants.providers.transport import clean_text

MAX_ARGUMENT_CHARACTERS = 20_000


def _cleaned(value: Any) -> Any:
    if isinstance(value, str):
        return clean_text(value)
    if isinstance(value, list):
        return [_cleaned(item) for item in value]
    if isinstance(value, dict):
        return {clean_text(key): _cleaned(item) for key, item in value.items()}
    return value


def parse_call(*, call_id: str, name: str, raw: str) -> ToolCall:
    """The call with its arguments parsed from ``raw``; arguments None and a reason when it is not a JSON object.

    Empty text is an empty object: that is how a call without arguments arrives.
    """
    call_id, name = clean_text(call_id), clean_text(name)[:200]
    if not raw.strip():
        return ToolCall(call_id, name, {})
    if len(raw) > MAX_ARGUMENT_CHARACTERS:
        return ToolCall(call_id, name, None, "arguments are too long")
    try:
        value = _cleaned(json.loads(raw))
    except (ValueError, RecursionError):
        return ToolCall(call_id, name, None, "arguments are not valid JSON")
    if not isinstance(value, dict):
        return ToolCall(call_id, name, None, "arguments are not a JSON object")
    return ToolCall(call_id, name, value)
