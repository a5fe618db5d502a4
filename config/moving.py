"""Takes everything from the embedded database to a server of one's own, whole or not at all."""

import psycopg

from config import dumps
from config.embedded import DATABASE, SUPERUSER, Server


class MoveError(RuntimeError):
    """The data was not moved and the target is as it was. The text says why."""


def move_database(*, source: Server, target_url: str, database: str = DATABASE) -> dict[str, int]:
    """Copy `database` of the embedded server into the empty database of `target_url`, in one transaction.

    Answers the number of rows by table. Nobody may write to the source meanwhile. The source is not changed.
    Row security is switched on by the dump's last section, after the rows are in, so an ordinary role can load them.
    """
    refuse_target(target_url)
    url = source.url(role=SUPERUSER, database=database)
    expected = count_rows(url)
    fault = dumps.pour(
        [str(source.binaries() / "pg_dump"), *dumps.WHAT, f"--dbname={url}"],
        reader_environment=dumps.plain_environment(),
        programs=source.binaries(),
        target_url=target_url,
    )
    if fault:
        raise MoveError(f"The data was not moved, and the target is as it was. {fault}")
    return expected


def count_rows(url: str) -> dict[str, int]:
    """How many rows each table of `url` has. The role must see them all."""
    with psycopg.connect(url) as connection:
        return dumps.count_rows(connection)


def refuse_target(url: str, *, may_be_full: bool = False) -> None:
    """Raise MoveError unless data can be loaded there: by an ordinary role, with pgvector, where no table is yet."""
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
    if tables and not may_be_full:
        raise MoveError(f"The target has {tables} tables already. Give an empty database.")
    if powerful:
        raise MoveError(
            f"The target's role «{role}» is a superuser or has BYPASSRLS, so row security would not bind it. "
            "Use an ordinary role that owns the database."
        )
    if not vector:
        raise MoveError("The target has no pgvector. Run there, as superuser: CREATE EXTENSION vector;")
