"""What may be wrong with a file, or with one cell of it."""

from __future__ import annotations

from tenants.exchange.reasons import Reason


class Fault(Exception):
    """Something that is not taken, and why: a code of ``reasons.WORDS`` with what its words name."""

    def __init__(self, code: str, **params: str | int) -> None:
        super().__init__(code)
        self.reason = Reason(code, params)

    def __str__(self) -> str:
        return str(self.reason)


class Unreadable(Fault):
    """The file is not what it should be, or more than is taken; nothing of it was written."""


class NotSo(Fault, ValueError):
    """A cell does not say what its column is about."""
