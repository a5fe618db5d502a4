"""Sessions of pages: beginning one, how long a superadmin's lasts, when its password was last proved, ending them.

A session carries seconds since 1970: ``began_at``, ``seen_at`` (of superadmins, to the minute) and ``proved_at``; and
under ``sign_in`` the number of its row (``tenants.sign_ins``).
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import wraps
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.contrib.auth import login, logout, update_session_auth_hash
from django.db import transaction
from django.db.models import F
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from rest_framework_simplejwt.token_blacklist.models import BlacklistedToken, OutstandingToken

from tenants import sign_ins
from tenants.models import SignIn, User
from tenants.notices import STREAMS_CHANNEL, account_line, notify

SIGN_IN = "sign_in"
BACKEND = "tenants.authentication.UsernameOrEmailBackend"
SEEN_SECONDS = 60  # how exactly it is known when a session was last used: each time costs a write


def begin(*, request: HttpRequest, user: User) -> None:
    """Let ``user``, who has just proved who they are, into the pages."""
    _forget_sign_in(request)
    login(request, user, backend=BACKEND)
    moment = _seconds(timezone.now())
    request.session.update({"began_at": moment, "seen_at": moment, "proved_at": moment})
    _note_sign_in(request, user)


def keep(*, request: HttpRequest, user: User) -> None:
    """Let the session of this very request live on, where there is one, after what ended all others."""
    if request.session.session_key:
        update_session_auth_hash(request, user)
        _forget_sign_in(request)
        _note_sign_in(request, user)


def end(request: HttpRequest) -> None:
    """Sign out of the pages."""
    _forget_sign_in(request)
    logout(request)


def note_seen(*, request: HttpRequest, user: User, now: datetime) -> bool:
    """Note that ``user`` is here by this session. Returns whether it goes on: it may have been ended elsewhere."""
    number = request.session.get(SIGN_IN)
    if number is None:  # of a time before sign-ins had rows
        _note_sign_in(request, user)
        return True
    user.sign_in_id = number
    key = request.session.session_key or ""
    return sign_ins.note_seen(sign_in_id=number, request=request, now=now, session_key=key)


def is_over(*, request: HttpRequest, now: datetime) -> bool:
    """Whether this session of a superadmin lasts too long or lay idle too long; else it is seen now."""
    session, moment = request.session, _seconds(now)
    began, seen = session.setdefault("began_at", moment), session.setdefault("seen_at", moment)
    limits = settings.SUPERADMIN_SESSION
    if moment - began >= limits["SECONDS"] or moment - seen >= limits["IDLE_SECONDS"]:
        return True
    if moment - seen >= SEEN_SECONDS:
        session["seen_at"] = moment
    return False


def note_proof(*, request: HttpRequest, now: datetime) -> None:
    """The person has just given the password (and the code) again."""
    request.session["proved_at"] = _seconds(now)


def is_proved(*, request: HttpRequest, now: datetime) -> bool:
    """Whether the password was given a short while ago, as acts ask for that cannot be taken back."""
    age = _seconds(now) - int(request.session.get("proved_at", 0))
    return age < int(settings.SUPERADMIN_SESSION["PROOF_SECONDS"])


def proof_required(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Wrap a view (whose first argument that is a request is the request): it asks for the password first."""

    @wraps(view)
    def run(*args: Any, **kwargs: Any) -> HttpResponse:
        request = next(one for one in args if isinstance(one, HttpRequest))
        if is_proved(request=request, now=timezone.now()):
            return view(*args, **kwargs)
        return ask_for_proof(request)

    return run


def ask_for_proof(request: HttpRequest) -> HttpResponse:
    """To the page that asks for the password, and back from there."""
    return HttpResponseRedirect(f"{reverse('proof')}?{urlencode({'next': request.get_full_path()})}")


def end_all(*, user: User) -> None:
    """End every session, token and event stream of ``user``, now. In a transaction of the caller's, or its own."""
    with transaction.atomic():
        User.objects.filter(pk=user.pk).update(access_version=F("access_version") + 1)
        user.refresh_from_db(fields=["access_version"])
        sign_ins.end_many(user=user)
        revoke_refresh_tokens(user=user)
        call_waiting(user=user)


def end_others(*, user: User) -> int:
    """End all of them but the one by which ``user`` asks. Returns how many. A page's session asks for ``keep`` then."""
    with transaction.atomic():
        ended = sign_ins.end_many(user=user, but=user.sign_in_id)
        # Sessions of a time before sign-ins had rows.
        User.objects.filter(pk=user.pk).update(access_version=F("access_version") + 1)
        user.refresh_from_db(fields=["access_version"])
        call_waiting(user=user)
    return ended


def end_tokens(*, user: User) -> None:
    """End all that ``user`` is signed in to by tokens."""
    with transaction.atomic():
        sign_ins.end_many(user=user, kind=SignIn.Kind.TOKEN)
        revoke_refresh_tokens(user=user)
        call_waiting(user=user)


def end_one(*, user: User, sign_in_id: int) -> None:
    """End one of them. Raises sign_ins.NoSuchSignIn."""
    with transaction.atomic():
        sign_ins.end(user=user, sign_in_id=sign_in_id)
        call_waiting(user=user)


def goes_on(user: User) -> bool:
    """Whether what ``user`` began to read, signed in as they were, may still be read."""
    same = User.objects.filter(
        pk=user.pk, is_active=True, password=user.password, access_version=user.access_version, role=user.role
    )
    if user.sign_in_id is not None:
        same = same.filter(sign_ins__pk=user.sign_in_id)
    return bool(same.exists())


def revoke_refresh_tokens(*, user: User) -> None:
    """Blacklist every refresh token of ``user`` that is still good."""
    good = OutstandingToken.objects.filter(user=user, blacklistedtoken__isnull=True)
    BlacklistedToken.objects.bulk_create([BlacklistedToken(token=token) for token in good], ignore_conflicts=True)


def call_waiting(*, user: User) -> None:
    """Have the open event streams of ``user`` look whether they may go on. In the caller's transaction."""
    notify(STREAMS_CHANNEL, account_line(user.pk))


def _seconds(moment: datetime) -> int:
    return int(moment.timestamp())


def _note_sign_in(request: HttpRequest, user: User) -> None:
    if not request.session.session_key:
        request.session.create()
    found = sign_ins.begin(user=user, request=request, session_key=request.session.session_key or "")
    request.session[SIGN_IN] = user.sign_in_id = found.pk


def _forget_sign_in(request: HttpRequest) -> None:
    number = request.session.pop(SIGN_IN, None)
    if number is not None:
        sign_ins.forget(sign_in_id=number)
