"""Who writes what in `make chaos-whatsapp`: shops, people, and bodies that say each thing several times."""

from __future__ import annotations

import os
import random
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from config.simulator import bodies
from config.simulator.graph import GraphServer
from config.simulator.records import Number

BURSTS = 0.4  # the share of messages that come in a burst
BURST_SIZES = (2, 3, 4, 5)
MOST_TIMES = 5  # that a message is delivered
TOGETHER = 0.3  # the share of copies that come in a body with others
SPREAD_SECONDS = 8.0  # within which the copies of a message come
QUESTIONS = ("¿Cuánto cuesta el {product}?", "¿Tienen {product}?", "Precio del {product}", "¿Hay {product} todavía?")


@dataclass(frozen=True, slots=True)
class Shop:
    username: str
    products: tuple[str, ...]
    number: Number
    is_shared: bool


@dataclass(frozen=True, slots=True)
class Said:
    """One message: ``alone`` when nobody else's stands with it in a conversation."""

    wamid: str
    phone: str
    text: str
    number: Number
    times: int
    at: float  # seconds from the beginning
    alone: bool

    def item(self) -> dict[str, object]:
        return bodies.make_message(self.text, sender=self.phone, wamid=self.wamid, at=datetime.now(UTC))


@dataclass(frozen=True, slots=True)
class Post:
    """A body that is posted ``at`` so many seconds."""

    at: float
    body: bytes
    number: Number
    wamids: tuple[str, ...]


def open_shops(*, count: int, graph: GraphServer, webhook_url: str) -> list[Shop]:
    """Tenants with a few products each; every third has a number of its own, the others share the platform's."""
    from catalog.models import Product
    from messaging.models import Channel
    from tenants.accounts import register
    from tenants.models import Preferences
    from tenants.scope import tenant_scope

    shops = []
    for place in range(count):
        username = f"tienda{place}"
        user = register(username=username, password=os.urandom(16).hex(), email=f"{username}@example.com")
        products = (f"martillo {place}", f"taladro {place}", f"clavo {place}")
        is_shared = place % 3 != 2
        number = graph.number
        if not is_shared:
            number = graph.add_number(
                phone_number_id=f"55500000{place:04}",
                business_account_id=f"66600000{place:04}",
                token=os.urandom(16).hex(),
                app_secret=os.urandom(16).hex(),
                webhook_url=webhook_url,
            )
        with tenant_scope(user):
            Preferences.current(user).change(burst_seconds=0 if place % 2 else 2)
            Product.objects.bulk_create(
                Product(user=user, name=name.capitalize(), price=1000 + place, stock=50) for name in products
            )
            if not is_shared:
                Channel.objects.create(
                    user=user,
                    phone_number_id=number.phone_number_id,
                    business_account_id=number.business_account_id,
                    token=number.token,
                    app_secret=number.app_secret,
                )
        shops.append(Shop(username, products, number, is_shared))
    return shops


def plan(*, shops: Sequence[Shop], count: int, seconds: float, chance: random.Random) -> list[Said]:
    """``count`` messages over ``seconds``: single ones, and bursts by one person."""
    said: list[Said] = []
    person = 0
    while len(said) < count:
        person += 1
        shop = chance.choice(shops)
        phone = f"57300{person:07}"
        size = chance.choice(BURST_SIZES) if chance.random() < BURSTS / 2 else 1
        size = min(size, count - len(said))
        began = chance.uniform(0, seconds)
        for place in range(size):
            text = chance.choice(QUESTIONS).format(product=chance.choice(shop.products))
            said.append(
                Said(
                    wamid=bodies.make_wamid(),
                    phone=phone,
                    text=f"@{shop.username} {text}" if shop.is_shared else text,
                    number=shop.number,
                    times=chance.randint(1, MOST_TIMES),
                    at=began + place * chance.uniform(0.1, 1.0),
                    alone=size == 1,
                )
            )
    return said


def shuffle(said: Sequence[Said], *, chance: random.Random) -> list[Post]:
    """Each message as often as it is to come: alone or with others in a body, the copies in any order."""
    single: list[Post] = []
    shared: dict[str, list[tuple[float, Said]]] = {}
    for one in said:
        times = [one.at] + [one.at + chance.uniform(0, SPREAD_SECONDS) for _ in range(one.times - 1)]
        for at in times:
            if chance.random() < TOGETHER:
                shared.setdefault(one.number.phone_number_id, []).append((at, one))
            else:
                single.append(Post(at, _body([one]), one.number, (one.wamid,)))
    return sorted([*single, *_together(shared, chance=chance)], key=lambda post: post.at)


def _together(shared: dict[str, list[tuple[float, Said]]], *, chance: random.Random) -> Iterator[Post]:
    for copies in shared.values():
        copies.sort(key=lambda copy: copy[0])
        while copies:
            size = chance.randint(2, 6)
            group, copies = copies[:size], copies[size:]
            chance.shuffle(group)
            people = [one for _, one in group]
            at = max(at for at, _ in group)
            yield Post(at, _body(people), people[0].number, tuple(one.wamid for one in people))


def _body(said: Sequence[Said]) -> bytes:
    number = said[0].number
    phones = Counter(one.phone for one in said)
    change = bodies.make_change(
        phone_number_id=number.phone_number_id,
        display_phone_number=number.display_phone_number,
        messages=[one.item() for one in said],
        contacts=[bodies.make_contact(wa_id=phone, name=f"Persona {phone[-4:]}") for phone in phones],
    )
    return bodies.make_body([change], business_account_id=number.business_account_id)
