"""Accounts: making one, signing in, and ending what was signed in."""

from __future__ import annotations

from datetime import timedelta

from django.conf import settings
from django.contrib.auth import authenticate
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.http import HttpRequest
from django.utils import timezone as timezones
from django.utils.translation import gettext as _

from tenants import account_events, known_devices, limits, mail, second_factor, sessions, sign_ins, verification
from tenants.audit import request_address
from tenants.authentication import Suspended
from tenants.models import Preferences, User
from tenants.networks import network_of
from tenants.preferences import likely_country, likely_currency
from tenants.scope import own_scope, tenant_scope

FAILED_LOGINS_BY_ACCOUNT = limits.Limit("login-account", 10, timedelta(minutes=15))
FAILED_LOGINS_BY_ADDRESS = limits.Limit("login-address", 100, timedelta(minutes=15))
REGISTRATIONS_BY_ADDRESS = limits.Limit("register-address", 300, timedelta(hours=1))
RESETS_BY_ADDRESS = limits.Limit("reset-address", 20, timedelta(hours=1))
RESETS_BY_ACCOUNT = limits.Limit("reset-account", 3, timedelta(hours=1))


class WrongCredentials(Exception):
    """No account has this name and password; which of the two is wrong is not said."""


class AccountInactive(WrongCredentials):
    """They are those of an account that is suspended: told only to who gives the right password."""


def sign_up(*, username: str, password: str, email: str = "", **fields: str) -> User:
    """Register somebody who comes by themselves: whether the address is theirs is still to be proved, by a letter.

    Raises ValidationError as ``register`` does.
    """
    user = register(username=username, password=password, email=email, **fields, is_verified=False)
    with tenant_scope(user), transaction.atomic():
        verification.post(user=user)
    return user


def register(
    *,
    username: str,
    password: str,
    email: str = "",
    timezone: str = "America/Bogota",
    language: str = "es",
    is_verified: bool = True,
) -> User:
    """Make a tenant with preferences of its own. Raises ValidationError by field when the name or e-mail is taken."""
    user = User(username=username, email=email.lower(), timezone=timezone, language=language)
    if email and is_verified:
        user.email_verified_at = timezones.now()
    user.set_password(password)
    user.clean_fields(exclude=["password"])
    taken = {
        "username": (User.objects.filter(username__iexact=username), _("Ese usuario ya existe.")),
        "email": (User.objects.filter(email__iexact=email).exclude(email=""), _("Ese correo ya tiene una cuenta.")),
    }
    if errors := {field: text for field, (others, text) in taken.items() if others.exists()}:
        raise ValidationError(errors)
    try:
        with transaction.atomic():
            user.save()
    except IntegrityError as fault:  # somebody else took the name since we looked
        field = "email" if "user_email_unique" in str(fault) else "username"
        raise ValidationError({field: taken[field][1]}) from fault
    with tenant_scope(user):
        Preferences.objects.create(user=user, currency=likely_currency(timezone), country=likely_country(timezone))
    return user


def sign_in(*, request: HttpRequest, username: str, password: str, otp: str = "") -> User:
    """The person with this name (or e-mail), password and, where the account has a second factor, code.

    Raises WrongCredentials and limits.TooMany as ``prove`` does, and second_factor.CodeRequired or WrongCode.
    """
    user = prove(request=request, username=username, password=password)
    complete(request=request, user=user, otp=otp)
    return user


def complete(*, request: HttpRequest, user: User, otp: str = "", by_page: bool = False) -> None:
    """See that ``user``, whose password is proved, has the code, too, where the account wants one; then they are in.

    Raises second_factor.CodeRequired or WrongCode, and limits.TooMany after too many codes.
    """
    address = client_address(request)
    try:
        method = second_factor.check(user=user, code=otp)
    except second_factor.WrongCode:
        account_events.tell_failed_login(user=user, address=address, request=request, method="second_factor")
        raise
    now = timezones.now()
    known_devices.note_entry(user=user, request=request, address=address, method=method, now=now, by_page=by_page)


def prove(*, request: HttpRequest, username: str, password: str) -> User:
    """The person with this name (or e-mail) and password, who may still have to give a code.

    Raises WrongCredentials (AccountInactive where they are those of a suspended account), or limits.TooMany after too
    many failures for the account or from the address; failures for names that do not exist count alike.
    """
    username, address = username.strip(), client_address(request)
    known = User.objects.known_as(username).first()
    account = counted_as(username=username, user=known)
    limits.check(limit=FAILED_LOGINS_BY_ACCOUNT, who=account)
    limits.check(limit=FAILED_LOGINS_BY_ADDRESS, who=address)
    user: object = None
    refusal: type[WrongCredentials] = WrongCredentials
    try:
        user = authenticate(request, username=username, password=password)
    except Suspended:
        limits.check(limit=FAILED_LOGINS_BY_ACCOUNT, who=account)  # as below
        refusal = AccountInactive
    if not isinstance(user, User):
        limits.hit(limit=FAILED_LOGINS_BY_ACCOUNT, who=account)
        limits.hit(limit=FAILED_LOGINS_BY_ADDRESS, who=address)
        account_events.tell_failed_login(user=known, address=address, request=request)
        raise refusal
    limits.check(limit=FAILED_LOGINS_BY_ACCOUNT, who=account)  # many guesses at one moment passed the first look
    limits.forget(limit=FAILED_LOGINS_BY_ACCOUNT, who=account)
    return user


def counted_as(*, username: str, user: User | None) -> str:
    """What failures of an account are counted under: one count, by whichever of its names and spellings they came.

    («ſ» and «ı» are «S» and «I» to the database, and no letters of Python's ``lower``.)
    """
    return f"id {user.pk}" if user else f"name {username.lower()}"


def check_password(*, user: User, password: str) -> bool:
    """Whether it is the password of ``user``, who is inside already. Raises limits.TooMany after too many failures."""
    account = counted_as(username=user.username, user=user)
    limits.check(limit=FAILED_LOGINS_BY_ACCOUNT, who=account)
    if user.check_password(password):
        return True
    limits.hit(limit=FAILED_LOGINS_BY_ACCOUNT, who=account)
    return False


def change_password(*, user: User, password: str) -> None:
    """Set a new password, which nobody has to change any more. Tokens, sessions and streams of the old one stop, but
    the sign-in by which ``user`` does it."""
    user.set_password(password)
    user.must_change_password = False
    with own_scope(user), transaction.atomic():
        user.save(update_fields=["password", "must_change_password"])
        sign_ins.end_many(user=user, but=user.sign_in_id)
        sessions.revoke_refresh_tokens(user=user)
        sessions.call_waiting(user=user)
        account_events.tell("password_changed", user=user)
        mail.post(user=user, kind=mail.Kind.SECURITY, template="password_changed", context=here())


def here() -> dict[str, str]:
    """What a letter about an account says of where something was done from."""
    return {"address": request_address.get()}


def client_address(request: HttpRequest) -> str:
    """The address that the request came from, past as many proxies as we run ourselves (``TRUSTED_PROXIES``)."""
    if settings.TRUSTED_PROXIES:
        hops = [hop.strip() for hop in request.headers.get("X-Forwarded-For", "").split(",") if hop.strip()]
        if len(hops) >= settings.TRUSTED_PROXIES:
            return hops[-settings.TRUSTED_PROXIES]
    return str(request.META.get("REMOTE_ADDR", ""))


def counted_address(request: HttpRequest) -> str:
    """Under what the address of a request is counted."""
    return network_of(client_address(request))
