"""What kind of file something is, whatever it is called, and in which encoding its text is."""

from __future__ import annotations

import codecs
import unicodedata
from typing import BinaryIO

from tenants.exchange.archives import Archive
from tenants.exchange.bounds import Bounds
from tenants.exchange.faults import Unreadable

START = 4096  # bytes that are looked at first
SAMPLE = 1024 * 1024  # bytes, to tell one old encoding from the other
PIECE = 256 * 1024
MOST_CONTROLS = 0.02  # of the signs of a text
HARMLESS = "\r\n\t\x0b\x0c\x00"

# What people may choose, by the name that Python and browsers know.
ENCODINGS = ("utf-8", "utf-16-le", "utf-16-be", "utf-32", "windows-1252", "cp850", "mac-roman")
OLD_ENCODINGS = ("windows-1252", "cp850", "mac-roman")

_marks = [
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
]
_strange = [  # by how it begins, the code of what it is
    (b"%PDF", "pdf"),
    (b"\x89PNG", "picture"),
    (b"\xff\xd8\xff", "picture"),
    (b"GIF8", "picture"),
    (b"RIFF", "media"),
    (b"\x1f\x8b", "packed"),
    (b"Rar!", "packed"),
    (b"7z\xbc\xaf", "packed"),
    (b"MZ", "program"),
    (b"\x7fELF", "program"),
    (b"{\\rtf", "document"),
    (b"SQLite format 3", "database"),
    (b"\xd0\xcf\x11\xe0", "old_excel"),
]
_texts = [
    (("<!doctype html", "<html", "<table", "<head", "<meta"), "web_page"),
    (("<?xml",), "xml"),
    (("[{", '{"', "{\n", "[\n"), "json"),
]
_calendars = {"begin:vcalendar": "ics", "begin:vcard": "vcf"}
_good = set("áéíóúñüÁÉÍÓÚÑÜçÇãõÃÕâêôÂÊÔàÀ")
_between_words = set("¿¡°ºª€–—“”«»‘®™½¼²³·… ")  # good, but not within a word


def tell_format(file: BinaryIO, *, bounds: Bounds, others: frozenset[str] = frozenset()) -> str:
    """«xlsx», «ods», «text», or one of ``others`` («ics») that the kind reads itself. Raises Unreadable."""
    file.seek(0)
    start = file.read(START)
    file.seek(0)
    if not start.strip(b"\r\n\t \x00\xef\xbb\xbf\xff\xfe"):
        raise Unreadable("empty")
    if start.startswith(b"PK\x03\x04"):
        return _tell_packed(file, bounds)
    for mark, code in _strange:
        if start.startswith(mark) or (mark == b"%PDF" and mark in start[:1024]):
            raise Unreadable(code)
    text = start.decode(_of_mark(start) or "latin-1", "replace").removeprefix("\ufeff").lstrip().casefold()
    for beginning, form in _calendars.items():
        if text.startswith(beginning):
            if form in others:
                return form
            raise Unreadable("calendar")
    for beginnings, code in _texts:
        if text.startswith(beginnings):
            raise Unreadable(code)
    return "text"


def guess_encoding(file: BinaryIO) -> str:
    """The encoding of a text: one of ENCODINGS. Raises Unreadable for what is no text."""
    file.seek(0)
    start = file.read(START)
    found = _of_mark(start) or _of_zeros(start)
    if not found:
        found = "utf-8" if _is_utf8(file) else _of_letters(file)
    file.seek(0)
    text = file.read(START * 4).decode(found, "replace")
    controls = sum(
        unicodedata.category(sign) in ("Cc", "Cn", "Co") and sign not in "\r\n\t\x0b\x0c\x00" for sign in text
    )
    if controls > len(text) * MOST_CONTROLS or text.count("\x00") > len(text) * 0.1:
        raise Unreadable("no_table")
    return found


def _tell_packed(file: BinaryIO, bounds: Bounds) -> str:
    archive = Archive(file, budget=bounds.expanded)
    names = archive.names
    if "xl/workbook.xml" in names:
        return "xlsx"
    if "xl/workbook.bin" in names:
        raise Unreadable("binary_excel")
    if "content.xml" in names:
        kind = archive.start_of("mimetype").decode("ascii", "replace")
        if "spreadsheet" in kind or not kind:
            return "ods"
        raise Unreadable("document")
    if "word/document.xml" in names:
        raise Unreadable("document")
    raise Unreadable("packed")


def _of_mark(start: bytes) -> str:
    return next((name for mark, name in _marks if start.startswith(mark)), "")


def _of_zeros(start: bytes) -> str:
    """UTF-16 without its mark: every second byte of most texts is a zero."""
    half = len(start) // 2
    if half < 2:
        return ""
    even, odd = start[::2].count(0) / half, start[1::2].count(0) / half
    if odd > 0.3 and even < 0.1:
        return "utf-16-le"
    return "utf-16-be" if even > 0.3 and odd < 0.1 else ""


def _is_utf8(file: BinaryIO) -> bool:
    decoder = codecs.getincrementaldecoder("utf-8")()
    file.seek(0)
    try:
        while piece := file.read(PIECE):
            decoder.decode(piece)
        decoder.decode(b"", True)
    except UnicodeDecodeError:
        return False
    return True


def _of_letters(file: BinaryIO) -> str:
    """Which old encoding makes the most of the signs beyond ASCII letters of our languages."""
    file.seek(0)
    sample = file.read(SAMPLE)
    scores = {}
    for name in OLD_ENCODINGS:
        text = sample.decode(name, "replace")
        strange = [place for place, sign in enumerate(text) if sign > "\x7f"][:20_000]
        scores[name] = sum(_fits(text, place) for place in strange) + (
            0.1 * len(strange) if name == "windows-1252" else 0
        )
    return max(OLD_ENCODINGS, key=lambda name: scores[name])


def _fits(text: str, place: int) -> float:
    sign = text[place]
    is_within = text[place - 1 : place].isalpha() and text[place + 1 : place + 2].isalpha()
    if sign in _good:
        return 1.0
    if sign == "’":
        return 0.9
    if sign in _between_words:
        return -1.0 if is_within else 0.8
    return 0.2 if sign.isalpha() else -1.0
