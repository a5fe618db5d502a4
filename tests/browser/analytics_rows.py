"""Weeks of a shop's events for the browser's tests, made in the running system by ``manage.py shell``."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db import transaction
from django.utils import timezone

from catalog.models import Product
from messaging.questions import UnansweredQuestion
from tenants.events import record
from tenants.models import Contact, User
from tenants.scope import tenant_scope

PEOPLE = 5
DAYS = 60
HOURS = (9, 12, 18)
WAITS = (4_000, 8_000, 12_000)  # milliseconds


def fill(username: str) -> None:
    """Two months in which five people wrote every day at nine, at noon and at six, asked for things, and bought."""
    user = User.objects.get(username=username)
    today = timezone.now().astimezone(ZoneInfo(user.timezone)).replace(minute=5, second=0, microsecond=0)
    with tenant_scope(user), transaction.atomic():
        people = [_person(user, n) for n in range(PEOPLE)]
        products = list(Product.objects.order_by("id")[:3])
        for ago in range(1, DAYS + 1):
            for n, hour in enumerate(HOURS):
                _visit(today - timedelta(days=ago), hour, people[(ago + n) % PEOPLE], products[: n + 1], WAITS[n])
        UnansweredQuestion.objects.create(
            user=user, question="¿Tienen cortadora de césped?", key="cesped cortadora", times=4, last_at=timezone.now()
        )


def _person(user: User, n: int) -> Contact:
    phone = f"+5730166{user.pk % 1000:03}{n:02}"
    return Contact.objects.create(user=user, name=f"Persona {n}", phone=phone, wa_id=phone[1:])


def _visit(day: datetime, hour: int, person: Contact, products: list[Product], waited_ms: int) -> None:
    at = day.replace(hour=hour)
    talk: dict[str, Any] = {
        "conversation": person.pk,
        "message": person.pk,
        "contact": person.pk,
        "channel": "whatsapp",
        "audience": "customer",
        "assistant": "commercial",
    }
    record("conversation_started", at=at, **talk)
    record("message_received", at=at, kind="text", **talk)
    record("product_query", at=at, query="martillo", found=3, products=[one.pk for one in products], **talk)
    record("message_sent", at=at, by="assistant", provider="builtin", waited_ms=waited_ms, **talk)
    if hour == HOURS[-1]:
        lines = [{"product": one.pk, "quantity": 1} for one in products]
        record(
            "order_received", at=at, order=1, contact=person.pk, conversation=person.pk, channel="whatsapp",
            total="25000.00", currency="COP", lines=len(lines), products=lines,
        )  # fmt: skip
