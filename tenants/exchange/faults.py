"""What may be wrong with a file, or with one cell of it, in words for people."""

from __future__ import annotations


class Unreadable(Exception):
    """The file is not what it should be, or more than is taken; nothing of it was written. The text is for people."""


class NotSo(ValueError):
    """A cell does not say what its column is about. The text is for people."""
