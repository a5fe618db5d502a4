"""The queue's tasks: which function, since when, how it ended. Arguments are never shown, for they may hold texts.

Nothing can be added or changed here: whoever may name a function runs any. A task is tried again as it was, when it is
one of ours with ids for arguments, or thrown away; both are audited.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, cast

from django.contrib import admin, messages
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django_q.models import Failure, OrmQ, Schedule
from django_q.signing import SignedPackage

from config.oversight.masking import first_line
from config.oversight.pages import ListAdmin, column
from tenants.audit import audit
from tenants.auditing import audits_itself
from tenants.broker import CHANNEL
from tenants.jobs import enqueue
from tenants.models import User
from tenants.notices import notify

APPS = {"tenants", "catalog", "agenda", "assistants", "messaging", "analytics", "config"}


FUNCTION = column("func", gettext_lazy("función"))
STARTED = column("started", gettext_lazy("empezó"))
TRIES = column("attempt_count", gettext_lazy("intentos"))
REPEATS = column("repeats", gettext_lazy("repeticiones"))


class NotOurs(ValueError):
    """A task that this page does not run: its function is none of our tasks, or its arguments are no ids."""


def repeat(failure: Failure) -> None:
    """Queue a failed task again, in the caller's transaction. Raises NotOurs."""
    app, _dot, rest = str(failure.func).partition(".")
    args = failure.args or ()
    if app not in APPS or not rest.startswith("tasks.") or failure.kwargs or not all(type(one) is int for one in args):
        raise NotOurs(failure.func)
    enqueue(failure.func, *args)


def read_name(payload: str) -> tuple[str, Any]:
    """The function of a waiting task and when it was put there; empty when it cannot be read."""
    try:
        task = SignedPackage.loads(payload)
    except Exception:  # noqa: BLE001  (whatever it is: the worker says so)
        return "", None
    return (str(task.get("func", ""))[:200], task.get("started")) if isinstance(task, dict) else ("", None)


class _TaskAdmin(ListAdmin):
    search_help_text = None
    plural: str | Promise = ""

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        title = str(self.plural)
        return super().changelist_view(request, {"title": title[:1].upper() + title[1:], **(extra_context or {})})

    def write_tasks_down(self, request: HttpRequest, action: str, names: Iterable[tuple[Any, str]]) -> None:
        for row, name in names:
            audit(actor=cast(User, request.user), action=action, target=row, changes={"func": [name, None]})


@admin.register(OrmQ)
class WaitingAdmin(_TaskAdmin):
    plural = gettext_lazy("tareas en la cola")
    list_display = ("id", "function", "put_at", "state")
    actions = ("retry", "discard")
    ordering = ("pk",)

    @admin.display(description=gettext_lazy("función"))
    def function(self, row: OrmQ) -> str:
        return read_name(row.payload)[0] or _("no se puede leer")

    @admin.display(description=gettext_lazy("en la cola desde"))
    def put_at(self, row: OrmQ) -> Any:
        return read_name(row.payload)[1] or "—"

    @admin.display(description=gettext_lazy("estado"), ordering="lock")
    def state(self, row: OrmQ) -> str:
        return _("en espera") if row.lock is None or row.lock <= timezone.now() else _("en curso")

    @audits_itself
    @admin.action(description=gettext_lazy("Reintentar: quien la tenía ya no está"))
    def retry(self, request: HttpRequest, queryset: QuerySet[OrmQ]) -> None:
        with transaction.atomic():
            rows = list(queryset)
            queryset.filter(lock__gt=timezone.now()).update(lock=timezone.now())
            self.write_tasks_down(request, "task_retried", ((row, read_name(row.payload)[0]) for row in rows))
            notify(CHANNEL)
        self.message_user(request, _("Vuelven a estar libres: %(n)d.") % {"n": len(rows)})

    @audits_itself
    @admin.action(description=gettext_lazy("Descartar"))
    def discard(self, request: HttpRequest, queryset: QuerySet[OrmQ]) -> None:
        with transaction.atomic():
            rows = list(queryset)
            self.write_tasks_down(request, "task_discarded", ((row, read_name(row.payload)[0]) for row in rows))
            OrmQ.objects.filter(pk__in=[row.pk for row in rows]).delete()
        self.message_user(request, _("Descartadas: %(n)d.") % {"n": len(rows)})


@admin.register(Failure)
class FailureAdmin(_TaskAdmin):
    plural = gettext_lazy("tareas fallidas")
    list_display = (FUNCTION, STARTED, column("stopped", gettext_lazy("terminó")), TRIES, "ending")
    list_filter = ("func",)
    actions = ("retry", "discard")
    ordering = ("-stopped",)

    @admin.display(description=gettext_lazy("cómo terminó"))
    def ending(self, failure: Failure) -> str:
        return first_line(failure.result) or "—"

    @audits_itself
    @admin.action(description=gettext_lazy("Reintentar"))
    def retry(self, request: HttpRequest, queryset: QuerySet[Failure]) -> None:
        done = 0
        for failure in list(queryset):
            try:
                with transaction.atomic():
                    repeat(failure)
                    self.write_tasks_down(request, "task_retried", [(failure, failure.func)])
                    Failure.objects.filter(pk=failure.pk).delete()
            except NotOurs:
                said = _("%(func)s no es una tarea nuestra con números: no se repite desde aquí.")
                self.message_user(request, said % {"func": failure.func}, messages.ERROR)
                continue
            done += 1
        self.message_user(request, _("Otra vez en la cola: %(n)d.") % {"n": done})

    @audits_itself
    @admin.action(description=gettext_lazy("Descartar"))
    def discard(self, request: HttpRequest, queryset: QuerySet[Failure]) -> None:
        with transaction.atomic():
            rows = list(queryset)
            self.write_tasks_down(request, "task_discarded", ((row, row.func) for row in rows))
            Failure.objects.filter(pk__in=[row.pk for row in rows]).delete()
        self.message_user(request, _("Descartadas: %(n)d.") % {"n": len(rows)})


@admin.register(Schedule)
class ScheduleAdmin(_TaskAdmin):
    plural = gettext_lazy("tareas programadas")
    list_display = ("id", FUNCTION, column("next_run", gettext_lazy("la próxima vez")), REPEATS)
    ordering = ("next_run",)
