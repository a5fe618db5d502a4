"""Five weeks behind each demo shop, so that the inbox, the analytics and the first page have something to show.

It was never lived: no message of it was sent, and what the assistant says in it was put together here, from the shop's
own products. The same shop always gets the same past, told from today; its model is called «demo».
"""

from __future__ import annotations

import json
import random
import re
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings

from assistants.models import Outcome, TurnUsage
from assistants.usage import Used, add
from catalog.amounts import format_price
from catalog.models import Product
from catalog.orders import Order, OrderLine
from config.demo.diary_past import remember_diary
from config.demo.writing import SHARED, Past
from messaging.models import Conversation, Delivery, Message, UnansweredQuestion
from messaging.questions import wish_of
from tenants.models import Contact, Preferences, User

FILE = Path(__file__).with_name("talks.json")
DAYS = 35
PEOPLE = 40
HOURS = (8, 9, 10, 10, 11, 11, 12, 12, 13, 14, 15, 16, 17, 18, 18, 19, 19, 20, 21)
PRICES = {"input": Decimal(1), "cached": Decimal("0.1"), "output": Decimal(5)}  # US dollars for a million tokens
DAY = timedelta(days=1)


@dataclass
class Talk:
    """A conversation while it is made up."""

    row: Conversation
    contact: Contact | None
    said_at: datetime | None = None
    waiting: list[Message] = field(default_factory=list)


def tell_history(*, owner: User, trade: str, now: datetime) -> int:
    """Give a shop that nobody has ever written to its past. In the owner's scope and a transaction. How many rows."""
    if Conversation.objects.exists() or Order.objects.exists():
        return 0
    past = Past(owner)
    words = json.loads(FILE.read_text(encoding="utf-8"))
    rng = random.Random(f"recado {trade}")  # noqa: S311  (the same past each time)
    contacts = _meet(past, words["people"], rng, now=now)
    History(past, words, trade, rng, now).tell(contacts)
    remember_diary(past=past, words=words, contacts=contacts, rng=rng, now=now)
    return past.write()


def _meet(past: Past, names: list[str], rng: random.Random, *, now: datetime) -> list[Contact]:
    people = []
    for number, name in enumerate(rng.sample(names, PEOPLE)):
        digits = f"57300555{past.owner.pk % 100:02}{number:02}"  # of nobody
        at = now - timedelta(days=rng.randrange(8, DAYS), hours=rng.randrange(10))
        people.append(
            past.add(
                Contact(
                    user=past.owner,
                    name=name,
                    profile_name=name.split()[0],
                    phone=f"+{digits}",
                    wa_id=digits,
                    whatsapp_key=digits,
                    created_at=at,
                )
            )
        )
    return people


