"""What every model provider speaks: one round of a conversation in, one completion out.

The engine owns the loop over tool calls; a provider translates one request to one wire protocol and back. A provider
holds no tenant data, opens no tenant scope and never touches the database, so that a turn which waits for a model
holds nothing that another turn needs.
"""

from __future__ import annotations

import base64
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Literal

Role = Literal["user", "assistant", "tool"]


@dataclass(frozen=True, slots=True)
class SystemBlock:
    """A part of the system prompt; ``stable`` parts come first and may be cached by the provider."""

    text: str
    stable: bool = False


@dataclass(frozen=True, slots=True)
class ToolSpec:
    """A tool as the model sees it; ``parameters`` is a JSON schema of type object."""

    name: str
    description: str
    parameters: dict[str, Any]


@dataclass(frozen=True, slots=True)
class ToolCall:
    """A call that the model asks for. ``arguments`` is None when they were not a JSON object; ``error`` says why."""

    id: str
    name: str
    arguments: dict[str, Any] | None
    error: str | None = None


@dataclass(frozen=True, slots=True)
class ToolResult:
    """What a tool answered, as JSON text for the model."""

    call_id: str
    name: str
    content: str
    is_error: bool = False


@dataclass(frozen=True, slots=True)
class Image:
    """A picture that came with a person's message: JPEG, PNG or WebP."""

    mime_type: str
    content: bytes = field(repr=False)

    def as_base64(self) -> str:
        return base64.b64encode(self.content).decode("ascii")


@dataclass(frozen=True, slots=True)
class ChatMessage:
    """One message of the conversation as sent to a provider.

    role "user": ``text``, and ``images`` that came with it; role "assistant": ``text`` and/or ``tool_calls``; role
    "tool": ``tool_results`` answering all calls of the assistant message before it. ``opaque``: ``Completion.opaque``
    of the round that wrote the message.
    """

    role: Role
    text: str = ""
    tool_calls: tuple[ToolCall, ...] = ()
    tool_results: tuple[ToolResult, ...] = ()
    opaque: tuple[dict[str, Any], ...] = ()
    images: tuple[Image, ...] = ()


@dataclass(frozen=True, slots=True)
class TokenUsage:
    """Tokens of one or more rounds. ``input`` excludes what was read from or written to the prompt cache."""

    input: int = 0
    output: int = 0
    cache_read: int = 0
    cache_write: int = 0

    def __add__(self, other: TokenUsage) -> TokenUsage:
        return TokenUsage(
            self.input + other.input,
            self.output + other.output,
            self.cache_read + other.cache_read,
            self.cache_write + other.cache_write,
        )


class Stop(StrEnum):
    """Why a completion ended."""

    END = "end"
    TOOLS = "tools"
    MAX_TOKENS = "max_tokens"
    REFUSAL = "refusal"


@dataclass(frozen=True, slots=True)
class Completion:
    """One model round: its text, the tool calls it wants, why it stopped and what it cost.

    ``opaque``: blocks that mean something to the provider alone (signed reasoning), wanted back with the tool results.
    """

    text: str
    stop: Stop
    tool_calls: tuple[ToolCall, ...] = ()
    usage: TokenUsage = field(default_factory=TokenUsage)
    model: str = ""
    opaque: tuple[dict[str, Any], ...] = ()


class ProviderFault(StrEnum):
    """Kinds of provider errors; each has one outcome in the engine."""

    TIMEOUT = "timeout"
    RATE_LIMITED = "rate_limited"
    OVERLOADED = "overloaded"
    CREDENTIALS = "credentials"
    NO_CREDIT = "no_credit"  # whoever the key belongs to has nothing left to spend
    BAD_REQUEST = "bad_request"
    CONNECTION = "connection"
    SERVER = "server"
    PROTOCOL = "protocol"  # an answer that is not of the protocol: HTML, truncated stream, invalid JSON


class ProviderError(Exception):
    """A provider could not complete a round. ``retry_after`` in seconds and ``status`` of HTTP when there was one;
    ``has_expired``: the key was good once. ``was_sent``: the service had the request, and was not waited for.
    """

    def __init__(
        self,
        kind: ProviderFault,
        message: str,
        *,
        retry_after: float | None = None,
        status: int | None = None,
        has_expired: bool = False,
        was_sent: bool = False,
    ) -> None:
        super().__init__(f"{kind}: {message}")
        self.kind = kind
        self.retry_after = retry_after
        self.status = status
        self.has_expired = has_expired
        self.was_sent = was_sent


class Provider(ABC):
    """One model behind one protocol. Instances are cheap, thread-safe and live for one turn or longer."""

    name: str
    model: str

    @abstractmethod
    def generate(
        self,
        *,
        system: Sequence[SystemBlock],
        messages: Sequence[ChatMessage],
        tools: Sequence[ToolSpec],
        max_tokens: int,
        on_text: Callable[[str], None] | None = None,
    ) -> Completion:
        """Run one round; text deltas go to ``on_text`` as they arrive (nothing has been checked yet).

        Raises ProviderError for every fault of network, protocol or service, and nothing else but what ``on_text``
        raises.
        """
