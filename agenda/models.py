"""When: appointments, tasks, and what is built around them."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any, ClassVar, Self

from django.contrib.postgres.expressions import ArraySubquery
from django.contrib.postgres.fields import ArrayField, DateTimeRangeField
from django.core.validators import MaxLengthValidator, MaxValueValidator
from django.db import models
from django.db.models import Case, F, OuterRef, Q, Value, When
from django.db.models.lookups import GreaterThan
from django.utils.timezone import now as current_time
from django.utils.translation import gettext_lazy as _
from django_scopes import ScopedManager

from agenda.changes import Change
from agenda.feeds import CalendarFeed
from agenda.reminders import Reminder
from tenants.models import Contact, TenantOwned, Versioned
from tenants.preferences import validate_timezone

__all__ = ["Appointment", "Attendee", "CalendarFeed", "Change", "Reminder", "Series", "Task"]

DAY = timedelta(days=1)
LONGEST = timedelta(days=366)  # of an appointment; who looks for what goes on looks that far back and no farther
MOST_REMINDER_MINUTES = 60 * 24 * 366
MOST_REMINDERS = 10  # of one appointment or task
MOST_ATTENDEES = 200


def fifteen_minutes() -> list[int]:
    return [15]


def one_hour() -> list[int]:
    return [60]


class Series(TenantOwned):  # type: ignore[django-manager-missing]
    """A rule by which an appointment or a task comes back. Its occurrences are rows of their own, made ahead."""

    rrule = models.CharField(_("repetición"), max_length=500)  # RFC 5545, without «RRULE:»
    timezone = models.CharField(max_length=64, validators=[validate_timezone])
    starts_at = models.DateTimeField()  # of the first occurrence; the rule runs on the clock of ``timezone``
    duration = models.DurationField(default=timedelta(0))
    # What a new occurrence is made of: the fields of the appointment, attendees as {name, email, phone, contact}.
    template = models.JSONField(default=dict)
    made_until = models.DateTimeField(null=True)  # occurrences up to here are rows; None: the rule has ended
    created_at = models.DateTimeField(default=current_time, editable=False)

    class Meta:
        verbose_name = _("serie")
        verbose_name_plural = _("series")
        indexes = [
            models.Index(
                fields=["made_until", "user"], condition=Q(made_until__isnull=False), name="series_to_continue"
            ),
        ]


class AppointmentQuerySet(models.QuerySet["Appointment"]):
    def present(self) -> Self:
        """All but the deleted ones, which stay for a while so that deleting can be undone."""
        return self.filter(deleted_at=None)

    def standing(self) -> Self:
        """Those that are to take place: not deleted, not cancelled, not over with."""
        return self.present().filter(status=Appointment.Status.SCHEDULED)

    def between(self, start: datetime | None, end: datetime | None) -> Self:
        """Those with a moment in [start, end); an open end is None."""
        found = self
        if start is not None:
            found = found.filter(end_datetime__gt=start, start_datetime__gt=start - LONGEST)
        return found if end is None else found.filter(start_datetime__lt=end)

    def upcoming(self, *, now: datetime, days: int = 7) -> Self:
        """What stands and is not over, of the next ``days`` days, the earliest first."""
        return self.standing().between(now, now + timedelta(days=days)).order_by("start_datetime", "id")

    def conflicting(self, *, start: datetime | Any, end: datetime | Any) -> Self:
        """What stands, takes one's time, and overlaps [start, end) by ``tstzrange``. Both may be expressions.

        The comparisons beside the overlap say the same to the index: row security lets an index be used by
        comparisons of times, and not by the overlap of ranges, which PostgreSQL does not call leakproof. What takes
        more than a day has an index of its own, so that of the others no more than a day is looked back.
        """
        meets = Q(start_datetime__lt=end, end_datetime__gt=start)
        return (
            self.standing()
            .filter(busy=True)
            .filter((meets & Q(long=False, start_datetime__gt=_day_before(start))) | (meets & Q(long=True)))
            .filter(period__overlap=models.Func(start, end, function="tstzrange"))
        )

    def with_conflicts(self) -> Self:
        """Each with ``conflict_ids``: the ids of what it overlaps, in order; none for what does not take one's time."""
        others = (
            Appointment.objects.conflicting(start=OuterRef("start_datetime"), end=OuterRef("end_datetime"))
            .exclude(pk=OuterRef("pk"))
            .order_by("id")
            .values("id")
        )
        takes_time = Q(busy=True, status=Appointment.Status.SCHEDULED, deleted_at=None)
        nothing = Value([], output_field=ArrayField(models.BigIntegerField()))
        return self.annotate(conflict_ids=Case(When(takes_time, then=ArraySubquery(others)), default=nothing))


