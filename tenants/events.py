"""What happened in a tenant's business, one row for each event, written in the transaction of what it tells of.

The same rows feed the analytics, the person's own log and outbound webhooks. They are only ever added and, when they
are old or the account goes, deleted: a trigger refuses any change. The table is partitioned by month, so that old
months go at once (``tenants.months``).
"""

from __future__ import annotations

import functools
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from django.core.serializers.json import DjangoJSONEncoder
from django.db import connection, models
from django.utils.functional import Promise
from django.utils.timezone import now
from django.utils.translation import gettext_lazy as _
from psycopg.types.json import Jsonb

from tenants.ownership import TenantOwned
from tenants.scope import NotATenant, current_tenant, narrowed_to, sees_everybody, tenant_scope

if TYPE_CHECKING:
    from tenants.models import User


@dataclass(frozen=True, slots=True)
class EventKind:
    """What events of one name tell: ``fields`` are the keys of their data. ``told`` ones may leave by webhook;
    ``security`` ones stand in the person's security log."""

    label: str | Promise
    fields: frozenset[str]
    told: bool = False
    security: bool = False


def _kind(label: str | Promise, fields: str, *, told: bool = False, security: bool = False) -> EventKind:
    return EventKind(label, frozenset(fields.split()), told=told, security=security)


_talk = "conversation message contact channel audience assistant"

