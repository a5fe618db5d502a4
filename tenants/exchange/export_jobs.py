"""A file that somebody asked for and the queue writes."""

from __future__ import annotations

from typing import Any, ClassVar, Self

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django_scopes import ScopedManager

from tenants.ownership import TenantOwned


class ExportJobQuerySet(models.QuerySet["ExportJob"]):
    def open(self) -> Self:
        """Those that are not over."""
        return self.filter(status__in=[ExportJob.Status.WAITING, ExportJob.Status.RUNNING])


class ExportJob(TenantOwned):
    """An export that is written by the queue, and the file that it leaves for a day.

    ``filters`` are those of the list as they were asked for. ``lease_until`` and ``fence`` belong to whoever writes it
    now: who finds the fence risen has lost it, and writes nothing more.
    """

    class Status(models.TextChoices):
        WAITING = "waiting", _("en espera")
        RUNNING = "running", _("en curso")
        DONE = "done", _("listo")
        FAILED = "failed", _("fallido")
        CANCELLED = "cancelled", _("cancelado")

    what = models.CharField(max_length=20)
    format = models.CharField(max_length=4)
    filters = models.JSONField(default=dict)
    language = models.CharField(max_length=5)  # of its words
    status = models.CharField(_("estado"), max_length=9, choices=Status, default=Status.WAITING)
    rows = models.PositiveBigIntegerField(null=True)  # there are to write, once that is known
    done = models.PositiveBigIntegerField(default=0)
    file = models.CharField(max_length=120, blank=True)  # its name in the folder of exports
    size = models.PositiveBigIntegerField(null=True)  # bytes
    fault = models.CharField(max_length=300, blank=True)  # why there is none, in the person's language
    attempts = models.PositiveSmallIntegerField(default=0)
    lease_until = models.DateTimeField(null=True)
    fence = models.PositiveBigIntegerField(default=0)
    created_at = models.DateTimeField(default=timezone.now)
    finished_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField(null=True)  # when the file and its link end

    objects: ClassVar[Any] = ScopedManager(_manager_class=models.Manager.from_queryset(ExportJobQuerySet), user="user")

    class Meta:
        app_label = "tenants"
        verbose_name = _("exportación")
        verbose_name_plural = _("exportaciones")
        constraints = [
            models.CheckConstraint(
                condition=Q(status__in=["waiting", "running", "done", "failed", "cancelled"]),
                name="export_job_status_known",
            ),
        ]
        indexes = [
            models.Index(fields=["user", "-id"], name="export_job_by_user"),
            models.Index(fields=["id"], condition=Q(status__in=["waiting", "running"]), name="export_job_open"),
            models.Index(fields=["created_at"], name="export_job_by_age"),
        ]

    def __str__(self) -> str:
        return f"{self.what}.{self.format}"
