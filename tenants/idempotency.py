"""Doing once what is asked twice: a request that names itself by ``Idempotency-Key`` has one effect and one answer.

The answer is kept in the transaction of the effect: either both are there or neither, whenever whatever dies. While
that transaction runs its key is held by an advisory lock, which ends with it, also when the process is killed; so
there are no claims to be found again, and nothing to run out. Whoever brings the same key meanwhile is told so.

What is kept is what succeeded. A refusal changed nothing, so that the same key may be tried again after it.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.db import connection, models, transaction
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from rest_framework.renderers import JSONRenderer
from rest_framework.response import Response

from tenants.fields import EncryptedTextField
from tenants.ownership import TenantOwned
from tenants.scope import all_tenants

if TYPE_CHECKING:
    from tenants.models import User

KEPT = timedelta(hours=24)
LONGEST_KEY = 255
RETRY_SECONDS = 1
HEADERS = ("Content-Type", "Content-Language", "ETag", "Location", "Preference-Applied")  # that are answered again


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


class Fault(Exception):
    """Why nothing is done now."""

    def answer(self) -> HttpResponse:
        """What is answered instead."""
        raise NotImplementedError


class AnsweredBefore(Fault):
    """The same was asked before."""

    def __init__(self, kept: KeptAnswer) -> None:
        super().__init__(str(kept))
        self.kept = kept

    def answer(self) -> HttpResponse:
        """The same once more."""
        headers = {**self.kept.headers, "Idempotent-Replayed": "true"}
        return HttpResponse(self.kept.content, status=self.kept.status, headers=headers)


class AnotherRequest(Fault):
    """The key named something else before."""

    def answer(self) -> HttpResponse:
        told = _("Ya usaste este Idempotency-Key para otra cosa. Pon uno nuevo en cada petición distinta.")
        return JsonResponse({"detail": told, "code": "idempotency_key_reused"}, status=409)


class InFlight(Fault):
    """The first request of this key is not done yet."""

    def answer(self) -> HttpResponse:
        told = _("La primera petición con este Idempotency-Key todavía está en curso. Prueba en un momento.")
        told_apart = {"detail": told, "code": "idempotency_in_flight"}
        return JsonResponse(told_apart, status=409, headers={"Retry-After": str(RETRY_SECONDS)})


@dataclass(frozen=True, slots=True)
class Name:
    """How a request names itself: its key, and the digest of all that it asks."""

    user: User
    key: str
    digest: bytes


@contextmanager
def once(name: Name, *, now: datetime) -> Iterator[None]:
    """A transaction for what ``name`` asks, whose effect happens in it, and ``keep`` at its end.

    In the scope of the tenant, outside of every transaction. Raises a Fault.
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


@contextmanager
def effect(request: HttpRequest) -> Iterator[Callable[[Response], None]]:
    """What a view does that waits afterwards: ``once`` where the request names itself, else nothing around it.

    Gives what is called at the end, with the answer as it would be without the wait.
    """
    name: Name | None = getattr(request, "_named", None)
    if name is None:
        yield lambda _response: None
        return

    def keep_first(response: Response) -> None:
        keep(name, response=_rendered(response), now=timezone.now())
        request._was_kept = True  # type: ignore[attr-defined]

    with once(name, now=timezone.now()):
        yield keep_first


def keep(name: Name, *, response: HttpResponse, now: datetime) -> None:
    """Keep what is answered to ``name``. In the transaction of the effect, or later, when more can be said.

    A response with ``kept_data`` is kept as if it said only that.
    """
    said = getattr(response, "kept_data", None)
    content = response.content if said is None else JSONRenderer().render(said)
    KeptAnswer.objects.update_or_create(
        user=name.user,
        key=name.key,
        defaults={
            "digest": name.digest,
            "status": response.status_code,
            "headers": {header: response[header] for header in HEADERS if header in response},
            "body": base64.b64encode(content).decode(),
            "made_at": now,
        },
    )


def forget_old(*, now: datetime) -> int:
    """Delete what nobody is answered with any more. Returns how many answers went."""
    with all_tenants():
        return KeptAnswer.objects.filter(made_at__lte=now - KEPT).delete()[0]


def _rendered(response: Response) -> HttpResponse:
    """As DRF would render it, in front of its time."""
    content = JSONRenderer().render(response.data)
    return HttpResponse(content, status=response.status_code, headers={"Content-Type": "application/json"})


def _hold(name: Name) -> bool:
    """Hold the key until the transaction ends; False when somebody does already."""
    number = hashlib.blake2b(f"{name.user.pk}:{name.key}".encode(), digest_size=8, person=b"once").digest()
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [int.from_bytes(number, signed=True)])
        return bool(cursor.fetchone()[0])
