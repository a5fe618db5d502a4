"""The second factor of an account: a secret that an authenticator app holds too, and codes for the day it is lost."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import pyotp
import segno
from django.conf import settings
from django.db import models, transaction
from django.utils.timezone import now
from django.utils.translation import gettext_lazy as _

from tenants import limits
from tenants.audit import audit, request_address
from tenants.events import record
from tenants.fields import EncryptedTextField
from tenants.scope import own_scope

if TYPE_CHECKING:
    from tenants.models import User

STEP_SECONDS = 30
CODES = 10
LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"  # none that looks like another; twelve of them are 59 bits
TRIES = limits.Limit("second-factor", 8, timedelta(minutes=15))


class SecondFactor(models.Model):
    """One account's secret (base32, encrypted at rest). It counts from ``confirmed_at`` on; ``last_step`` is the step
    of time (30 s) of the last code that was taken, so that none is taken twice."""

    account = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="second_factor")
    secret = EncryptedTextField()
    confirmed_at = models.DateTimeField(null=True, blank=True)
    last_step = models.BigIntegerField(default=0)
    created_at = models.DateTimeField(default=now)

    class Meta:
        verbose_name = _("segundo factor")
        verbose_name_plural = _("segundos factores")

    def __str__(self) -> str:
        return f"second factor of account {self.account_id}"


class RecoveryCode(models.Model):
    """A code that stands in for the app, once. Only its digest (SHA-256, hexadecimal) is kept."""

    account = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="recovery_codes")
    digest = models.CharField(max_length=64)
    used_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("código de recuperación")
        verbose_name_plural = _("códigos de recuperación")
        constraints = [models.UniqueConstraint(fields=["account", "digest"], name="recovery_code_unique")]

    def __str__(self) -> str:
        return f"recovery code of account {self.account_id}"


class CodeRequired(Exception):
    """The account has a second factor, and no code was given."""


class WrongCode(Exception):
    """The code is not the app's of now, was taken before, or is no recovery code that is left."""


class AlreadyOn(Exception):
    """The account has a second factor; it is taken off before there is another."""


def is_on(user: User) -> bool:
    """Whether signing in as ``user`` takes a code."""
    return SecondFactor.objects.filter(account=user, confirmed_at__isnull=False).exists()


def codes_left(user: User) -> int:
    """How many recovery codes are unused."""
    return RecoveryCode.objects.filter(account=user, used_at=None).count()


def prepare(*, user: User) -> SecondFactor:
    """The secret that is to be confirmed; the same until it is, so that a page that is loaded again shows it again.

    Raises AlreadyOn.
    """
    factor, _made = SecondFactor.objects.get_or_create(account=user, defaults={"secret": pyotp.random_base32()})
    if factor.confirmed_at is not None:
        raise AlreadyOn
    return factor


def draw(*, factor: SecondFactor, name: str) -> str:
    """What an authenticator app scans: a QR code as the ``data:`` address of an SVG picture."""
    uri = pyotp.TOTP(factor.secret).provisioning_uri(name=name, issuer_name="Recado")
    return str(segno.make(uri, error="m").svg_data_uri(scale=5, border=4, light="#fff"))


def confirm(*, user: User, code: str, address: str = "", at: datetime | None = None) -> list[str]:
    """Turn the second factor on by the first code. Returns ten recovery codes, which are never shown again.

    Every other session and token ends. Raises AlreadyOn, WrongCode and limits.TooMany.
    """
    at = at or now()
    factor = prepare(user=user)
    limits.hit(limit=TRIES, who=str(user.pk), now=at)
    with own_scope(user), transaction.atomic():
        if not _take_step(factor, code, at=at):
            raise WrongCode
        SecondFactor.objects.filter(pk=factor.pk).update(confirmed_at=at)
        codes = _make_codes(user)
        _after_change(user, on=True, address=address)
    limits.forget(limit=TRIES, who=str(user.pk))
    return codes


def check(*, user: User, code: str, at: datetime | None = None) -> str:
    """See that ``code`` is the app's, or a recovery code; each counts once. Returns how the person has signed in.

    «password» when the account has no second factor. Raises CodeRequired, WrongCode and limits.TooMany.
    """
    at = at or now()
    factor = SecondFactor.objects.filter(account=user, confirmed_at__isnull=False).first()
    if factor is None:
        return "password"
    if not code.strip():
        raise CodeRequired
    limits.hit(limit=TRIES, who=str(user.pk), now=at)
    if _take_step(factor, code, at=at):
        method = "second_factor"
    elif RecoveryCode.objects.filter(account=user, digest=_digest(code), used_at=None).update(used_at=at):
        method = "recovery_code"
    else:
        raise WrongCode
    limits.forget(limit=TRIES, who=str(user.pk))
    return method


def renew_codes(*, user: User) -> list[str]:
    """Ten new recovery codes; the old ones are void. The caller has checked a code."""
    with own_scope(user), transaction.atomic():
        if user.is_tenant:
            record("recovery_codes_renewed", address=request_address.get() or None)
        return _make_codes(user)


def turn_off(*, user: User, address: str = "") -> None:
    """Take the second factor off. The caller has checked password and code."""
    with own_scope(user), transaction.atomic():
        _remove(user)
        _after_change(user, on=False, address=address)


def reset(*, actor: User, user: User, reason: str) -> bool:
    """Take off the second factor of somebody who lost app and codes. Returns whether there was one."""
    with own_scope(user), transaction.atomic():
        if not _remove(user):
            return False
        _after_change(user, on=False, address="")
        audit(actor=actor, action="second_factor_reset", target=user, reason=reason)
    return True


def _remove(user: User) -> bool:
    RecoveryCode.objects.filter(account=user).delete()
    return bool(SecondFactor.objects.filter(account=user).delete()[0])


def _after_change(user: User, *, on: bool, address: str) -> None:
    from tenants import mail, sessions  # which import the models, and they this module

    sessions.end_all(user=user)
    if user.is_tenant:
        record("second_factor_changed", on=on, address=address or None)
    context = {"on": on, "address": address}
    mail.post(user=user, kind=mail.Kind.SECURITY, template="second_factor_changed", context=context)


def _take_step(factor: SecondFactor, code: str, *, at: datetime) -> bool:
    """Whether ``code`` is the app's of now, or of one step beside it, for clocks differ; and was not taken before."""
    code = "".join(code.split())
    totp, this = pyotp.TOTP(factor.secret), int(at.timestamp()) // STEP_SECONDS
    for step in (this, this - 1, this + 1):
        if hmac.compare_digest(totp.generate_otp(step).encode(), code.encode()):
            later = SecondFactor.objects.filter(pk=factor.pk, last_step__lt=step)
            return bool(later.update(last_step=step))
    return False


def _make_codes(user: User) -> list[str]:
    RecoveryCode.objects.filter(account=user).delete()
    drawn = ["".join(secrets.choice(LETTERS) for _ in range(12)) for _ in range(CODES)]
    codes = [f"{one[:4]}-{one[4:8]}-{one[8:]}" for one in drawn]
    RecoveryCode.objects.bulk_create([RecoveryCode(account=user, digest=_digest(code)) for code in codes])
    return codes


def _digest(code: str) -> str:
    bare = "".join(letter for letter in code.lower() if letter.isalnum())
    return hashlib.sha256(bare.encode()).hexdigest()
