"""A basket from WhatsApp's catalogue: an order at our own prices, told to the customer, and to the owner to approve."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.utils.translation import gettext, override

from catalog import ordering
from catalog.orders import Order
from messaging import bell, replies
from messaging.models import Conversation, Notification
from messaging.replies import language_of
from messaging.whatsapp.payloads import Incoming
from tenants.models import Preferences


def take(*, conversation: Conversation, incoming: Incoming, now: datetime) -> tuple[str, dict[str, Any]]:
    """Keep the order that ``incoming`` brings; the answer to the customer, and the payload of that message.

    In the tenant's scope and the transaction of the message. Nothing that the message says of prices is looked at.
    """
    basket = incoming.order
    assert basket is not None  # noqa: S101
    user = conversation.user
    order = ordering.place(
        user=user,
        contact=conversation.contact,
        key=incoming.wamid,
        lines=[(line.retailer_id, line.quantity) for line in basket.lines],
        note=basket.text,
        currency=Preferences.current(user).currency,
        now=now,
        conversation_id=conversation.pk,
        channel=str(conversation.channel),
    )
    _tell_owner(order, conversation, now=now)
    with override(language_of(conversation)):
        told = ordering.describe(order, language_of(conversation))
        closing = gettext("Se lo paso al negocio, que te confirma el pedido por aquí.")
    return f"{told}\n\n{closing}", {"order": order.pk}


def _tell_owner(order: Order, conversation: Conversation, *, now: datetime) -> None:
    user = conversation.user
    with override(user.language):
        name = conversation.contact.name if conversation.contact is not None else user.username
        title = gettext("Pedido de %(name)s") % {"name": name}
        told = ordering.describe(order, user.language)
        bell.tell(
            user=user,
            kind=Notification.Kind.CUSTOMER,
            title=title,
            body=told,
            url=replies.inbox_address(conversation),
            now=now,
        )
        buttons = [(f"order-approve:{order.pk}", gettext("Aprobar")), (f"order-reject:{order.pk}", gettext("Rechazar"))]
    own = Conversation.objects.filter(
        channel=Conversation.Channel.WHATSAPP, audience=Conversation.Audience.OWNER, window_until__gt=now
    )
    talk = own.select_related("user", "link", "number").order_by("-window_until").first()
    if talk is not None:
        replies.say(conversation=talk, text=f"{title}\n\n{told}", payload={"buttons": buttons}, now=now)
