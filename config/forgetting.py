"""Deleting all that is of one customer of a tenant: who they are, what was said, what was sent.

Appointments and orders stay, without the person. So do the numbers of the event log: events are never changed, and an
id that leads to nobody says nothing. Those that quote the person or carry their name in a title go.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from django.db import connection, transaction
from django.db.models import Q, QuerySet

from agenda.models import Appointment, Attendee, Series
from assistants.models import Intention, ToolEffect
from catalog.orders import Order
from config.erasing import Count, count_all, remove_rows
from messaging.models import (
    Attachment,
    Channel,
    Conversation,
    Delivery,
    InboundUpdate,
    Message,
    MessageDelta,
    Notification,
    PhoneLink,
    UnansweredQuestion,
    WebhookBody,
    WebhookDelivery,
)
from tenants.models import Contact, User
from tenants.scope import all_tenants

# Events with words of the person, or titles that name them.
WITH_WORDS = [
    *("product_query", "unanswered_question", "handed_over"),
    *("appointment_created", "appointment_moved", "appointment_cancelled"),
]


@dataclass(frozen=True, slots=True)
class NoSuchContact(LookupError):
    """The tenant has nobody with this id."""

    contact_id: int


def erase_contact(*, user: User, contact_id: int, counted: Count) -> None:
    """Delete the customer with this id, in one transaction. In the tenant's scope and no transaction.

    ``counted(table, rows)`` is called in it for what went. Raises NoSuchContact.
    """
    contact = Contact.objects.filter(pk=contact_id).first()
    if contact is None:
        raise NoSuchContact(contact_id)
    _forget_updates(user, contact, counted=counted)
    with transaction.atomic():
        _forget_talks(contact, counted=counted)
        _leave_agenda(contact, counted=counted)
        orders = Order.objects.filter(contact=contact)
        for order in orders:  # whose key is the id of a message, which tells the number
            Order.objects.filter(pk=order.pk).update(note="", key=f"erased:{order.pk}", contact=None)
        _forget_events(user, contact, counted=counted)
        count_all(contact.delete()[1], counted=counted)


def _forget_updates(user: User, contact: Contact, *, counted: Count) -> None:
    """What the person sent as it came. Of a body that held it the row stays, so that it is not taken in once more."""
    known_as = _known_as(contact)
    if not known_as:
        return
    with all_tenants(), transaction.atomic():
        channels = list(Channel.objects.filter(user=user).values_list("pk", flat=True))
        theirs = InboundUpdate.objects.filter(Q(tenant_id=user.pk) | Q(channel_id__in=channels), sender__in=known_as)
        bodies = list(theirs.values_list("body_id", flat=True).distinct())
        counted("messaging.InboundUpdate", theirs.delete()[0])
        counted("messaging.WebhookBody", WebhookBody.objects.filter(pk__in=bodies).update(body=b"", fault="erased"))


def _forget_talks(contact: Contact, *, counted: Count) -> None:
    links = PhoneLink.objects.filter(contact=contact)
    conversations = Conversation.objects.filter(Q(contact=contact) | Q(link__in=links))
    threads = list(conversations.values_list("pk", flat=True))
    messages = Message.objects.filter(conversation__in=threads)
    sent = Q(contact=contact) | Q(recipient__in=_known_as(contact)) | Q(message__in=messages)
    pages = [f"/user/inbox?conversation={pk}" for pk in threads]
    gone: list[QuerySet[Any]] = [
        Delivery.objects.filter(sent),
        UnansweredQuestion.objects.filter(message__in=messages, times=1),  # what others asked, too, stays
        Notification.objects.filter(url__in=pages),
        ToolEffect.objects.filter(thread__in=threads),
        Intention.objects.filter(thread__in=threads),
        WebhookDelivery.objects.filter(data__contact=contact.pk),
        Attachment.objects.filter(message__in=messages),
        MessageDelta.objects.filter(message__in=messages),
    ]
    for rows in gone:
        remove_rows(rows, counted=counted)
    messages.update(reply_to=None, joined_to=None)
    for rows in (messages, conversations, links):
        remove_rows(rows, counted=counted)


def _leave_agenda(contact: Contact, *, counted: Count) -> None:
    """Take the person out of appointments, of what repeats, of what was told about them, and of what undoes it."""
    same = Q(contact=contact) | (Q(phone=contact.phone) if contact.phone else Q(pk=None))
    appointments = Appointment.objects.filter(attendees__in=Attendee.objects.filter(same)).distinct()
    of_them = Q(reminder__appointment__in=list(appointments.values_list("pk", flat=True)))
    remove_rows(Notification.objects.filter(of_them), counted=counted)
    remove_rows(Delivery.objects.filter(of_them), counted=counted)
    for appointment in appointments:
        if (title := _without(contact.name, appointment.title)) != appointment.title:
            appointment.title, appointment.version = title, appointment.version + 1
            appointment.save(update_fields=["title", "version", "updated_at"])
            counted("agenda.Appointment", 1)
    remove_rows(Attendee.objects.filter(same), counted=counted)
    for series in Series.objects.filter(template__attendees__contains=[{"contact_id": contact.pk}]):
        people = [one for one in series.template["attendees"] if one.get("contact_id") != contact.pk]
        title = _without(contact.name, series.template.get("title", ""))
        series.template = {**series.template, "attendees": people, "title": title}
        series.save(update_fields=["template"])
    with connection.cursor() as cursor:  # an undoing would bring the person back
        cursor.execute(
            "DELETE FROM agenda_change WHERE user_id = %s AND (position(%s in summary) > 0"
            " OR jsonb_path_exists(before, '$.** ? (@.contact_id == $id)',"
            " jsonb_build_object('id', %s)))",
            [contact.user_id, contact.name, contact.pk],
        )
        counted("agenda.Change", cursor.rowcount)


def _forget_events(user: User, contact: Contact, *, counted: Count) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "DELETE FROM tenants_event WHERE user_id = %s AND name = ANY(%s)"
            " AND data -> 'contact' = to_jsonb(%s::bigint)",
            [user.pk, WITH_WORDS, contact.pk],
        )
        counted("tenants.Event", cursor.rowcount)


def _known_as(contact: Contact) -> list[str]:
    """What the person is called on WhatsApp, as senders and recipients are."""
    return [name for name in {contact.wa_id, contact.bsuid, contact.phone.removeprefix("+")} if name]


def _without(name: str, title: str) -> str:
    """A title that does not name the person: «Corte – Carla» is «Corte»."""
    return re.sub(rf"\s*[–-]?\s*\b{re.escape(name)}\b", "", title).strip() or "—"
