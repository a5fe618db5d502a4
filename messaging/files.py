"""Handing out what strangers sent: nothing of it may run in a browser under our name."""

from __future__ import annotations

from pathlib import PurePath

from django.http import HttpResponse
from django.utils.http import content_disposition_header

from messaging.attachments import Attachment

# What a browser shows or plays and runs nothing of. SVG and PDF are not among them: they are saved, not shown.
PICTURES = {"image/jpeg", "image/png", "image/webp", "image/gif"}
SOUNDS = {"audio/ogg", "audio/mpeg", "audio/mp4", "audio/aac", "audio/amr", "audio/wav", "audio/webm"}
FILMS = {"video/mp4", "video/3gpp", "video/webm"}
SAVED = {"application/pdf", "text/plain", "text/csv"}
OTHER = "application/octet-stream"
_endings = {"image/jpeg": "jpg", "audio/ogg": "ogg", "audio/mpeg": "mp3", "audio/mp4": "m4a", "text/plain": "txt"}


def serve(attachment: Attachment) -> HttpResponse:
    """The file as an answer: under a type of the lists above or none, in a sandbox, never guessed at."""
    kind = safe_type(attachment.mime_type)
    response = HttpResponse(bytes(attachment.content or b""), content_type=kind)
    is_saved = kind not in PICTURES
    response["Content-Disposition"] = content_disposition_header(is_saved, _name(attachment, kind)) or "attachment"
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response["X-Content-Type-Options"] = "nosniff"
    response["Cross-Origin-Resource-Policy"] = "same-origin"
    response["Cache-Control"] = "private, max-age=86400, immutable"
    return response


def safe_type(given: str) -> str:
    """``given`` without parameters («audio/ogg; codecs=opus») when it is harmless, else application/octet-stream."""
    kind = given.partition(";")[0].strip().lower()
    return kind if kind in PICTURES | SOUNDS | FILMS | SAVED else OTHER


def _name(attachment: Attachment, kind: str) -> str:
    given = PurePath(attachment.filename.replace("\\", "/")).name
    kept = "".join(character for character in given if character.isprintable() and character not in '"/:*?<>|')
    ending = _endings.get(kind) or (kind.rpartition("/")[2] if kind != OTHER else "bin")
    return kept[-120:] or f"{attachment.kind or 'archivo'}-{attachment.pk}.{ending}"
