"""One honest row of each tenant model, for tests that look at all of them."""

from __future__ import annotations

from collections.abc import Callable
from itertools import count
from typing import Any

from django.db.models import Model
from django.utils import timezone

from assistants.models import Outcome, TurnUsage
from catalog.models import Product, StockMovement
from catalog.vectors import ProductEmbedding
from messaging.models import Conversation, Message, MessageDelta
from tenants.models import Preferences, User

_numbers = count(1)


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


# A tenant model that is missing here fails tests/guards/test_tenant_models.py.
ROWS: dict[str, Callable[[User], Model]] = {
    "tenants.Preferences": preferences,
    "catalog.Product": product,
    "catalog.StockMovement": stock_movement,
    "catalog.ProductEmbedding": product_embedding,
    "assistants.TurnUsage": turn_usage,
    "messaging.Conversation": conversation,
    "messaging.Message": message,
    "messaging.MessageDelta": message_delta,
}
