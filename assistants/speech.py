"""The reply as its reader sees it grow: only sentences that have passed the grounding check."""

from __future__ import annotations

from collections.abc import Callable

from assistants.grounding import Facts, SentenceGate, Violation
from assistants.grounding.gate import Reader


class Invented(Exception):
    """A sentence says what no fact of the turn holds; raised to stop listening to a round."""

    def __init__(self, violations: list[Violation]) -> None:
        super().__init__(", ".join(sorted({violation.kind for violation in violations})))
        self.violations = violations


class ReaderLost(Exception):
    """Whoever reads along cannot follow any more; the cause says why. No fault of the model: nobody else is asked."""


class Speech:
    """``text`` is what was released so far. ``on_reset`` is called when that is withdrawn to be said differently.

    ``make_reader`` makes what checks a round; None: what checks a catalogue's replies.
    """

    def __init__(
        self,
        *,
        facts: Facts,
        on_text: Callable[[str], None],
        on_reset: Callable[[], None],
        make_reader: Callable[[], Reader | None] = lambda: None,
    ) -> None:
        self._facts = facts
        self._make_reader = make_reader
        self._on_text = on_text
        self._on_reset = on_reset
        self._gate: SentenceGate | None = None
        self._separator = ""
        self.text = ""

    @property
    def said_this_round(self) -> str:
        """What this round has released."""
        return self._gate.released.strip() if self._gate else ""

    def begin_round(self, *, separator: str = "\n\n") -> None:
        """Start listening to a round, whose text stands apart from what was said before by ``separator``."""
        self._separator = separator if self.text else ""
        self._gate = SentenceGate(facts=self._facts, release=self._say, reader=self._make_reader())

    def hear(self, delta: str) -> None:
        """Take the next piece of the round. Raises Invented once something in it is not grounded."""
        gate = self._listening()
        gate.feed(delta)
        if gate.closed:
            raise Invented(gate.violations)

    def end_round(self) -> None:
        """The round is complete: check and release what is left of it. Raises Invented."""
        if violations := self._listening().finish():
            raise Invented(violations)

    def add(self, text: str, *, separator: str = " ") -> None:
        """Say words of our own, which need no check."""
        self._separator = separator if self.text else ""
        self._say(text)

    def reset(self) -> None:
        """Withdraw everything."""
        self._gate = None
        if self.text:
            self.text = ""
            _tell(self._on_reset)

    def _listening(self) -> SentenceGate:
        if self._gate is None:
            raise RuntimeError("no round was begun")
        return self._gate

    def _say(self, text: str) -> None:
        if not self.text or self._separator:
            text = text.lstrip()
        if not text:
            return
        if self._separator:
            ending = self.text[len(self.text.rstrip()) :]
            text, self._separator = self._separator.removeprefix(ending) + text, ""
        self.text += text
        _tell(self._on_text, text)


def _tell(listener: Callable[..., None], *words: str) -> None:
    try:
        listener(*words)
    except Exception as fault:
        raise ReaderLost(type(fault).__name__) from fault
