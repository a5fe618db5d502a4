"""One honest row of each tenant model, for tests that look at all of them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from itertools import count
from typing import Any

from django.db.models import Model
from django.utils import timezone

from agenda.models import Appointment, Attendee, CalendarFeed, Change, Reminder, Series, Task
from analytics.models import LateEvent, RolledDay, RollUp
from assistants.models import Intention, MonthUsage, Outcome, ToolEffect, TurnUsage
from catalog.models import Order, OrderLine, Product, StockMovement
from catalog.vectors import ProductEmbedding
from config.models import DataJob
from messaging.models import (
    Attachment,
    Channel,
    Conversation,
    Delivery,
    Letter,
    LinkCode,
    Mailbox,
    Message,
    MessageDelta,
    Notification,
    PhoneLink,
    QuickReply,
    UnansweredQuestion,
    WebhookDelivery,
    WebhookEndpoint,
)
from tenants import sign_ins
from tenants.events import Event, record
from tenants.models import (
    Allowance,
    ApiKey,
    Contact,
    ExportJob,
    ImportJob,
    ImportMapping,
    ImportPiece,
    ImportRow,
    KeptAnswer,
    Logo,
    Preferences,
    SignIn,
    User,
)

_numbers = count(1)
THURSDAY = datetime(2126, 11, 21, 15, tzinfo=UTC)  # far ahead: nothing falls due while tests run


def product(user: User, **fields: Any) -> Product:
    n = next(_numbers)
    fields = {"name": f"Martillo {n}", "price": "12500.00", "stock": 7, "sku": f"MAR-{n}", **fields}
    return Product.objects.create(user=user, **fields)


def stock_movement(user: User, **fields: Any) -> StockMovement:
    fields = {"product": fields.get("product") or product(user), "delta": 3, "stock_after": 3, **fields}
    return StockMovement.objects.create(user=user, **fields)


def product_embedding(user: User, **fields: Any) -> ProductEmbedding:
    fields = {
        "product": fields.get("product") or product(user),
        "model": "test:two",
        "dimension": 2,
        "digest": b"\0" * 32,
        "vector": [0.6, 0.8],
        "embedded_at": timezone.now(),
        **fields,
    }
    return ProductEmbedding.objects.create(user=user, **fields)


def api_key(user: User, **fields: Any) -> ApiKey:
    n = next(_numbers)
    fields = {"name": f"Caja {n}", "prefix": f"rck_1_{n}", "digest": n.to_bytes(32), "scopes": ["read"], **fields}
    return ApiKey.objects.create(user=user, **fields)


def kept_answer(user: User, **fields: Any) -> KeptAnswer:
    fields = {"key": f"pedido-{next(_numbers)}", "digest": b"\0" * 32, "status": 201, "body": "e30=", **fields}
    return KeptAnswer.objects.create(user=user, **{"made_at": timezone.now(), **fields})


def preferences(user: User) -> Preferences:
    return Preferences.objects.get()


def conversation(user: User, **fields: Any) -> Conversation:
    return Conversation.objects.create(user=user, **{"assistant_type": "commercial", "title": "Hola", **fields})


def message(user: User, **fields: Any) -> Message:
    """A person's message whose turn is over, so that nothing waits for it."""
    fields = {"conversation": fields.get("conversation") or conversation(user), "status": "failed", **fields}
    return Message.objects.create(user=user, **{"role": "user", "content": "Hola", **fields})


def message_delta(user: User) -> MessageDelta:
    return MessageDelta.objects.create(user=user, message=message(user), text="Hola.")


def turn_usage(user: User) -> TurnUsage:
    return TurnUsage.objects.create(
        user=user, assistant_type="commercial", audience="owner", provider="builtin", outcome=Outcome.ANSWERED
    )


def month_usage(user: User, **fields: Any) -> MonthUsage:
    month = THURSDAY.date().replace(day=1) + timedelta(days=31 * next(_numbers))
    return MonthUsage.objects.create(user=user, **{"month": month.replace(day=1), "turns": 3, **fields})


