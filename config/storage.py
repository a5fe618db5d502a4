"""What the database holds and where it is slow, what room is left, and which version runs. For the superadmin."""

from __future__ import annotations

import os
import re
import shutil
from dataclasses import dataclass
from functools import cache
from importlib import metadata
from pathlib import Path

from django.conf import settings
from django.db import DatabaseError, connection, transaction

MOST_TABLES = 10
MOST_QUERIES = 5
LONGEST_QUERY = 300  # characters shown

_tables = """
    SELECT root.relname, sum(pg_total_relation_size(part.oid))::bigint AS bytes,
        sum(greatest(part.reltuples, 0))::bigint
    FROM pg_class part
    JOIN pg_class root ON root.oid = coalesce(pg_partition_root(part.oid), part.oid)
    WHERE part.relkind = 'r' AND part.relnamespace = current_schema()::regnamespace
    GROUP BY root.relname ORDER BY bytes DESC LIMIT %s
"""
_statements = """
    SELECT query, calls, mean_exec_time, total_exec_time FROM pg_stat_statements
    WHERE dbid = (SELECT oid FROM pg_database WHERE datname = current_database())
    ORDER BY total_exec_time DESC LIMIT %s
"""
_running = """
    SELECT query, extract(epoch FROM clock_timestamp() - query_start) * 1000 FROM pg_stat_activity
    WHERE datname = current_database() AND state = 'active' AND pid <> pg_backend_pid() AND query <> ''
    ORDER BY query_start LIMIT %s
"""
# Texts with and without backslashes, the last perhaps cut off; texts between dollars; numbers.
_literal = re.compile(
    r"(?i)(?<!\w)e'(?:[^'\\]|''|\\.)*(?:'|\Z)|'(?:[^']|'')*(?:'|\Z)|\$([a-z_]*)\$.*?(?:\$\1\$|\Z)|(?<![\w$])\d+(?:\.\d+)?\b",
    re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class Table:
    """With its indexes and its partitions; ``rows`` as PostgreSQL last estimated them."""

    name: str
    bytes: int
    rows: int


@dataclass(frozen=True, slots=True)
class Query:
    """A statement without its values. ``calls`` is None for one that runs now."""

    text: str
    calls: int | None
    mean_ms: float
    total_ms: float


@dataclass(frozen=True, slots=True)
class StorageFigures:
    """``has_history``: the slowest queries are those of pg_stat_statements; else those that run at this moment."""

    database_bytes: int
    tables: list[Table]
    has_history: bool
    queries: list[Query]
    disk_free: int
    disk_total: int
    version: str
    commit: str


def read_storage() -> StorageFigures:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_database_size(current_database())")
        (size,) = cursor.fetchone()
        cursor.execute(_tables, [MOST_TABLES])
        tables = [Table(*row) for row in cursor.fetchall()]
    history = read_history()
    disk = shutil.disk_usage(_existing(Path(settings.DATA_DIR)))
    return StorageFigures(
        database_bytes=size,
        tables=tables,
        has_history=history is not None,
        queries=history if history is not None else _read_running(),
        disk_free=disk.free,
        disk_total=disk.total,
        version=read_version(),
        commit=read_commit(),
    )


def without_values(query: str) -> str:
    """A statement in one line in which every text and number is a question mark: it may hold what somebody wrote."""
    return " ".join(_literal.sub("?", query).split())[:LONGEST_QUERY]


@cache
def read_version() -> str:
    """The version that is installed, else the one that the project's file names."""
    try:
        return metadata.version("recado")
    except metadata.PackageNotFoundError:
        text = (settings.BASE_DIR / "pyproject.toml").read_text() if _has("pyproject.toml") else ""
        found = re.search(r'^version = "([^"]+)"', text, re.MULTILINE)
        return found[1] if found else ""


@cache
def read_commit() -> str:
    """The first twelve digits of the commit that this process was started from; empty when nobody knows."""
    if named := os.environ.get("RECADO_COMMIT", ""):
        return named[:12]
    folder = settings.BASE_DIR / ".git"
    try:
        head = (folder / "HEAD").read_text().strip()
        if head.startswith("ref: "):
            head = _read_ref(folder, head.removeprefix("ref: "))
    except OSError:
        return ""
    return head[:12]


def _read_ref(folder: Path, name: str) -> str:
    if (folder / name).is_file():
        return (folder / name).read_text().strip()
    for line in (folder / "packed-refs").read_text().splitlines():
        if line.endswith(f" {name}"):
            return line.split(" ")[0]
    return ""


def read_history() -> list[Query] | None:
    """The statements that took most time, where the server keeps count of them; else None."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT to_regclass('pg_stat_statements')")
        if cursor.fetchone() == (None,):
            return None
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(_statements, [MOST_QUERIES])
            return [Query(without_values(text), calls, mean, total) for text, calls, mean, total in cursor.fetchall()]
    except DatabaseError:  # it is there, and the server was not started with it
        return None


def _read_running() -> list[Query]:
    with connection.cursor() as cursor:
        cursor.execute(_running, [MOST_QUERIES])
        return [Query(without_values(text), None, float(ms), float(ms)) for text, ms in cursor.fetchall()]


def _existing(path: Path) -> Path:
    while not path.exists():
        path = path.parent
    return path


def _has(name: str) -> bool:
    return bool((settings.BASE_DIR / name).is_file())
