"""Backups: everything of one moment in one file, which says what is in it and whether it is whole.

The file is a tar of ``dump`` (pg_dump's custom format), with ``--with-keys`` of ``keys.json``, and last of
``manifest.json``: versions, the rows of each table as that moment saw them, and the dump's SHA-256. It is written
beside its place, readable by its owner alone, and moved there when it is whole.

Secrets in the database are encrypted with FIELD_ENCRYPTION_KEYS, which are not in the backup unless they are asked
for: whoever finds the file then finds no token. ``key_check`` tells later whether the keys at hand are the right ones.
"""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any

import psycopg
from cryptography.fernet import Fernet
from django.conf import settings
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder
from psycopg.conninfo import make_conninfo

from config import dumps
from config.embedded import DATABASE, SUPERUSER, server
from config.heartbeats import BACKUP, beat
from tenants.scope import ALL_TENANTS_SETTING

FORMAT = 1
DUMP, KEYS, MANIFEST = "dump", "keys.json", "manifest.json"
KEY_NAMES = ("DJANGO_SECRET_KEY", "FIELD_ENCRYPTION_KEYS")
LOCK = 7_231_070  # the advisory lock of whoever makes a backup
BLOCK, PIECE = 512, 1024 * 1024  # bytes: of tar, and of what is read at a time
PATTERN = "recado-*.tar"
PARTIAL = ".partial"
CHECK = b"recado"


class BackupError(RuntimeError):
    """There is no backup, or none that can be used. The text says why and what to do."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """What is said of a backup in itself."""

    made_at: str
    recado: str
    postgresql: int  # the major version of the server
    sha256: str
    bytes: int
    rows: dict[str, int]
    migrations: list[list[str]]
    key_check: str
    has_keys: bool = False
    format: int = FORMAT

    @property
    def made(self) -> datetime:
        return datetime.fromisoformat(self.made_at)


def path_for(now: datetime) -> Path:
    """Where a backup goes that nobody has named."""
    return Path(settings.BACKUP_DIR) / f"recado-{now.astimezone(UTC):%Y-%m-%dT%H%M%SZ}.tar"


def back_up(*, path: Path, with_keys: bool = False, now: datetime) -> Manifest:
    """Write everything of this moment into a new file at ``path``. Raises BackupError; then there is no such file."""
    if path.exists():
        raise BackupError(f"{path} exists already. Give another name.")
    url = source_url()
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        partial = path.with_name(f".{path.name}.{os.getpid()}{PARTIAL}")
        with _moment(url) as (snapshot, line):
            try:
                with open(partial, "xb", opener=_private) as file:
                    manifest = _write(file, url=url, snapshot=snapshot, line=line, with_keys=with_keys, now=now)
                    file.flush()
                    os.fsync(file.fileno())
                os.replace(partial, path)
                _sync_folder(path.parent)
            finally:
                partial.unlink(missing_ok=True)
    except (OSError, psycopg.Error, dumps.ProgramsMissing) as error:
        raise BackupError(f"No backup was made: {str(error).strip()}") from error
    beat(name=BACKUP, now=now)
    return manifest


def prune(*, folder: Path, keep: int) -> list[Path]:
    """Remove the oldest of our backups in ``folder`` but for ``keep``, and what interrupted ones have left."""
    gone = sorted(folder.glob(PATTERN))[:-keep] if keep > 0 else []
    gone += [path for path in folder.glob(f".{PATTERN}.*{PARTIAL}") if not _is_written(path)]
    for path in gone:
        path.unlink(missing_ok=True)
    return gone


def source_url() -> str:
    """The database, for somebody who sees all tenants' rows."""
    if not settings.DATABASE_URL:
        embedded = server(settings.DATA_DIR)
        embedded.use()
        return embedded.url(role=SUPERUSER, database=database_name())
    return target_url(options=f"-c {ALL_TENANTS_SETTING}=on")


def target_url(*, options: str = "") -> str:
    """The database, for the application's own role, with the session ``options`` («-c name=value»)."""
    if not settings.DATABASE_URL:
        embedded = server(settings.DATA_DIR)
        embedded.use()
        return embedded.url(database=database_name())
    given = connection.get_connection_params()
    known = {name: str(given[name]) for name in dumps.VARIABLES if given.get(name)}
    if options:
        known["options"] = f"{known.get('options', '')} {options}".strip()
    return make_conninfo(**known)


def database_name() -> str:
    return str(connection.settings_dict["NAME"] or DATABASE)


def key_check() -> str:
    """Something encrypted with the present key."""
    return Fernet(settings.FIELD_ENCRYPTION_KEYS[0]).encrypt(CHECK).decode()


