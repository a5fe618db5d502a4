"""What is to be said, to whom the agenda belongs, and when: rows, written together with what they remind of."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from tenants.models import Preferences, TenantOwned


class Reminder(TenantOwned):
    """One thing to say at one instant. ``fence`` grows with each claim, so that who was overtaken cannot write.

    scheduled → claimed → sending → sent | failed | unknown; or dropped, with the reason in ``detail``: what it was
    about no longer stands, or it came too late to be of use.
    """

    class Kind(models.TextChoices):
        APPOINTMENT = "appointment", _("cita")
        TASK = "task", _("tarea")
        MORNING = "morning_digest", _("resumen de la mañana")
        EVENING = "evening_digest", _("vistazo a mañana")

    class Status(models.TextChoices):
        SCHEDULED = "scheduled", _("por enviar")
        CLAIMED = "claimed", _("tomado")
        SENDING = "sending", _("enviándose")
        SENT = "sent", _("enviado")
        FAILED = "failed", _("fallido")
        UNKNOWN = "unknown", _("sin confirmar")
        DROPPED = "dropped", _("descartado")

    kind = models.CharField(max_length=14, choices=Kind)
    appointment = models.ForeignKey("agenda.Appointment", on_delete=models.CASCADE, null=True, related_name="reminders")
    task = models.ForeignKey("agenda.Task", on_delete=models.CASCADE, null=True, related_name="reminders")
    minutes = models.PositiveIntegerField(null=True)  # before the start or the due hour
    day = models.DateField(null=True)  # of a digest: the tenant's local day on which it is said
    due_at = models.DateTimeField()  # what was promised; quiet hours and retries move ``next_at`` alone
    next_at = models.DateTimeField()
    status = models.CharField(max_length=9, choices=Status, default=Status.SCHEDULED)
    channel = models.CharField(max_length=10, choices=Preferences.Channel, blank=True)
    fence = models.PositiveIntegerField(default=0, editable=False)
    attempts = models.PositiveSmallIntegerField(default=0, editable=False)
    lease_until = models.DateTimeField(null=True, editable=False)
    detail = models.CharField(max_length=200, blank=True)  # why it failed, was dropped or is unknown: a code
    sent_at = models.DateTimeField(null=True, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        app_label = "agenda"
        verbose_name = _("aviso")
        verbose_name_plural = _("avisos")
        constraints = [
            models.CheckConstraint(
                condition=Q(kind="appointment", appointment__isnull=False, task=None, day=None)
                | Q(kind="task", appointment=None, task__isnull=False, day=None)
                | Q(kind__in=["morning_digest", "evening_digest"], appointment=None, task=None, day__isnull=False),
                name="reminder_of_one_thing",
            ),
            models.CheckConstraint(
                condition=Q(status__in=["scheduled", "claimed", "sending", "sent", "failed", "unknown", "dropped"]),
                name="reminder_status_known",
            ),
            models.CheckConstraint(
                condition=Q(status="sent", sent_at__isnull=False) | (~Q(status="sent") & Q(sent_at=None)),
                name="reminder_sent_at_is_true",
            ),
            # One for each thing, kind and instant, however often it is written.
            models.UniqueConstraint(
                fields=["user", "kind", "appointment", "task", "due_at"],
                nulls_distinct=False,
                name="reminder_once",
            ),
            models.UniqueConstraint(
                fields=["user", "kind", "day"], condition=Q(day__isnull=False), name="reminder_digest_once_a_day"
            ),
        ]
        indexes = [
            # What may be due, over all tenants: a small part of the table.
            models.Index(fields=["next_at"], condition=Q(status="scheduled"), name="reminder_scheduled"),
            models.Index(
                fields=["lease_until"], condition=Q(status__in=["claimed", "sending"]), name="reminder_in_hand"
            ),
            models.Index(fields=["sent_at"], condition=Q(status="sent"), name="reminder_by_sending"),
            models.Index(
                fields=["updated_at"], condition=Q(status__in=["failed", "unknown"]), name="reminder_in_trouble"
            ),
            models.Index(fields=["user", "due_at", "id"], name="reminder_by_due"),
            models.Index(
                fields=["user", "appointment"], condition=Q(appointment__isnull=False), name="reminder_by_appointment"
            ),
            models.Index(fields=["user", "task"], condition=Q(task__isnull=False), name="reminder_by_task"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.due_at:%Y-%m-%d %H:%M}"
