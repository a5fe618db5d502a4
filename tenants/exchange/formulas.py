"""Text that a spreadsheet would reckon with: guarded by an apostrophe when it leaves, freed of it when it comes back.

OWASP's list of what begins a formula, with the full-width signs that some programs take for the narrow ones, and NUL,
which some drop. A phone in international form begins with one of them, too. What would look guarded already is guarded
once more, so that every text comes back as it was.
"""

from __future__ import annotations

import re

_SIGNS = "=+\\-@\t\r\n\x00\uff1d\uff0b\uff0d\uff20"
_to_guard = re.compile(f"'*[{_SIGNS}]")
_looks_guarded = re.compile(f"'+[{_SIGNS}]")


def guard(text: str) -> str:
    """``text`` as a cell of a file without types, such as CSV."""
    return f"'{text}" if _to_guard.match(text) else text


def guard_if_ambiguous(text: str) -> str:
    """``text`` as a cell that is marked as text: only what ``free`` would change wants its apostrophe."""
    return f"'{text}" if _looks_guarded.match(text) else text


def free(text: str) -> str:
    """``text`` of a cell without the apostrophe that ``guard`` put before it."""
    return text[1:] if _looks_guarded.match(text) else text
