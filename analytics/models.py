"""What was counted of days that are over, kept so that a year is read as fast as a week (``analytics.rollups``)."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from tenants.models import TenantOwned


class RollUp(TenantOwned):
    """How far a tenant's days are kept: all up to ``until``, of the clock of ``zone``, which ended at ``until_at``."""

    zone = models.CharField(max_length=64)
    until = models.DateField()
    until_at = models.DateTimeField()

    class Meta:
        verbose_name = _("resumen")
        verbose_name_plural = _("resúmenes")
        constraints = [models.UniqueConstraint(fields=["user"], name="roll_up_one_per_tenant")]

    def __str__(self) -> str:
        return f"{self.until} in {self.zone}"


class RolledDay(TenantOwned):
    """One day on which there was something, as a ``Tally`` keeps it: numbers in ``figures``, and beside them what does
    not add up: who, so that nobody is counted twice in a week, and every wait, so that percentiles are exact."""

    zone = models.CharField(max_length=64)
    day = models.DateField()
    begins_at = models.DateTimeField()
    ends_at = models.DateTimeField()  # the first instant of the next day
    figures = models.JSONField(default=dict)
    people = ArrayField(models.BigIntegerField(), default=list)
    asked = ArrayField(models.BigIntegerField(), default=list)
    ordered = ArrayField(models.BigIntegerField(), default=list)
    waits = ArrayField(models.BigIntegerField(), default=list)  # of customers, in milliseconds, in order
    owner_waits = ArrayField(models.BigIntegerField(), default=list)
    rolled_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("resumen de un día")
        verbose_name_plural = _("resúmenes de los días")
        constraints = [models.UniqueConstraint(fields=["user", "zone", "day"], name="rolled_day_once")]
        indexes = [models.Index(fields=["user", "ends_at"], name="rolled_day_by_end")]

    def __str__(self) -> str:
        return f"{self.day}"


class LateEvent(TenantOwned):
    """An event that came when its day was kept already: counted beside the day, until it is added to it."""

    event = models.BigIntegerField()  # its id; no key, for the event may be gone before
    at = models.DateTimeField()

    class Meta:
        verbose_name = _("suceso que llegó tarde")
        verbose_name_plural = _("sucesos que llegaron tarde")
        constraints = [models.UniqueConstraint(fields=["user", "at", "event"], name="late_event_once")]
