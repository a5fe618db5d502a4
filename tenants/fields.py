"""Fields whose values are encrypted at rest."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import models

if TYPE_CHECKING:
    _TextField = models.TextField[str, str]
else:
    _TextField = models.TextField  # not subscriptable at run time


class UndecryptableValue(ImproperlyConfigured):
    """None of FIELD_ENCRYPTION_KEYS opens a stored value; a key was dropped before its values were re-encrypted."""


@lru_cache(maxsize=4)
def _fernet(keys: tuple[str, ...]) -> MultiFernet:
    return MultiFernet([Fernet(key) for key in keys])


class EncryptedTextField(_TextField):
    """Text encrypted with the first of FIELD_ENCRYPTION_KEYS and readable with any of them. Empty text stays empty.

    Not searchable: two encryptions of the same text differ.
    """

    def get_prep_value(self, value: Any) -> Any:
        value = super().get_prep_value(value)
        if not value:
            return value
        return _fernet(tuple(settings.FIELD_ENCRYPTION_KEYS)).encrypt(value.encode()).decode()

    def from_db_value(self, value: str | None, expression: Any, connection: Any) -> str | None:
        if not value:
            return value
        try:
            return _fernet(tuple(settings.FIELD_ENCRYPTION_KEYS)).decrypt(value.encode()).decode()
        except InvalidToken as fault:
            raise UndecryptableValue("a stored secret opens with none of FIELD_ENCRYPTION_KEYS") from fault
