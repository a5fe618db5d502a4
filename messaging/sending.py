"""Sending one claimed message: look at it once more, commit ``sending``, call WhatsApp, write down how it ended."""

from __future__ import annotations

import functools
import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import InterfaceError, OperationalError, transaction

from agenda.perils import pass_by
from messaging import budget, crew, endings, reactions, takeover
from messaging.crew import LOST, Clock, Ending
from messaging.dispatch import Claim
from messaging.models import Delivery, Message
from messaging.pacing import next_for_pair
from messaging.whatsapp import reach, window
from messaging.whatsapp.errors import Refused, Unreachable
from messaging.whatsapp.gateway import Gateway
from messaging.whatsapp.origins import NotConnected, Origin, find_origin
from messaging.whatsapp.templates import WrongVariables, find_template
from tenants.models import User

logger = logging.getLogger(__name__)

FAULTS = 3  # of ours, until a message is given up
FAULT_PAUSE = timedelta(minutes=1)
CLOSED = 131047  # WhatsApp's code for a window that is closed: the same text is never sent again

Kind = Delivery.Kind
Status = Delivery.Status


@dataclass(frozen=True, slots=True)
class Sending:
    """A message that is about to go out: ``sending`` is committed."""

    claim: Claim
    user: User
    gateway: Gateway
    payload: dict[str, Any]
    recipient: str
    is_bsuid: bool


def callback_of(delivery_id: int) -> str:
    """What WhatsApp says back with every status of the message."""
    return f"delivery:{delivery_id}"


def id_of_callback(data: object) -> int | None:
    """The message of ours that comes back in a status; None when it names none."""
    name, _colon, number = data.partition(":") if isinstance(data, str) else ("", "", "")
    return int(number) if name == "delivery" and number.isascii() and number.isdigit() and len(number) < 19 else None


def send(claim: Claim, *, user: User, clock: Clock) -> str:
    """See one claimed message through. Returns its status then, «lost» when the claim was ours no more."""
    return crew.see_through(
        begin=functools.partial(_begin, claim, user),
        stumble=functools.partial(_stumble, claim),
        call=_call,
        user=user,
        what=f"message {claim.delivery_id}",
        peril="before_whatsapp_send",
        seconds=settings.WHATSAPP["SENDING_LEASE_SECONDS"],
        clock=clock,
    )


def give_up(claim: Claim, *, user: User, now: datetime) -> int:
    """Mark unknown what nobody is sending any more. In the tenant's scope. Returns 1 if so."""
    try:
        with transaction.atomic():
            delivery = _held(claim, Status.SENDING)
            if delivery is not None:
                endings.lose(delivery, detail="unknown", now=now)
            return int(delivery is not None)
    except (OperationalError, InterfaceError):
        raise
    except Exception:  # it must not be found there for ever, even where the bell cannot say so
        logger.exception("message %s is unknown, and that cannot be told", claim.delivery_id)
        held = Delivery.objects.filter(pk=claim.delivery_id, fence=claim.fence, status=Status.SENDING)
        return int(held.update(status=Status.UNKNOWN, detail="unknown", lease_until=None, updated_at=now))


def _begin(claim: Claim, user: User, *, now: datetime) -> Sending | str:
    """Look at the claimed message once more and decide: the status that it came to, or what is to be sent."""
    with transaction.atomic():
        delivery = _held(claim, Status.QUEUED)
        if delivery is None:
            return LOST
        is_active, delivery.user = delivery.user.is_active, user
        if not is_active and now < endings.gives_up_at(delivery):  # suspended since it was claimed
            return endings.postpone(delivery, delivery.next_at)
        if reason := _reason_to_drop(delivery, now=now):
            return endings.fail(delivery, now=now, detail=reason)
        try:
            origin = find_origin(user=user, channel_id=delivery.channel_id, phone_number_id=delivery.phone_number_id)
        except NotConnected:
            return endings.fail(delivery, now=now, detail="no_number")
        if origin.is_paused(now=now):
            return endings.postpone(delivery, delivery.next_at)
        if reason := _reason_to_wait(delivery, origin, now=now):
            return endings.fail(delivery, now=now, detail=reason)
        moment = next_for_pair(delivery, now=now)
        if moment > now:
            return endings.postpone(delivery, moment)
        if budget.refuses(user=user, kind=delivery.kind, now=now):
            budget.note(user=user, now=now)
            return endings.fail(delivery, now=now, detail=budget.CODE)
        payload = _choose(delivery, origin, now=now)
        if isinstance(payload, str):
            return endings.fail(delivery, now=now, detail=payload)
        delivery.status, delivery.attempts = Status.SENDING, min(delivery.attempts + 1, 30_000)
        delivery.lease_until = now + timedelta(seconds=settings.WHATSAPP["SENDING_LEASE_SECONDS"])
        delivery.sent_at = now  # counts for the pace, whatever becomes of it
        delivery.save()
        return Sending(claim, user, origin.gateway(), payload, delivery.recipient, delivery.is_bsuid)


