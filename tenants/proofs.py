"""Proving once more who one is, in the request of an act that cannot be taken back: the password, and the code of the
second factor where the account has one."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from tenants import accounts, second_factor
from tenants.models import User


def prove(*, user: User, password: str, otp: str = "", field: str = "password") -> None:
    """See that ``user``, who is inside already, knows the password and has the code. Raises ValidationError by field
    (``field`` or ``otp``, with the code ``second_factor_required`` or ``second_factor_wrong``) and limits.TooMany."""
    if not accounts.check_password(user=user, password=password):
        told = _("No es tu contraseña actual.") if field == "current" else _("No es tu contraseña.")
        raise ValidationError({field: ValidationError(told, code="wrong_password")})
    prove_code(user=user, otp=otp)


def prove_code(*, user: User, otp: str) -> None:
    """The code alone, where the account has a second factor. Raises as ``prove`` does."""
    try:
        second_factor.check(user=user, code=otp)
    except second_factor.CodeRequired as fault:
        told = _("Escribe también el código de tu aplicación de autenticación.")
        raise ValidationError(_by_code(told, "second_factor_required")) from fault
    except second_factor.WrongCode as fault:
        told = _("El código no es el de ahora, o ya se usó.")
        raise ValidationError(_by_code(told, "second_factor_wrong")) from fault


def _by_code(told: str, code: str) -> dict[str, Any]:
    return {"otp": ValidationError(told, code=code)}
