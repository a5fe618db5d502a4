"""A model server that speaks Anthropic's protocol, two shops, and a turn of one of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pytest

from assistants.engine import Reply, reply
from assistants.models import TurnUsage
from catalog.models import Product
from tenants.models import User
from tenants.scope import tenant_scope
from tests.standins.anthropic_server import AnthropicServer

NOW = datetime(2026, 11, 22, 19, 40, tzinfo=UTC)


@pytest.fixture
def claude(settings: Any) -> Iterator[AnthropicServer]:
    """The settings' model: a scripted one."""
    with AnthropicServer() as server:
        settings.LLM_PROVIDER = "anthropic"
        settings.LLM_MODEL = ""
        settings.ANTHROPIC_API_KEY = "sk-planted-0123456789abcdef"
        settings.ANTHROPIC_BASE_URL = server.url
        yield server


@pytest.fixture
def shop(transactional_db: None, alice: User, bob: User) -> dict[str, Product]:
    """Alice sells tools; Bob's shop beside hers has its own secret."""
    with tenant_scope(bob):
        Product.objects.create(user=bob, name="Sierra secreta de Bob", price="666.00", stock=6, sku="BOB-1")
    rows = {
        "sierra": ("Sierra circular 1400 W", "250000", 4, "SIE-1400", "Herramientas", "Corta madera de hasta 6 cm."),
        "martillo": ("Martillo de uña", "38900.50", 12, "MAR-01", "Herramientas", "Mango de fibra."),
        "pintura": ("Pintura blanca 1 galón", "72000", 0, "PIN-BL", "Pinturas", "Lavable."),
    }
    with tenant_scope(alice):
        return {
            key: Product.objects.create(
                user=alice, name=name, price=price, stock=stock, sku=sku, category=category, description=description
            )
            for key, (name, price, stock, sku, category, description) in rows.items()
        }


@dataclass
class Heard:
    """A turn as its reader saw it."""

    reply: Reply
    usage: TurnUsage
    deltas: list[str] = field(default_factory=list)
    resets: int = 0

    @property
    def shown(self) -> str:
        return "".join(self.deltas)


@pytest.fixture
def ask(shop: dict[str, Product], alice: User) -> Callable[..., Heard]:
    """``ask(message, **options)`` runs a turn of Alice's commercial assistant."""

    def run(message: str = "¿Tienen algo para cortar madera?", **options: Any) -> Heard:
        deltas: list[str] = []
        resets: list[int] = []

        def reset() -> None:
            deltas.clear()
            resets.append(1)

        answered = reply(
            user=alice,
            assistant_type="commercial",
            message=message,
            on_text=deltas.append,
            on_reset=reset,
            **{"now": NOW, **options},
        )
        with tenant_scope(alice):
            usage = TurnUsage.objects.latest("pk")
        return Heard(answered, usage, deltas, len(resets))

    return run
