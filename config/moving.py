"""Takes everything from the embedded database to a server of one's own, whole or not at all."""

import contextlib
import os
import re
import subprocess
from collections.abc import Iterable, Iterator

import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict

from config.embedded import DATABASE, SUPERUSER, Server

# Settings that an older server does not know. They only guard the restore itself against time limits.
_NEWER_SETTINGS = re.compile(rb"^SET (transaction_timeout) = ")
# What libpq reads from the environment: a password on a command line can be read by everybody on the machine.
_VARIABLES = {
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


class MoveError(RuntimeError):
    """The data was not moved and the target is as it was. The text says why."""


def move_database(*, source: Server, target_url: str, database: str = DATABASE) -> dict[str, int]:
    """Copy `database` of the embedded server into the empty database of `target_url`, in one transaction.

    Answers the number of rows by table. Nobody may write to the source meanwhile. The source is not changed.
    Row security is switched on by the dump's last section, after the rows are in, so an ordinary role can load them.
    """
    _refuse_full_target(target_url)
    expected = count_rows(source.url(role=SUPERUSER, database=database))
    dump = [str(source.binaries() / "pg_dump"), "--no-owner", "--no-privileges", "--no-comments", "--encoding=UTF8"]
    dump += ["--schema=public", "--extension=vector", f"--dbname={source.url(role=SUPERUSER, database=database)}"]
    load = [str(source.binaries() / "psql"), "--no-psqlrc", "--quiet", "--single-transaction"]
    load += ["--set=ON_ERROR_STOP=1", "--output", os.devnull]
    with (
        subprocess.Popen(dump, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=_plain_environment()) as reader,
        subprocess.Popen(load, stdin=subprocess.PIPE, stderr=subprocess.PIPE, env=_environment(target_url)) as writer,
    ):
        if not (reader.stdout and reader.stderr and writer.stdin and writer.stderr):
            raise MoveError("The programs that move the data could not be connected.")
        try:
            for line in _loadable(reader.stdout):
                writer.stdin.write(line)
            if reader.wait():
                # psql rolls back when its input ends inside an error.
                writer.stdin.write(b"\nDO $$ BEGIN RAISE EXCEPTION 'the dump broke off'; END $$;\n")
            writer.stdin.close()
        except BrokenPipeError:
            reader.kill()
            with contextlib.suppress(BrokenPipeError):  # what is left in the buffer goes nowhere either
                writer.stdin.close()
        said = writer.stderr.read().decode(errors="replace").strip()
        dump_said = reader.stderr.read().decode(errors="replace").strip()
    if writer.returncode or reader.returncode:
        raise MoveError(f"The data was not moved, and the target is as it was. {said or dump_said}")
    return expected


def count_rows(url: str) -> dict[str, int]:
    """How many rows each table of `url` has. The role must see them all."""
    with psycopg.connect(url) as connection:
        names = [
            name
            for (name,) in connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1")
        ]
        counts = {}
        for name in names:
            row = connection.execute(sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(name))).fetchone()
            counts[name] = row[0] if row else 0
    return counts


def _refuse_full_target(url: str) -> None:
    try:
        with psycopg.connect(url, connect_timeout=10) as connection:
            row = connection.execute(
                "SELECT (SELECT count(*) FROM pg_tables WHERE schemaname = 'public'), rolsuper OR rolbypassrls, "
                "rolname, (SELECT count(*) FROM pg_extension WHERE extname = 'vector') "
                "FROM pg_roles WHERE rolname = current_user"
            ).fetchone()
    except psycopg.Error as error:
        raise MoveError(f"The target does not answer: {str(error).strip()}") from error
    tables, powerful, role, vector = row or (0, False, "", 0)
    if tables:
        raise MoveError(f"The target has {tables} tables already. Give an empty database.")
    if powerful:
        raise MoveError(
            f"The target's role «{role}» is a superuser or has BYPASSRLS, so row security would not bind it. "
            "Use an ordinary role that owns the database."
        )
    if not vector:
        raise MoveError("The target has no pgvector. Run there, as superuser: CREATE EXTENSION vector;")


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


def _plain_environment() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith("PG")}


def _environment(url: str) -> dict[str, str]:
    parts = conninfo_to_dict(url)
    return _plain_environment() | {
        variable: str(parts[name]) for name, variable in _VARIABLES.items() if parts.get(name) is not None
    }
