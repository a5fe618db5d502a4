"""The owner's inbox: who wrote, who waits, and the owner's own words among the assistant's.

Whoever answers takes the conversation over for a while (``takeover.ECHO_MINUTES``): the assistant does not speak
between two sentences of the owner.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import transaction
from django.db.models import Case, CharField, Exists, OuterRef, Q, Subquery, Value, When
from django.db.models.functions import Cast, Coalesce
from django.utils import translation
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from agenda.availability import free_slots
from catalog.amounts import format_price
from catalog.models import Product
from messaging import inbox_events, outbox, takeover, talk_events
from messaging.models import Conversation, Delivery, Message
from messaging.whatsapp.rendering import TEXT, text_part, units
from tenants.models import Contact, Preferences, User
from tenants.sorting import plain, sortable

SEARCHED_MESSAGES = 3000  # the latest of a tenant, of whatever conversation: no index knows what stands in them
LONGEST_REPLY = 12_000  # characters; what is over WhatsApp's 4096 goes out in parts
KEPT_KEYS = 50  # the latest messages among which a repeated one is recognised
SLOT_DAYS = 60  # how far ahead a free time may be offered
_BREAKS = ("\n\n", "\n", ". ", " ")


class NotSent(Exception):
    """It cannot be sent now. ``code`` says why, the text what the owner can do about it."""

    def __init__(self, code: str, text: str) -> None:
        super().__init__(text)
        self.code = code


class NotFree(Exception):
    """The time is taken, or lies outside the working hours. The text is for people."""


def find(filters: dict[str, Any], *, now: datetime) -> Any:
    """The conversations of the open scope that pass ``filters``, the one that moved last first."""
    found = Conversation.objects.select_related("contact", "number").newest_first()
    audience = filters.get("audience") or Conversation.Audience.CUSTOMER
    if audience != "all":
        found = found.filter(audience=audience)
    if channel := filters.get("channel"):
        found = found.filter(channel=channel)
    if contact_id := filters.get("contact"):
        found = found.filter(contact_id=contact_id)
    for name, is_so in (
        ("unread", Q(unread__gt=0)),
        ("taken_over", Q(taken_over_at__isnull=False) & (Q(taken_over_until=None) | Q(taken_over_until__gt=now))),
        ("window_open", Q(window_until__gt=now)),
    ):
        if name in filters:
            found = found.filter(is_so) if filters[name] else found.exclude(is_so)
    if "needs_me" in filters:
        found = with_needs(found)
        found = found.exclude(need="") if filters["needs_me"] else found.filter(need="")
    if text := filters.get("search", "").strip():
        found = found.filter(_holding(text))
    return found


def with_needs(found: Any) -> Any:
    """Each with ``need``: why it waits for the owner. "handover", "failed_turn", "failed_delivery", or nothing.

    What failed needs nobody any more once something was said after it.
    """
    said = Message.objects.filter(conversation=OuterRef("pk"), role__in=[Message.Role.OWNER, Message.Role.ASSISTANT])
    last_said = Coalesce(Subquery(said.order_by("-id").values("pk")[:1]), 0)
    unanswered = Message.objects.filter(
        conversation=OuterRef("pk"), status=Message.Status.FAILED, pk__gt=OuterRef("last_said")
    )
    undelivered = Delivery.objects.filter(message_id=OuterRef("last_said"), status=Delivery.Status.FAILED)
    return found.annotate(last_said=last_said).annotate(
        need=Case(
            When(handover_at__isnull=False, then=Value("handover")),
            When(Exists(unanswered), then=Value("failed_turn")),
            When(Exists(undelivered), then=Value("failed_delivery")),
            default=Value(""),
        )
    )


def count() -> dict[str, int]:
    """How many customers' conversations of the open scope are unread, and how many need the owner."""
    found = Conversation.objects.of_customers()
    return {
        "unread": found.unread().count(),
        "needs_me": with_needs(found).exclude(need="").count(),
        "conversations": found.count(),
    }


def _holding(text: str) -> Q:
    """Of a contact's name or phone, or of one of the tenant's latest SEARCHED_MESSAGES messages."""
    wanted = plain(text)
    names = Contact.objects.alias(a=sortable("name"), b=sortable("profile_name"))
    held = Q(a__contains=wanted) | Q(b__contains=wanted)
    digits = "".join(character for character in text if character.isdigit())
    if len(digits) >= 3:
        held |= Q(phone__contains=digits) | Q(wa_id__contains=digits)
    # The limit is looked up before: within one statement the planner would read all there is, and then cut.
    eldest = Message.objects.order_by("-id").values_list("pk", flat=True)[SEARCHED_MESSAGES - 1 : SEARCHED_MESSAGES]
    recent = Message.objects.filter(pk__gte=next(iter(eldest), 0)).alias(said=sortable(Cast("content", CharField())))
    spoken = set(recent.filter(said__contains=wanted).values_list("conversation_id", flat=True))
    return Q(contact__in=names.filter(held).values("pk")) | Q(pk__in=spoken)