def tool_effect(user: User, **fields: Any) -> ToolEffect:
    fields = {"turn": next(_numbers), "thread": 1, "step": 1, "tool": "create_task", "digest": "0" * 64, **fields}
    return ToolEffect.objects.create(user=user, **fields)


def intention(user: User, **fields: Any) -> Intention:
    fields = {"turn": 1, "thread": next(_numbers), "expires_at": THURSDAY, **fields}
    return Intention.objects.create(user=user, **{"question": "¿Cancelo las dos?", **fields})


def contact(user: User, **fields: Any) -> Contact:
    n = next(_numbers)
    return Contact.objects.create(user=user, **{"name": f"Carla {n}", "phone": f"+57300{n:07}", **fields})


def import_job(user: User, **fields: Any) -> ImportJob:
    fields = {"kind": "products", "status": "done", "file_name": "precios.csv", "size": 9, "format": "csv", **fields}
    return ImportJob.objects.create(user=user, **fields)


def import_piece(user: User, **fields: Any) -> ImportPiece:
    fields = {"job": fields.get("job") or import_job(user), "number": 0, "content": b"nombre\r\n", **fields}
    return ImportPiece.objects.create(user=user, **fields)


def import_row(user: User, **fields: Any) -> ImportRow:
    fields = {"job": fields.get("job") or import_job(user), "number": 2, "action": "refused", "cells": ["x"], **fields}
    return ImportRow.objects.create(user=user, **fields)


def import_mapping(user: User, **fields: Any) -> ImportMapping:
    fields = {"kind": "products", "layout": f"{next(_numbers)}", "fields": ["name"], **fields}
    return ImportMapping.objects.create(user=user, **fields)


def export_job(user: User, **fields: Any) -> ExportJob:
    """One whose file is gone."""
    fields = {"what": "products", "format": "csv", "language": "es", "status": "done", "rows": 3, "done": 3, **fields}
    return ExportJob.objects.create(user=user, **fields)


def logo(user: User) -> Logo:
    return Logo.objects.create(user=user, content="", width=1, height=1)


def series(user: User, **fields: Any) -> Series:
    fields = {"rrule": "FREQ=WEEKLY", "timezone": user.timezone, "starts_at": THURSDAY, **fields}
    return Series.objects.create(user=user, **fields)


def appointment(user: User, **fields: Any) -> Appointment:
    """An hour from ``start_datetime``, one of its own unless it is given. Without its reminders."""
    start = fields.get("start_datetime") or THURSDAY + timedelta(hours=next(_numbers))
    end = start + timedelta(hours=1)
    fields = {"start_datetime": start, "end_datetime": end, "timezone": user.timezone, **fields}
    return Appointment.objects.create(user=user, **{"title": "Reunión con Carla", **fields})


def attendee(user: User, **fields: Any) -> Attendee:
    fields = {"appointment": fields.get("appointment") or appointment(user), "name": "Carla", **fields}
    return Attendee.objects.create(user=user, **fields)


def task(user: User, **fields: Any) -> Task:
    return Task.objects.create(user=user, **{"title": "Pagar el arriendo", "due_date": THURSDAY.date(), **fields})


def reminder(user: User, **fields: Any) -> Reminder:
    due = fields.get("due_at") or THURSDAY + timedelta(minutes=next(_numbers))
    fields = {"kind": "task", "task": fields.get("task") or task(user), "due_at": due, "next_at": due, **fields}
    return Reminder.objects.create(user=user, **fields)


def change(user: User, **fields: Any) -> Change:
    return Change.objects.create(user=user, **{"kind": "created", "summary": "Reunión con Carla", **fields})


def calendar_feed(user: User) -> CalendarFeed:
    return CalendarFeed.objects.create(user=user, digest=b"\0" * 32)


