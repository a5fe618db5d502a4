"""How passwords are hashed: Argon2id at a cost that many people signing in at once can be given."""

from __future__ import annotations

import threading
from typing import Any

from django.contrib.auth.hashers import Argon2PasswordHasher

AT_ONCE = 4  # hashes in one process; each occupies memory_cost KiB and a core


class SharedArgon2PasswordHasher(Argon2PasswordHasher):
    """Django's default takes 100 MiB and eight threads for each hash: sixty strangers at the door took eight gigabytes.

    These are OWASP's figures for Argon2id (Password Storage Cheat Sheet); older hashes are renewed as people sign in.
    """

    time_cost = 2
    memory_cost = 19 * 1024  # KiB
    parallelism = 1

    _places = threading.BoundedSemaphore(AT_ONCE)

    def encode(self, *args: Any, **options: Any) -> str:
        with self._places:
            return super().encode(*args, **options)

    def verify(self, *args: Any, **options: Any) -> bool:
        with self._places:
            return super().verify(*args, **options)
