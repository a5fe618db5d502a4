"""What must be true of the server before anything is kept on it. Run by `up`, `migrate`, `check --database default`."""

from collections.abc import Sequence
from typing import Any

from django.core.checks import CheckMessage, Error, Tags, register
from django.db import Error as DatabaseError
from django.db import connections

OLDEST_VERSION = 150000  # PostgreSQL 15, in the form of server_version_num


@register(Tags.database)
def check_server(
    app_configs: object = None, databases: Sequence[str] | None = None, **options: Any
) -> list[CheckMessage]:
    """Refuse a server without pgvector, one that is too old, and a role that row security does not bind."""
    found: list[CheckMessage] = []
    for alias in databases or []:
        try:
            found += _check_role(alias) + _check_version(alias) + _check_vector(alias)
        except DatabaseError as error:
            found.append(
                Error(
                    f"The database does not answer: {str(error).strip()}",
                    hint="Check DATABASE_URL, and that the server runs and lets this machine in.",
                    id="config.E001",
                )
            )
    return found


def _check_role(alias: str) -> list[CheckMessage]:
    with connections[alias].cursor() as cursor:
        cursor.execute("SELECT rolname, rolsuper, rolbypassrls FROM pg_roles WHERE rolname = current_user")
        name, is_superuser, bypasses = cursor.fetchone()
    if not (is_superuser or bypasses):
        return []
    power = "is a superuser" if is_superuser else "has BYPASSRLS"
    return [
        Error(
            f"The database role «{name}» {power}, so row security would not keep one tenant's data from another.",
            hint=(
                "Let Recado connect as an ordinary role: CREATE ROLE recado LOGIN PASSWORD '…' NOSUPERUSER "
                "NOBYPASSRLS; then CREATE DATABASE recado OWNER recado; and put that role into DATABASE_URL."
            ),
            id="config.E002",
        )
    ]


def _check_version(alias: str) -> list[CheckMessage]:
    with connections[alias].cursor() as cursor:
        cursor.execute("SELECT current_setting('server_version_num')::int, current_setting('server_version')")
        number, name = cursor.fetchone()
    if number >= OLDEST_VERSION:
        return []
    return [Error(f"The server is PostgreSQL {name}.", hint="Use PostgreSQL 15 or later.", id="config.E003")]


def _check_vector(alias: str) -> list[CheckMessage]:
    with connections[alias].cursor() as cursor:
        cursor.execute("SELECT installed_version FROM pg_available_extensions WHERE name = 'vector'")
        row = cursor.fetchone()
        if row is None:
            return [
                Error(
                    "The server has no pgvector, which the search by meaning needs.",
                    hint=(
                        "Install it on the server (on Debian: apt install postgresql-<version>-pgvector), then run as "
                        "its superuser, in Recado's database: CREATE EXTENSION vector;"
                    ),
                    id="config.E004",
                )
            ]
        if row[0] is not None:
            return []
        try:
            cursor.execute("CREATE EXTENSION IF NOT EXISTS vector")
        except DatabaseError:
            database = connections[alias].settings_dict["NAME"]
            return [
                Error(
                    "pgvector is on the server but not in the database, and Recado's role may not add it.",
                    hint=f"Run as the server's superuser, in the database «{database}»: CREATE EXTENSION vector;",
                    id="config.E005",
                )
            ]
    return []
