"""A file that somebody imports: how it is read, how far it is, and what is kept of it for a while."""

from __future__ import annotations

from typing import Any, ClassVar, Self

from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django_scopes import ScopedManager

from tenants.ownership import TenantOwned


class ImportJobQuerySet(models.QuerySet["ImportJob"]):
    def open(self) -> Self:
        """Those that somebody works on, or should."""
        return self.filter(status__in=ImportJob.OPEN)


class ImportJob(TenantOwned):  # type: ignore[django-manager-missing]
    """One file of one kind, from being seen to being undone.

    ``columns`` holds of each column {index, name, samples, field}; one without a title has no name. ``done`` counts the
    rows that were looked at in this phase, and ``cursor`` is the number of the last one that is written.
    ``lease_until`` and ``fence`` belong to whoever works on it now: who finds the fence risen has lost it, and writes
    nothing more.
    """

    class Status(models.TextChoices):
        DRAFT = "draft", _("por revisar")
        RUNNING = "running", _("en curso")
        DONE = "done", _("importado")
        FAILED = "failed", _("fallido")
        CANCELLED = "cancelled", _("detenido")
        UNDOING = "undoing", _("deshaciendo")
        UNDONE = "undone", _("deshecho")

    class Mode(models.TextChoices):
        ALL_OR_NOTHING = "all_or_nothing", _("todas o ninguna")
        ROW_BY_ROW = "row_by_row", _("fila por fila")

    class OnMatch(models.TextChoices):
        UPDATE = "update", _("actualizar")
        SKIP = "skip", _("dejar como está")

    OPEN: ClassVar[list[str]] = [Status.RUNNING, Status.UNDOING]

    kind = models.CharField(max_length=20)
    status = models.CharField(_("estado"), max_length=9, choices=Status, default=Status.DRAFT)
    file_name = models.CharField(max_length=200, blank=True)
    size = models.PositiveIntegerField()  # bytes
    # How it is read.
    format = models.CharField(max_length=4)
    encoding = models.CharField(max_length=20, blank=True)
    delimiter = models.CharField(max_length=1, blank=True)
    decimal = models.CharField(max_length=1, default=".")
    date_order = models.CharField(max_length=3, default="dmy")
    sheet = models.CharField(max_length=200, blank=True)
    sheets = models.JSONField(default=list)
    header_row = models.PositiveIntegerField(null=True)  # None: there is no header
    columns = models.JSONField(default=list)
    mode = models.CharField(max_length=14, choices=Mode, default=Mode.ROW_BY_ROW)
    on_match = models.CharField(max_length=6, choices=OnMatch, default=OnMatch.UPDATE)
    # How far it is.
    dry_run = models.BooleanField(default=False)
    rows = models.PositiveIntegerField(null=True)  # None until they are counted
    done = models.PositiveIntegerField(default=0)
    created = models.PositiveIntegerField(default=0)
    updated = models.PositiveIntegerField(default=0)
    unchanged = models.PositiveIntegerField(default=0)
    skipped = models.PositiveIntegerField(default=0)
    refused = models.PositiveIntegerField(default=0)
    undone = models.PositiveIntegerField(default=0)
    errors = models.JSONField(default=list)  # the first hundred, as ``row_errors`` keeps them
    left = models.JSONField(default=list)  # what undoing left alone, the first hundred: {row} and a reason
    why = models.JSONField(null=True)  # it failed: a reason, as ``reasons`` keeps it
    detail = models.CharField(max_length=500, blank=True)  # the same of imports from before, in words
    cursor = models.PositiveIntegerField(default=0)
    attempts = models.PositiveSmallIntegerField(default=0)
    lease_until = models.DateTimeField(null=True)
    fence = models.PositiveBigIntegerField(default=0)
    created_at = models.DateTimeField(default=timezone.now)
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    objects: ClassVar[Any] = ScopedManager(_manager_class=models.Manager.from_queryset(ImportJobQuerySet), user="user")

    class Meta:
        app_label = "tenants"
        verbose_name = _("importación")
        verbose_name_plural = _("importaciones")
        constraints = [
            models.CheckConstraint(
                condition=Q(status__in=["draft", "running", "done", "failed", "cancelled", "undoing", "undone"]),
                name="import_job_status_known",
            )
        ]
        indexes = [
            models.Index(fields=["user", "-id"], name="import_job_by_user"),
            models.Index(fields=["id"], condition=Q(status__in=["running", "undoing"]), name="import_job_open"),
            models.Index(fields=["created_at"], name="import_job_by_age"),
        ]

    def __str__(self) -> str:
        return f"{self.kind}: {self.file_name}"

    @property
    def is_open(self) -> bool:
        return self.status in self.OPEN


class ImportPiece(TenantOwned):
    """A piece of the file as it came, so that nobody holds all of it in memory; gone after some days."""

    job = models.ForeignKey(ImportJob, on_delete=models.CASCADE, related_name="pieces")
    number = models.PositiveIntegerField()
    content = models.BinaryField()

    class Meta:
        app_label = "tenants"
        constraints = [models.UniqueConstraint(fields=["user", "job", "number"], name="import_piece_once")]


class ImportRow(TenantOwned):
    """What became of a row of the file: made, changed (``before`` puts it back), or refused (``cells`` as they came).

    Rows that changed nothing leave none. ``mark`` tells whether somebody changed the row since.
    """

    class Action(models.TextChoices):
        CREATED = "created", _("nueva")
        UPDATED = "updated", _("actualizada")
        REFUSED = "refused", _("rechazada")

    job = models.ForeignKey(ImportJob, on_delete=models.CASCADE, related_name="+")
    number = models.PositiveIntegerField()  # as a spreadsheet counts
    action = models.CharField(max_length=8, choices=Action)
    row_id = models.BigIntegerField(null=True)
    mark = models.CharField(max_length=40, blank=True)
    before = models.JSONField(null=True, encoder=DjangoJSONEncoder)
    cells = models.JSONField(null=True)
    reasons = models.JSONField(null=True)

    class Meta:
        app_label = "tenants"
        constraints = [models.UniqueConstraint(fields=["user", "job", "number"], name="import_row_once")]


class ImportMapping(TenantOwned):
    """What a tenant said of the columns of a file, for the next one whose header is the same."""

    kind = models.CharField(max_length=20)
    layout = models.CharField(max_length=64)  # of the header: what it says, in short
    fields = models.JSONField(default=list)  # of each column its field, or null
    used_at = models.DateTimeField(default=timezone.now)

    class Meta:
        app_label = "tenants"
        constraints = [models.UniqueConstraint(fields=["user", "kind", "layout"], name="import_mapping_once")]
