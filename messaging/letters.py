"""What a reminder says: the words, in the person's language and on the person's clock."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from django.utils import translation
from django.utils.translation import gettext as _

from agenda.models import Appointment, Reminder, Task
from agenda.phrases import say_appointment, say_task
from messaging.channels import Notice
from messaging.digests import write_digest
from tenants.models import User

LONGEST_EXCERPT = 500  # characters of a description
MOST_PEOPLE = 10


def write_notice(*, reminder: Reminder, user: User, now: datetime) -> Notice:
    """The notice of ``reminder``, as things stand now. In the tenant's scope."""
    zone = ZoneInfo(user.timezone)
    with translation.override(user.language):
        if (appointment := reminder.appointment) is not None:
            title, body = say_appointment(appointment, zone=zone, now=now), _appointment_body(appointment)
        elif (task := reminder.task) is not None:
            title, body = say_task(task, zone=zone, now=now), _task_body(task)
        else:
            title, body = write_digest(kind=Reminder.Kind(reminder.kind), user=user, now=now)
    return Notice(user, reminder, title, body, address_of(reminder))


def say_unconfirmed(notice: Notice, *, channel: str) -> tuple[str, str]:
    """Title and text for the bell when nobody knows whether the notice went out."""
    with translation.override(notice.user.language):
        return (
            _("Quizá no te llegó un aviso: %(title)s") % {"title": notice.title},
            _("Se interrumpió el envío (%(channel)s) y no sabemos si salió. No lo enviamos otra vez para no repetirlo.")
            % {"channel": channel},
        )


def say_failed(notice: Notice) -> tuple[str, str]:
    """Title and text for the bell when no channel took the notice."""
    with translation.override(notice.user.language):
        return (
            _("No pudimos enviarte un aviso: %(title)s") % {"title": notice.title},
            _("Ninguno de tus canales lo recibió. Revisa en los ajustes por dónde te avisamos."),
        )


def address_of(reminder: Reminder) -> str:
    """The path of the page where it can be seen."""
    if reminder.appointment_id is not None:
        return f"/user/personal/agenda?appointment={reminder.appointment_id}"
    if reminder.task_id is not None:
        return f"/user/personal/tasks?task={reminder.task_id}"
    return "/user/dashboard"


def _appointment_body(appointment: Appointment) -> str:
    lines = []
    if appointment.location:
        lines.append(_("Lugar: %(place)s") % {"place": appointment.location})
    people = appointment.attendees.select_related("contact").order_by("pk")[:MOST_PEOPLE]
    names = [one.name or (one.contact.name if one.contact else "") or one.email or one.phone for one in people]
    if names:
        lines.append(_("Con: %(people)s") % {"people": ", ".join(names)})
    return "\n".join([*lines, *_excerpt(appointment.description)])


def _task_body(task: Task) -> str:
    urgent = [_("Prioridad alta.")] if task.priority == Task.Priority.HIGH else []
    return "\n".join([*urgent, *_excerpt(task.description)])


def _excerpt(text: str) -> list[str]:
    text = text.strip()
    if len(text) > LONGEST_EXCERPT:
        text = text[: LONGEST_EXCERPT - 1].rstrip() + "…"
    return [text] if text else []
