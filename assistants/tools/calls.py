"""The calls of one turn: which tools there are is decided here, and how often a model may get them wrong."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from assistants.providers.base import ToolCall, ToolResult, ToolSpec
from assistants.tools.base import InvalidArguments, Tool, ToolContext, ToolError, check_arguments
from tenants.scope import tenant_scope

CALLS_A_ROUND = 8
UNKNOWN_ALLOWED = 1
MALFORMED_ALLOWED = 2
REPEATED_ALLOWED = 1


class ToolsMisused(Exception):
    """The model has been told what was wrong and does it again; ``reason`` is for the operator."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class ToolCalls:
    """Runs the calls of one turn, inside the tenant's scope, and keeps what they returned."""

    def __init__(self, *, tools: Sequence[Tool], context: ToolContext) -> None:
        self._tools = {tool.spec.name: tool for tool in tools}
        self._context = context
        self._seen: set[str] = set()
        self._unknown = self._malformed = self._repeated = 0
        self.used: list[str] = []  # names in order of first use

    @property
    def specs(self) -> tuple[ToolSpec, ...]:
        return tuple(tool.spec for tool in self._tools.values())

    def run(self, calls: Sequence[ToolCall]) -> tuple[ToolResult, ...]:
        """Answer every call of one round. Raises ToolsMisused when the model does not learn."""
        with tenant_scope(self._context.user):
            return tuple(
                self._answer(call) if number < CALLS_A_ROUND else _failed(call, "too many calls at once")
                for number, call in enumerate(calls)
            )

    def _answer(self, call: ToolCall) -> ToolResult:
        tool = self._tools.get(call.name)
        if tool is None:
            self._unknown += 1
            if self._unknown > UNKNOWN_ALLOWED:
                raise ToolsMisused("unknown_tool")
            return _failed(call, f"there is no such tool; there are: {', '.join(self._tools)}")
        try:
            if call.arguments is None:
                raise InvalidArguments(call.error or "arguments are not a JSON object")
            arguments = check_arguments(spec=tool.spec, arguments=call.arguments)
        except InvalidArguments as error:
            self._malformed += 1
            if self._malformed > MALFORMED_ALLOWED:
                raise ToolsMisused("bad_arguments") from None
            return _failed(call, str(error))
        if self._is_repeated(call.name, arguments):
            return _failed(call, "this was asked before with the same arguments: answer with what you have")
        if call.name not in self.used:
            self.used.append(call.name)
        try:
            found = tool.run(self._context, arguments)
        except ToolError as error:
            return _failed(call, str(error))
        return ToolResult(call.id, call.name, to_json(found))

    def _is_repeated(self, name: str, arguments: Mapping[str, Any]) -> bool:
        key = json.dumps([name, arguments], sort_keys=True)
        if key not in self._seen:
            self._seen.add(key)
            return False
        self._repeated += 1
        if self._repeated > REPEATED_ALLOWED:
            raise ToolsMisused("loop")
        return True


def to_json(value: Any) -> str:
    """JSON whose texts cannot close a tag around it: a product's description is data, whatever it says."""
    text = json.dumps(value, ensure_ascii=False)
    return text.replace("<", "\\u003c").replace(">", "\\u003e")


def _failed(call: ToolCall, why: str) -> ToolResult:
    return ToolResult(call.id, call.name, to_json({"error": why}), is_error=True)
