"""Locks on files: the kernel ends them with whoever holds them, however that ends."""

import fcntl
import os
from pathlib import Path


class locked:
    """Holds an exclusive lock on a file, waiting for it."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __enter__(self) -> None:
        self.descriptor = take(self.path, fcntl.LOCK_EX)

    def __exit__(self, *_: object) -> None:
        os.close(self.descriptor)


def take(path: Path, kind: int) -> int:
    """Lock the file, made when missing, as ``fcntl.flock`` does. Answers the descriptor that holds the lock."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    fcntl.flock(descriptor, kind)
    return descriptor


def is_locked(path: Path) -> bool:
    """Whether anybody holds it, in whichever way."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False
