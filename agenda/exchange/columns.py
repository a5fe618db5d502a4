"""The columns of tasks and appointments, and what people call them in their own files."""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

from django.db.models import TextChoices
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from agenda.models import Appointment, Task
from tenants.exchange.kinds import Field

Choices = Mapping[str, tuple[str | Promise, ...]]

MOST_MINUTES = 366 * 24 * 60


def words(text: str) -> tuple[str, ...]:
    """The words of a line, parted by commas."""
    return tuple(text.split(", "))


def _name(choice: TextChoices) -> str | Promise:
    return cast("str | Promise", choice.label)


PRIORITIES: Choices = {
    "high": (_name(Task.Priority.HIGH), *words("alta, urgente, importante, high, 1")),
    "medium": (_name(Task.Priority.MEDIUM), *words("media, normal, medium, média, 2")),
    "low": (_name(Task.Priority.LOW), *words("baja, low, baixa, 3")),
}
TASK_STATUSES: Choices = {
    "pending": (_name(Task.Status.PENDING), *words("pendiente, por hacer, pending, to do, open, pendente")),
    "in_progress": (
        _name(Task.Status.IN_PROGRESS),
        *words("en curso, en proceso, haciendo, in progress, doing, em andamento, em curso"),
    ),
    "completed": (
        _name(Task.Status.COMPLETED),
        *words("hecha, hecho, lista, listo, terminada, completada, completed, done, concluída, feita, feito"),
    ),
}
APPOINTMENT_STATUSES: Choices = {
    "scheduled": (
        _name(Appointment.Status.SCHEDULED),
        *words("programada, pendiente, confirmada, agendada, scheduled, confirmed, confirmado"),
    ),
    "completed": (
        _name(Appointment.Status.COMPLETED),
        *words("realizada, atendida, hecha, completed, done, concluída"),
    ),
    "cancelled": (_name(Appointment.Status.CANCELLED), *words("cancelada, anulada, cancelled, canceled, cancelado")),
}

# What tasks and appointments have alike.
DESCRIPTION = Field(
    "description",
    _("Descripción"),
    max_length=5000,
    aliases=words("detalle, detalles, notas, nota, observaciones, description, notes, descrição, observações"),
)
REMINDERS = Field(
    "reminder_minutes",
    _("Avisos, en minutos antes"),
    type="list",
    most=10,
    empty=[],
    aliases=words("avisos, recordatorios, recordatorio, reminder minutes, reminders, lembretes"),
)
RULE = Field("rrule", _("Repetición"), max_length=500, aliases=words("se repite, rrule, recurrence, repetição"))
UID = Field(
    "uid", _("Identificador"), max_length=255, aliases=words("identificador externo, id externo, uid, external id")
)

TASKS = (
    Field(
        "title",
        _("Título"),
        required=True,
        max_length=200,
        aliases=words("tarea, qué, asunto, nombre, pendiente, actividad, task, subject, to do, todo, tarefa, assunto"),
    ),
    Field(
        "due_date",
        _("Vence"),
        type="date",
        empty=None,
        aliases=words(
            "fecha, vencimiento, fecha límite, fecha de vencimiento, para cuándo, plazo, due, due date, "
            "deadline, date, data, prazo, data limite, vencimento"
        ),
    ),
    Field(
        "priority",
        _("Prioridad"),
        type="choice",
        choices=PRIORITIES,
        aliases=words("urgencia, importancia, priority, prioridade, urgência"),
    ),
    Field(
        "status",
        _("Estado"),
        type="choice",
        choices=TASK_STATUSES,
        aliases=words("situación, avance, status, situação, state"),
    ),
    Field("category", _("Categoría"), max_length=100, aliases=words("tipo, lista, etiqueta, category, categoria")),
    DESCRIPTION,
    REMINDERS,
    RULE,
    Field(
        "completed_at",
        _("Hecha el"),
        type="datetime",
        aliases=words("terminada el, fecha de cierre, completed at, completed on, feita em, concluída em"),
    ),
    UID,
)
APPOINTMENTS = (
    Field(
        "title",
        _("Título"),
        required=True,
        max_length=200,
        aliases=words(
            "cita, asunto, qué, motivo, evento, servicio, nombre, subject, event, appointment, compromisso, assunto"
        ),
    ),
    Field(
        "start_datetime",
        _("Comienzo"),
        type="datetime",
        aliases=words(
            "inicio, empieza, desde, fecha, día, fecha y hora, fecha de inicio, start, starts, start date, "
            "begin, date, when, início, data, começo"
        ),
    ),
    Field(
        "time",
        _("Hora"),
        type="time",
        exported=False,
        aliases=words("hora de inicio, hora inicio, start time, time, hour, horario, horário, hora de início"),
    ),
    Field(
        "end_datetime",
        _("Fin"),
        type="datetime",
        aliases=words("final, termina, hasta, fecha de fin, fecha fin, end, ends, end date, until, término"),
    ),
    Field(
        "end_time",
        _("Hora de fin"),
        type="time",
        exported=False,
        aliases=words("hora fin, hora final, end time, hora de término"),
    ),
    Field(
        "minutes",
        _("Duración en minutos"),
        type="integer",
        least=1,
        most=MOST_MINUTES,
        exported=False,
        aliases=words("duración, minutos, duration, minutes, length, duração"),
    ),
    Field("all_day", _("Todo el día"), type="boolean", aliases=words("día completo, all day, dia inteiro, o dia todo")),
    Field(
        "location",
        _("Lugar"),
        max_length=300,
        aliases=words("dirección, sitio, ubicación, sala, place, location, where, address, local, endereço"),
    ),
    Field(
        "attendees",
        _("Asistentes"),
        max_length=30_000,
        aliases=words(
            "cliente, clientes, paciente, con, con quién, invitados, participantes, persona, attendees, guests, "
            "client, customer, with, convidados"
        ),
    ),
    Field(
        "attendee_phone",
        _("Teléfono del asistente"),
        max_length=40,
        exported=False,
        aliases=words("teléfono, celular, whatsapp, móvil, phone, mobile, telefone"),
    ),
    Field(
        "attendee_email",
        _("Correo del asistente"),
        type="email",
        max_length=254,
        exported=False,
        aliases=words("correo, correo electrónico, email, e-mail, mail"),
    ),
    DESCRIPTION,
    Field(
        "status", _("Estado"), type="choice", choices=APPOINTMENT_STATUSES, aliases=words("situación, status, situação")
    ),
    Field(
        "cancel_reason",
        _("Motivo de la cancelación"),
        max_length=300,
        aliases=words("cancel reason, motivo do cancelamento"),
    ),
    REMINDERS,
    Field("busy", _("Ocupa el tiempo"), type="boolean", aliases=words("ocupado, busy, ocupa o tempo")),
    Field("timezone", _("Zona horaria"), max_length=64, aliases=words("zona, time zone, timezone, fuso horário")),
    RULE,
    Field(
        "without",
        _("Menos estos días"),
        type="list",
        most=1000,
        empty=[],
        aliases=words("exdate, except, without, exceto"),
    ),
    Field("occurrence", _("En vez de"), max_length=40, aliases=words("recurrence id, occurrence, instead of")),
    UID,
)
