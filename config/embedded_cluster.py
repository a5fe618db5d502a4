"""The cluster of the embedded PostgreSQL: its settings, who may connect, and what is made in it once."""

import os
import pwd
import shutil
import subprocess
from pathlib import Path
from urllib.parse import quote

import psycopg
from psycopg import sql

from config.embedded_folder import MAJOR_VERSION, EmbeddedDatabaseError, Folder

ROLE = "recado"
DATABASE = "recado"
SUPERUSER = "postgres"
SET_UP = "2"  # grows when what is done once for a cluster changes

SETTINGS = {
    "listen_addresses": "",
    "port": "5432",
    "unix_socket_permissions": "0700",
    "max_connections": "300",
    "shared_buffers": "64MB",
    "work_mem": "8MB",
    "maintenance_work_mem": "64MB",
    "effective_cache_size": "512MB",
    "min_wal_size": "64MB",
    "max_wal_size": "512MB",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "max_logical_replication_workers": "0",
    "io_method": "sync",  # no workers of its own for reading: memory is dearer than parallel reads here
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "logging_collector": "off",
    "log_line_prefix": "%m [%p] ",
    # Statements and the details of errors quote what people wrote.
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
}
# Losing a test database to a power cut costs nothing.
SETTINGS_FOR_TESTS = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


class Cluster(Folder):
    """What lies in ``data``. Without ``durable`` a power cut may cost it."""

    def __init__(self, home: Path, *, durable: bool) -> None:
        super().__init__(home)
        self.durable = durable

    def url(self, *, role: str = ROLE, database: str = DATABASE) -> str:
        """The libpq URL of a database of this server. Nothing secret is in it."""
        return f"postgresql://{role}@/{database}?host={quote(str(self.socket_folder()), safe='')}"

    def parameters(self) -> dict[str, str]:
        """What libpq needs to know to connect as the application's role, less the name of the database."""
        return {"host": str(self.socket_folder()), "port": SETTINGS["port"], "user": ROLE}

    def _ensure_cluster(self) -> None:
        """Make the cluster unless it is there; refuse one of another major version."""
        version_file = self.data / "PG_VERSION"
        if version_file.exists():
            found = version_file.read_text().strip()
            if found != str(MAJOR_VERSION):
                raise EmbeddedDatabaseError(
                    f"The data in {self.data} was written by PostgreSQL {found}, and this version of Recado brings "
                    f"PostgreSQL {MAJOR_VERSION}. Nothing was changed. To keep the data, run the version of Recado "
                    "that wrote it and move the data to a server with «manage.py move_database». To start empty, "
                    f"put the folder aside: mv {self.data} {self.data}-{found}"
                )
            return
        if self.data.exists() and any(self.data.iterdir()):
            raise EmbeddedDatabaseError(
                f"{self.data} is not empty and holds no PostgreSQL data. Put it aside, or choose another folder with "
                "DATA_DIR."
            )
        # Made beside its place and moved there when it is whole, so that an interruption leaves no half cluster.
        fresh = self.home / "data.new"
        shutil.rmtree(fresh, ignore_errors=True)
        self._private_folder(fresh)
        command = [
            str(self.binaries() / "initdb"),
            "--pgdata",
            str(fresh),
            "--username",
            SUPERUSER,
            "--auth",
            "peer",
            "--encoding",
            "UTF8",
        ]
        command += ["--locale-provider", "builtin", "--builtin-locale", "C.UTF-8", "--locale", "C", "--no-instructions"]
        command += [] if self.durable else ["--no-sync"]
        made = subprocess.run(
            command,
            capture_output=True,
            text=True,
            errors="replace",
            cwd=self.home,
            env=self._environment(),
            stdin=subprocess.DEVNULL,
            **self._identity(),
        )
        if made.returncode:
            shutil.rmtree(fresh, ignore_errors=True)
            raise EmbeddedDatabaseError(
                f"PostgreSQL could not make its data folder {self.data}: {made.stderr.strip() or made.stdout.strip()}"
            )
        if self.data.exists():
            self.data.rmdir()
        fresh.rename(self.data)

    def _write_access_rules(self) -> None:
        """Only the system user that runs the server, and root, may connect: as the application or as superuser."""
        owner = self._owner()
        people = sorted({owner.pw_name, pwd.getpwuid(0).pw_name})
        rules = {
            "pg_hba.conf": "local all all peer map=recado\n",
            "pg_ident.conf": "".join(f'recado "{person}" {role}\n' for person in people for role in (ROLE, SUPERUSER)),
        }
        for name, text in rules.items():
            path = self.data / name
            if not path.exists() or path.read_text() != text:
                path.write_text(text)
                os.chown(path, owner.pw_uid, owner.pw_gid)

    def _command(self) -> list[str]:
        socket_folder = str(self.socket_folder()).replace('"', '""')
        settings = (
            SETTINGS | {"unix_socket_directories": f'"{socket_folder}"'} | ({} if self.durable else SETTINGS_FOR_TESTS)
        )
        command = [str(self.binaries() / "postgres"), "-D", str(self.data)]
        return command + [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]

    def _ensure_database(self) -> None:
        """Make the application's role and database. pgvector goes into template1 too: test databases come from it."""
        done = self.data / "recado.ready"
        if done.exists() and done.read_text() == SET_UP:
            return
        with psycopg.connect(self.url(role=SUPERUSER, database="postgres"), autocommit=True) as connection:
            if connection.execute("SELECT FROM pg_roles WHERE rolname = %s", [ROLE]).fetchone() is None:
                connection.execute(
                    sql.SQL("CREATE ROLE {} LOGIN CREATEDB NOSUPERUSER NOBYPASSRLS NOCREATEROLE NOREPLICATION").format(
                        sql.Identifier(ROLE)
                    )
                )
            self._add_extension("template1")
            if connection.execute("SELECT FROM pg_database WHERE datname = %s", [DATABASE]).fetchone() is None:
                connection.execute(
                    sql.SQL("CREATE DATABASE {} OWNER {}").format(sql.Identifier(DATABASE), sql.Identifier(ROLE))
                )
            self._add_extension(DATABASE)
        done.write_text(SET_UP)

    def _add_extension(self, database: str) -> None:
        """pgvector; and leave to look words up in an index under row security (docs/search.md, «Size»)."""
        with psycopg.connect(self.url(role=SUPERUSER, database=database), autocommit=True) as connection:
            connection.execute("SET client_min_messages = warning")
            connection.execute("CREATE EXTENSION IF NOT EXISTS vector")
            connection.execute("ALTER FUNCTION ts_match_vq(tsvector, tsquery) LEAKPROOF")
