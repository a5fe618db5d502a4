"""Two blue ticks and «escribiendo…» at once, before anybody knows what the answer will be. As far as it works."""

from __future__ import annotations

import logging

from messaging.models import Message
from messaging.whatsapp.errors import GraphError
from messaging.whatsapp.origins import NotConnected, find_origin
from tenants.models import User
from tenants.scope import release_connection, tenant_scope

logger = logging.getLogger(__name__)


def acknowledge(*, user: User, message_id: int) -> str:
    """Tell WhatsApp that the message was read; that somebody is writing, while it waits. Returns what was done.

    Outside of every scope and transaction. No fault of WhatsApp's matters.
    """
    with tenant_scope(user):
        message = Message.objects.select_related("conversation").filter(pk=message_id).exclude(wamid="").first()
        if message is None:
            return "no such message"
        conversation = message.conversation
        try:
            origin = find_origin(
                user=user, channel_id=conversation.number_id, phone_number_id=conversation.phone_number_id
            )
        except NotConnected:
            return "not connected"
        gateway = origin.gateway()
    release_connection()
    try:
        gateway.mark_as_read(message.wamid, typing=message.status == Message.Status.PENDING)
    except GraphError as fault:
        logger.info("message %s could not be marked as read: %s", message_id, type(fault).__name__)
        return "refused"
    return "read"