# --- what the owner does ---------------------------------------------------------------------------------------------
def reply(
    *, conversation: Conversation, text: str, key: str = "", now: datetime, payload: dict[str, Any] | None = None,
    sources: Sequence[dict[str, Any]] = (),
) -> Message:  # fmt: skip
    """Send the owner's own words to the customer, and keep the assistant quiet for a while. In the tenant's scope.

    The same ``key`` is sent once, however often it is asked for: a page whose line dropped asks again. Raises NotSent.
    """
    with transaction.atomic():
        conversation = lock(conversation)
        if key and (known := find_known(conversation, key)):
            return known
        if (refusal := why_not(conversation, now=now)) is not None:
            raise refusal
        message = Message.objects.create(
            user=conversation.user,
            conversation=conversation,
            role=Message.Role.OWNER,
            content=text,
            payload={**(payload or {}), **({"key": key} if key else {})},
            sources=list(sources),
            created_at=now,
        )
        try:
            outbox.put_reply(message=message, parts=[text_part(part) for part in split(text)], now=now)
        except outbox.NoRecipient as fault:
            raise _no_recipient() from fault
        talk_events.tell_spoken(message, conversation=conversation, now=now)
        takeover.keep_quiet(conversation=conversation, now=now)
        settle(conversation, now=now)
    return message


def add_note(*, conversation: Conversation, text: str, key: str = "", now: datetime) -> Message:
    """Keep a word for the owner alone: it is never sent, and no assistant reads it. In the tenant's scope.

    The same ``key`` is kept once. Raises NotSent in an own talk.
    """
    with transaction.atomic():
        conversation = lock(conversation)
        if key and (known := find_known(conversation, key)):
            return known
        if conversation.audience != Conversation.Audience.CUSTOMER:
            raise _own_talk()
        message: Message = Message.objects.create(
            user=conversation.user,
            conversation=conversation,
            role=Message.Role.NOTE,
            content=text,
            payload={"key": key} if key else {},
            created_at=now,
        )
        inbox_events.tell(conversation.user_id, conversation.pk)
    return message


def take_over(*, conversation: Conversation, minutes: int | None, now: datetime) -> None:
    """The owner speaks for ``minutes``, or until handed back. In the tenant's scope. Raises NotSent in an own talk."""
    with transaction.atomic():
        conversation = lock(conversation)
        if conversation.audience != Conversation.Audience.CUSTOMER:
            raise _own_talk()
        takeover.take_over(conversation=conversation, minutes=minutes, now=now)
        Conversation.objects.filter(pk=conversation.pk).update(handover_at=None)
        inbox_events.tell(conversation.user_id, conversation.pk)


def hand_back(*, conversation: Conversation, now: datetime) -> None:
    """The assistant speaks again. In the tenant's scope."""
    with transaction.atomic():
        conversation = lock(conversation)
        takeover.hand_back(conversation=conversation, now=now)
        Conversation.objects.filter(pk=conversation.pk).update(handover_at=None)
        inbox_events.tell(conversation.user_id, conversation.pk)


def mark_read(*, conversation: Conversation) -> None:
    """The owner has seen all of it. In the tenant's scope."""
    with transaction.atomic():
        if Conversation.objects.filter(pk=conversation.pk, unread__gt=0).update(unread=0):
            inbox_events.tell(conversation.user_id, conversation.pk)


def send_product(*, conversation: Conversation, product: Product, key: str = "", now: datetime) -> Message:
    """Send a product with its price and stock of now. In the tenant's scope. Raises NotSent."""
    source = {
        "id": product.pk,
        "type": "product",
        "name": product.name,
        "url": f"/user/commercial/products?id={product.pk}",
    }
    return reply(
        conversation=conversation,
        text=word_product(conversation=conversation, product=product, now=now),
        key=key,
        now=now,
        payload={"product": product.pk},
        sources=[source],
    )


def word_product(*, conversation: Conversation, product: Product, now: datetime) -> str:
    """What ``send_product`` would send, in the customer's language."""
    currency, language = Preferences.current(conversation.user).currency, language_of(conversation)
    with translation.override(language):
        lines = [f"*{product.name}*", format_price(amount=product.price, currency=currency, language=language)]
        if not product.stock:
            lines.append(_("Agotado por ahora."))
        if product.description.strip():
            lines.append(product.description.strip())
    return "\n".join(lines)[:LONGEST_REPLY]


def send_slot(*, conversation: Conversation, start: datetime, minutes: int, key: str = "", now: datetime) -> Message:
    """Offer a free time of the owner's. In the tenant's scope. Raises NotFree and NotSent."""
    text = word_slot(conversation=conversation, start=start, minutes=minutes, now=now)
    return reply(
        conversation=conversation, text=text, key=key, now=now, payload={"slot": start.isoformat(), "minutes": minutes}
    )


