"""Browsers and programs from which somebody came in before; of another one a letter tells its account's owner, once.

A browser is known by a cookie, of which the event log holds a hash; where it keeps none, by its kind and the network
that it comes from. A program is known by what it calls itself: it keeps no cookies, and a cloud has many addresses.
After a new password every one of them is unknown again.
"""

from __future__ import annotations

import hashlib
import re
import secrets
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.utils import translation

from tenants import account_events, mail
from tenants.devices import describe
from tenants.events import Event
from tenants.models import SignIn, User
from tenants.networks import network_of
from tenants.scope import tenant_scope
from tenants.sign_ins import agent_of

COOKIE = "recado_device"
KEPT = timedelta(days=400)  # no browser keeps a cookie longer
LOOKED_AT = 500  # the latest sign-ins, which are compared
_form = re.compile(r"[\w-]{43}", re.ASCII)


def note_entry(*, user: User, request: HttpRequest, address: str, method: str, now: datetime, by_page: bool) -> None:
    """``user`` is in: leave the event, and a letter where nobody knows this browser (``by_page``) or program.

    Outside of every transaction. Nobody is told of the very first time after the registration.
    """
    mark = _mark(request) if by_page else ""
    if not user.is_tenant:
        return
    with tenant_scope(user), transaction.atomic():
        since = _new_password_at()
        is_known = _is_known(user=user, mark=mark, agent=agent_of(request), address=address, since=since)
        account_events.tell_login(user=user, address=address, request=request, method=method, device=mark)
        if not is_known:
            _write(user=user, mark=mark, agent=agent_of(request), address=address, since=since, now=now)


def keep(*, request: HttpRequest, response: HttpResponse) -> None:
    """Give the browser of somebody who came in by a page its cookie, for as long as browsers keep one."""
    response.set_cookie(
        COOKIE,
        _cookie(request),
        max_age=int(KEPT.total_seconds()),
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )


def _is_known(*, user: User, mark: str, agent: str, address: str, since: datetime | None) -> bool:
    logins = Event.objects.filter(name="login")
    if not logins.exists() and not SignIn.objects.filter(account=user).exists():
        return True  # the first one ever
    if since is not None:
        logins = logins.filter(at__gt=since)
    is_browser = bool(mark) or agent.startswith("Mozilla/")
    kind, network = describe(agent), network_of(address)
    for data in logins.order_by("-at").values_list("data", flat=True)[:LOOKED_AT]:
        if mark and data.get("device") == mark:
            return True
        is_alike = describe(data.get("agent", "")) == kind
        if is_alike and (not is_browser or network_of(data.get("address", "")) == network):
            return True
    return False


def _new_password_at() -> datetime | None:
    """When the password was last changed, after which nobody counts as known."""
    return Event.objects.filter(name="password_changed").order_by("-at").values_list("at", flat=True).first()


def _write(*, user: User, mark: str, agent: str, address: str, since: datetime | None, now: datetime) -> None:
    with translation.override(user.language):
        device = describe(agent)
    # Two that come in at one moment are told of once.
    same = mark or f"{device} {network_of(address)}"
    key = hashlib.sha256(f"{user.pk} {same} {since}".encode()).hexdigest()[:32]
    context = {
        "device": device,
        "address": address,
        "at": now,
        "sessions_link": f"{settings.SITE_URL}/user/settings#sessions",
    }
    mail.post(user=user, kind=mail.Kind.SECURITY, template="signed_in", context=context, key=f"signed-in:{key}")


def _mark(request: HttpRequest) -> str:
    """What the event log holds of this browser's cookie."""
    return hashlib.sha256(_cookie(request).encode()).hexdigest()[:32]


def _cookie(request: HttpRequest) -> str:
    """This browser's, or the one that it is about to get."""
    given = request.COOKIES.get(COOKIE, "")
    if not _form.fullmatch(given):
        given = request.COOKIES[COOKIE] = secrets.token_urlsafe(32)
    return given