def notification(user: User, **fields: Any) -> Notification:
    return Notification.objects.create(user=user, **{"kind": "reminder", "title": "Reunión con Carla", **fields})


def channel(user: User, **fields: Any) -> Channel:
    fields = {"phone_number_id": f"1065{next(_numbers):08}", "token": "EAAG-x", "app_secret": "sesame", **fields}
    return Channel.objects.create(user=user, **fields)


def phone_link(user: User, **fields: Any) -> PhoneLink:
    n = f"57301{next(_numbers):07}"
    return PhoneLink.objects.create(user=user, **{"role": "owner", "phone_key": n, "wa_id": n, **fields})


def link_code(user: User, **fields: Any) -> LinkCode:
    fields = {"phone_key": "573001234567", "code_hash": "0" * 64, "expires_at": THURSDAY, **fields}
    return LinkCode.objects.create(user=user, **fields)


def delivery(user: User, **fields: Any) -> Delivery:
    """One that is over, so that nobody sends it."""
    fields = {
        "kind": "reply",
        "key": f"reply:{next(_numbers)}:1",
        "phone_number_id": "106540352242922",
        "recipient": "573001234567",
        "payload": {"type": "text", "text": {"body": "Hola."}},
        "text": "Hola.",
        "status": "read",
        **fields,
    }
    return Delivery.objects.create(user=user, **fields)


def attachment(user: User, **fields: Any) -> Attachment:
    fields = {"message": fields.get("message") or message(user), "media_id": "1", "kind": "image", **fields}
    return Attachment.objects.create(user=user, **{"status": "stored", "content": b"\x89PNG", "size": 4, **fields})


def unanswered_question(user: User, **fields: Any) -> UnansweredQuestion:
    return UnansweredQuestion.objects.create(
        user=user, **{"question": "¿Tienen telescopios?", "key": f"telescopios {next(_numbers)}", **fields}
    )


def quick_reply(user: User, **fields: Any) -> QuickReply:
    return QuickReply.objects.create(user=user, **{"title": f"Gracias {next(_numbers)}", "text": "¡Gracias!", **fields})


def letter(user: User, **fields: Any) -> Letter:
    now = timezone.now()
    fields = {"kind": "alert", "recipient": user.email, "sender": "no-reply@recado.example", **fields}
    fields = {"name": f"{next(_numbers)}@recado.example", "subject": "Algo anda mal", "text": "Mira.", **fields}
    return Letter.objects.create(user=user, **{"next_at": now, "useful_until": now + timedelta(days=1), **fields})


def mailbox(user: User, **fields: Any) -> Mailbox:
    return Mailbox.objects.create(user=user, **fields)


def order(user: User, **fields: Any) -> Order:
    return Order.objects.create(user=user, **{"key": f"wamid.{next(_numbers)}", "currency": "COP", **fields})


def order_line(user: User, **fields: Any) -> OrderLine:
    fields = {"order": fields.get("order") or order(user), "name": "Martillo", "quantity": 2, **fields}
    return OrderLine.objects.create(user=user, **{"price": "12500.00", **fields})


def allowance(user: User, **fields: Any) -> Allowance:
    return Allowance.objects.create(user=user, **fields)


def event(user: User, **fields: Any) -> Event:
    """In the open scope of ``user``."""
    return record(fields.pop("name", "question_resolved"), **(fields or {"question": next(_numbers)}))


def webhook_endpoint(user: User, **fields: Any) -> WebhookEndpoint:
    fields = {
        "url": "https://example.com/recado",
        "events": ["order_received"],
        "secret": "whsec_c2VjcmV0bw==",
        **fields,
    }
    return WebhookEndpoint.objects.create(user=user, **fields)


def webhook_delivery(user: User, **fields: Any) -> WebhookDelivery:
    """One that is over, and has the number of its endpoint: in a path one id then fills the places of both.

    Without an endpoint that number is far from those which PostgreSQL gives.
    """
    endpoint = fields.get("endpoint") or webhook_endpoint(user, pk=1_000_000 + next(_numbers))
    fields = {"pk": endpoint.pk, "endpoint": endpoint, "event": "order_received", "status": "delivered", **fields}
    return WebhookDelivery.objects.create(user=user, **fields)


