"""One turn: rounds of a model, tools between them, and only grounded sentences out.

Whatever a model does, the person gets an answer: every way in which a turn can go wrong ends in ``TurnFailed`` with a
word for the operator, and then the built-in assistant answers the same message.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from assistants.grounding import Facts, Violation
from assistants.models import Outcome
from assistants.providers.base import (
    ChatMessage,
    Completion,
    Provider,
    ProviderError,
    Stop,
    SystemBlock,
    TokenUsage,
)
from assistants.providers.meter import metered
from assistants.providers.transport import deadline
from assistants.speech import Invented, Speech
from assistants.tools.calls import ToolCalls, ToolsMisused

logger = logging.getLogger(__name__)

MAX_ROUNDS = 6
SHORTEST_ROUND = 1.0  # seconds; with less left no round is begun


class TurnFailed(Exception):
    """The model gave no answer that may leave; ``reason`` is a word for the operator. ``by_service``: its service
    failed, so that another one may fare better."""

    def __init__(self, reason: str, *, by_service: bool = False) -> None:
        super().__init__(reason)
        self.reason = reason
        self.by_service = by_service


@dataclass
class Turn:
    """One provider's attempt at a turn. ``before_round`` is called before each wait for the model."""

    provider: Provider
    system: Sequence[SystemBlock]
    messages: list[ChatMessage]
    calls: ToolCalls
    facts: Facts
    speech: Speech
    max_tokens: int
    clock: Callable[[], float]
    ends_at: float
    before_round: Callable[[], None]
    sources_of_truth: str
    usage: TokenUsage = field(default_factory=TokenUsage)
    is_estimate: bool = False  # a round was cut off, and its service had not told what it took
    rounds: int = 0
    reason: str = ""  # why it was asked again
    separator: str = "\n\n"

    def run(self) -> Outcome:
        """Speak the answer; returns how it ended. Raises TurnFailed, having perhaps spoken a part."""
        while self.rounds < MAX_ROUNDS:
            try:
                completion = self._generate()
                if completion.stop is Stop.REFUSAL:
                    raise TurnFailed("refusal")
                if completion.stop is Stop.MAX_TOKENS:
                    if not completion.tool_calls and self.speech.said_this_round:
                        return self._end_early()
                    self._ask_again("max_tokens", SHORTER)
                    continue
                self.speech.end_round()
            except Invented as invented:
                note = _correction(invented.violations, said=self.speech.said_this_round, sources=self.sources_of_truth)
                self._ask_again("ungrounded", note)
                continue
            if not completion.tool_calls:
                if not completion.text.strip():
                    raise TurnFailed("empty")
                return Outcome.CORRECTED if self.reason else Outcome.ANSWERED
            self._run_tools(completion)
        raise TurnFailed("loop")

    def _generate(self) -> Completion:
        left = self.ends_at - self.clock()
        if left < SHORTEST_ROUND:
            raise TurnFailed("timeout")
        self.rounds += 1
        self.speech.begin_round(separator=self.separator)
        self.separator = "\n\n"
        self.before_round()
        try:
            with metered() as cut, deadline(left):
                completion = self.provider.generate(
                    system=self.system,
                    messages=self.messages,
                    tools=self.calls.specs,
                    max_tokens=self.max_tokens,
                    on_text=self.speech.hear,
                )
        except ProviderError as error:
            logger.warning("%s: %s", self.provider.name, error)
            raise TurnFailed(error.kind.value, by_service=True) from None
        finally:
            self.usage += cut.usage
            self.is_estimate = self.is_estimate or cut.is_estimate
        self.usage += completion.usage
        return completion

    def _run_tools(self, completion: Completion) -> None:
        try:
            results = self.calls.run(completion.tool_calls)
        except ToolsMisused as error:
            raise TurnFailed(error.reason) from None
        for result in results:
            if not result.is_error:
                self.facts.add_tool_result(result.content)
        self.messages.append(ChatMessage("assistant", completion.text, completion.tool_calls, opaque=completion.opaque))
        self.messages.append(ChatMessage("tool", tool_results=results))

    def _ask_again(self, reason: str, note: str) -> None:
        """Once a turn: what was said so far stays, and the model goes on from there."""
        if self.reason:
            raise TurnFailed(reason)
        self.reason = reason
        if said := self.speech.said_this_round:
            self.messages.append(ChatMessage("assistant", said))
            self.separator = " "
        self.messages.append(ChatMessage("user", note))

    def _end_early(self) -> Outcome:
        self.reason = "max_tokens"
        return Outcome.CUT


SHORTER = (
    "[Aviso del sistema, no de la persona] Tu respuesta no cabía y se perdió. Responde de nuevo, en tres frases como"
    " mucho."
)


def _correction(violations: Sequence[Violation], *, said: str, sources: str) -> str:
    named = "; ".join(f"«{' '.join(violation.said.split())[:80]}»" for violation in violations[:5])
    going_on = (
        "La persona ya leyó la parte anterior de tu respuesta: sigue desde ahí, sin repetirla."
        if said
        else "Responde de nuevo."
    )
    return (
        "[Aviso del sistema, no de la persona] Tu respuesta se detuvo porque decía algo que no está en"
        f" {sources.format(named=named)}; si te faltan datos, búscalos con las herramientas, y si no existen, dilo."
        f" {going_on} No menciones este aviso."
    )
