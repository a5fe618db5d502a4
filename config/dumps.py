"""PostgreSQL's own programs, which write a database out and read it in again: those of the wheel, or newer ones here.

A program may read and write servers up to its own version. Passwords travel by the environment: a command line can be
read by everybody on the machine.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import subprocess
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import IO, Any

import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict

from config.embedded import MAJOR_VERSION, Server

# What is dumped: all of the application's, without who owns it, so that another role can take it in.
WHAT = ["--no-owner", "--no-privileges", "--no-comments", "--encoding=UTF8", "--schema=public", "--extension=vector"]

# Settings that an older server does not know. They only guard the restore itself against time limits.
_NEWER_SETTINGS = re.compile(rb"^SET (transaction_timeout) = ")
VARIABLES = {
    "host": "PGHOST",
    "port": "PGPORT",
    "user": "PGUSER",
    "password": "PGPASSWORD",
    "dbname": "PGDATABASE",
    "sslmode": "PGSSLMODE",
    "sslrootcert": "PGSSLROOTCERT",
    "sslcert": "PGSSLCERT",
    "sslkey": "PGSSLKEY",
    "options": "PGOPTIONS",
}
_LINUX_FOLDERS = "/usr/lib/postgresql/{major}/bin"  # Debian's and its children's


class ProgramsMissing(RuntimeError):
    """No pg_dump on this machine is new enough for the server. The text says what to install."""


def find_programs(*, major: int, server: Server) -> Path:
    """The folder of ``pg_dump``, ``pg_restore`` and ``psql`` for a server of version ``major``."""
    if major <= MAJOR_VERSION:
        return server.binaries()
    beside = shutil.which("pg_dump")
    for folder in [Path(_LINUX_FOLDERS.format(major=major)), *([Path(beside).parent] if beside else [])]:
        if (folder / "pg_dump").is_file() and _major_of(folder / "pg_dump") >= major:
            return folder
    raise ProgramsMissing(
        f"The server is PostgreSQL {major}, and pg_dump here is of {MAJOR_VERSION}. Install the server's own programs "
        f"on this machine (on Debian: apt install postgresql-client-{major})."
    )


def environment(url: str) -> dict[str, str]:
    """What PostgreSQL's programs want to see to connect to ``url``, and nothing else of libpq's."""
    parts = conninfo_to_dict(url)
    return plain_environment() | {
        variable: str(parts[name]) for name, variable in VARIABLES.items() if parts.get(name) is not None
    }


def plain_environment() -> dict[str, str]:
    """This process's environment without the PG* variables of somebody's shell."""
    return {name: value for name, value in os.environ.items() if not name.startswith("PG")}


def pour(
    reader: Sequence[str],
    *,
    reader_environment: dict[str, str],
    programs: Path,
    target_url: str,
    source: IO[bytes] | None = None,
    before: str = "",
) -> str:
    """Run into ``target_url`` the SQL that ``reader`` prints, after ``before``, in one transaction: all or nothing.

    ``source`` is what ``reader`` reads. Answers what went wrong, an empty text when nothing did.
    """
    load = [str(programs / "psql"), "--no-psqlrc", "--quiet", "--single-transaction"]
    load += ["--set=ON_ERROR_STOP=1", "--output", os.devnull]
    pipes: dict[str, Any] = {
        "stdin": source or subprocess.DEVNULL,
        "stdout": subprocess.PIPE,
        "stderr": subprocess.PIPE,
    }
    with (
        subprocess.Popen(reader, env=reader_environment, **pipes) as giver,
        subprocess.Popen(load, stdin=subprocess.PIPE, stderr=subprocess.PIPE, env=environment(target_url)) as taker,
    ):
        if not (giver.stdout and giver.stderr and taker.stdin and taker.stderr):
            return "The programs that carry the data could not be connected."
        try:
            taker.stdin.write(before.encode())
            for line in _loadable(giver.stdout):
                taker.stdin.write(line)
            if giver.wait():
                # psql rolls back when its input ends inside an error.
                taker.stdin.write(b"\nDO $$ BEGIN RAISE EXCEPTION 'the dump broke off'; END $$;\n")
            taker.stdin.close()
        except BrokenPipeError:
            giver.kill()
            with contextlib.suppress(BrokenPipeError):  # what is left in the buffer goes nowhere either
                taker.stdin.close()
        said = taker.stderr.read().decode(errors="replace").strip()
        giver_said = giver.stderr.read().decode(errors="replace").strip()
    failed = taker.returncode or giver.returncode
    return (said or giver_said or "The programs that carry the data failed.") if failed else ""


def count_rows(connection: psycopg.Connection[Any]) -> dict[str, int]:
    """How many rows each table has that survives a crash. The role must see them all."""
    names = connection.execute(
        "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') "
        "AND relpersistence = 'p' ORDER BY 1"
    ).fetchall()
    counts = {}
    for (name,) in names:
        row = connection.execute(sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(name))).fetchone()
        counts[str(name)] = row[0] if row else 0
    return counts


def _major_of(program: Path) -> int:
    said = subprocess.run([str(program), "--version"], capture_output=True, text=True, check=False).stdout
    found = re.search(r"\b(\d+)(?:\.|\b)", said.rpartition("PostgreSQL")[2])
    return int(found[1]) if found else 0


def _loadable(lines: Iterable[bytes]) -> Iterator[bytes]:
    in_copy = False
    for line in lines:
        if in_copy:
            in_copy = line != b"\\.\n"
        elif line.startswith(b"COPY "):
            in_copy = True
        elif _NEWER_SETTINGS.match(line) or line == b"CREATE SCHEMA public;\n":
            continue
        yield line
