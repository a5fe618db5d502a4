"""Doing once what is asked twice: a request that names itself by ``Idempotency-Key`` has one effect and one answer.

The answer is kept in the transaction of the effect: either both are there or neither, whenever whatever dies. While
that transaction runs its key is held by an advisory lock, which ends with it, also when the process is killed; so
there are no claims to be found again, and nothing to run out. Whoever brings the same key meanwhile is told so.

What is kept is what succeeded. A refusal changed nothing, so that the same key may be tried again after it.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.db import connection, models, transaction

from tenants.fields import EncryptedTextField
from tenants.ownership import TenantOwned
from tenants.scope import all_tenants

if TYPE_CHECKING:
    from tenants.models import User

KEPT = timedelta(hours=24)
LONGEST_KEY = 255


class KeptAnswer(TenantOwned):
    """What was answered to the request that named itself ``key``. Encrypted: some answers hold what is shown once."""

    key = models.CharField(max_length=LONGEST_KEY)
    digest = models.BinaryField(max_length=32)  # SHA-256 of what was asked
    status = models.PositiveSmallIntegerField()
    headers = models.JSONField(default=dict)
    body = EncryptedTextField()  # its bytes in base 64
    made_at = models.DateTimeField(db_index=True)

    class Meta:
        app_label = "tenants"
        constraints = [models.UniqueConstraint(fields=["user", "key"], name="kept_answer_once")]

    def __str__(self) -> str:
        return f"{self.status} to {self.key}"

    @property
    def content(self) -> bytes:
        return base64.b64decode(self.body)


class AnsweredBefore(Exception):
    """The same was asked before: ``answer`` is what was answered."""

    def __init__(self, answer: KeptAnswer) -> None:
        super().__init__(str(answer))
        self.answer = answer


class AnotherRequest(Exception):
    """The key named something else before."""


class InFlight(Exception):
    """The first request of this key is not done yet."""


@dataclass(frozen=True, slots=True)
class Name:
    """How a request names itself: its key, and the digest of all that it asks."""

    user: User
    key: str
    digest: bytes


@contextmanager
def once(name: Name, *, now: datetime) -> Iterator[None]:
    """A transaction for what ``name`` asks, whose effect happens in it, and ``keep`` at its end.

    In the scope of the tenant, outside of every transaction. Raises AnsweredBefore, AnotherRequest and InFlight.
    """
    with transaction.atomic():
        if not _hold(name):
            raise InFlight
        kept = KeptAnswer.objects.filter(key=name.key).first()
        if kept is not None and now - kept.made_at < KEPT:
            if bytes(kept.digest) != name.digest:
                raise AnotherRequest
            raise AnsweredBefore(kept)
        yield


def keep(name: Name, *, status: int, headers: Mapping[str, str], content: bytes, now: datetime) -> None:
    """Keep what is answered to ``name``. In the transaction of the effect, or later, when more can be said."""
    KeptAnswer.objects.update_or_create(
        user=name.user,
        key=name.key,
        defaults={
            "digest": name.digest,
            "status": status,
            "headers": dict(headers),
            "body": base64.b64encode(content).decode(),
            "made_at": now,
        },
    )


def forget_old(*, now: datetime) -> int:
    """Delete what nobody is answered with any more. Returns how many answers went."""
    with all_tenants():
        return KeptAnswer.objects.filter(made_at__lte=now - KEPT).delete()[0]


def _hold(name: Name) -> bool:
    """Hold the key until the transaction ends; False when somebody does already."""
    number = hashlib.blake2b(f"{name.user.pk}:{name.key}".encode(), digest_size=8, person=b"once").digest()
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [int.from_bytes(number, signed=True)])
        return bool(cursor.fetchone()[0])
