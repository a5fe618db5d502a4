"""Reminders and digests by WhatsApp, to the owner's own phone: a channel that writes into the outbox."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import F
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from agenda.lateness import useful_until
from agenda.models import Reminder
from messaging import outbox
from messaging.channels import Notice, Refused
from messaging.models import Conversation, Delivery, PhoneLink
from messaging.outbox import Recipient
from messaging.whatsapp import window
from messaging.whatsapp.origins import Origin, origins_of
from messaging.whatsapp.rendering import BODY, TEXT, units
from messaging.whatsapp.templates import DIGEST, REMINDER, find_template
from tenants.models import Preferences, User


@dataclass(frozen=True, slots=True)
class Place:
    """The owner's phone, and the number from which it is written to."""

    link: PhoneLink
    origin: Origin

    @property
    def recipient(self) -> Recipient:
        return Recipient(self.link.wa_id) if self.link.wa_id else Recipient(self.link.bsuid, is_bsuid=True)


class WhatsApp:
    """Says it with buttons while the window of 24 hours is open, and by a template after it.

    What can certainly not go out is refused at once; what fails later opens the reminder again (``messaging.endings``),
    and is then refused here. Either way the person's next channel takes it.
    """

    name = "whatsapp"
    writes_rows = True
    is_silent = False

    def reaches(self, user: User) -> bool:
        return find_place(user, now=timezone.now()) is not None

    def send(self, notice: Notice, *, now: datetime) -> None:
        place = find_place(notice.user, now=now)
        if place is None:
            raise Refused("no_number")
        user, reminder, state = notice.user, notice.reminder, place.origin.state
        if state.no_proactive_before is not None and state.no_proactive_before > now:
            raise Refused("spam_limit")
        template = write_template(notice)
        until = window.window_of_owner(user=user, link=place.link, phone_number_id=place.origin.phone_number_id)
        has_template = find_template(state=state, name=template["name"], language=template["language"]) is not None
        if not window.is_open(until, now=now) and not has_template:
            raise Refused("window_closed")
        preferences = Preferences.current(user)
        preferences.user = user
        delivery = outbox.put(
            user=user,
            kind=Delivery.Kind.NOTICE,
            key=f"reminder:{reminder.pk}:{int(reminder.due_at.timestamp())}",
            recipient=place.recipient,
            payload=write_payload(notice),
            text=_text(notice, TEXT),
            phone_number_id=place.origin.phone_number_id,
            channel=place.origin.channel,
            reminder=reminder,
            template=template,
            useful_until=useful_until(reminder=reminder, preferences=preferences),
            now=now,
        )
        if delivery.status == Delivery.Status.FAILED:
            raise Refused("not_delivered", is_final=True)


def find_place(user: User, *, now: datetime) -> Place | None:
    """Where the owner is reached: by the number to which that phone wrote last, else the tenant's own, else the shared.

    None when no phone is linked, or no number can send now. In the tenant's scope.
    """
    owners = PhoneLink.objects.filter(user=user, role=PhoneLink.Role.OWNER).exclude(wa_id="", bsuid="")
    link = owners.order_by(F("last_seen_at").desc(nulls_last=True), "-pk").first()
    if link is None:
        return None
    # A phone that only the tenant's own number vouches for hears nothing from the platform's.
    mine = [one for one in origins_of(user) if link.is_proved or one.channel is not None]
    origins = [one for one in mine if not one.state.paused_for]
    talks = Conversation.objects.filter(user=user, link=link).exclude(window_until=None).order_by("-window_until")
    for phone_number_id in talks.values_list("phone_number_id", flat=True):
        for origin in origins:
            if origin.phone_number_id == phone_number_id:
                return Place(link, origin)
    return Place(link, origins[0]) if origins else None


def write_payload(notice: Notice) -> dict[str, Any]:
    """The message inside the window: with buttons where there is something to answer."""
    buttons = _buttons(notice)
    if not buttons:
        return {"type": "text", "text": {"body": _text(notice, TEXT)}}
    replies = [{"type": "reply", "reply": {"id": choice, "title": title}} for choice, title in buttons]
    interactive = {"type": "button", "body": {"text": _text(notice, BODY)}, "action": {"buttons": replies}}
    return {"type": "interactive", "interactive": interactive}


def write_template(notice: Notice) -> dict[str, Any]:
    """The same outside of the window."""
    buttons = _buttons(notice)
    return {
        "name": REMINDER if buttons else DIGEST,
        "language": notice.user.language,
        "values": [notice.title, notice.body],
        "payloads": [choice for choice, _title in buttons],
    }


def _buttons(notice: Notice) -> list[tuple[str, str]]:
    """What to answer with a tap, as (id, title): Meta shows twenty characters of a title."""
    reminder = notice.reminder
    with translation.override(notice.user.language):
        if reminder.kind == Reminder.Kind.APPOINTMENT:
            titles = [_("Confirmar"), _("Cambiar la hora"), _("Cancelar")]
        elif reminder.kind == Reminder.Kind.TASK:
            titles = [_("Ya está hecha"), _("Cambiar la fecha"), _("Quitar la tarea")]
        else:
            return []
    verbs = ("reminder-confirm", "reminder-move", "reminder-cancel")
    return [(f"{verb}:{reminder.pk}", title[:20]) for verb, title in zip(verbs, titles, strict=True)]


def _text(notice: Notice, longest: int) -> str:
    """Title and text, cut to ``longest`` units of UTF-16."""
    title = " ".join(notice.title.split())
    text = f"*{title}*\n{notice.body}".strip()
    if units(text) <= longest:
        return text
    text = text[:longest]
    while units(text) >= longest:
        text = text[:-1]
    return text.rstrip() + "…"
