"""How a talk of the demo is kept: its messages, their deliveries, the turns that they took, and the events of it."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings

from assistants.models import Outcome, TurnUsage
from assistants.usage import Used
from catalog.models import Product
from config.demo.writing import SHARED, Past
from messaging.models import Conversation, Delivery, Message
from tenants.models import Contact

PRICES = {"input": Decimal(1), "cached": Decimal("0.1"), "output": Decimal(5)}  # US dollars for a million tokens
DAY = timedelta(days=1)


@dataclass
class Talk:
    """A conversation while it is made up."""

    row: Conversation
    contact: Contact | None
    said_at: datetime | None = None
    waiting: list[Message] = field(default_factory=list)


class Transcript:
    """Keeps what is said, and adds up what this month's turns used."""

    def __init__(self, past: Past, rng: random.Random, now: datetime) -> None:
        self.past, self.rng, self.now = past, rng, now
        self.owner = past.owner
        self.zone = ZoneInfo(self.owner.timezone)
        self.used = Used()

    def say(self, talk: Talk, text: str, at: datetime, *, kind: str = "text") -> Message:
        """What the person says."""
        message = self.past.add(self.message(talk, text, at, role="user", kind=kind))
        about, actor = self.about(talk, message), self._actor(talk)
        if talk.said_at is None or (talk.contact is not None and at - talk.said_at >= DAY):
            self.past.tell("conversation_started", at=at, **about, **actor)
        self.past.tell("message_received", at=at, kind=kind, **about, **actor)
        talk.waiting.append(message)
        talk.said_at = at
        if talk.contact is not None:
            talk.row.window_until = at + DAY if settings.WHATSAPP_SIMULATOR else min(at + DAY, self.now)
            talk.contact.last_seen_at = at
        return message

    def reply(
        self, talk: Talk, text: str, at: datetime, *, named: list[Product] | None = None, query: str = "",
        found: int | None = None, provider: str = "anthropic",
    ) -> Message:  # fmt: skip
        """What the assistant answers to all that waits, and what came of it."""
        waited = timedelta(milliseconds=self.rng.randrange(1400, 9000))
        at = talk.waiting[-1].created_at + waited
        message = self.message(talk, text, at, role="assistant")
        message.reply_to, message.provider, message.model = talk.waiting[-1], provider, "demo" if provider else ""
        message.assistant_type = talk.row.assistant_type
        message.sources = [
            {"id": one.pk, "type": "product", "name": one.name, "url": f"/user/commercial/products?id={one.pk}"}
            for one in named or ()
        ]
        message.tools = ["search_products"] if query else []
        self.past.add(message)
        about, asked = self.about(talk, message), talk.waiting[-1]
        since = talk.waiting[0].created_at
        self.past.tell(
            "message_sent", at=at, actor="assistant", by="assistant", provider=provider or "builtin",
            waited_ms=int((at - since).total_seconds() * 1000), **about,
        )  # fmt: skip
        if query:
            self.past.tell(
                "product_query", at=at, query=query[:200], found=len(named or ()) + 3 if found is None else found,
                products=[one.pk for one in named or ()], **self.about(talk, asked), **self._actor(talk),
            )  # fmt: skip
        if provider:
            self._spend(talk, at, waited, tools=message.tools)
        if talk.contact is not None:
            self.deliver(talk, message, at)
        talk.waiting, talk.said_at = [], at
        return message

    def _spend(self, talk: Talk, at: datetime, waited: timedelta, *, tools: list[str]) -> None:
        rng = self.rng
        tokens = {
            "input": rng.randrange(300, 900),
            "cached": rng.randrange(1200, 3600),
            "output": rng.randrange(40, 190),
        }
        cost = sum((PRICES[name] * count for name, count in tokens.items()), Decimal(0)) / 1_000_000
        failed = rng.random() < 0.02
        self.past.add(
            TurnUsage(
                user=self.owner,
                assistant_type=talk.row.assistant_type,
                audience=talk.row.audience,
                provider="anthropic",
                model="demo",
                outcome=Outcome.FALLBACK if failed else Outcome.ANSWERED,
                reason="overloaded" if failed else "",
                input_tokens=tokens["input"],
                output_tokens=tokens["output"],
                cache_read_tokens=tokens["cached"],
                latency_ms=int(waited.total_seconds() * 1000),
                rounds=1 + len(tools),
                tools=tools,
                cost=cost,
                created_at=at,
            )
        )
        if failed:
            self.past.tell("model_failed", at=at, provider="anthropic", model="demo", reason="overloaded")
        here, today = at.astimezone(self.zone), self.now.astimezone(self.zone)
        if (here.year, here.month) == (today.year, today.month):
            used = self.used
            self.used = Used(used.turns + 1, used.tokens + sum(tokens.values()), used.money + cost, used.messages + 1)

    def deliver(self, talk: Talk, message: Message, at: datetime) -> None:
        """How it went out on WhatsApp."""
        fate = self.rng.random()
        status = "read" if fate < 0.8 else "delivered" if fate < 0.94 else "sent" if fate < 0.98 else "failed"
        arrived = at + timedelta(seconds=self.rng.randrange(1, 5))
        contact = talk.contact
        delivery = Delivery(
            user=self.owner, kind="reply", key=f"reply:{message.pk}:0", phone_number_id=SHARED, contact=contact,
            recipient=contact.wa_id if contact else "", message=message, text=message.content, status=status,
            payload={"type": "text", "text": {"body": message.content}}, attempts=1, wamid=f"wamid.demo.{message.pk}",
            created_at=at, next_at=at, sent_at=at + timedelta(milliseconds=400),
        )  # fmt: skip
        if status in ("read", "delivered"):
            delivery.delivered_at, delivery.is_billable = arrived, False
            delivery.category, delivery.pricing_type = "service", "free_customer_service"
        if status == "read":
            delivery.read_at = min(arrived + timedelta(minutes=self.rng.randrange(1, 40)), self.now)
        self.past.add(delivery)
        if status == "failed":
            delivery.failed_at, delivery.code, delivery.wamid = arrived, 131026, ""
            told: dict[str, Any] = {
                "delivery": delivery.pk,
                "contact": delivery.contact_id,
                "kind": "reply",
                "code": "131026",
            }
            self.past.tell("delivery_failed", at=arrived, **told)

    def tell_of(self, talk: Talk, asked: Message, name: str, answered: Message, **data: Any) -> None:
        """An event that is about a question, at the time of its answer."""
        self.past.tell(name, at=answered.created_at, **data, **self.about(talk, asked), **self._actor(talk))

    def message(self, talk: Talk, text: str, at: datetime, *, role: str, kind: str = "text") -> Message:
        """A message, not kept yet."""
        return Message(
            user=self.owner, conversation=talk.row, role=role, kind=kind, content=text, status="done", created_at=at
        )

    def about(self, talk: Talk, message: Message) -> dict[str, Any]:
        """What every event of a message names."""
        row = talk.row
        about = {"conversation": row.pk, "message": message.pk, "contact": row.contact_id, "channel": row.channel}
        return about | {"audience": row.audience, "assistant": row.assistant_type}

    def _actor(self, talk: Talk) -> dict[str, Any]:
        who = "customer" if talk.contact is not None else "person"
        return {"actor": who, "actor_id": talk.row.contact_id or self.owner.pk}
