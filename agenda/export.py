"""Appointments and tasks as files: as the importer reads them, as calendar programs do, and on paper."""

from __future__ import annotations

from datetime import datetime
from typing import Any, BinaryIO, ClassVar

from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from agenda.calendar.export import write_calendar
from agenda.filters import AppointmentFilters, TaskFilters, find_appointments, find_tasks
from tenants.exchange.sources import Filters, KindSource
from tenants.models import Preferences, User


class AppointmentSource(KindSource):
    name: ClassVar[str] = "appointments"
    label: ClassVar[str | Promise] = _("Citas")
    formats = ("csv", "xlsx", "pdf", "ics")
    filters: ClassVar[type[serializers.Serializer[Any]]] = AppointmentFilters

    def count(self, *, user: User, filters: Filters, form: str) -> int:
        if form == "pdf":
            from agenda.printing import week_of

            start, end = week_of(filters)
            filters = {"from": start, "to": end}
        return int(find_appointments(filters).count())

    def file_name(self, *, form: str, day: datetime, filters: Filters) -> str:
        """A week on paper is called after its first day: «agenda-semana-2026-11-23.pdf»."""
        if form != "pdf":
            return super().file_name(form=form, day=day, filters=filters)
        from agenda.printing import week_of

        start, _end = week_of(filters, today=day.date())
        return gettext("agenda-semana-%s.pdf") % f"{timezone.localtime(start):%Y-%m-%d}"

    def draw(self, *, user: User, filters: Filters, form: str, file: BinaryIO, now: datetime) -> int:
        if form == "ics":
            name = Preferences.current(user).business_name or user.username
            since, until = filters.get("from"), filters.get("to")
            data = write_calendar(user=user, name=name, since=since, until=until, tasks=False)
            file.write(data)
            return data.count(b"BEGIN:VEVENT")
        from agenda import printing  # loads reportlab

        return printing.draw_week(user=user, filters=filters, file=file, now=now)


class TaskSource(KindSource):
    name: ClassVar[str] = "tasks"
    label: ClassVar[str | Promise] = _("Tareas")
    formats = ("csv", "xlsx", "pdf", "ics")
    filters: ClassVar[type[serializers.Serializer[Any]]] = TaskFilters

    def count(self, *, user: User, filters: Filters, form: str) -> int:
        return find_tasks(filters, today=timezone.localdate()).count()

    def draw(self, *, user: User, filters: Filters, form: str, file: BinaryIO, now: datetime) -> int:
        if form == "ics":
            name = Preferences.current(user).business_name or user.username
            data = write_calendar(user=user, name=name, appointments=False)
            file.write(data)
            return data.count(b"BEGIN:VTODO")
        from agenda import printing

        return printing.draw_tasks(user=user, filters=filters, file=file, now=now)


APPOINTMENTS, TASKS = AppointmentSource(), TaskSource()
