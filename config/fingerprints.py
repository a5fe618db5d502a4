"""What a request asks, in 32 bytes: the same for two that ask the same, however their bodies are written down."""

from __future__ import annotations

import hashlib
import json
from tempfile import SpooledTemporaryFile
from typing import Any

from django.http import HttpRequest

PIECE = 64 * 1024  # bytes that are read at once
IN_MEMORY = 1024 * 1024  # bytes of an upload; more lie in a temporary file


def fingerprint(request: HttpRequest) -> bytes:
    """SHA-256 of method, address and body. The body can be read again afterwards.

    JSON counts as what it says, not by its spaces and the order of its keys; of a form with files the boundary between
    its parts does not count, which programs choose anew each time.
    """
    found = hashlib.sha256()
    for part in (request.method or "", request.path_info, request.META.get("QUERY_STRING", ""), _kind(request)):
        found.update(part.encode("utf-8", "surrogateescape") + b"\0")
    if request.content_type == "multipart/form-data":
        _read_form(request, into=found)
    else:
        found.update(_plain(request.body) if _kind(request) == "application/json" else request.body)
    return found.digest()


def _kind(request: HttpRequest) -> str:
    return (request.content_type or "").lower()


def _plain(body: bytes) -> bytes:
    """JSON in one spelling; what is none stays as it is, for the view to refuse."""
    try:
        said = json.loads(body)
        return json.dumps(said, sort_keys=True, separators=(",", ":")).encode()
    except (ValueError, RecursionError):
        return body


def _read_form(request: HttpRequest, *, into: Any) -> None:
    """Read the upload a piece at a time, and put it back to be read by the view."""
    boundary = (request.content_params or {}).get("boundary", "").encode("latin-1", "replace")
    kept: SpooledTemporaryFile[bytes] = SpooledTemporaryFile(max_size=IN_MEMORY)  # noqa: SIM115  (the request's now)
    rest = b""
    while piece := request.read(PIECE):
        kept.write(piece)
        rest += piece
        if boundary:
            *whole, rest = rest.split(boundary)
            for part in whole:
                into.update(part + b"\0")
            open_end = len(boundary) - 1  # where a boundary may have begun
            into.update(rest[: max(0, len(rest) - open_end)])
            rest = rest[max(0, len(rest) - open_end) :]
        else:
            into.update(rest)
            rest = b""
    into.update(rest)
    kept.seek(0)
    request._stream = kept  # type: ignore[assignment]
    request._read_started = False  # type: ignore[attr-defined]
