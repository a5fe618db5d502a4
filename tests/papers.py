"""What a PDF of ours says, read from its pages as they were drawn without compression."""

from __future__ import annotations

import re


def texts(paper: bytes) -> str:
    """All that is written, word by word as a reader sees it."""
    found = re.findall(rb"\(((?:[^()\\]|\\.)*)\) ?Tj", paper, re.DOTALL)
    whole = b" ".join(found).decode("latin-1")
    whole = re.sub(r"\\([0-7]{3})", lambda match: chr(int(match[1], 8)), whole)
    signs = re.sub(r"\\(.)", r"\1", whole).encode("latin-1").decode("cp1252")
    return " ".join(signs.replace("\xa0", " ").split())


def pages(paper: bytes) -> int:
    return len(re.findall(rb"/Type /Page\b(?!s)", paper))


def closely(text: str) -> str:
    """Without blanks: signs such as «<» are drawn apart from the words beside them."""
    return text.replace(" ", "")
