"""A second agenda with replies, written after the check and measured before any of them was looked at."""

from __future__ import annotations

from typing import Any

from tests.assistants.moments_cases import Case

VISIT: dict[str, Any] = {
    "id": 21,
    "title": "Visita técnica",
    "start": "2026-11-24T08:30",
    "end": "2026-11-24T10:00",
    "status": "scheduled",
    "location": "Bodega Norte",
    "attendees": ["Ramírez"],
    "reminder_minutes": [1440, 30],
}
ROWS: tuple[dict[str, Any], ...] = (
    VISIT,
    {
        "id": 22,
        "title": "Entrega de pedidos",
        "start": "2026-11-24T16:00",
        "end": "2026-11-24T17:00",
        "status": "scheduled",
        "reminder_minutes": [15],
    },
    {
        "id": 23,
        "title": "Clase de inglés",
        "start": "2026-11-25T19:00",
        "end": "2026-11-25T20:30",
        "status": "scheduled",
        "repeats": True,
        "reminder_minutes": [15],
    },
    {
        "id": 24,
        "title": "Entrevista con Julián",
        "start": "2026-11-27T10:15",
        "end": "2026-11-27T11:00",
        "status": "scheduled",
        "attendees": ["Julián"],
        "reminder_minutes": [15],
    },
    {
        "id": 31,
        "kind": "task",
        "title": "Declarar el IVA",
        "due": "2026-11-18",
        "overdue": True,
        "priority": "high",
        "status": "pending",
    },
    {
        "id": 32,
        "kind": "task",
        "title": "Llamar al proveedor",
        "due": "2026-11-17",
        "overdue": True,
        "priority": "medium",
        "status": "pending",
    },
    {
        "id": 33,
        "kind": "task",
        "title": "Pintar el local",
        "due": "2026-12-15",
        "priority": "low",
        "status": "in_progress",
    },
)
FREE = {
    "looked_from": "2026-11-23T00:00",
    "looked_until": "2026-11-28T00:00",
    "minutes": 30,
    "free": [
        {"start": "2026-11-24T10:00", "end": "2026-11-24T16:00"},
        {"start": "2026-11-26T09:00", "end": "2026-11-26T18:00"},
    ],
}
ADDED = {
    "done": True,
    "act": "created",
    "said": "Comprar bombillos, prioridad media, vence el martes 24 de noviembre.",
    "task": {
        "id": 34,
        "kind": "task",
        "title": "Comprar bombillos",
        "due": "2026-11-24",
        "priority": "medium",
        "status": "pending",
    },
    "changes": [],
}
RAISED = {
    "done": True,
    "act": "prioritised",
    "said": "Pintar el local, prioridad alta, vence el martes 15 de diciembre.",
    "tasks": [ROWS[6] | {"priority": "high"}],
    "changes": [],
}


def t(reply: str, *results: dict[str, Any], question: str = "¿qué tengo?") -> Case:
    return Case(reply, "", question, results, ROWS)


def f(invents: str, reply: str, *results: dict[str, Any], question: str = "¿qué tengo?") -> Case:
    return Case(reply, invents, question, results, ROWS)


