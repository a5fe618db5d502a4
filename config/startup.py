"""The steps of `manage.py up` before anything runs."""

import fcntl
import hashlib
import io
import os
import socket
from collections.abc import Iterable
from pathlib import Path

from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command, get_commands
from django.core.management.base import CommandError


def take_turn(data_dir: Path) -> int:
    """Claim `data_dir` for this run. Answers the descriptor that holds the claim; the kernel ends it with us."""
    path = data_dir / "up.lock"
    try:
        data_dir.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise CommandError(
            f"{data_dir} cannot be written ({error.strerror}). Choose another folder with DATA_DIR."
        ) from error
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        who = os.read(descriptor, 20).decode() or "unknown"
        os.close(descriptor)
        raise CommandError(
            f"Recado already runs with the data in {data_dir} (process {who}). Stop it first, or give this one a "
            "folder and a port of its own with DATA_DIR and PORT."
        ) from error
    os.truncate(descriptor, 0)
    os.pwrite(descriptor, str(os.getpid()).encode(), 0)
    return descriptor


def check_port(host: str, port: int) -> None:
    """Refuse a port that another program has."""
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except (OSError, OverflowError) as error:
            reason = getattr(error, "strerror", None) or str(error)
            raise CommandError(
                f"Port {port} on {host} cannot be used ({reason}). Stop the program that has it, or choose another "
                f"port: PORT={port + 1 if port < 65535 else 8000} make run"
            ) from error


def collect_static(root: Path) -> bool:
    """Collect, hash and compress static files into `root`, unless nothing has changed. Answers whether it did."""
    stamp = root.with_name("static.stamp")
    state = _fingerprint()
    if root.is_dir() and stamp.is_file() and stamp.read_text() == state:
        return False
    stamp.unlink(missing_ok=True)
    call_command("collectstatic", interactive=False, clear=root.is_dir(), verbosity=0)
    stamp.write_text(state)
    return True


def _fingerprint() -> str:
    digest = hashlib.sha256()
    for finder in get_finders():
        for path, storage in sorted(finder.list([]), key=lambda found: found[0]):
            state = os.stat(storage.path(path))
            digest.update(f"{path} {state.st_size} {state.st_mtime_ns}\n".encode())
    return digest.hexdigest()


def make_demo() -> list[str]:
    """Create the demo businesses unless they exist. Answers the lines «username / password» to print."""
    if "demo" not in get_commands():
        return []
    said = io.StringIO()
    call_command("demo", stdout=said)
    return list(_accounts(said.getvalue().splitlines()))


def _accounts(lines: Iterable[str]) -> Iterable[str]:
    for line in lines:
        parts = line.strip().split(" / ")
        if len(parts) == 2 and all(part and " " not in part for part in parts):
            yield line.strip()
