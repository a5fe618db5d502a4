"""Writing to somebody because a program or a page of the tenant's asks for it: free text, or an approved template."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from messaging import budget, inbox_events, outbox, talks
from messaging.models import Channel, Conversation, Delivery, Message, PhoneLink
from messaging.outbox import NoRecipient, Recipient
from messaging.whatsapp import window
from messaging.whatsapp.errors import explain
from messaging.whatsapp.origins import Origin, origins_of
from messaging.whatsapp.rendering import TEXT, units
from messaging.whatsapp.templates import Template, WrongVariables, find_template
from tenants import contacts
from tenants.limits import Limit, hit
from tenants.models import Contact, User
from tenants.phones import digits_of, match_key

SENDS_BY_TENANT = Limit("whatsapp-sends", times=600, period=timedelta(minutes=10))


class NotSent(Exception):
    """It may not be sent now. ``code`` says why; the text is for people, with what to do."""

    def __init__(self, code: str, text: str = "") -> None:
        why = explain(code=None, detail=code)
        super().__init__(text or f"{why.text} {why.remedy}")
        self.code = code


@dataclass(frozen=True, slots=True)
class Wish:
    """Which template: a name, a language (empty: the person's), and the values of its variables in order."""

    name: str
    language: str = ""
    variables: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Person:
    """To whom: a customer, else the owner's own phone."""

    recipient: Recipient
    contact: Contact | None
    link: PhoneLink | None = None


def send(
    *, user: User, to: str, text: str = "", template: Wish | None = None, channel: int | None = None, now: datetime
) -> Delivery:
    """Put a message to ``to`` (a phone in any spelling, or a business-scoped id) into the outbox.

    Inside the window of 24 hours the text goes out, outside of it the template. It goes out from the number
    ``channel``, else from that to which the person wrote last, else from the tenant's first, else from the shared one.
    In the tenant's scope. Raises NotSent, ValidationError by field, and limits.TooMany.
    """
    if not text.strip() and template is None:
        raise ValidationError({"text": _("Escribe un texto o elige una plantilla.")})
    if units(text) > TEXT:
        raise ValidationError({"text": _("WhatsApp admite hasta %(n)d caracteres.") % {"n": TEXT}})
    if channel is not None and not Channel.objects.filter(user=user, pk=channel).exists():
        raise ValidationError({"channel": _("No tienes ese número.")})
    origins = [one for one in origins_of(user) if channel is None or (one.channel and one.channel.pk == channel)]
    if not origins:
        raise NotSent("no_number")
    hit(limit=SENDS_BY_TENANT, who=str(user.pk), now=now)
    if budget.refuses(user=user, kind=Delivery.Kind.SEND, now=now):
        with transaction.atomic():
            budget.note(user=user, now=now)
        raise NotSent(budget.CODE)
    with transaction.atomic():
        has_own = origins[0].channel is not None
        person = _find(user, to, may_add=template is not None or not has_own)
        if person.contact is not None and person.contact.opted_out_at is not None:
            raise NotSent("opted_out")
        origin, is_open = _choose(user, person, origins, now=now)
        if origin.channel is None and not _is_known(user, person, origin):
            raise NotSent("stranger", _("Por el número compartido solo puedes escribir a quien ya te escribió."))
        if origin.state.no_proactive_before is not None and origin.state.no_proactive_before > now:
            raise NotSent("spam_limit")
        if template is None and not is_open:
            raise NotSent("window_closed")
        found, filled = fill(origin=origin, wish=template, user=user) if template is not None else (None, {})
        goes_as_text = bool(text.strip()) and is_open
        said = text if goes_as_text or found is None else found.preview(filled["values"])
        return outbox.put(
            user=user,
            kind=Delivery.Kind.SEND,
            key=f"send:{uuid.uuid4().hex}",
            recipient=person.recipient,
            payload={"type": "text", "text": {"body": text, "preview_url": True}} if text.strip() else {},
            text=said,
            phone_number_id=origin.phone_number_id,
            channel=origin.channel,
            contact=person.contact,
            message=_note(user, person, origin, said, template={} if goes_as_text else filled, now=now),
            template=filled,
            now=now,
        )


def _find(user: User, to: str, *, may_add: bool) -> Person:
    """The contact with that phone or id; the owner's own phone; a new contact for a phone when ``may_add``."""
    key = match_key(to)
    if not key:
        contact = Contact.objects.filter(user=user, bsuid=to.strip()).exclude(bsuid="").first()
        if contact is None:
            raise ValidationError({"to": _("Escríbelo con el código del país: +573001234567.")})
        return Person(_recipient(contact), contact)
    link = PhoneLink.objects.filter(user=user, role=PhoneLink.Role.OWNER, phone_key=key).first()
    if link is not None and link.wa_id:
        return Person(Recipient(link.wa_id), None, link)
    contact = Contact.objects.filter(user=user, whatsapp_key=key).first()
    if contact is None and may_add:
        phone = f"+{digits_of(to)}"
        contact = contacts.add(user=user, name=phone, phone=phone)
    if contact is None:
        raise NotSent("window_closed")
    return Person(_recipient(contact), contact)


def _recipient(contact: Contact) -> Recipient:
    if contact.wa_id or contact.phone:
        return Recipient(contact.wa_id or digits_of(contact.phone))
    if contact.bsuid:
        return Recipient(contact.bsuid, is_bsuid=True)
    raise NoRecipient


def _choose(user: User, person: Person, origins: Sequence[Origin], *, now: datetime) -> tuple[Origin, bool]:
    """The number whose window is open longest, else the first; and whether its window is open."""
    windows = []
    for origin in origins:
        if person.contact is not None:
            found = window.window_of_contact(user=user, contact=person.contact, phone_number_id=origin.phone_number_id)
        else:
            assert person.link is not None  # noqa: S101  (one or the other, by ``_find``)
            found = window.window_of_owner(user=user, link=person.link, phone_number_id=origin.phone_number_id)
        windows.append((found, origin))
    open_ones = [(until, place) for place, (until, _origin) in enumerate(windows) if until and until > now]
    if not open_ones:
        return origins[0], False
    _until, place = max(open_ones)
    return origins[place], True


def _is_known(user: User, person: Person, origin: Origin) -> bool:
    """Whether this person has written to the tenant on the shared number."""
    if person.contact is None:
        return person.link is not None and person.link.is_proved
    talks_there = Conversation.objects.filter(
        user=user, contact=person.contact, phone_number_id=origin.phone_number_id, number=None
    )
    return bool(talks_there.exclude(window_until=None).exists())


def fill(*, origin: Origin, wish: Wish, user: User) -> tuple[Template, dict[str, Any]]:
    """The approved template of that number, and it with its values as the outbox takes it. Raises ValidationError."""
    language = wish.language or user.language
    template = find_template(state=origin.state, name=wish.name, language=language)
    if template is None or (wish.language and template.language[:2] != wish.language[:2]):
        raise ValidationError({"template": _("No hay una plantilla aprobada con ese nombre y ese idioma.")})
    values = list(wish.variables)
    try:
        template.components(values)
    except WrongVariables as fault:
        names = ", ".join(fault.wanted) or "—"
        raise ValidationError(
            {"template": _("Esta plantilla lleva estos valores: %(names)s.") % {"names": names}}
        ) from fault
    return template, {"name": template.name, "language": template.language, "values": values}


def _note(
    user: User, person: Person, origin: Origin, text: str, *, template: dict[str, Any], now: datetime
) -> Message | None:
    """Keep it in the conversation with the customer, where the owner sees what became of it."""
    if person.contact is None:
        return None
    conversation = talks.find_or_begin(
        user=user,
        number=origin.channel,
        phone_number_id=origin.phone_number_id,
        contact=person.contact,
        now=now,
    )
    message: Message = Message.objects.create(
        user=user,
        conversation=conversation,
        role=Message.Role.OWNER,
        content=text,
        payload=about_template(template),
        created_at=now,
    )
    conversation.updated_at = now
    conversation.save(update_fields=["updated_at"])
    inbox_events.tell(user.pk, conversation.pk)
    return message


def about_template(filled: dict[str, Any]) -> dict[str, Any]:
    """What a message keeps of the template as which it goes out; nothing when it goes out as text."""
    return {"template": {"name": filled["name"], "language": filled["language"]}} if filled else {}