def _write(
    file: IO[bytes], *, url: str, snapshot: str, line: psycopg.Connection[Any], with_keys: bool, now: datetime
) -> Manifest:
    major = line.info.server_version // 10_000
    programs = dumps.find_programs(major=major, server=server(settings.DATA_DIR))
    command = [str(programs / "pg_dump"), "--format=custom", *dumps.WHAT, "--no-unlogged-table-data"]
    command += [f"--snapshot={snapshot}"]
    if settings.DATABASE_URL:
        command += ["--enable-row-security"]  # our role is bound by it, and all tenants' scope is open
    digest, size = _write_dump(file, command, dumps.environment(url))
    if with_keys:
        _add(file, KEYS, json.dumps(_keys()).encode(), now=now)
    manifest = Manifest(
        made_at=now.astimezone(UTC).isoformat(),
        recado=str(settings.SPECTACULAR_SETTINGS["VERSION"]),
        postgresql=major,
        sha256=digest,
        bytes=size,
        rows=dumps.count_rows(line),
        migrations=sorted([app, name] for app, name in MigrationRecorder(connection).applied_migrations()),
        key_check=key_check(),
        has_keys=with_keys,
    )
    _add(file, MANIFEST, json.dumps(asdict(manifest), indent=1).encode(), now=now)
    file.write(b"\0" * BLOCK * 2)  # which is how a tar ends
    return manifest


def _write_dump(file: IO[bytes], command: list[str], environment: dict[str, str]) -> tuple[str, int]:
    """Write what pg_dump says as it comes; its size is told afterwards, in the header before it."""
    start = file.tell()
    file.write(b"\0" * BLOCK)
    digest, size = hashlib.sha256(), 0
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment) as dump:
        if not (dump.stdout and dump.stderr):
            raise BackupError("pg_dump could not be connected.")
        while piece := dump.stdout.read(PIECE):
            digest.update(piece)
            size += len(piece)
            file.write(piece)
        said = dump.stderr.read().decode(errors="replace").strip()
    if dump.returncode:
        raise BackupError(f"pg_dump did not finish: {said}")
    file.write(b"\0" * (-size % BLOCK))
    end = file.tell()
    file.seek(start)
    file.write(_header(DUMP, size))
    file.seek(end)
    return digest.hexdigest(), size


def _add(file: IO[bytes], name: str, content: bytes, *, now: datetime) -> None:
    file.write(_header(name, len(content)))
    file.write(content + b"\0" * (-len(content) % BLOCK))


def _header(name: str, size: int) -> bytes:
    member = tarfile.TarInfo(name)
    member.size, member.mode = size, 0o600
    return member.tobuf(format=tarfile.GNU_FORMAT)  # one block, whatever the size


def _keys() -> dict[str, str]:
    return {
        "DJANGO_SECRET_KEY": str(settings.SECRET_KEY),
        "FIELD_ENCRYPTION_KEYS": ",".join(settings.FIELD_ENCRYPTION_KEYS),
    }


@contextmanager
def _moment(url: str) -> Iterator[tuple[str, psycopg.Connection[Any]]]:
    """A snapshot that pg_dump and our own counts share, while nobody else makes a backup."""
    with psycopg.connect(url, autocommit=True) as line:
        (free,) = _first(line, "SELECT pg_try_advisory_lock(%s)", LOCK)
        if not free:
            raise BackupError("Another backup is being made.")
        line.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
        (snapshot,) = _first(line, "SELECT pg_export_snapshot()")
        yield str(snapshot), line
        line.execute("ROLLBACK")


def _first(line: psycopg.Connection[Any], statement: str, *values: Any) -> tuple[Any, ...]:
    row = line.execute(statement.encode(), values).fetchone()
    return tuple(row or ())


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _is_written(path: Path) -> bool:
    """Whether the process lives that the name of a partial file names."""
    pid = path.name.removesuffix(PARTIAL).rpartition(".")[2]
    return pid.isdigit() and Path(f"/proc/{pid}").exists()


@dataclass(frozen=True, slots=True)
class Archive:
    """A backup that was read and found whole. The dump begins at ``offset`` of the file."""

    path: Path
    manifest: Manifest
    offset: int
    keys: dict[str, str] = field(default_factory=dict, repr=False)


def read_backup(path: Path) -> Archive:
    """Read what a backup says of itself, and compare every byte of its dump. Raises BackupError."""
    try:
        with open(path, "rb") as file, tarfile.open(fileobj=file, mode="r:") as tar:
            members = {member.name: member for member in tar.getmembers()}
            if not {DUMP, MANIFEST} <= members.keys():
                raise BackupError(f"{path} is no backup of Recado, or it is cut off.")
            said = json.loads(_content(tar, MANIFEST))
            if said.get("format") != FORMAT:
                raise BackupError(f"{path} is of format {said.get('format')}, and this Recado reads {FORMAT}.")
            manifest = Manifest(**said)
            keys = json.loads(_content(tar, KEYS)) if KEYS in members else {}
            dump = members[DUMP]
            file.seek(dump.offset_data)
            digest, left = hashlib.sha256(), dump.size
            while left and (piece := file.read(min(PIECE, left))):
                digest.update(piece)
                left -= len(piece)
    except (OSError, tarfile.TarError, EOFError, ValueError, TypeError) as error:
        raise BackupError(f"{path} cannot be read as a backup: {error}") from error
    if left or digest.hexdigest() != manifest.sha256:
        raise BackupError(f"{path} is damaged: what is in it is not what was written. Use another backup.")
    return Archive(path, manifest, dump.offset_data, keys)


def _content(tar: tarfile.TarFile, name: str) -> bytes:
    found = tar.extractfile(name)
    return found.read() if found else b""
