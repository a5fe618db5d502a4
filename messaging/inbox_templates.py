"""Approved templates from the inbox: what may still be written once the window of 24 hours has closed. Meta charges it.

It is the owner's own word, as a reply is; but nobody waits for it, so it goes out as a send: by the month's budget, and
by how much WhatsApp lets this number write to who did not ask.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import transaction

from messaging import budget, inbox, outbox, sends, takeover, talk_events
from messaging.models import Conversation, Delivery, Message
from messaging.whatsapp.origins import NotConnected, Origin, find_origin
from messaging.whatsapp.templates import DIGEST, REMINDER, Template, read_templates
from tenants.limits import hit

_NOT_FOR_CUSTOMERS = {REMINDER, DIGEST}  # they speak to the owner
_NOT_BY_HAND = "authentication"  # its code is made by a program


def find_templates(*, conversation: Conversation) -> list[Template]:
    """Those that can be sent here: of the number of this conversation, the customer's language first.

    In the tenant's scope. None where no number is connected.
    """
    try:
        origin = _origin(conversation)
    except inbox.NotSent:
        return []
    language = inbox.language_of(conversation)
    found = [one for one in read_templates(origin.state) if _is_offered(one)]
    return sorted(found, key=lambda one: (one.language[:2] != language[:2], one.name, one.language))


def word_template(
    *, conversation: Conversation, name: str, language: str, variables: Sequence[str], now: datetime
) -> str:
    """What ``send_template`` would send. In the tenant's scope. Raises NotSent, and ValidationError by field."""
    if (refusal := inbox.why_not_at_all(conversation)) is not None:
        raise refusal
    template, filled = _fill(_origin(conversation), conversation, name, language, variables)
    return template.preview(filled["values"])


def send_template(
    *, conversation: Conversation, name: str, language: str, variables: Sequence[str], key: str = "", now: datetime
) -> Message:
    """Send an approved template to the customer, and keep the assistant quiet for a while. In the tenant's scope.

    The same ``key`` is sent once. Raises NotSent, ValidationError by field, and limits.TooMany.
    """
    user = conversation.user
    with transaction.atomic():
        conversation = inbox.lock(conversation)
        if key and (known := inbox.find_known(conversation, key)):
            return known
        if (refusal := inbox.why_not_at_all(conversation)) is not None:
            raise refusal
        origin = _origin(conversation)
        template, filled = _fill(origin, conversation, name, language, variables)
        hit(limit=sends.SENDS_BY_TENANT, who=str(user.pk), now=now)
        if origin.state.no_proactive_before is not None and origin.state.no_proactive_before > now:
            raise _refusal("spam_limit")
        if not budget.refuses(user=user, kind=Delivery.Kind.SEND, now=now):
            return _put(conversation, origin, template, filled, key=key, now=now)
        budget.note(user=user, now=now)  # stays, unlike what is raised within
    raise _refusal(budget.CODE)


def _put(
    conversation: Conversation, origin: Origin, template: Template, filled: dict[str, Any], *, key: str, now: datetime
) -> Message:
    text = template.preview(filled["values"])
    message: Message = Message.objects.create(
        user=conversation.user,
        conversation=conversation,
        role=Message.Role.OWNER,
        content=text,
        payload={**sends.about_template(filled), **({"key": key} if key else {})},
        created_at=now,
    )
    outbox.put(
        user=conversation.user,
        kind=Delivery.Kind.SEND,
        key=f"template:{message.pk}",
        recipient=outbox.recipient_of(conversation),
        payload={},
        text=text,
        phone_number_id=origin.phone_number_id,
        channel=origin.channel,
        contact=conversation.contact,
        message=message,
        template=filled,
        is_told=True,
        now=now,
    )
    talk_events.tell_spoken(message, conversation=conversation, now=now)
    takeover.keep_quiet(conversation=conversation, now=now)
    inbox.settle(conversation, now=now)
    return message


def _fill(
    origin: Origin, conversation: Conversation, name: str, language: str, variables: Sequence[str]
) -> tuple[Template, dict[str, Any]]:
    values = [" ".join(value.split()) for value in variables]  # Meta refuses line breaks in them
    return sends.fill(origin=origin, wish=sends.Wish(name, language, values), user=conversation.user)


def _is_offered(template: Template) -> bool:
    is_ours = template.name in _NOT_FOR_CUSTOMERS or template.category == _NOT_BY_HAND
    return template.is_usable and not is_ours


def _origin(conversation: Conversation) -> Origin:
    try:
        return find_origin(
            user=conversation.user, channel_id=conversation.number_id, phone_number_id=conversation.phone_number_id
        )
    except NotConnected as fault:
        raise _refusal("no_number") from fault


def _refusal(code: str) -> inbox.NotSent:
    return inbox.NotSent(code, str(sends.NotSent(code)))