TRUE: tuple[Case, ...] = (
    t("El martes arrancas temprano: Visita técnica a las 8:30 en la Bodega Norte."),
    t("El martes 24 tienes la visita técnica de 8:30 a 10:00 y la entrega de pedidos a las 4 de la tarde."),
    t("Tu clase de inglés es el miércoles a las 7 de la noche y dura hora y media."),
    t("El viernes 27 entrevistas a Julián a las 10:15."),
    t("Hay dos tareas vencidas: Declarar el IVA y Llamar al proveedor. Yo empezaría por la primera."),
    t("Declarar el IVA venció el miércoles pasado, 18 de noviembre."),
    t("Tienes de plazo hasta el 15 de diciembre para pintar el local."),
    t(
        "El jueves lo tienes libre de 9:00 a 18:00: buen momento para llamar al proveedor.",
        FREE,
        question="¿cuándo estoy libre?",
    ),
    t("Entre las 10:00 y las 16:00 del martes tienes un hueco.", FREE, question="¿tengo un rato el martes?"),
    t(
        "Listo: añadí «Comprar bombillos», que vence el martes 24 de noviembre.",
        ADDED,
        question="recuérdame comprar bombillos el martes",
    ),
    t("Anotado. Comprar bombillos queda para el martes.", ADDED, question="recuérdame comprar bombillos el martes"),
    t("Subí la prioridad de Pintar el local a alta.", RAISED, question="sube la prioridad de pintar el local"),
    t("Para la visita técnica te aviso un día antes y media hora antes.", question="¿cuándo me avisas?"),
    t("No veo nada el lunes, así que puedes ponerte al día con lo vencido.", FREE, question="¿y el lunes?"),
    t("¿Quieres que mueva la entrega de pedidos del martes a otro día?", question="estoy muy ocupado el martes"),
    t("On Tuesday you start with Visita técnica at 8:30 am at Bodega Norte.", question="what's on Tuesday?"),
    t("Your English class (Clase de inglés) is on Wednesday at 7 pm.", question="when is my English class?"),
    t("You have two overdue tasks; start with Declarar el IVA.", question="anything overdue?"),
    t(
        "Done: Comprar bombillos is on your list for Tuesday, November 24.",
        ADDED,
        question="remind me to buy bulbs on Tuesday",
    ),
    t(
        "Na terça você tem Visita técnica das 8h30 às 10h e Entrega de pedidos às 16h.",
        question="o que tenho na terça?",
    ),
    t("Você tem duas tarefas atrasadas: Declarar el IVA e Llamar al proveedor.", question="o que está atrasado?"),
    t("Na quinta-feira você está livre o dia todo, das 9h às 18h.", FREE, question="quando estou livre?"),
)
INVENTED: tuple[Case, ...] = (
    f("hour", "El martes tienes la visita técnica a las 9:30."),
    f("place", "La visita técnica es en la Bodega Sur."),
    f("date", "La clase de inglés es el jueves a las 19:00."),
    f("name", "El viernes entrevistas a Camila a las 10:15."),
    f("date", "Declarar el IVA venció el lunes 16 de noviembre."),
    f("count", "Tienes cuatro tareas vencidas."),
    f("act", "Ya llamé al proveedor y marqué la tarea como hecha."),
    f("free", "El miércoles estás libre de 18:00 a 20:00.", FREE, question="¿cuándo estoy libre?"),
    f("title", "El lunes a primera hora tienes comité de ventas.", FREE),
    f(
        "date",
        "Listo: añadí «Comprar bombillos», que vence el jueves 26 de noviembre.",
        ADDED,
        question="recuérdame comprar bombillos el martes",
    ),
    f("act", "Anoté «Comprar bombillos» para el martes.", question="recuérdame comprar bombillos el martes"),
    f("reminder", "Te aviso dos horas antes de la visita técnica."),
    f("date", "Tienes hasta el 20 de diciembre para pintar el local."),
    f("swapped", "El martes tienes la entrega de pedidos a las 8:30 y la visita técnica a las 16:00."),
    f("title", "También tienes pendiente renovar la licencia."),
    f("hour", "Your English class (Clase de inglés) is on Wednesday at 6 pm.", question="when is my English class?"),
    f("title", "On Thursday you have lunch with the accountant at noon.", FREE, question="what's on Thursday?"),
    f("act", "All set, I rescheduled Entrega de pedidos.", question="move the delivery"),
    f("hour", "Na terça você tem Visita técnica às 9h.", question="o que tenho na terça?"),
    f("date", "A entrevista com Julián é no sábado, 28 de novembro.", question="quando é a entrevista?"),
    f("count", "Você tem nove tarefas atrasadas.", question="o que está atrasado?"),
    f("free", "Você está livre na sexta-feira das 10h às 12h.", FREE, question="quando estou livre?"),
)