def roll_up(user: User, **fields: Any) -> RollUp:
    """Of days long before anything that a test writes."""
    fields = {"until": date(2001, 1, 1), "until_at": datetime(2001, 1, 2, 5, tzinfo=UTC), **fields}
    return RollUp.objects.create(user=user, **{"zone": user.timezone, **fields})


def rolled_day(user: User, **fields: Any) -> RolledDay:
    begins = datetime(2001, 1, 1, 5, tzinfo=UTC)
    fields = {"day": begins.date(), "begins_at": begins, "ends_at": begins + timedelta(days=1), **fields}
    return RolledDay.objects.create(user=user, **{"zone": user.timezone, "people": [1], **fields})


def late_event(user: User, **fields: Any) -> LateEvent:
    fields = {"event": next(_numbers), "at": datetime(2001, 1, 1, 6, tzinfo=UTC), **fields}
    return LateEvent.objects.create(user=user, **fields)


def sign_in(user: User) -> SignIn:
    return sign_ins.begin(user=user)


def own_data_job(user: User) -> DataJob:
    """An export that the person asked for themselves."""
    fields = {"account_id": user.pk, "account_name": user.username, "asked_by_id": user.pk, "state": "done"}
    return DataJob.objects.create(kind="export", **fields)


# A tenant model that is missing here fails tests/guards/test_tenant_models.py.
ROWS: dict[str, Callable[[User], Model]] = {
    "tenants.Preferences": preferences,
    "tenants.Contact": contact,
    "tenants.ExportJob": export_job,
    "tenants.Logo": logo,
    "tenants.ImportJob": import_job,
    "tenants.ImportMapping": import_mapping,
    "tenants.ImportPiece": import_piece,
    "tenants.ImportRow": import_row,
    "tenants.Allowance": allowance,
    "tenants.Event": event,
    "tenants.ApiKey": api_key,
    "tenants.KeptAnswer": kept_answer,
    "catalog.Product": product,
    "catalog.StockMovement": stock_movement,
    "catalog.ProductEmbedding": product_embedding,
    "catalog.Order": order,
    "catalog.OrderLine": order_line,
    "agenda.Series": series,
    "agenda.Appointment": appointment,
    "agenda.Attendee": attendee,
    "agenda.Task": task,
    "agenda.Reminder": reminder,
    "agenda.Change": change,
    "agenda.CalendarFeed": calendar_feed,
    "assistants.TurnUsage": turn_usage,
    "assistants.MonthUsage": month_usage,
    "assistants.ToolEffect": tool_effect,
    "assistants.Intention": intention,
    "messaging.Conversation": conversation,
    "messaging.Message": message,
    "messaging.MessageDelta": message_delta,
    "messaging.Notification": notification,
    "messaging.Channel": channel,
    "messaging.PhoneLink": phone_link,
    "messaging.LinkCode": link_code,
    "messaging.Delivery": delivery,
    "messaging.Attachment": attachment,
    "messaging.UnansweredQuestion": unanswered_question,
    "messaging.QuickReply": quick_reply,
    "messaging.Letter": letter,
    "messaging.Mailbox": mailbox,
    "messaging.WebhookEndpoint": webhook_endpoint,
    "messaging.WebhookDelivery": webhook_delivery,
    "analytics.RollUp": roll_up,
    "analytics.RolledDay": rolled_day,
    "analytics.LateEvent": late_event,
}
# What is a person's, and no tenant's table.
ACCOUNT_ROWS: dict[str, Callable[[User], Model]] = {"tenants.SignIn": sign_in, "config.DataJob": own_data_job}
EVERY_ROW = ROWS | ACCOUNT_ROWS
