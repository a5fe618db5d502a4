"""What a tap on a button or on a row of a list means. An id is data from outside: it is looked up for its own sender.

``yes:`` and ``no:`` with a reply's id, ``product:``, ``slot:``, ``reminder-confirm:``, ``reminder-move:``,
``reminder-cancel:``, ``order-approve:``, ``order-reject:``. Others are what their title says.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import cast
from zoneinfo import ZoneInfo

from django.core.exceptions import ValidationError
from django.utils.translation import gettext, override

from agenda import booking, todo
from agenda.models import Appointment, Reminder, Task
from assistants.language import Language
from assistants.moments import write_moment
from catalog import ordering
from catalog.models import Product
from catalog.orders import Order
from messaging.models import AssistantType, Conversation, Message
from messaging.replies import language_of
from tenants.ownership import StaleVersion


@dataclass(frozen=True, slots=True)
class Choice:
    """``words`` are what the person so said, for the assistant of ``assistant_type`` (empty: whoever it concerns).

    ``answer`` is given at once instead: it has been done, or it cannot be.
    """

    words: str
    answer: str = ""
    assistant_type: str = ""


def resolve(*, choice_id: str, title: str, conversation: Conversation, now: datetime) -> Choice:
    """What the choice means for whoever ``conversation`` is with, done if it is to be done at once.

    In the tenant's scope and the transaction of the message. What belongs to somebody else is not found.
    """
    verb, _, value = choice_id.partition(":")
    is_owner = conversation.audience == Conversation.Audience.OWNER
    with override(language_of(conversation)):
        if verb in ("yes", "no"):
            return _consent(verb, value, title, conversation)
        if verb == "product":
            return _product(value, title)
        if verb == "slot":
            return _slot(value, title, conversation, now=now)
        if verb in _OWNERS:
            found = _OWNERS[verb](value, title, now) if is_owner else None
            return found or Choice(title, gettext("Eso ya no está disponible. Dime con palabras qué necesitas."))
    return Choice(title)


def _consent(verb: str, value: str, title: str, conversation: Conversation) -> Choice:
    """Only the latest question can be answered by a tap: an older one would be agreed to by mistake."""
    said = Message.objects.filter(conversation=conversation, role=Message.Role.ASSISTANT).order_by("-id").first()
    if said is None or str(said.pk) != value or not said.payload.get("question"):
        return Choice(title, gettext("Esa pregunta ya pasó. Dime con palabras qué necesitas."))
    return Choice(gettext("Sí") if verb == "yes" else gettext("No"), assistant_type=said.assistant_type)


def _product(value: str, title: str) -> Choice:
    product = Product.objects.active().filter(pk=_number(value)).first()
    if product is None:
        return Choice(title, gettext("Ese producto ya no está a la venta. ¿Te muestro otros?"))
    return Choice(product.name, assistant_type=AssistantType.COMMERCIAL)


def _slot(value: str, title: str, conversation: Conversation, *, now: datetime) -> Choice:
    try:
        start = datetime.fromisoformat(value)
    except ValueError:
        return Choice(title)
    zone = ZoneInfo(conversation.user.timezone)
    start = start.replace(tzinfo=zone) if start.tzinfo is None else start.astimezone(zone)
    language = cast("Language", language_of(conversation))
    return Choice(write_moment(start, language=language, today=now.astimezone(zone).date()))


def _confirm(value: str, title: str, now: datetime) -> Choice | None:
    of = _reminded(value)
    if isinstance(of, Task):
        return _done(of, title, now)
    if of is None:
        return None
    if problem := _is_over(of):
        return Choice(title, problem)
    return Choice(title, gettext("Perfecto, «%(title)s» sigue en pie.") % {"title": of.title})


def _move(value: str, title: str, now: datetime) -> Choice | None:
    of = _reminded(value)
    if of is None:
        return None
    if problem := _is_over(of):
        return Choice(title, problem)
    return Choice(gettext("Quiero mover «%(title)s»") % {"title": of.title}, assistant_type=AssistantType.PERSONAL)


def _cancel(value: str, title: str, now: datetime) -> Choice | None:
    of = _reminded(value)
    if of is None:
        return None
    if problem := _is_over(of):
        return Choice(title, problem)
    try:
        if isinstance(of, Appointment):
            booking.cancel(appointment_id=of.pk, now=now)
        else:
            todo.remove(task_id=of.pk, now=now)
    except (StaleVersion, ValidationError):
        return None
    said = gettext("Listo, cancelé «%(title)s». Si fue un error, escribe «deshacer».")
    return Choice(title, said % {"title": of.title})


def _done(task: Task, title: str, now: datetime) -> Choice:
    if problem := _is_over(task):
        return Choice(title, problem)
    todo.alter(task_id=task.pk, now=now, status="completed")
    said = gettext("¡Bien! «%(title)s» queda hecha. Si fue un error, escribe «deshacer».")
    return Choice(title, said % {"title": task.title})


def _approve(value: str, title: str, now: datetime) -> Choice | None:
    return _decide(ordering.approve, value, title, now)


def _reject(value: str, title: str, now: datetime) -> Choice | None:
    return _decide(ordering.reject, value, title, now)


def _decide(act: Callable[..., Order], value: str, title: str, now: datetime) -> Choice | None:
    try:
        order = act(order_id=_number(value), now=now)
    except Order.DoesNotExist:
        return None
    except (ordering.Decided, ordering.CannotDeliver) as refusal:
        return Choice(title, str(refusal))
    if order.status == Order.Status.APPROVED:
        said = gettext("Pedido %(id)s aprobado: descontamos las existencias.")
    else:
        said = gettext("Pedido %(id)s rechazado.")
    return Choice(title, said % {"id": order.pk})


def _reminded(value: str) -> Appointment | Task | None:
    """What a reminder of this tenant is about, while it is there."""
    found = Reminder.objects.select_related("appointment", "task").filter(pk=_number(value)).first()
    of = (found.appointment or found.task) if found is not None else None
    return None if of is None or of.deleted_at is not None else of


def _is_over(of: Appointment | Task) -> str:
    if of.status == "cancelled":
        return gettext("«%(title)s» ya estaba cancelada.") % {"title": of.title}
    if of.status == "completed":
        return gettext("«%(title)s» ya estaba hecha.") % {"title": of.title}
    return ""


def _number(value: str) -> int:
    return int(value) if value.isascii() and value.isdigit() and len(value) <= 18 else 0


_OWNERS: dict[str, Callable[[str, str, datetime], Choice | None]] = {
    "reminder-confirm": _confirm,
    "reminder-move": _move,
    "reminder-cancel": _cancel,
    "order-approve": _approve,
    "order-reject": _reject,
}
