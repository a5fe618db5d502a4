"""What the operation of the system needs to remember. Nothing here belongs to a tenant."""

from __future__ import annotations

from typing import ClassVar, Self

from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class Heartbeat(models.Model):
    """When a part of the system last showed that it lives. One row for each part."""

    name = models.CharField(max_length=40, primary_key=True)
    beat_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.name}: {self.beat_at:%Y-%m-%d %H:%M:%S}"


class DataJobQuerySet(models.QuerySet["DataJob"]):
    def open(self) -> Self:
        """Those that are not over."""
        return self.filter(state__in=[DataJob.State.WAITING, DataJob.State.RUNNING])


class DataJob(models.Model):
    """A person's data, to be exported or erased, in steps of which each may run twice.

    Names are kept beside ids: after an erasure nothing else says whose data it was. ``cursor`` is how far it got;
    ``lease_until`` and ``fence`` belong to whoever works on it now. Asked for by nobody is what the clock does for who
    has given up the account.
    """

    class Kind(models.TextChoices):
        EXPORT = "export", _("exportar los datos de una cuenta")
        ERASE = "erase", _("borrar una cuenta y todos sus datos")
        ERASE_CONTACT = "erase_contact", _("borrar a un cliente de una cuenta")

    class State(models.TextChoices):
        WAITING = "waiting", _("en espera")
        RUNNING = "running", _("en curso")
        DONE = "done", _("terminado")
        FAILED = "failed", _("fallido")
        CANCELLED = "cancelled", _("cancelado")

    kind = models.CharField(_("trabajo"), max_length=14, choices=Kind)
    account_id = models.BigIntegerField()
    account_name = models.CharField(_("cuenta"), max_length=60)
    contact_id = models.BigIntegerField(_("cliente"), null=True, blank=True)
    asked_by_id = models.BigIntegerField(null=True, blank=True)
    asked_by = models.CharField(_("pedido por"), max_length=60, blank=True)
    reason = models.CharField(_("motivo"), max_length=500)
    state = models.CharField(_("estado"), max_length=10, choices=State, default=State.WAITING)
    done = models.BigIntegerField(_("filas hechas"), default=0)
    total = models.BigIntegerField(_("filas en total"), default=0)
    cursor = models.JSONField(default=dict, encoder=DjangoJSONEncoder)
    report = models.JSONField(_("informe"), default=dict, encoder=DjangoJSONEncoder)
    file = models.CharField(_("archivo"), max_length=100, blank=True)  # its name in the folder of exports
    fault = models.CharField(_("falla"), max_length=200, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)  # in a row that ended in a fault
    lease_until = models.DateTimeField(null=True)
    fence = models.PositiveBigIntegerField(default=0)
    created_at = models.DateTimeField(_("pedido"), default=timezone.now)
    finished_at = models.DateTimeField(_("terminado"), null=True)
    expires_at = models.DateTimeField(_("el archivo se borra"), null=True)

    objects: ClassVar[models.Manager[DataJob]] = models.Manager.from_queryset(DataJobQuerySet)()

    class Meta:
        verbose_name = _("trabajo con datos")
        verbose_name_plural = _("trabajos con datos")
        constraints = [
            models.UniqueConstraint(
                fields=["account_id", "kind", "contact_id"],
                condition=Q(state__in=["waiting", "running"]),
                nulls_distinct=False,
                name="data_job_one_at_a_time",
            ),
        ]
        indexes = [
            models.Index(fields=["id"], condition=Q(state__in=["waiting", "running"]), name="data_job_open"),
            models.Index(fields=["expires_at"], condition=~Q(file=""), name="data_job_by_expiry"),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.account_name}"

    @property
    def is_over(self) -> bool:
        return self.state not in (self.State.WAITING, self.State.RUNNING)

    @property
    def is_own(self) -> bool:
        """Whether the person asked for it themselves."""
        return self.asked_by_id == self.account_id

    @property
    def share(self) -> int:
        """How much of it is done, in percent."""
        if self.state == self.State.DONE:
            return 100
        return min(99, self.done * 100 // self.total) if self.total else 0