class History:
    """Makes the conversations up, one visit after the other, the eldest first."""

    def __init__(self, past: Past, words: dict[str, Any], trade: str, rng: random.Random, now: datetime) -> None:
        self.past, self.words, self.trade, self.rng, self.now = past, words, trade, rng, now
        self.owner = past.owner
        self.zone = ZoneInfo(self.owner.timezone)
        preferences = Preferences.current(self.owner)
        self.currency, self.facts = preferences.currency, preferences.business_facts.splitlines()
        self.products = list(Product.objects.active().order_by("id"))
        rng.shuffle(self.products)
        self.talks: dict[int, Talk] = {}
        self.missing: dict[str, UnansweredQuestion] = {}
        self.used = Used()

    def tell(self, contacts: list[Contact]) -> None:
        """All of it."""
        for at, contact in self._visits(contacts):
            if contact is None:
                self._own(at)
            else:
                self._visit(self._talk_with(contact, at), at)
        for talk in self.talks.values():
            self._leave(talk)
        for row in list(self.missing.values())[:2]:
            row.dismissed_at = row.last_at + timedelta(hours=9)
            if row.dismissed_at < self.now:
                self.past.tell(
                    "question_resolved", at=row.dismissed_at, actor="person", actor_id=self.owner.pk, question=row.pk
                )
            else:
                row.dismissed_at = None
        if self.used.turns:
            add(user=self.owner, used=self.used, now=self.now)

    def _visits(self, contacts: list[Contact]) -> list[tuple[datetime, Contact | None]]:
        """When somebody writes, more and more often; None is the owner, to the own assistants."""
        today = self.now.astimezone(self.zone).date()
        found: list[tuple[datetime, Contact | None]] = []
        for back in range(DAYS, -1, -1):
            day = today - back * DAY
            busy = 2 + (DAYS - back) // 12 + self.rng.randrange(4) - 2 * (day.weekday() == 6)
            for who in [*self.rng.sample(contacts, max(busy, 1)), *([None] if back % 4 == 0 else [])]:
                at = datetime.combine(day, time(self.rng.choice(HOURS), self.rng.randrange(60)), self.zone)
                found.append((at, who))
        # The last hours are never empty, however early it is.
        found += [(self.now - timedelta(minutes=minutes), contacts[n]) for n, minutes in enumerate((150, 95, 48, 22))]
        return sorted(((at, who) for at, who in found if at < self.now - timedelta(minutes=20)), key=lambda one: one[0])

    def _talk_with(self, contact: Contact, at: datetime) -> Talk:
        if contact.pk not in self.talks:
            row = self.past.add(
                Conversation(
                    user=self.owner,
                    channel="whatsapp",
                    audience="customer",
                    assistant_type="commercial",
                    contact=contact,
                    phone_number_id=SHARED,
                    title=contact.name[:80],
                    created_at=at,
                )
            )
            self.talks[contact.pk] = Talk(row, contact)
            contact.created_at = at
            self.past.tell(
                "contact_created", at=at, actor="customer", actor_id=contact.pk, contact=contact.pk, channel="whatsapp"
            )
        return self.talks[contact.pk]

    def _visit(self, talk: Talk, at: datetime) -> None:
        kind = self.rng.random()
        if kind < 0.06:
            self._ask_for_a_person(talk, at)
        elif kind < 0.15:
            self._order(talk, at)
        elif kind < 0.25:
            self._ask_in_vain(talk, at)
        elif kind < 0.29:
            self._say(talk, "[audio]", at, kind="audio")
            self._reply(talk, self.words["audio"], at, provider="")
        else:
            for n in range(self.rng.choice((1, 1, 2, 3))):
                self._ask_for_a_product(talk, at + timedelta(minutes=2 * n))
            if self.rng.random() < 0.4:
                self._ask_for_a_fact(talk, at + timedelta(minutes=7))
        end = (talk.said_at or at) + timedelta(minutes=1)
        if self.rng.random() < 0.35 and end < self.now and not talk.waiting:
            self._say(talk, self.rng.choice(self.words["thanks"]), end)
            self._reply(talk, self.rng.choice(self.words["welcome"]), end)

    def _own(self, at: datetime) -> None:
        assistant, question, answer = self.rng.choice(self.words["own"])
        product = self.rng.choice([one for one in self.products if one.stock])
        values = self._values(product)
        question = question.format(**values)
        row = self.past.add(
            Conversation(
                user=self.owner,
                channel="web",
                audience="owner",
                assistant_type=assistant,
                title=question[:80],
                created_at=at,
                updated_at=at + timedelta(seconds=8),
            )
        )
        talk = Talk(row, None)
        self._say(talk, question, at)
        named = [product] if "{" in answer else []
        self._reply(talk, answer.format(**values), at, named=named, query=values["short"] if named else "")

    # --- what is said ------------------------------------------------------------------------------------------------
    def _ask_for_a_product(self, talk: Talk, at: datetime) -> None:
        place = min(int(self.rng.expovariate(1 / 9)), len(self.products) - 1)  # some are asked for again and again
        product = self.products[place]
        values = self._values(product)
        self._say(talk, self.rng.choice(self.words["ask"]).format(**values), at)
        answers = self.words["answer" if product.stock else "sold_out"]
        self._reply(talk, self.rng.choice(answers).format(**values), at, named=[product], query=values["short"])

    def _ask_for_a_fact(self, talk: Talk, at: datetime) -> None:
        pattern, questions = self.rng.choice(self.words["facts"])
        fact = next((line for line in self.facts if re.search(pattern, line, re.IGNORECASE)), "")
        if fact and at < self.now:
            self._say(talk, self.rng.choice(questions), at)
            self._reply(talk, fact, at)

    def _ask_in_vain(self, talk: Talk, at: datetime) -> None:
        text = self.rng.choice(self.words["missing"][self.trade])
        asked = self._say(talk, text, at)
        answered = self._reply(talk, self.words["not_found"], at, query=text.strip("¿?"), found=0)
        row = self.missing.get(text)
        if row is None:
            row = self.missing[text] = self.past.add(
                UnansweredQuestion(user=self.owner, question=text, key=wish_of(text), times=0, first_at=at)
            )
        row.times, row.message, row.last_at = row.times + 1, asked, at
        self._tell_of(talk, asked, "unanswered_question", answered, question=row.pk, text=text)

    def _ask_for_a_person(self, talk: Talk, at: datetime) -> None:
        asked = self._say(talk, self.rng.choice(self.words["person"]), at)
        answered = self._reply(talk, self.words["called"], at)
        self._tell_of(talk, asked, "handed_over", answered, reason="asked")
        spoken = at + timedelta(minutes=self.rng.choice((3, 6, 9, 14, 25, 50, 90)))
        if spoken > self.now - timedelta(hours=3):  # who asked today still waits
            talk.row.handover_at, talk.row.unread = answered.created_at, 1
            return
        contact = talk.contact
        actor: dict[str, Any] = {"actor": "person", "actor_id": self.owner.pk}
        self._say(talk, "¿Hay alguien?", at + timedelta(minutes=1))
        word = self.rng.choice(self.words["owner"]).format(first=contact.name.split()[0] if contact else "")
        message = self.past.add(self._message(talk, word, spoken, role="owner"))
        self.past.tell("taken_over", at=spoken, conversation=talk.row.pk, contact=talk.row.contact_id, **actor)
        waited = int((spoken - talk.waiting[0].created_at).total_seconds() * 1000)
        about = self._about(talk, message)
        self.past.tell("message_sent", at=spoken, by="person", waited_ms=waited, **about, **actor)
        self._deliver(talk, message, spoken)
        talk.row.taken_over_at, talk.row.taken_over_until = spoken, spoken + timedelta(minutes=30)
        talk.waiting, talk.said_at = [], spoken

    def _order(self, talk: Talk, at: datetime) -> None:
        wanted = [one for one in self.products[:25] if one.stock > 2]
        chosen = [(one, self.rng.choice((1, 1, 2))) for one in self.rng.sample(wanted, self.rng.choice((1, 2, 2, 3)))]
        total = sum((one.price * count for one, count in chosen), Decimal(0))
        asked = self._say(talk, self.words["order"].format(count=len(chosen)), at, kind="order")
        asked.wamid = f"wamid.demo.{asked.pk}"
        asked.payload = {"lines": [{"sku": one.sku, "quantity": count} for one, count in chosen]}
        given = {"key": asked.wamid, "currency": self.currency, "total": total, "created_at": at}
        order = self.past.add(Order(user=self.owner, contact=talk.contact, **given))
        for one, count in chosen:
            line = OrderLine(
                user=self.owner, order=order, product=one, name=one.name, sku=one.sku, quantity=count, price=one.price
            )
            self.past.add(line)
        lines = "\n".join(f"- {count} × {one.name}: {self._price(one.price * count)}" for one, count in chosen)
        said = self.words["ordered"].format(id=order.pk, lines=lines, total=self._price(total))
        self._reply(talk, said, at, provider="").payload = {"order": order.pk}
        money = {"order": order.pk, "contact": order.contact_id, "total": f"{total:.2f}", "currency": self.currency}
        products = [{"product": one.pk, "quantity": count} for one, count in chosen]
        self.past.tell(
            "order_received", at=at, actor="customer", actor_id=order.contact_id, conversation=talk.row.pk,
            channel="whatsapp", lines=len(chosen), products=products, **money,
        )  # fmt: skip
        decided = at + timedelta(minutes=self.rng.randrange(8, 300))
        fate = self.rng.random()
        if decided < self.now - timedelta(hours=20) and fate < 0.9:
            approved = fate < 0.78
            order.status, order.decided_at = ("approved" if approved else "rejected"), decided
            more = {"products": products} if approved else {}
            name = f"order_{order.status}"
            self.past.tell(name, at=decided, actor="person", actor_id=self.owner.pk, **money, **more)

    # --- how it is kept ----------------------------------------------------------------------------------------------
    def _say(self, talk: Talk, text: str, at: datetime, *, kind: str = "text") -> Message:
        message = self.past.add(self._message(talk, text, at, role="user", kind=kind))
        about, actor = self._about(talk, message), self._actor(talk)
        if talk.said_at is None or (talk.contact is not None and at - talk.said_at >= DAY):
            self.past.tell("conversation_started", at=at, **about, **actor)
        self.past.tell("message_received", at=at, kind=kind, **about, **actor)
        talk.waiting.append(message)
        talk.said_at = at
        if talk.contact is not None:
            talk.row.window_until = at + DAY if settings.WHATSAPP_SIMULATOR else min(at + DAY, self.now)
            talk.contact.last_seen_at = at
        return message

    def _reply(
        self, talk: Talk, text: str, at: datetime, *, named: list[Product] | None = None, query: str = "",
        found: int | None = None, provider: str = "anthropic",
    ) -> Message:  # fmt: skip
        waited = timedelta(milliseconds=self.rng.randrange(1400, 9000))
        at = talk.waiting[-1].created_at + waited
        message = self._message(talk, text, at, role="assistant")
        message.reply_to, message.provider, message.model = talk.waiting[-1], provider, "demo" if provider else ""
        message.assistant_type = talk.row.assistant_type
        message.sources = [
            {"id": one.pk, "type": "product", "name": one.name, "url": f"/user/commercial/products?id={one.pk}"}
            for one in named or ()
        ]
        message.tools = ["search_products"] if query else []
        self.past.add(message)
        about, asked = self._about(talk, message), talk.waiting[-1]
        since = talk.waiting[0].created_at
        self.past.tell(
            "message_sent", at=at, actor="assistant", by="assistant", provider=provider or "builtin",
            waited_ms=int((at - since).total_seconds() * 1000), **about,
        )  # fmt: skip
        if query:
            self.past.tell(
                "product_query", at=at, query=query[:200], found=len(named or ()) + 3 if found is None else found,
                products=[one.pk for one in named or ()], **self._about(talk, asked), **self._actor(talk),
            )  # fmt: skip
        if provider:
            self._spend(talk, at, waited, tools=message.tools)
        if talk.contact is not None:
            self._deliver(talk, message, at)
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

    def _deliver(self, talk: Talk, message: Message, at: datetime) -> None:
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

    def _leave(self, talk: Talk) -> None:
        """How the conversation stands in the inbox now."""
        talk.row.updated_at = talk.said_at or talk.row.created_at
        if talk.row.updated_at > self.now - timedelta(hours=2):
            talk.row.unread = max(talk.row.unread, 1)

    def _tell_of(self, talk: Talk, asked: Message, name: str, answered: Message, **data: Any) -> None:
        self.past.tell(name, at=answered.created_at, **data, **self._about(talk, asked), **self._actor(talk))

    def _message(self, talk: Talk, text: str, at: datetime, *, role: str, kind: str = "text") -> Message:
        return Message(
            user=self.owner, conversation=talk.row, role=role, kind=kind, content=text, status="done", created_at=at
        )

    def _about(self, talk: Talk, message: Message) -> dict[str, Any]:
        row = talk.row
        about = {"conversation": row.pk, "message": message.pk, "contact": row.contact_id, "channel": row.channel}
        return about | {"audience": row.audience, "assistant": row.assistant_type}

    def _actor(self, talk: Talk) -> dict[str, Any]:
        who = "customer" if talk.contact is not None else "person"
        return {"actor": who, "actor_id": talk.row.contact_id or self.owner.pk}

    def _values(self, product: Product) -> dict[str, Any]:
        short = re.split(r"[,\d«(]", product.name)[0].strip().lower() or product.name
        return {"name": product.name, "short": short, "price": self._price(product.price), "stock": product.stock}

    def _price(self, amount: Decimal) -> str:
        return format_price(amount=amount, currency=self.currency)