def _reason_to_drop(delivery: Delivery, *, now: datetime) -> str:
    """Why it must not go out any more, as a code; empty when it may."""
    if now >= endings.gives_up_at(delivery):
        return "too_late"
    contact = delivery.contact
    if contact is not None and contact.opted_out_at is not None and delivery.kind != Kind.SYSTEM:
        return "opted_out"
    whom: dict[str, Any] = {"contact": contact, "recipient": delivery.recipient, "is_bsuid": delivery.is_bsuid}
    if delivery.channel_id is None and delivery.kind != Kind.SYSTEM and not reach.may_reach(user=delivery.user, **whom):
        return "stranger"
    message = delivery.message
    if message is not None and message.role == Message.Role.ASSISTANT and delivery.kind == Kind.REPLY:
        talk = message.conversation
        taken_at = talk.taken_over_at
        if (
            taken_at is not None
            and taken_at > delivery.created_at
            and takeover.is_taken_over(conversation=talk, now=now)
        ):
            return "taken_over"
    return ""


def _reason_to_wait(delivery: Delivery, origin: Origin, *, now: datetime) -> str:
    """Why somebody who did not ask may not be written to now."""
    if delivery.kind not in (Kind.NOTICE, Kind.SEND):
        return ""
    until = origin.state.no_proactive_before
    if until is not None and until > now:
        return "spam_limit"
    return "tired" if reactions.tires(delivery, now=now) else ""


def _choose(delivery: Delivery, origin: Origin, *, now: datetime) -> dict[str, Any] | str:
    """What is sent: free text while the window is open, the template after it, else why neither."""
    is_open = window.is_open(window.window_of(delivery), now=now) and delivery.code != CLOSED
    if delivery.payload and is_open:
        return dict(delivery.payload)
    if not delivery.template:
        return "window_closed"
    name, language = str(delivery.template.get("name")), str(delivery.template.get("language"))
    template = find_template(state=origin.state, name=name, language=language)
    if template is None:
        return "no_template"
    components = delivery.template.get("components") or []
    if "values" in delivery.template:
        try:
            payloads = delivery.template.get("payloads") or []
            components = template.components(delivery.template["values"], payloads=payloads)
        except WrongVariables:
            return "no_template"
    delivery.template = delivery.template | {"language": template.language}
    content = {"name": name, "language": {"code": template.language}, "components": components}
    return {"type": "template", "template": content}


def _call(sending: Sending) -> Ending:
    """Send it, in no scope and with no connection. Returns what is to be written down."""
    claim = sending.claim
    try:
        sent = sending.gateway.send(
            sending.payload, sending.recipient, is_bsuid=sending.is_bsuid, callback=callback_of(claim.delivery_id)
        )
    except Refused as refusal:
        return functools.partial(_write, claim, functools.partial(reactions.refuse, refusal=refusal))
    except Unreachable:
        return functools.partial(_write, claim, reactions.retreat)
    except Exception as fault:  # noqa: BLE001  (whatever it is, nobody knows whether it went out)
        logger.warning("nobody knows whether message %s went out: %s", claim.delivery_id, type(fault).__name__)
        return functools.partial(_lose, claim)
    pass_by("after_whatsapp_send")
    return functools.partial(_write, claim, functools.partial(endings.confirm, sent=sent))


def _write(claim: Claim, ending: Callable[..., str], *, now: datetime) -> str | None:
    delivery = _held(claim, Status.SENDING, Status.UNKNOWN)
    return None if delivery is None else ending(delivery, now=now)


def _lose(claim: Claim, *, now: datetime) -> str | None:
    delivery = _held(claim, Status.SENDING)
    return None if delivery is None else endings.lose(delivery, detail="unknown", now=now)


def _stumble(claim: Claim, *, now: datetime) -> str:
    """After a fault of ours: to be tried again, and failed at the last time."""
    with transaction.atomic():
        delivery = _held(claim, Status.QUEUED)
        if delivery is None:
            return LOST
        delivery.attempts += 1
        if delivery.attempts >= FAULTS:
            return endings.fail(delivery, now=now, detail="fault")
        return endings.postpone(delivery, now + FAULT_PAUSE * delivery.attempts)


def _held(claim: Claim, *statuses: Status) -> Delivery | None:
    """The message, locked, while the claim is still its last and it has one of ``statuses``."""
    rows = Delivery.objects.filter(pk=claim.delivery_id, fence=claim.fence, status__in=statuses)
    related = ("user", "contact", "message__conversation", "reminder__appointment", "reminder__task")
    return rows.select_for_update(of=("self",)).select_related(*related).first()