# Of a row its id is told, under the row's name; of money an amount in the smallest text («25.00») beside its currency.
EVENTS: dict[str, EventKind] = {
    # conversations. channel: web, whatsapp · audience: owner, customer · by: assistant, person, system
    "conversation_started": _kind(_("Empezó una conversación"), _talk, told=True),
    "message_received": _kind(_("Llegó un mensaje"), f"{_talk} kind", told=True),
    "message_sent": _kind(_("Salió un mensaje"), f"{_talk} by provider waited_ms", told=True),
    "product_query": _kind(_("Preguntaron por un producto"), f"{_talk} query found products"),
    "unanswered_question": _kind(_("Una pregunta quedó sin respuesta"), f"{_talk} question text", told=True),
    "question_resolved": _kind(_("Se resolvió una pregunta"), "question"),
    "handed_over": _kind(_("Un cliente pidió hablar con una persona"), f"{_talk} reason", told=True),
    "taken_over": _kind(_("Tomaste una conversación"), "conversation contact", told=True),
    "handed_back": _kind(_("Devolviste una conversación al asistente"), "conversation contact", told=True),
    "order_received": _kind(
        _("Llegó un pedido"), "order contact conversation channel total currency lines products", told=True
    ),
    "order_approved": _kind(_("Aprobaste un pedido"), "order contact total currency products", told=True),
    "order_rejected": _kind(_("Rechazaste un pedido"), "order contact total currency", told=True),
    # catalogue. fields: names of what changed
    "product_created": _kind(_("Se agregó un producto"), "product name", told=True),
    "product_changed": _kind(_("Cambió un producto"), "product name fields", told=True),
    "product_deleted": _kind(_("Se quitó un producto"), "product name", told=True),
    # agenda. by: person, assistant, customer, system. What was taken back is told as what it then became.
    "appointment_created": _kind(_("Se agendó una cita"), "appointment title starts_at ends_at contact by", told=True),
    "appointment_moved": _kind(
        _("Se movió una cita"), "appointment title starts_at ends_at before contact by", told=True
    ),
    "appointment_cancelled": _kind(
        _("Se canceló una cita"), "appointment title starts_at ends_at contact by", told=True
    ),
    "appointment_restored": _kind(_("Se retomó una cita"), "appointment title starts_at ends_at contact by", told=True),
    "task_created": _kind(_("Se anotó una tarea"), "task title due_date priority by", told=True),
    "task_completed": _kind(_("Se completó una tarea"), "task title due_date priority by", told=True),
    "task_reopened": _kind(_("Se reabrió una tarea"), "task title due_date priority by", told=True),
    "task_removed": _kind(_("Se quitó una tarea"), "task title due_date priority by", told=True),
    "task_restored": _kind(_("Se recuperó una tarea"), "task title due_date priority by", told=True),
    "reminder_sent": _kind(_("Salió un recordatorio"), "reminder kind channel late_seconds", told=True),
    "reminder_failed": _kind(_("Un recordatorio no se pudo enviar"), "reminder kind channel code", told=True),
    "delivery_failed": _kind(_("Un mensaje de WhatsApp no llegó"), "delivery contact kind code", told=True),
    # contacts
    "contact_created": _kind(_("Nuevo contacto"), "contact channel", told=True),
    "contact_opted_out": _kind(_("Un contacto no quiere más mensajes"), "contact channel", told=True),
    "contact_opted_in": _kind(_("Un contacto quiere mensajes de nuevo"), "contact channel", told=True),
    # the model
    "model_failed": _kind(_("El modelo no respondió y lo hizo el asistente incorporado"), "provider model reason"),
    "budget_warned": _kind(_("Queda poco del plan de este mes"), "measure used limit", told=True),
    "budget_reached": _kind(_("Se acabó el plan de este mes"), "measure used limit", told=True),
    # the account. method: password, second_factor, recovery_code, registration, token
    "login": _kind(_("Entraste"), "method address agent device", security=True),
    "login_failed": _kind(_("Alguien intentó entrar con otra contraseña"), "method address agent", security=True),
    "password_changed": _kind(_("Cambió la contraseña"), "address", security=True),
    "second_factor_changed": _kind(_("Cambió el segundo factor"), "on address", security=True),
    "recovery_codes_renewed": _kind(_("Hay códigos de recuperación nuevos"), "address", security=True),
    "email_verified": _kind(_("Se confirmó el correo"), "address", security=True),
    "email_change_asked": _kind(_("Se pidió cambiar el correo"), "address", security=True),
    "email_changed": _kind(_("Cambió el correo"), "address", security=True),
    "email_change_taken_back": _kind(_("Se deshizo el cambio de correo"), "address", security=True),
    "deletion_asked": _kind(_("Se pidió borrar la cuenta"), "address until", security=True),
    "deletion_taken_back": _kind(_("La cuenta se queda"), "address reason", security=True),
    "sessions_ended": _kind(_("Se cerraron las sesiones"), "address", security=True),
    "key_created": _kind(_("Se hizo una clave de API"), "key_id name scopes address", security=True),
    "key_changed": _kind(_("Cambió una clave de API"), "key_id name fields address", security=True),
    "key_revoked": _kind(_("Se anuló una clave de API"), "key_id name address", security=True),
    "preferences_changed": _kind(_("Cambiaron los ajustes"), "fields", security=True),
    "phone_linked": _kind(_("Se vinculó un teléfono"), "phone_link role", security=True, told=True),
    "phone_unlinked": _kind(_("Se desvinculó un teléfono"), "phone_link role", security=True, told=True),
    "channel_connected": _kind(_("Se conectó un número de WhatsApp"), "channel_id", security=True),
    "channel_changed": _kind(_("Cambió un número de WhatsApp"), "channel_id fields", security=True),
    "channel_removed": _kind(_("Se quitó un número de WhatsApp"), "channel_id", security=True),
    "webhook_added": _kind(_("Se agregó un webhook"), "webhook", security=True),
    "webhook_changed": _kind(_("Cambió un webhook"), "webhook fields", security=True),
    "webhook_removed": _kind(_("Se quitó un webhook"), "webhook", security=True),
    "webhook_disabled": _kind(_("Se desactivó un webhook que fallaba"), "webhook reason", security=True),
    "account_suspended": _kind(_("La cuenta se suspendió"), "reason", security=True),
    "account_restored": _kind(_("La cuenta se reactivó"), "reason", security=True),
    "plan_changed": _kind(_("Cambió el plan"), "plan before", security=True),
    "account_viewed": _kind(_("Soporte miró tu cuenta"), "reason until", security=True),
    # What an import brought is told once, not for each row. what: products, contacts, tasks, appointments
    "data_imported": _kind(_("Se importaron datos"), "what format created updated refused", told=True),
    "import_undone": _kind(_("Se deshizo una importación"), "what rows", told=True),
    "data_exported": _kind(_("Se exportaron los datos"), "what format rows", security=True),
    "data_erased": _kind(_("Se borraron datos de una persona"), "contact rows", security=True),
}


class Event(TenantOwned):
    """Something that happened. ``actor_id`` is a user's or a contact's id, whichever ``actor`` means."""

    class Actor(models.TextChoices):
        PERSON = "person", _("Tú")
        CUSTOMER = "customer", _("Cliente")
        ASSISTANT = "assistant", _("Asistente")
        SUPERADMIN = "superadmin", _("Soporte")
        SYSTEM = "system", _("Sistema")

    name = models.CharField(max_length=40)
    at = models.DateTimeField(default=now)
    actor = models.CharField(max_length=12, choices=Actor, default=Actor.SYSTEM)
    actor_id = models.BigIntegerField(null=True, blank=True)
    data = models.JSONField(default=dict, encoder=DjangoJSONEncoder)

    class Meta:
        verbose_name = _("suceso")
        verbose_name_plural = _("sucesos")
        # The table's own key is (user_id, at, id), for a partitioned table's key holds what it is partitioned by.
        indexes = [models.Index(fields=["user", "name", "at"], name="event_by_name")]

    def __str__(self) -> str:
        return f"{self.name} at {self.at:%Y-%m-%d %H:%M}"


