"""The tools that set reminders and take the latest change back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from agenda import booking, todo, undoing
from agenda.changes import Change
from agenda.models import Appointment
from assistants.models import ToolEffect
from assistants.tools.agenda_faults import named_faults
from assistants.tools.agenda_rows import (
    appointment_row,
    task_row,
    tell_appointment,
    tell_task,
    undoables,
)
from assistants.tools.base import Tool, ToolContext, ToolError, make_spec


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
    return {"done": True, "act": "undone", "said": " · ".join(change.summary for change in undone), "changes": []}


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