def word_slot(*, conversation: Conversation, start: datetime, minutes: int, now: datetime) -> str:
    """What ``send_slot`` would send, in the customer's language. In the tenant's scope. Raises NotFree."""
    user: User = conversation.user
    end = start + timedelta(minutes=minutes)
    if not now <= start <= now + timedelta(days=SLOT_DAYS):
        raise NotFree(_("Ese horario ya pasó o queda demasiado lejos."))
    free = free_slots(user=user, now=now, start=start, end=end, minutes=minutes)
    if not any(slot.start <= start and end <= slot.end for slot in free):
        raise NotFree(_("Ese horario ya no está libre."))
    zone = ZoneInfo(user.timezone)
    opens, closes = start.astimezone(zone), end.astimezone(zone)
    with translation.override(language_of(conversation)):
        day = f"{date_format(opens, 'l')} {date_format(opens, 'MONTH_DAY_FORMAT')}"
        when = {"day": day, "start": f"{opens:%H:%M}", "end": f"{closes:%H:%M}"}
        return _("Tengo libre el %(day)s, de %(start)s a %(end)s. ¿Te sirve?") % when


def split(text: str, *, limit: int = TEXT) -> list[str]:
    """The owner's words as they are, in parts that WhatsApp takes: cut at paragraphs, lines, sentences or words."""
    parts, rest = [], text.strip()
    while units(rest) > limit:
        head = rest[:limit]
        while units(head) > limit:
            head = head[:-1]
        at = next((found + len(mark) for mark in _BREAKS if (found := head.rfind(mark)) > len(head) // 2), len(head))
        parts.append(rest[:at].strip())
        rest = rest[at:].strip()
    return [part for part in [*parts, rest] if part]


def why_not(conversation: Conversation, *, now: datetime) -> NotSent | None:
    """Why the owner cannot write to this customer now, with the way out; None when they can."""
    return why_not_at_all(conversation) or _why_not_freely(conversation, now=now)


def why_not_at_all(conversation: Conversation) -> NotSent | None:
    """Why not even an approved template may be sent; None when one may."""
    if conversation.audience != Conversation.Audience.CUSTOMER or conversation.channel != Conversation.Channel.WHATSAPP:
        return _own_talk()
    contact = conversation.contact
    if contact is None or not (contact.wa_id or contact.bsuid):
        return _no_recipient()
    if contact.opted_out_at is not None:
        return NotSent(
            "opted_out",
            _("%(name)s pidió no recibir más mensajes. Podrás escribirle cuando vuelva a escribirte con «ALTA».")
            % {"name": contact.name},
        )
    return None


def _why_not_freely(conversation: Conversation, *, now: datetime) -> NotSent | None:
    if conversation.window_until is None or conversation.window_until <= now:
        contact = conversation.contact
        ways = _("Escríbele por correo") if contact is not None and contact.email else _("Llámale")
        return NotSent(
            "window_closed",
            _(
                "Pasaron más de 24 horas desde su último mensaje y WhatsApp ya no deja enviarle texto libre. "
                "%(way)s, envíale una plantilla aprobada o espera a que te escriba."
            )
            % {"way": ways},
        )
    return None


def _own_talk() -> NotSent:
    return NotSent(
        "own_talk", _("Esta conversación es tuya con tu asistente: aquí no hay un cliente a quien responder.")
    )


def _no_recipient() -> NotSent:
    return NotSent("no_recipient", _("No sabemos a qué número de WhatsApp escribirle. Espera a que te escriba."))


def lock(conversation: Conversation) -> Conversation:
    """The conversation as it is now, locked, with whom it is with and the number."""
    found: Conversation = (
        Conversation.objects.select_for_update(of=("self",)).select_related("contact", "number").get(pk=conversation.pk)
    )
    return found


def find_known(conversation: Conversation, key: str) -> Message | None:
    """The owner's message that was sent with that key; None when there is none."""
    own = Message.objects.filter(conversation=conversation, role__in=[Message.Role.OWNER, Message.Role.NOTE])
    latest = own.order_by("-id")[:KEPT_KEYS]
    return next((message for message in latest if message.payload.get("key") == key), None)


def settle(conversation: Conversation, *, now: datetime) -> None:
    """The owner has spoken: nothing here waits for them any more."""
    Conversation.objects.filter(pk=conversation.pk).update(unread=0, handover_at=None, updated_at=now)
    inbox_events.tell(conversation.user_id, conversation.pk)


def language_of(conversation: Conversation) -> str:
    """The customer's, else the tenant's."""
    language = conversation.contact.language if conversation.contact else ""
    return language if language in dict(settings.LANGUAGES) else str(conversation.user.language)