class _Acting(NamedTuple):
    actor: str
    actor_id: int | None


_nobody = _Acting(Event.Actor.SYSTEM, None)
_acting: ContextVar[_Acting | None] = ContextVar("acting", default=None)
_told_as_one: ContextVar[bool] = ContextVar("told_as_one", default=False)
_listeners: list[Callable[[Event], None]] = []
_dumps = functools.partial(json.dumps, cls=DjangoJSONEncoder)
_listeners_to_all: list[Callable[[Sequence[Event]], None]] = []


@contextmanager
def acting(actor: str, actor_id: int | None = None) -> Iterator[None]:
    """Events that are recorded inside are the doing of ``actor`` (an Event.Actor). Nests; the inner one counts."""
    token = _acting.set(_Acting(Event.Actor(actor), actor_id))
    try:
        yield
    finally:
        _acting.reset(token)


@contextmanager
def told_as_one() -> Iterator[None]:
    """What happens inside leaves no events: whoever opens it leaves one for all of it, as an import does."""
    token = _told_as_one.set(True)
    try:
        yield
    finally:
        _told_as_one.reset(token)


def acting_now() -> str:
    """Whose doing it is what happens now: a value of Event.Actor."""
    return (_acting.get() or _nobody).actor


def record(event: str, /, *, at: datetime | None = None, user: User | None = None, **data: Any) -> Event:
    """Leave a row of what has just happened to the tenant whose scope is open, in the caller's transaction.

    ``event`` is a name in EVENTS and the keys of ``data`` are among its fields; what is None is left out. Values are
    what JSON knows, dates and decimals. ``user`` is the tenant where no scope is open, or that of all tenants.

    Raises ValueError for another name or key, NotATenant without a scope.
    """
    return record_many(event, [data], at=at, user=user)[0]


def record_many(
    event: str, /, rows: Iterable[Mapping[str, Any]], *, at: datetime | None = None, user: User | None = None
) -> list[Event]:
    """As many events of one name as there are ``rows`` of data, in one statement: for what is done to many at once."""
    kind = EVENTS.get(event)
    rows = list(rows)
    if kind is None or any(not kind.fields >= data.keys() for data in rows):
        raise ValueError(f"no such event: {event} with {sorted({key for data in rows for key in data})}")
    tenant = user or current_tenant()
    if tenant is None:
        raise NotATenant("an event belongs to a tenant, and no tenant's scope is open")
    by, moment = _acting.get() or _nobody, at or now()
    with _scope_of(tenant):
        found = [
            Event(
                user=tenant,
                name=event,
                at=moment,
                actor=by.actor,
                actor_id=by.actor_id,
                data={key: value for key, value in data.items() if value is not None},
            )
            for data in rows
        ]
        if _told_as_one.get():
            return found  # unsaved
        _write(found)
        for row in found:
            for listener in _listeners:
                listener(row)
        if found:
            for listener_to_all in _listeners_to_all:
                listener_to_all(found)
    return found


# By hand, for most acts leave one event and wait for it: the ORM takes as long to write this as PostgreSQL to do it.
_insert = """
INSERT INTO tenants_event (user_id, name, at, actor, actor_id, data) VALUES (%s, %s, %s, %s, %s, %s) RETURNING id
"""


def _write(events: list[Event]) -> None:
    if len(events) != 1:
        Event.objects.bulk_create(events, batch_size=1000)
        return
    event = events[0]
    data: Any = Jsonb(event.data, dumps=_dumps)  # Any: Django's stubs do not know psycopg's own types
    with connection.cursor() as cursor:
        cursor.execute(_insert, [event.user_id, event.name, event.at, event.actor, event.actor_id, data])
        (event.pk,) = cursor.fetchone()
    event._state.adding, event._state.db = False, connection.alias


def _scope_of(tenant: User) -> AbstractContextManager[None]:
    if current_tenant() == tenant:
        return nullcontext()
    return narrowed_to(tenant) if sees_everybody() and connection.in_atomic_block else tenant_scope(tenant)


def listen(listener: Callable[[Event], None]) -> None:
    """Have ``listener`` called with each event, in its transaction and scope. For apps to the right, when ready."""
    if listener not in _listeners:
        _listeners.append(listener)


def listen_to_all(listener: Callable[[Sequence[Event]], None]) -> None:
    """The same, called once with all events that one call of ``record_many`` leaves: of one name and one tenant."""
    if listener not in _listeners_to_all:
        _listeners_to_all.append(listener)
