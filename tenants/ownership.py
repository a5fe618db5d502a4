"""The base of every table that belongs to one person, and of rows that two may edit at once."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Self

from django.conf import settings
from django.db import models
from django_scopes import ScopedManager


class TenantOwned(models.Model):
    """A row of one tenant. Each concrete model's migration adds ``tenants.rls.SecureTenant``."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+", editable=False)

    # No scope, no rows: an unscoped query is an error. (To the type checker the scoped manager is a plain one.)
    if TYPE_CHECKING:
        objects: ClassVar[models.Manager[Self]]
    else:
        objects = ScopedManager(user="user")

    class Meta:
        abstract = True


class Versioned(models.Model):
    """A row that answers a stale edit with a conflict instead of a silent overwrite."""

    version = models.PositiveIntegerField(default=1, editable=False)

    class Meta:
        abstract = True

    def check_version(self, version: int | None) -> None:
        """Raise StaleVersion when ``version`` is given and is not this row's. Hold the row's lock when you call it."""
        if version is not None and version != self.version:
            raise StaleVersion(self)


class StaleVersion(Exception):
    """Somebody changed the row in between; ``current`` is the row as it now stands."""

    def __init__(self, current: models.Model) -> None:
        super().__init__(f"{current!r} was changed in between")
        self.current = current
