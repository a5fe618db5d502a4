"""The calls of one turn: which tools there are is decided here, and how often a model may get them wrong."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.translation import override

from assistants import intentions
from assistants.effects import Acts, TooManySteps
from assistants.providers.base import ToolCall, ToolResult, ToolSpec
from assistants.tools.base import InvalidArguments, Tool, ToolContext, ToolError, check_arguments
from tenants.scope import tenant_scope

CALLS_A_ROUND = 8
UNKNOWN_ALLOWED = 1
MALFORMED_ALLOWED = 2
REPEATED_ALLOWED = 1
ASKED = (
    "No se hizo nada todavía: antes se le pregunta a la persona. La pregunta se añade sola al final de tu"
    " respuesta: no la repitas, no digas que ya está hecho y no llames más a esta herramienta en este turno."
)


class ToolsMisused(Exception):
    """The model has been told what was wrong and does it again; ``reason`` is for the operator."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class ToolCalls:
    """Runs the calls of one attempt at a turn, inside the tenant's scope; ``acts`` is what the turn has done so far.

    With ``sweeping`` the person has spoken of everything, and is asked even when that is one thing.
    """

    def __init__(
        self, *, tools: Sequence[Tool], context: ToolContext, acts: Acts | None = None, sweeping: bool = False
    ) -> None:
        self._sweeping = sweeping
        self._tools = {tool.spec.name: tool for tool in tools}
        self._context = context
        self._acts = acts or Acts(context.user)
        self._seen: set[str] = set()
        self._unknown = self._malformed = self._repeated = 0
        self._touched = 0  # things that were taken away or moved
        self._touching = 0  # and that the calls of this round would
        self.used: list[str] = []  # names in order of first use
        self.found: list[tuple[str, dict[str, Any], dict[str, Any]]] = []  # what each call was answered

    @property
    def specs(self) -> tuple[ToolSpec, ...]:
        return tuple(tool.spec for tool in self._tools.values())

    def run(self, calls: Sequence[ToolCall]) -> tuple[ToolResult, ...]:
        """Answer every call of one round. Raises ToolsMisused when the model does not learn."""
        with tenant_scope(self._context.user), override(self._context.language):
            self._touching = sum(self._count(call) for call in calls)
            return tuple(
                self._answer(call) if number < CALLS_A_ROUND else _failed(call, "too many calls at once")
                for number, call in enumerate(calls)
            )

    def _count(self, call: ToolCall) -> int:
        tool = self._tools.get(call.name)
        if tool is None or call.arguments is None:
            return 0
        try:
            return tool.touches(self._context, check_arguments(spec=tool.spec, arguments=call.arguments))
        except (InvalidArguments, ToolError):
            return 0

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
            found = self._write(tool, arguments) if tool.writes else tool.run(self._context, arguments)
        except ToolError as error:
            if error.details is not None:
                self.found.append((call.name, arguments, error.details))
                return ToolResult(call.id, call.name, to_json(error.details))
            return _failed(call, str(error))
        except TooManySteps:
            return _failed(call, "too many changes in one turn: say what was done and ask whether to go on")
        self.found.append((call.name, arguments, found))
        return ToolResult(call.id, call.name, to_json(found))

    def _write(self, tool: Tool, arguments: dict[str, Any]) -> dict[str, Any]:
        name = tool.spec.name
        touched = tool.touches(self._context, arguments)
        several = self._sweeping or max(self._touching, self._touched + touched) > 1
        if tool.asks is not None and ((touched and several) or tool.confirms(self._context, arguments)):
            return self._ask(tool, arguments)
        found, fresh = self._acts.once(tool=name, arguments=arguments, run=lambda: tool.run(self._context, arguments))
        if fresh:
            self._touched += touched
        else:
            self._seen.discard(_key(name, arguments))  # it may still be wanted: see assistants.effects
        return found

    def _ask(self, tool: Tool, arguments: dict[str, Any]) -> dict[str, Any]:
        """Keep the call until the person has said yes. The question is put by us, at the end of the reply."""
        if tool.asks is None:
            raise ToolError("this cannot be asked about")
        asked = intentions.kept(key=self._acts.key) if self._acts.key else []
        call = {"tool": tool.spec.name, "arguments": arguments}
        if sealed := tool.seals(self._context, arguments):
            call["sealed"] = sealed
        question = tool.asks(self._context, [*asked, *([] if call in asked else [call])])
        intentions.keep(acts=self._acts, call=call, question=question, now=self._context.now)
        return {"done": False, "question": question, "note": ASKED}

    def _is_repeated(self, name: str, arguments: Mapping[str, Any]) -> bool:
        key = _key(name, arguments)
        if key not in self._seen:
            self._seen.add(key)
            return False
        self._repeated += 1
        if self._repeated > REPEATED_ALLOWED:
            raise ToolsMisused("loop")
        return True


def _key(name: str, arguments: Mapping[str, Any]) -> str:
    return json.dumps([name, arguments], sort_keys=True)


def to_json(value: Any) -> str:
    """JSON whose texts cannot close a tag around it: a product's description is data, whatever it says."""
    text = json.dumps(value, ensure_ascii=False)
    return text.replace("<", "\\u003c").replace(">", "\\u003e")


def _failed(call: ToolCall, why: str) -> ToolResult:
    return ToolResult(call.id, call.name, to_json({"error": why}), is_error=True)
