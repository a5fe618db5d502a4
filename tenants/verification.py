"""Proving an address: a letter with a link goes to it, and whoever opens the link has read the letter.

The link says whose address which one is, signed; it holds for three days, and is void once the account has another
address. Opened again it says that the address is proved, and changes nothing.

Until it is proved the address gets what is about the account itself: this letter, a new password, security. All other
mail (reminders, digests, alerts) goes there in the account's first week, and then only when it is proved
(``User.gets_mail``): a mistyped address is not written to for ever, and nobody has to prove anything to begin.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings
from django.core import signing
from django.db import transaction
from django.urls import reverse

from tenants import account_events, limits, mail
from tenants.models import User
from tenants.scope import own_scope

LASTS = timedelta(days=3)
BY_ACCOUNT = limits.Limit("verification-account", 3, timedelta(hours=1))
BY_ADDRESS = limits.Limit("verification-address", 30, timedelta(hours=1))
_SALT = "recado.email.verify"


class WrongLink(ValueError):
    """The link is not one of ours, is too old, or is about an address that the account does not have any more."""


def post(*, user: User) -> None:
    """Put the letter with the link into the outbox, in the caller's transaction; none where there is nothing to do."""
    if user.email and user.email_verified_at is None:
        context = {"link": link(user=user), "days": LASTS.days}
        mail.post(user=user, kind=mail.Kind.VERIFICATION, template="verification", context=context)


def post_again(*, user: User, address: str) -> bool:
    """Post it at the wish of ``user``, who asks from ``address``. Returns whether there is an address to be proved.

    Raises limits.TooMany.
    """
    if not user.email or user.email_verified_at is not None:
        return False
    limits.hit(limit=BY_ADDRESS, who=address)
    limits.hit(limit=BY_ACCOUNT, who=str(user.pk))
    with own_scope(user), transaction.atomic():
        post(user=user)
    return True


def link(*, user: User) -> str:
    """What proves the address of ``user`` when it is opened. It names ``SITE_URL``, never a request's Host."""
    token = signing.dumps([user.pk, user.email], salt=_SALT)
    return settings.SITE_URL + reverse("email-verify", args=[token])


def verify(*, token: str, now: datetime) -> User:
    """Note that the address in a link of ours is proved, and answer whose it is. Twice is once. Raises WrongLink."""
    try:
        pk, email = signing.loads(token, salt=_SALT, max_age=LASTS)
    except (signing.BadSignature, ValueError, TypeError) as fault:
        raise WrongLink from fault
    user = User.objects.let_in().filter(pk=pk, email=email).first()
    if user is None:
        raise WrongLink
    note(user=user, now=now)
    return user


def note(*, user: User, now: datetime) -> bool:
    """Note that ``user`` has read a letter to their address. Returns whether it was not proved before."""
    with own_scope(user), transaction.atomic():
        waiting = User.objects.filter(pk=user.pk, email=user.email, email_verified_at=None)
        if not user.email or not waiting.update(email_verified_at=now):
            return False
        user.email_verified_at = now
        account_events.tell("email_verified", user=user)
    return True
