"""What a file is, by its first bytes: what a sender says of it is not believed."""

from __future__ import annotations

import io
import zipfile
from dataclasses import dataclass

MEGABYTE = 1024 * 1024

OFFICE = {
    "word/": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "xl/": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "ppt/": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
}
OLD_OFFICE = {"application/msword", "application/vnd.ms-excel", "application/vnd.ms-powerpoint"}
MOST_ENTRIES = 5000  # of a zip whose list is read


@dataclass(frozen=True, slots=True)
class Family:
    """Kinds of files that are kept: up to so many bytes, of these types."""

    most_bytes: int
    types: frozenset[str]


IMAGE = Family(5 * MEGABYTE, frozenset({"image/jpeg", "image/png", "image/webp"}))
AUDIO = Family(16 * MEGABYTE, frozenset({"audio/ogg", "audio/mpeg", "audio/mp4", "audio/amr", "audio/aac"}))
DOCUMENT = Family(
    20 * MEGABYTE, frozenset({"application/pdf", "text/plain", "text/csv", *OFFICE.values(), *OLD_OFFICE})
)
FAMILIES = {"image": IMAGE, "sticker": IMAGE, "audio": AUDIO, "document": DOCUMENT}


def read_type(content: bytes, *, claimed: str = "") -> str:
    """The media type of ``content``; empty when it is none that is kept. ``claimed`` only tells texts from each other,
    and the old formats of Office."""
    head = content[:16]
    if head.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return "image/png"
    if head.startswith(b"RIFF"):
        return "image/webp" if content[8:12] == b"WEBP" else ""
    if head.startswith(b"OggS"):
        return "audio/ogg"
    if head.startswith(b"#!AMR"):
        return "audio/amr"
    if content[4:8] == b"ftyp":
        return "audio/mp4" if content[8:11] in (b"M4A", b"M4B", b"iso", b"mp4", b"das", b"3gp") else ""
    if head.startswith(b"ID3"):
        return "audio/mpeg"
    if len(head) > 1 and head[0] == 0xFF and head[1] & 0xE0 == 0xE0:
        return "audio/aac" if head[1] & 0x06 == 0 else "audio/mpeg"
    if head.startswith(b"%PDF-"):
        return "application/pdf"
    if head.startswith(b"PK\x03\x04"):
        return _office(content)
    plain = claimed.partition(";")[0].strip().lower()
    if head.startswith(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"):
        return plain if plain in OLD_OFFICE else "application/msword"
    return _text(content, plain)


def _office(content: bytes) -> str:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            names = archive.namelist()[:MOST_ENTRIES]
    except (zipfile.BadZipFile, ValueError, NotImplementedError, OSError):
        return ""
    if "[Content_Types].xml" not in names or any(name.lower().endswith("vbaproject.bin") for name in names):
        return ""
    return next((of for folder, of in OFFICE.items() if any(name.startswith(folder) for name in names)), "")


def _text(content: bytes, claimed: str) -> str:
    if not content or b"\x00" in content:
        return ""
    try:
        content.decode("utf-8")
    except UnicodeDecodeError:
        if claimed not in ("text/plain", "text/csv"):
            return ""
    return "text/csv" if claimed == "text/csv" else "text/plain"
