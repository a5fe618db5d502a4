"""Five weeks behind each demo shop, so that the inbox, the analytics and the first page have something to show.

It was never lived: no message of it was sent, and what the assistant says in it was put together here, from the shop's
own products. The same shop always gets the same past, told from today; its model is called «demo».
"""

from __future__ import annotations

import json
import random
import re
from datetime import datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from assistants.usage import add
from catalog.amounts import format_price
from catalog.models import Product
from catalog.orders import Order, OrderLine
from config.demo.diary_past import remember_diary
from config.demo.transcripts import DAY, Talk, Transcript
from config.demo.writing import SHARED, Past
from messaging.models import Conversation, UnansweredQuestion
from messaging.questions import wish_of
from tenants.models import Contact, Preferences, User

FILE = Path(__file__).with_name("talks.json")
DAYS = 35
PEOPLE = 40
HOURS = (8, 9, 10, 10, 11, 11, 12, 12, 13, 14, 15, 16, 17, 18, 18, 19, 19, 20, 21)


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
        self.kept = Transcript(past, rng, now)

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
        if self.kept.used.turns:
            add(user=self.owner, used=self.kept.used, now=self.now)

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
            self.kept.say(talk, "[audio]", at, kind="audio")
            self.kept.reply(talk, self.words["audio"], at, provider="")
        else:
            for n in range(self.rng.choice((1, 1, 2, 3))):
                self._ask_for_a_product(talk, at + timedelta(minutes=2 * n))
            if self.rng.random() < 0.4:
                self._ask_for_a_fact(talk, at + timedelta(minutes=7))
        end = (talk.said_at or at) + timedelta(minutes=1)
        if self.rng.random() < 0.35 and end < self.now and not talk.waiting:
            self.kept.say(talk, self.rng.choice(self.words["thanks"]), end)
            self.kept.reply(talk, self.rng.choice(self.words["welcome"]), end)

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
        self.kept.say(talk, question, at)
        named = [product] if "{" in answer else []
        self.kept.reply(talk, answer.format(**values), at, named=named, query=values["short"] if named else "")

    # --- what is said ------------------------------------------------------------------------------------------------
    def _ask_for_a_product(self, talk: Talk, at: datetime) -> None:
        place = min(int(self.rng.expovariate(1 / 9)), len(self.products) - 1)  # some are asked for again and again
        product = self.products[place]
        values = self._values(product)
        self.kept.say(talk, self.rng.choice(self.words["ask"]).format(**values), at)
        answers = self.words["answer" if product.stock else "sold_out"]
        self.kept.reply(talk, self.rng.choice(answers).format(**values), at, named=[product], query=values["short"])

    def _ask_for_a_fact(self, talk: Talk, at: datetime) -> None:
        pattern, questions = self.rng.choice(self.words["facts"])
        fact = next((line for line in self.facts if re.search(pattern, line, re.IGNORECASE)), "")
        if fact and at < self.now:
            self.kept.say(talk, self.rng.choice(questions), at)
            self.kept.reply(talk, fact, at)

    def _ask_in_vain(self, talk: Talk, at: datetime) -> None:
        text = self.rng.choice(self.words["missing"][self.trade])
        asked = self.kept.say(talk, text, at)
        answered = self.kept.reply(talk, self.words["not_found"], at, query=text.strip("¿?"), found=0)
        row = self.missing.get(text)
        if row is None:
            row = self.missing[text] = self.past.add(
                UnansweredQuestion(user=self.owner, question=text, key=wish_of(text), times=0, first_at=at)
            )
        row.times, row.message, row.last_at = row.times + 1, asked, at
        self.kept.tell_of(talk, asked, "unanswered_question", answered, question=row.pk, text=text)

    def _ask_for_a_person(self, talk: Talk, at: datetime) -> None:
        asked = self.kept.say(talk, self.rng.choice(self.words["person"]), at)
        answered = self.kept.reply(talk, self.words["called"], at)
        self.kept.tell_of(talk, asked, "handed_over", answered, reason="asked")
        spoken = at + timedelta(minutes=self.rng.choice((3, 6, 9, 14, 25, 50, 90)))
        if spoken > self.now - timedelta(hours=3):  # who asked today still waits
            talk.row.handover_at, talk.row.unread = answered.created_at, 1
            return
        contact = talk.contact
        actor: dict[str, Any] = {"actor": "person", "actor_id": self.owner.pk}
        self.kept.say(talk, "¿Hay alguien?", at + timedelta(minutes=1))
        word = self.rng.choice(self.words["owner"]).format(first=contact.name.split()[0] if contact else "")
        message = self.past.add(self.kept.message(talk, word, spoken, role="owner"))
        self.past.tell("taken_over", at=spoken, conversation=talk.row.pk, contact=talk.row.contact_id, **actor)
        waited = int((spoken - talk.waiting[0].created_at).total_seconds() * 1000)
        about = self.kept.about(talk, message)
        self.past.tell("message_sent", at=spoken, by="person", waited_ms=waited, **about, **actor)
        self.kept.deliver(talk, message, spoken)
        talk.row.taken_over_at, talk.row.taken_over_until = spoken, spoken + timedelta(minutes=30)
        talk.waiting, talk.said_at = [], spoken

    def _order(self, talk: Talk, at: datetime) -> None:
        wanted = [one for one in self.products[:25] if one.stock > 2]
        chosen = [(one, self.rng.choice((1, 1, 2))) for one in self.rng.sample(wanted, self.rng.choice((1, 2, 2, 3)))]
        total = sum((one.price * count for one, count in chosen), Decimal(0))
        asked = self.kept.say(talk, self.words["order"].format(count=len(chosen)), at, kind="order")
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
        self.kept.reply(talk, said, at, provider="").payload = {"order": order.pk}
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

    def _leave(self, talk: Talk) -> None:
        """How the conversation stands in the inbox now."""
        talk.row.updated_at = talk.said_at or talk.row.created_at
        if talk.row.updated_at > self.now - timedelta(hours=2):
            talk.row.unread = max(talk.row.unread, 1)

    def _values(self, product: Product) -> dict[str, Any]:
        short = re.split(r"[,\d«(]", product.name)[0].strip().lower() or product.name
        return {"name": product.name, "short": short, "price": self._price(product.price), "stock": product.stock}

    def _price(self, amount: Decimal) -> str:
        return format_price(amount=amount, currency=self.currency)
