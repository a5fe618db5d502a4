"""The tools that set reminders and take the latest change back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from agenda import booking, todo, undoing
from agenda.changes import Change
from agenda.models import Appointment, Task
from assistants.models import ToolEffect
from assistants.moments import write_day, write_moment
from assistants.tools.agenda_faults import named_faults
from assistants.tools.agenda_rows import (
    appointment_row,
    language_of,
    local_hours,
    task_row,
    tell_appointment,
    tell_task,
    today_of,
    undoables,
    zone_of,
)
from assistants.tools.base import Tool, ToolContext, ToolError, make_spec

_ROWS = ("agenda.appointment", "agenda.task")


def _set_reminders(context: ToolContext, arguments: Mapping[str, Any]) -> dict[str, Any]:
    minutes, pk = arguments["minutes"], arguments["id"]
    with named_faults(context):
        if arguments["kind"] == "task":
            done = todo.alter(task_id=pk, now=context.now, reminder_minutes=minutes)
            told = {"said": tell_task(done.task, context=context), "task": task_row(done.task, context=context)}
            change = done.change
        elif arguments["kind"] == "appointment":
            change = booking.alter(appointment_id=pk, now=context.now, reminder_minutes=minutes).change
            appointment = Appointment.objects.prefetch_related("attendees").get(pk=pk)
            told = {
                "said": tell_appointment(appointment, context=context),
                "appointment": appointment_row(appointment, context=context),
            }
        else:
            raise ToolError("kind is appointment or task")
    return {"done": True, "act": "reminders", **told, "minutes": minutes, "changes": undoables([change])}


def _undo(context: ToolContext, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """The latest change, and with it all that the same call of an assistant changed."""
    with named_faults(context):
        latest = undoing.undo(user=context.user, now=context.now)
        others = [undoing.undo(user=context.user, now=context.now, change_id=pk) for pk in _beside(latest)]
        undone = [latest, *others]
    said = " · ".join(_retell(change, context=context) for change in undone)
    return {"done": True, "act": "undone", "said": said, "changes": []}


def _retell(change: Change, *, context: ToolContext) -> str:
    """The row of an act in the turn's language, as it now is; the act's own words when it has several rows or none."""
    ids = {name: [entry["id"] for entry in change.before if entry["model"] == name] for name in _ROWS}
    if sum(map(len, ids.values())) == 1:
        if task := Task.objects.filter(pk__in=ids["agenda.task"]).first():
            return tell_task(task, context=context).rstrip(".")
        if appointment := Appointment.objects.filter(pk__in=ids["agenda.appointment"]).first():
            start, _ = local_hours(appointment, zone_of(context))
            language, today = language_of(context), today_of(context)
            if appointment.all_day:
                return f"{appointment.title}, {write_day(start.date(), language=language, today=today)}"
            return f"{appointment.title}, {write_moment(start, language=language, today=today)}"
    return change.summary


def _beside(change: Change) -> list[int]:
    """The other changes of the call that made ``change``, the latest first."""
    effect = ToolEffect.objects.filter(result__changes__contains=[{"id": change.pk}]).first()
    if effect is None:
        return []
    ids = [each["id"] for each in effect.result["changes"] if each["id"] != change.pk]
    standing = Change.objects.filter(pk__in=ids, undone_at=None)
    return list(standing.order_by("-id").values_list("id", flat=True))


CHANGE_TOOLS = (
    Tool(
        make_spec(
            "set_reminders",
            "Pone los avisos de una cita o tarea, en minutos antes; [] los quita.",
            kind={"type": "string", "description": "appointment o task."},
            id={"type": "integer", "description": "El id de la cita o tarea."},
            minutes={"type": "array", "items": {"type": "integer"}, "description": "Por ejemplo [60] o [1440, 15]."},
        ),
        _set_reminders,
        writes=True,
    ),
    Tool(
        make_spec("undo_last_change", "Deshace lo último que se cambió en la agenda o las tareas, si aún se puede."),
        _undo,
        writes=True,
    ),
)
