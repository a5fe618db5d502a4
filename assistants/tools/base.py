"""What a tool is: a name, a schema, and a function that is bound to one tenant before any model hears of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from assistants.providers.base import ToolSpec
from tenants.models import User

MAX_TEXT = 300  # characters of a text argument; longer ones are cut
MAX_ITEMS = 100  # of a list argument


def _never(context: ToolContext, arguments: Mapping[str, Any]) -> bool:
    """Of one thing the person need not be asked."""
    return False


def always(context: ToolContext, arguments: Mapping[str, Any]) -> bool:
    """The person is asked, whatever the call."""
    return True


def _nothing_sealed(context: ToolContext, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments say it all."""
    return {}


def _nothing_asked(context: ToolContext, arguments: Mapping[str, Any]) -> int:
    """The call touches nothing that could be lost."""
    return 0


@dataclass(frozen=True, slots=True)
class ToolContext:
    """Whom a tool works for. It comes from the turn, never from the model. ``contact_id``: which customer it is;
    ``message``: what the person has just written; ``sealed``: what a question that they agreed to was about."""

    user: User
    currency: str
    audience: str
    language: str = "es"
    now: datetime = field(default_factory=lambda: datetime.now(UTC))
    contact_id: int | None = None
    message: str = ""
    sealed: Mapping[str, Any] | None = None
    wishes: Callable[[], Sequence[Mapping[str, Any]]] = tuple


@dataclass(frozen=True, slots=True)
class Tool:
    """``run(context, arguments)`` is called inside the tenant's scope with arguments that fit ``spec.parameters``.

    One that ``writes`` runs once for each step of a turn, in a transaction (``assistants.effects``). ``touches`` says
    how many things it would take away or move; of more than one the person is asked first, with what ``asks`` says.
    Of one that ``confirms`` the person is asked even then. What the question is about, as our own code read it, is
    ``sealed``: kept with the call, and given to ``run`` in the context once the person has agreed.
    """

    spec: ToolSpec
    run: Callable[[ToolContext, Mapping[str, Any]], Any]
    writes: bool = False
    touches: Callable[[ToolContext, Mapping[str, Any]], int] = _nothing_asked
    asks: Callable[[ToolContext, list[dict[str, Any]]], str] | None = None
    confirms: Callable[[ToolContext, Mapping[str, Any]], bool] = _never
    seals: Callable[[ToolContext, Mapping[str, Any]], dict[str, Any]] = _nothing_sealed


def make_spec(name: str, description: str, /, **properties: dict[str, Any]) -> ToolSpec:
    """A tool's name, what it is for, and its arguments: all required, which strict schemas want.

    What may be left out has a ``default`` rather than the type null: of those the strict schemas of a request to
    Anthropic may have sixteen in all. A call's argument that is the default, or null, counts as not given.
    """
    parameters = {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }
    return ToolSpec(name, description, parameters)


class ToolError(Exception):
    """A tool cannot do what was asked; its message goes to the model, so it names nothing but the arguments.

    With ``details`` it is no fault of the model's: they are what it is answered, a question to the person for example.
    """

    details: dict[str, Any] | None = None


class InvalidArguments(ValueError):
    """Arguments do not fit the tool's schema; the message says which and why, for the model."""


_TYPES: dict[str, Callable[[Any], bool]] = {
    "string": lambda value: isinstance(value, str),
    "integer": lambda value: isinstance(value, int) and not isinstance(value, bool) and abs(value) < 2**63,
    "number": lambda value: isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e15,
    "boolean": lambda value: isinstance(value, bool),
    "null": lambda value: value is None,
    "array": lambda value: (  # of whole numbers: ids, minutes
        isinstance(value, list) and len(value) <= MAX_ITEMS and all(_TYPES["integer"](item) for item in value)
    ),
}


def check_arguments(*, spec: ToolSpec, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Return the arguments that were given, texts cut to MAX_TEXT. Raises InvalidArguments.

    Reads the part of JSON schema that ``strict`` tools may use: flat properties with a type, or several, and required.
    """
    properties: dict[str, Any] = spec.parameters.get("properties", {})
    unknown = sorted(set(arguments) - set(properties))
    if unknown:
        raise InvalidArguments(f"unknown argument: {unknown[0][:40]}")
    missing = [
        name
        for name in spec.parameters.get("required", ())
        if name not in arguments and not _nullable(properties[name])
    ]
    if missing:
        raise InvalidArguments(f"missing argument: {missing[0]}")
    checked = {}
    for name, value in arguments.items():
        if "default" in properties[name] and value in (None, properties[name]["default"]):
            continue  # not given
        declared = properties[name]["type"]
        types = [declared] if isinstance(declared, str) else list(declared)
        if not any(_TYPES[kind](value) for kind in types):
            raise InvalidArguments(f"{name} must be of type {' or '.join(types)}")
        checked[name] = value[:MAX_TEXT] if isinstance(value, str) else value
    return checked


def _nullable(declared: Mapping[str, Any]) -> bool:
    return (
        "default" in declared or "null" in declared["type"]
    )  # servers without strict schemas leave such arguments out
