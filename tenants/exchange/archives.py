"""Packed files (XLSX, ODS) whose contents are measured while they are unpacked, whatever they say of their own size."""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Callable, Iterator
from typing import Any, BinaryIO, Protocol
from xml.parsers import expat

from tenants.exchange.faults import Unreadable

MOST_MEMBERS = 5000
PIECE = 64 * 1024  # bytes that are unpacked at once
MOST_PENDING = 1024 * 1024  # bytes of one tag: a parser keeps all of it until it ends
PLAIN = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)  # the others cannot be unpacked a piece at a time


class Archive:
    """A ZIP of which at most ``budget`` bytes are unpacked in all."""

    def __init__(self, file: BinaryIO, *, budget: int) -> None:
        """Raises Unreadable for what is no such file, or an encrypted one."""
        try:
            self._zip = zipfile.ZipFile(file)
        except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as fault:
            raise broken() from fault
        if len(self._zip.filelist) > MOST_MEMBERS:
            raise Unreadable("too_many_pieces")
        self._left = budget

    @property
    def names(self) -> set[str]:
        return set(self._zip.namelist())

    def pieces(self, name: str) -> Iterator[bytes]:
        """What the member of that name holds. Raises Unreadable, also past the budget, and KeyError."""
        member = self._zip.getinfo(name)
        if member.flag_bits & 0x1:
            raise Unreadable("protected")
        if member.compress_type not in PLAIN:
            raise broken()
        try:
            with self._zip.open(member) as stream:
                while piece := stream.read(PIECE):
                    self._left -= len(piece)
                    if self._left < 0:
                        raise Unreadable("expands")
                    yield piece
        except (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError, RuntimeError) as fault:
            raise broken() from fault

    def start_of(self, name: str, *, most: int = 200) -> bytes:
        """The first bytes of a member; none where it is not there."""
        if name not in self.names:
            return b""
        return next(self.pieces(name), b"")[:most]


class Handler(Protocol):
    """What is told of an XML document. Names come without their prefix."""

    def start(self, name: str, attributes: dict[str, str]) -> None: ...

    def end(self, name: str) -> None: ...

    def text(self, data: str) -> None: ...


def parse(pieces: Iterator[bytes], handler: Handler) -> Iterator[None]:
    """Tell ``handler`` of the document, and yield after each piece. Raises Unreadable.

    Nothing that a document declares is expanded, and no tag is longer than a megabyte.
    """
    parser = expat.ParserCreate()
    parser.buffer_text = False
    parser.StartElementHandler = lambda name, attributes: handler.start(_local(name), attributes)
    parser.EndElementHandler = lambda name: handler.end(_local(name))
    parser.CharacterDataHandler = handler.text
    parser.StartDoctypeDeclHandler = parser.EntityDeclHandler = _refuse_declaration
    fed = 0
    try:
        for piece in pieces:
            parser.Parse(piece, False)
            fed += len(piece)
            if fed - max(parser.CurrentByteIndex, 0) > MOST_PENDING:
                raise broken()
            yield
        parser.Parse(b"", True)
        yield
    except expat.ExpatError as fault:
        raise broken() from fault


def attribute(attributes: dict[str, str], name: str) -> str | None:
    """The value of an attribute, whatever its prefix."""
    if name in attributes:
        return attributes[name]
    return next((value for key, value in attributes.items() if key.rpartition(":")[2] == name), None)


def broken() -> Unreadable:
    """What is said of a file that is not what its first bytes promise."""
    return Unreadable("damaged")


def _local(name: str) -> str:
    return name.rpartition(":")[2]


def _refuse_declaration(*_arguments: Any) -> None:
    raise broken()


def read_all(archive: Archive, name: str, make: Callable[[], Any]) -> Any:
    """Have the handler that ``make`` makes hear the whole member; the handler. One that is not there says nothing."""
    handler = make()
    if name in archive.names:
        for _piece in parse(archive.pieces(name), handler):
            pass
    return handler