class Appointment(TenantOwned, Versioned):  # type: ignore[django-manager-missing]
    """Something at an hour. Instants; ``timezone`` is the clock on which it was booked and on which a series repeats.

    An all-day one runs from midnight to midnight of that clock. ``busy`` says whether it takes one's time: what does
    not is in conflict with nothing (RFC 5545's TRANSP).
    """

    class Status(models.TextChoices):
        SCHEDULED = "scheduled", _("programada")
        COMPLETED = "completed", _("realizada")
        CANCELLED = "cancelled", _("cancelada")

    title = models.CharField(_("título"), max_length=200)
    description = models.TextField(_("descripción"), blank=True, validators=[MaxLengthValidator(5000)])
    start_datetime = models.DateTimeField(_("comienzo"))
    end_datetime = models.DateTimeField(_("fin"))
    period = models.GeneratedField(
        expression=models.Func("start_datetime", "end_datetime", function="tstzrange"),
        output_field=DateTimeRangeField(),
        db_persist=True,
    )
    long = models.GeneratedField(
        expression=GreaterThan(F("end_datetime") - F("start_datetime"), Value(DAY)),
        output_field=models.BooleanField(),
        db_persist=True,
    )
    timezone = models.CharField(_("zona horaria"), max_length=64, validators=[validate_timezone])
    all_day = models.BooleanField(_("todo el día"), default=False)
    busy = models.BooleanField(_("ocupa el tiempo"), default=True)
    location = models.CharField(_("lugar"), max_length=300, blank=True)
    reminder_minutes = ArrayField(
        models.PositiveIntegerField(validators=[MaxValueValidator(MOST_REMINDER_MINUTES)]),
        verbose_name=_("avisos, en minutos antes"),
        default=fifteen_minutes,
        blank=True,
        size=MOST_REMINDERS,
    )
    status = models.CharField(_("estado"), max_length=10, choices=Status, default=Status.SCHEDULED)
    cancel_reason = models.CharField(_("motivo de la cancelación"), max_length=300, blank=True)
    series = models.ForeignKey(Series, on_delete=models.CASCADE, null=True, blank=True, related_name="appointments")
    # When the rule had it; RFC 5545's RECURRENCE-ID. None outside a series.
    original_start = models.DateTimeField(null=True, editable=False)
    detached = models.BooleanField(default=False, editable=False)  # edited alone: edits of all leave it as it is
    uid = models.CharField(max_length=255, blank=True, editable=False)  # RFC 5545, of what came by import
    deleted_at = models.DateTimeField(null=True, editable=False)
    created_at = models.DateTimeField(default=current_time, editable=False)
    updated_at = models.DateTimeField(auto_now=True)

    objects: ClassVar[Any] = ScopedManager(
        _manager_class=models.Manager.from_queryset(AppointmentQuerySet), user="user"
    )

    class Meta:
        verbose_name = _("cita")
        verbose_name_plural = _("citas")
        constraints = [
            models.CheckConstraint(condition=~Q(title=""), name="appointment_title_not_empty"),
            models.CheckConstraint(
                condition=Q(end_datetime__gt=F("start_datetime")), name="appointment_ends_after_its_start"
            ),
            models.CheckConstraint(
                condition=Q(end_datetime__lte=F("start_datetime") + LONGEST), name="appointment_not_too_long"
            ),
            models.CheckConstraint(
                condition=Q(status__in=["scheduled", "completed", "cancelled"]), name="appointment_status_known"
            ),
            # Looked at when the transaction ends: a whole series moves, each to where the next one was.
            models.UniqueConstraint(
                fields=["user", "series", "original_start"],
                deferrable=models.Deferrable.DEFERRED,
                name="appointment_once_in_its_series",
            ),
            models.UniqueConstraint(
                fields=["user", "uid"],
                condition=~Q(uid="") & Q(deleted_at=None, series=None),
                name="appointment_uid_unique",
            ),
        ]
        indexes = [
            models.Index(
                fields=["user", "start_datetime", "end_datetime", "id"],
                condition=Q(deleted_at=None),
                name="appointment_by_start",
            ),
            models.Index(fields=["deleted_at"], condition=Q(deleted_at__isnull=False), name="appointment_deleted"),
            models.Index(
                fields=["user", "start_datetime", "end_datetime"],
                condition=Q(deleted_at=None, status="scheduled", busy=True, long=False),
                name="appointment_conflicts",
            ),
            models.Index(
                fields=["user", "start_datetime", "end_datetime"],
                condition=Q(deleted_at=None, status="scheduled", busy=True, long=True),
                name="appointment_long_conflicts",
            ),
        ]

    def __str__(self) -> str:
        return self.title


