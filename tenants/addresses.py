"""A new address for an account: asked for with the password, confirmed by a letter to it, taken back by the old one.

Nobody learns whether an address has an account: asking for somebody else's looks the same, and comes to nothing but a
letter to its owner. Taking back works for a week, by a link that goes to the old address where that was proved (a
mistyped one is a stranger's). Whoever takes back had somebody else in the account: every session ends, the password
opens nothing any more, and the page leads on to a new one.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings
from django.contrib.auth.tokens import default_token_generator
from django.core import signing
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_encode
from django.utils.translation import gettext as _

from tenants import account_events, limits, mail, proofs, sessions
from tenants.email_changes import CONFIRM_WITHIN, TAKE_BACK_WITHIN, EmailChange
from tenants.models import User
from tenants.scope import own_scope
from tenants.verification import WrongLink

CHANGES = limits.Limit("email-change", 5, timedelta(hours=1))
_CONFIRM, _TAKE_BACK = "recado.email.confirm", "recado.email.take-back"


class Taken(Exception):
    """Meanwhile somebody else has an account with the address."""


def ask(*, user: User, email: str, password: str, otp: str = "", now: datetime) -> EmailChange:
    """Write to ``email`` that it is to be the address of ``user``; until it is confirmed nothing changes.

    Raises ValidationError by field for the address the account has, and as ``proofs.prove`` does; limits.TooMany.
    """
    email = User.objects.normalize_email(email).lower()
    if email == user.email.lower():
        raise ValidationError({"email": _("Ya es tu correo.")})
    proofs.prove(user=user, password=password, otp=otp)
    limits.hit(limit=CHANGES, who=str(user.pk))
    with own_scope(user), transaction.atomic():
        User.objects.select_for_update(of=("self",)).get(pk=user.pk)
        cancel(user=user, now=now)
        change = EmailChange.objects.create(account=user, old_email=user.email, new_email=email, asked_at=now)
        account_events.tell("email_change_asked", user=user)
        owner = User.objects.let_in().filter(email__iexact=email).first()
        if owner is not None:
            _warn_owner(owner)
        else:
            context = {
                "link": _link("email-confirm", change, _CONFIRM),
                "hours": CONFIRM_WITHIN // timedelta(hours=1),
            }
            mail.post(user=user, kind=mail.Kind.VERIFICATION, template="email_confirm", context=context, to=email)
            _tell_old(change, user=user, template="email_asked")
    return change


def waiting(*, user: User, now: datetime) -> EmailChange | None:
    """The change that waits to be confirmed."""
    found = EmailChange.objects.filter(account=user, confirmed_at=None, ended_at=None).first()
    return found if found is not None and found.is_waiting(now=now) else None


def cancel(*, user: User, now: datetime) -> bool:
    """Call off the change that waits. Returns whether there was one."""
    return bool(EmailChange.objects.filter(account=user, confirmed_at=None, ended_at=None).update(ended_at=now))


def read_confirmation(*, token: str, now: datetime) -> EmailChange:
    """The change that a link in a letter to the new address is about, done or still to be done. Raises WrongLink."""
    change = _read(token, _CONFIRM)
    if change.ended_at is not None or (change.confirmed_at is None and not change.is_waiting(now=now)):
        raise WrongLink
    return change


def confirm(*, token: str, now: datetime) -> User:
    """Give the account its new address, which is thereby proved. Twice is once. Raises WrongLink and Taken."""
    change = read_confirmation(token=token, now=now)
    user = change.account
    try:
        with own_scope(user), transaction.atomic():
            user = User.objects.select_for_update(of=("self",)).get(pk=user.pk)
            held = EmailChange.objects.filter(pk=change.pk, confirmed_at=None, ended_at=None)
            if not held.update(confirmed_at=now):
                return user
            _tell_old(change, user=user, template="email_changed")
            User.objects.filter(pk=user.pk).update(email=change.new_email, email_verified_at=now)
            user.refresh_from_db()
            account_events.tell("email_changed", user=user)
    except IntegrityError as fault:
        if "user_email_unique" not in str(fault):
            raise
        raise Taken from fault
    return user


def read_taking_back(*, token: str, now: datetime) -> EmailChange:
    """The change that a link in a letter to the old address can take back. Raises WrongLink."""
    change = _read(token, _TAKE_BACK)
    since = change.confirmed_at or change.asked_at
    if now >= since + TAKE_BACK_WITHIN:
        raise WrongLink
    return change


def take_back(*, token: str, now: datetime) -> str:
    """Give the account its old address again, with all that somebody else did to it since. Returns the path of the page
    where a new password is set. Once. Raises WrongLink and Taken.
    """
    change = read_taking_back(token=token, now=now)
    try:
        with own_scope(change.account), transaction.atomic():
            user = User.objects.select_for_update(of=("self",)).get(pk=change.account_id)
            # Called off or not: whoever asked had the password. With the row goes the link.
            if not EmailChange.objects.filter(account=user, pk__gte=change.pk).delete()[0]:
                raise WrongLink
            user.email, user.email_verified_at = change.old_email, now
            user.set_unusable_password()
            user.must_change_password = True  # so that «I forgot it» still writes a letter
            user.save(update_fields=["email", "email_verified_at", "password", "must_change_password"])
            sessions.end_all(user=user)
            account_events.tell("email_change_taken_back", user=user)
    except IntegrityError as fault:
        if "user_email_unique" not in str(fault):
            raise
        raise Taken from fault
    key = urlsafe_base64_encode(force_bytes(user.pk))
    return reverse("password-reset-confirm", args=[key, default_token_generator.make_token(user)])


def _tell_old(change: EmailChange, *, user: User, template: str) -> None:
    """Write to the address that the account has now, with the way back."""
    if user.email and user.email_verified_at is not None:
        context = {
            "link": _link("email-take-back", change, _TAKE_BACK),
            "new_email": masked(change.new_email),
            "days": TAKE_BACK_WITHIN.days,
        }
        mail.post(user=user, kind=mail.Kind.EMAIL_CHANGED, template=template, context=context)


def _warn_owner(owner: User) -> None:
    """Tell the owner of an address that somebody else wanted it for an account; they may have two and forgotten one."""
    mail.post(user=owner, kind=mail.Kind.SECURITY, template="email_taken", context={})


def masked(email: str) -> str:
    """«c•••@example.com»: enough for its owner to know it."""
    name, _at, host = email.partition("@")
    return f"{name[:1]}•••@{host}"


def _link(route: str, change: EmailChange, salt: str) -> str:
    return settings.SITE_URL + reverse(route, args=[signing.dumps(change.pk, salt=salt)])


def _read(token: str, salt: str) -> EmailChange:
    try:
        pk = int(signing.loads(token, salt=salt))
    except (signing.BadSignature, ValueError, TypeError) as fault:
        raise WrongLink from fault
    change = EmailChange.objects.select_related("account").filter(pk=pk).first()
    if change is None or not change.account.may_enter:
        raise WrongLink
    return change
