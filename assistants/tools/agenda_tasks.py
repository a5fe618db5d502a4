"""The tools that add, alter, prioritise, complete and delete tasks. Each says what it did."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from agenda import todo
from agenda.models import Task
from agenda.todo import Done
from assistants.language import Language
from assistants.tools.agenda_asking import write_question
from assistants.tools.agenda_faults import named_faults
from assistants.tools.agenda_moments import read_day, read_said
from assistants.tools.agenda_rows import language_of, task_row, task_rows, tell_task, undoables
from assistants.tools.base import Tool, ToolContext, ToolError, make_spec

COMPLETED_UNASKED = 5  # tasks that may be marked as done at once without asking
NO_HOUR: dict[Language, str] = {
    "es": "Una tarea vence en un día, sin hora: la hora no quedó.",
    "en": "A task is due on a day, at no hour: the hour was not kept.",
    "pt": "Uma tarefa vence em um dia, sem hora: a hora não ficou.",
}
NO_DATE = frozenset({"none", "null", "ninguna", "sin fecha", "no date", "sem data"})


def _create(context: ToolContext, arguments: Mapping[str, Any]) -> dict[str, Any]:
    title = arguments["title"].strip()
    if not title:
        raise ToolError("title is empty")
    due = (arguments.get("due") or "").strip()
    with named_faults(context):
        done = todo.add(
            user=context.user,
            now=context.now,
            title=title,
            description=arguments.get("description") or "",
            due_date=read_day(due, context=context) if due else None,
            priority=_priority(arguments.get("priority") or "medium"),
            category=arguments.get("category") or "",
            reminder_minutes=arguments.get("reminder_minutes"),
            rrule=arguments.get("rrule") or "",
        )
        hour = read_said(due, context=context).clock if due else None
    lost = {"hour_lost": NO_HOUR[language_of(context)]} if hour is not None else {}
    return _one(done, "created", context) | lost


def _update(context: ToolContext, arguments: Mapping[str, Any]) -> dict[str, Any]:
    task = _find(arguments["id"])
    fields: dict[str, Any] = {
        name: arguments[name] for name in ("title", "description", "category") if arguments.get(name) is not None
    }
    with named_faults(context):
        if due := (arguments.get("due") or "").strip():
            fields["due_date"] = None if due.casefold() in NO_DATE else read_day(due, context=context)
        if arguments.get("status") is not None:
            if arguments["status"] not in Task.Status.values:
                raise ToolError(f"status is one of {', '.join(Task.Status.values)}")
            fields["status"] = arguments["status"]
        if not fields:
            raise ToolError("nothing to change was given")
        done = todo.alter(task_id=task.pk, now=context.now, **fields)
    return _one(done, "changed", context)


def _complete(context: ToolContext, arguments: Mapping[str, Any]) -> dict[str, Any]:
    return _alter_each(context, arguments["ids"], "completed", status="completed")


def _prioritise(context: ToolContext, arguments: Mapping[str, Any]) -> dict[str, Any]:
    return _alter_each(context, arguments["ids"], "prioritised", priority=_priority(arguments["priority"]))


def _delete(context: ToolContext, arguments: Mapping[str, Any]) -> dict[str, Any]:
    tasks = [_find(pk) for pk in _ids(arguments["ids"])]
    rows = task_rows(tasks, context=context)
    with named_faults(context):
        changes = [todo.remove(task_id=task.pk, now=context.now) for task in tasks]
    return {
        "done": True,
        "act": "deleted",
        "said": " ".join(tell_task(task, context=context) for task in tasks),
        "tasks": rows,
        "changes": undoables(changes),
    }


def _alter_each(context: ToolContext, ids: Sequence[int], act: str, **fields: Any) -> dict[str, Any]:
    tasks = [_find(pk) for pk in _ids(ids)]
    with named_faults(context):
        done = [todo.alter(task_id=task.pk, now=context.now, **fields) for task in tasks]
    result = {
        "done": True,
        "act": act,
        "said": " ".join(tell_task(each.task, context=context) for each in done),
        "tasks": task_rows([each.task for each in done], context=context),
        "changes": undoables([each.change for each in done]),
    }
    if following := [each.next for each in done if each.next is not None]:
        result["next"] = task_rows(following, context=context)
    return result


def _one(done: Done, act: str, context: ToolContext) -> dict[str, Any]:
    return {
        "done": True,
        "act": act,
        "said": tell_task(done.task, context=context),
        "task": task_row(done.task, context=context),
        "changes": undoables([done.change]),
    }


def _find(pk: int) -> Task:
    task: Task | None = Task.objects.present().filter(pk=pk).first()
    if task is None:
        raise ToolError(f"no task has the id {pk}")
    return task


def _ids(ids: Sequence[int]) -> list[int]:
    if not ids:
        raise ToolError("ids is empty")
    return list(dict.fromkeys(ids))


def _priority(text: str) -> str:
    if text not in Task.Priority.values:
        raise ToolError(f"priority is one of {', '.join(Task.Priority.values)}")
    return text


def _deleted(context: ToolContext, arguments: Mapping[str, Any]) -> int:
    return len(set(arguments["ids"]))


def _completed(context: ToolContext, arguments: Mapping[str, Any]) -> int:
    count = len(set(arguments["ids"]))
    return count if count > COMPLETED_UNASKED else 0


_TEXT = {"type": "string", "default": ""}
_IDS = {"type": "array", "items": {"type": "integer"}, "description": "Los ids de las tareas."}
_DUE = _TEXT | {"description": "El día en que vence: fecha ISO (2026-11-27) o palabras («el viernes»)."}
_PRIORITY = {"description": "low, medium o high."}

TASK_TOOLS = (
    Tool(
        make_spec(
            "create_task",
            "Añade una tarea. Para algo que hay que hacer, no para un encuentro a una hora.",
            title={"type": "string", "description": "Corto y en infinitivo: «Pagar el arriendo»."},
            due=_DUE,
            priority=_TEXT | _PRIORITY,
            category=_TEXT,
            description=_TEXT,
            reminder_minutes={
                "type": ["array", "null"],
                "items": {"type": "integer"},
                "description": "Avisos, en minutos antes de la hora de vencimiento; null: lo habitual; []: ninguno.",
            },
            rrule=_TEXT | {"description": "Si se repite: una RRULE de RFC 5545."},
        ),
        _create,
        writes=True,
    ),
    Tool(
        make_spec(
            "update_task",
            "Cambia título, vencimiento, categoría, descripción o estado de una tarea; lo vacío queda como está.",
            id={"type": "integer", "description": "El id de la tarea."},
            title=_TEXT,
            due=_DUE | {"description": "El nuevo día: fecha ISO o palabras; «none» la deja sin fecha."},
            category=_TEXT,
            description=_TEXT,
            status=_TEXT | {"description": "pending, in_progress o completed."},
        ),
        _update,
        writes=True,
    ),
    Tool(
        make_spec(
            "prioritize_tasks",
            "Cambia la prioridad de una o varias tareas.",
            ids=_IDS,
            priority={"type": "string"} | _PRIORITY,
        ),
        _prioritise,
        writes=True,
    ),
    Tool(
        make_spec("complete_tasks", "Marca tareas como hechas.", ids=_IDS),
        _complete,
        writes=True,
        touches=_completed,
        asks=write_question,
    ),
    Tool(
        make_spec(
            "delete_tasks",
            "Borra tareas que ya no hacen falta. De más de una se le pregunta antes a la persona.",
            ids=_IDS,
        ),
        _delete,
        writes=True,
        touches=_deleted,
        asks=write_question,
    ),
)