class Attendee(TenantOwned):
    """Somebody who comes to an appointment; perhaps one of the tenant's contacts."""

    appointment = models.ForeignKey(Appointment, on_delete=models.CASCADE, related_name="attendees")
    # Name, e-mail and phone were copied from the contact, and stay when it goes.
    contact = models.ForeignKey(Contact, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    name = models.CharField(_("nombre"), max_length=200, blank=True)
    email = models.EmailField(_("correo"), blank=True)
    phone = models.CharField(_("teléfono"), max_length=40, blank=True)

    class Meta:
        verbose_name = _("asistente")
        verbose_name_plural = _("asistentes")
        constraints = [
            models.CheckConstraint(
                condition=~Q(name="") | ~Q(email="") | ~Q(phone="") | Q(contact__isnull=False),
                name="attendee_is_somebody",
            ),
        ]
        indexes = [
            models.Index(fields=["user", "appointment", "id"], name="attendee_by_appointment"),
            models.Index(fields=["user", "contact"], condition=Q(contact__isnull=False), name="attendee_by_contact"),
        ]

    def __str__(self) -> str:
        return self.name or self.email or self.phone


class TaskQuerySet(models.QuerySet["Task"]):
    def present(self) -> Self:
        return self.filter(deleted_at=None)

    def open(self) -> Self:
        return self.present().exclude(status=Task.Status.COMPLETED)

    def overdue(self, *, today: date) -> Self:
        """Open and due before ``today``, which is a day in the tenant's zone."""
        return self.open().filter(due_date__lt=today)

    def in_order(self) -> Self:
        """The most urgent first, then by due date, those without one last."""
        return self.order_by("urgency", F("due_date").asc(nulls_last=True), "id")

    def categories(self) -> list[str]:
        names = self.present().exclude(category="").order_by("category").values_list("category", flat=True)
        return list(names.distinct())


class Task(TenantOwned, Versioned):  # type: ignore[django-manager-missing]
    """Something to do, perhaps by a day. ``completed_at`` is there exactly while it is completed."""

    class Priority(models.TextChoices):
        LOW = "low", _("baja")
        MEDIUM = "medium", _("media")
        HIGH = "high", _("alta")

    class Status(models.TextChoices):
        PENDING = "pending", _("pendiente")
        IN_PROGRESS = "in_progress", _("en curso")
        COMPLETED = "completed", _("hecha")

    title = models.CharField(_("título"), max_length=200)
    description = models.TextField(_("descripción"), blank=True, validators=[MaxLengthValidator(5000)])
    due_date = models.DateField(_("vence"), null=True, blank=True)  # a day in the tenant's zone
    priority = models.CharField(_("prioridad"), max_length=6, choices=Priority, default=Priority.MEDIUM)
    urgency = models.GeneratedField(
        expression=Case(When(priority="high", then=0), When(priority="medium", then=1), default=2),
        output_field=models.SmallIntegerField(),
        db_persist=True,
    )
    status = models.CharField(_("estado"), max_length=11, choices=Status, default=Status.PENDING)
    category = models.CharField(_("categoría"), max_length=100, blank=True)
    # Before the due day's hour in the preferences.
    reminder_minutes = ArrayField(
        models.PositiveIntegerField(validators=[MaxValueValidator(MOST_REMINDER_MINUTES)]),
        verbose_name=_("avisos, en minutos antes"),
        default=one_hour,
        blank=True,
        size=MOST_REMINDERS,
    )
    # When it is completed the next one of its series is made.
    series = models.ForeignKey(Series, on_delete=models.CASCADE, null=True, blank=True, related_name="tasks")
    completed_at = models.DateTimeField(_("hecha el"), null=True, blank=True, editable=False)
    uid = models.CharField(max_length=255, blank=True, editable=False)  # RFC 5545, of what came by import
    deleted_at = models.DateTimeField(null=True, editable=False)
    created_at = models.DateTimeField(default=current_time, editable=False)
    updated_at = models.DateTimeField(auto_now=True)

    objects: ClassVar[Any] = ScopedManager(_manager_class=models.Manager.from_queryset(TaskQuerySet), user="user")

    class Meta:
        verbose_name = _("tarea")
        verbose_name_plural = _("tareas")
        constraints = [
            models.CheckConstraint(condition=~Q(title=""), name="task_title_not_empty"),
            models.CheckConstraint(condition=Q(priority__in=["low", "medium", "high"]), name="task_priority_known"),
            models.CheckConstraint(
                condition=Q(status__in=["pending", "in_progress"], completed_at=None)
                | Q(status="completed", completed_at__isnull=False),
                name="task_completed_at_is_true",
            ),
            models.UniqueConstraint(
                fields=["user", "uid"], condition=~Q(uid="") & Q(deleted_at=None), name="task_uid_unique"
            ),
        ]
        indexes = [
            models.Index(
                fields=["user", "urgency", "due_date", "id"], condition=Q(deleted_at=None), name="task_by_urgency"
            ),
            models.Index(fields=["user", "due_date", "id"], condition=Q(deleted_at=None), name="task_by_due_date"),
            models.Index(fields=["deleted_at"], condition=Q(deleted_at__isnull=False), name="task_deleted"),
            models.Index(fields=["user", "series"], condition=Q(series__isnull=False), name="task_by_series"),
        ]

    def __str__(self) -> str:
        return self.title

    def become(self, status: str, *, now: datetime) -> None:
        """Take on ``status``; ``completed_at`` follows, and stays what it was for a task that was completed already."""
        if status == self.Status.COMPLETED:
            self.completed_at = self.completed_at or now
        else:
            self.completed_at = None
        self.status = status


def _day_before(moment: Any) -> Any:
    return moment - DAY if isinstance(moment, datetime) else moment - Value(DAY, models.DurationField())
