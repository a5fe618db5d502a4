"""The file that somebody sent: kept in pieces with the tenant's rows, and opened again to be read."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import PurePath
from typing import BinaryIO

from tenants.exchange.faults import Unreadable
from tenants.models import ImportJob, ImportPiece, User

PIECE = 512 * 1024  # bytes


def keep(*, user: User, job: ImportJob, file: BinaryIO) -> None:
    """Keep what ``file`` holds, in the caller's transaction and the tenant's scope."""
    file.seek(0)
    number = 0
    while content := file.read(PIECE):
        ImportPiece.objects.create(user=user, job=job, number=number, content=content)
        number += 1


@contextmanager
def opened(job: ImportJob) -> Iterator[BinaryIO]:
    """The file of a job, in a temporary one that nobody else can find. Raises Unreadable once it is no longer kept."""
    with tempfile.TemporaryFile(prefix="recado-import-") as file:
        pieces = ImportPiece.objects.filter(job=job)
        for number in pieces.order_by("number").values_list("number", flat=True):
            file.write(bytes(pieces.values_list("content", flat=True).get(number=number)))
        if not file.tell():
            raise Unreadable("file_gone")
        file.seek(0)
        yield file


def harmless_name(given: str) -> str:
    """The name of a file as somebody gave it, without folders and signs that nobody sees."""
    name = PurePath((given or "").replace("\\", "/")).name
    kept = "".join(sign for sign in name if sign.isprintable()).strip()
    return kept[-200:]
