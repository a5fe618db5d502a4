"""Where people are signed in: one row for each browser or program, until it is ended.

A page's session and every token name their row. When the row is gone they are over, tokens at once and not only when
they expire. ``access_version`` of the account, which sessions name too, ends even those of a time before these rows.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.contrib.sessions.models import Session
from django.core.cache import cache
from django.db import models, transaction
from django.db.models import Exists, OuterRef, Q
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from tenants.audit import request_address

if TYPE_CHECKING:
    from tenants.models import User

SEEN_EVERY = timedelta(minutes=1)  # how exactly it is known when somebody was here last: each time costs a write
LONGEST_AGENT = 200


class SignInQuerySet(models.QuerySet[Any]):
    def open(self, *, now: datetime) -> SignInQuerySet:
        """Those that still let somebody in."""
        session = Session.objects.filter(session_key=OuterRef("session_key"), expire_date__gt=now)
        return self.filter(Q(kind="token", expires_at__gt=now) | Q(kind="page") & Exists(session))


class SignIn(models.Model):
    """A browser or program in which somebody is signed in. ``agent`` is what it calls itself."""

    class Kind(models.TextChoices):
        PAGE = "page", _("navegador")
        TOKEN = "token", _("programa")

    account = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="sign_ins")
    kind = models.CharField(max_length=5, choices=Kind)
    session_key = models.CharField(max_length=40, blank=True)  # of a page's session
    expires_at = models.DateTimeField(null=True)  # of tokens: that of the newest one
    agent = models.CharField(max_length=LONGEST_AGENT, blank=True)
    address = models.CharField(max_length=60, blank=True)
    began_at = models.DateTimeField(default=timezone.now)
    seen_at = models.DateTimeField(default=timezone.now)

    objects = models.Manager.from_queryset(SignInQuerySet)()

    class Meta:
        app_label = "tenants"
        verbose_name = _("sesión")
        verbose_name_plural = _("sesiones")
        constraints = [models.CheckConstraint(condition=Q(kind__in=["page", "token"]), name="sign_in_kind_known")]
        indexes = [
            models.Index(fields=["account", "-seen_at"], name="sign_in_of_account"),
            models.Index(fields=["session_key"], condition=~Q(session_key=""), name="sign_in_by_session"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} of account {self.account_id}"


@dataclass(frozen=True, slots=True)
class NoSuchSignIn(LookupError):
    """The account is signed in nowhere under this number."""

    sign_in_id: int


def begin(*, user: User, request: HttpRequest | None = None, session_key: str = "") -> SignIn:
    """Note that ``user`` is signed in from now on: in the page's session of that key, else by tokens."""
    kind = SignIn.Kind.PAGE if session_key else SignIn.Kind.TOKEN
    expires_at = None if session_key else _end_of_tokens()
    found = SignIn.objects.create(
        account=user,
        kind=kind,
        session_key=session_key,
        expires_at=expires_at,
        agent=agent_of(request),
        address=request_address.get()[:60],
    )
    cache.set(_seen_key(found.pk), True, SEEN_EVERY.total_seconds())
    return found


def note_seen(*, sign_in_id: int, request: HttpRequest, now: datetime, **fields: Any) -> bool:
    """Note that somebody is here, at most once a minute. Returns whether they are still signed in, as far as seen."""
    if not cache.add(_seen_key(sign_in_id), True, SEEN_EVERY.total_seconds()):
        return True
    here = {"seen_at": now, "address": request_address.get()[:60], "agent": agent_of(request), **fields}
    row = SignIn.objects.filter(pk=sign_in_id)
    return bool(row.filter(seen_at__lte=now - SEEN_EVERY).update(**here)) or row.exists()


def go_on(*, sign_in_id: int, user: User, request: HttpRequest) -> SignIn | None:
    """Let tokens live on with a newer one. None when ``user`` is not signed in there any more."""
    here = {"seen_at": timezone.now(), "address": request_address.get()[:60], "agent": agent_of(request)}
    here["expires_at"] = _end_of_tokens()
    row = SignIn.objects.filter(pk=sign_in_id, account=user)
    return row.first() if row.update(**here) else None


def list_open(*, user: User, now: datetime) -> list[SignIn]:
    """Where ``user`` is signed in, the last seen first."""
    return list(SignIn.objects.filter(account=user).open(now=now).order_by("-seen_at", "-pk"))


def end(*, user: User, sign_in_id: int) -> None:
    """End one sign-in of ``user`` with its session, tokens and event streams, now. Raises NoSuchSignIn."""
    with transaction.atomic():
        if not _end(SignIn.objects.filter(account=user, pk=sign_in_id)):
            raise NoSuchSignIn(sign_in_id)


def end_many(*, user: User, but: int | None = None, **of: str) -> int:
    """End every sign-in of ``user`` (``of`` a kind), except that with the number ``but``. Returns how many."""
    with transaction.atomic():
        rows = SignIn.objects.filter(account=user, **of)
        return _end(rows if but is None else rows.exclude(pk=but))


def forget(*, sign_in_id: int) -> None:
    """The row alone: its session ends, or goes on under another one."""
    SignIn.objects.filter(pk=sign_in_id).delete()


def forget_over(*, now: datetime) -> int:
    """Delete those that let nobody in any more. Returns how many."""
    live = SignIn.objects.all().open(now=now)
    # One that is only just beginning has a row before its session has.
    over = SignIn.objects.filter(began_at__lt=now - timedelta(hours=1)).exclude(pk__in=live.values("pk"))
    return int(over.delete()[0])


def agent_of(request: HttpRequest | None) -> str:
    """The browser or program, as it calls itself."""
    said = request.headers.get("User-Agent", "") if request is not None else ""
    return " ".join("".join(sign for sign in said if sign.isprintable()).split())[:LONGEST_AGENT]


def _end(rows: models.QuerySet[SignIn]) -> int:
    keys = [key for key in rows.values_list("session_key", flat=True) if key]
    Session.objects.filter(session_key__in=keys).delete()
    return int(rows.delete()[0])


def _end_of_tokens() -> datetime:
    lasts: timedelta = settings.SIMPLE_JWT["REFRESH_TOKEN_LIFETIME"]  # type: ignore[assignment]
    return timezone.now() + lasts


def _seen_key(sign_in_id: int) -> str:
    return f"seen:{sign_in_id}"
