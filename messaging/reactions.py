"""What is done when WhatsApp refuses a message, each row of the table in ``messaging.whatsapp.errors``.

A refusal teaches something about the number, the person or the template, whether it comes in the answer to a call or
later in a status. What came in the answer may be tried again; what a status calls failed stays so.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from messaging import endings
from messaging.models import Channel, Delivery, SharedNumber
from messaging.whatsapp import alarms, templates
from messaging.whatsapp.channels import NumberState
from messaging.whatsapp.errors import Reaction, Refused
from messaging.whatsapp.values import as_text

PAUSES = tuple(timedelta(seconds=n) for n in (5, 30, 120, 600))  # before what passes is tried again
SHORTEST, LONGEST = timedelta(seconds=2), timedelta(minutes=5)  # of a number that was told to slow down
PAIR_SHORTEST, PAIR_LONGEST = timedelta(seconds=30), timedelta(hours=1)
DAY = timedelta(hours=24)


def refuse(delivery: Delivery, refusal: Refused, *, now: datetime) -> str:
    """The call was refused: draw the conclusions, and try again, or end it. The row is locked. Returns its status."""
    delivery.sent_at = None
    learn(delivery, refusal, now=now)
    moment = _again_at(delivery, refusal, now=now)
    if moment is None or moment >= endings.gives_up_at(delivery):
        return endings.fail(delivery, now=now)
    return endings.postpone(delivery, moment)


def retreat(delivery: Delivery, *, now: datetime) -> str:
    """There was no connection: try again, ever more rarely, as long as it is of use. Returns its status."""
    delivery.sent_at, delivery.code, delivery.detail = None, None, "unreachable"
    moment = now + _pause(delivery.attempts, SHORTEST, LONGEST)
    if moment >= endings.gives_up_at(delivery):
        return endings.fail(delivery, now=now)
    return endings.postpone(delivery, moment)


def learn(delivery: Delivery, refusal: Refused, *, now: datetime) -> None:
    """Note what a refusal says of the number, the person and the template. ``delivery`` is not saved."""
    delivery.code = refusal.code
    delivery.detail = as_text(refusal.details or refusal.title, most=300)
    lesson = _lessons.get(refusal.reaction)
    if lesson is not None:
        lesson(delivery, refusal, now)


def tires(delivery: Delivery, *, now: datetime) -> bool:
    """Whether WhatsApp asked, less than 24 hours ago, to leave this person alone."""
    known = Delivery.objects.filter(
        user=delivery.user, phone_number_id=delivery.phone_number_id, recipient=delivery.recipient
    )
    return bool(known.filter(code__in=WAIT_A_DAY, failed_at__gt=now - DAY).exists())


def _again_at(delivery: Delivery, refusal: Refused, *, now: datetime) -> datetime | None:
    """When to try it again; None when it is over."""
    match refusal.reaction:
        case Reaction.SLOW_NUMBER | Reaction.SLOW_APP | Reaction.SLOW_ACCOUNT:
            return now + _pause(delivery.attempts, SHORTEST, LONGEST, refusal.retry_after)
        case Reaction.SLOW_PAIR:
            return now + _pause(delivery.attempts, PAIR_SHORTEST, PAIR_LONGEST, refusal.retry_after)
        case Reaction.RECONNECT | Reaction.HALT:
            return now  # the number stands still: it waits there
        case Reaction.USE_TEMPLATE:
            return now if delivery.template and delivery.payload else None
        case Reaction.RETRY if delivery.attempts <= len(PAUSES):
            return now + PAUSES[delivery.attempts - 1] * random.uniform(0.8, 1.2)  # noqa: S311
    return None


def _pause(attempts: int, shortest: timedelta, longest: timedelta, wanted: float | None = None) -> timedelta:
    """Twice as long each time, with jitter, so that what was refused together does not come back together."""
    pause = min(shortest * 2 ** min(max(attempts - 1, 0), 16), longest) * random.uniform(0.7, 1.3)  # noqa: S311
    return max(pause, timedelta(seconds=wanted or 0))


def _slow_down(delivery: Delivery, refusal: Refused, now: datetime) -> None:
    until = now + _pause(delivery.attempts, SHORTEST, LONGEST, refusal.retry_after)
    for state in _numbers(delivery, refusal.reaction):
        if state.not_before is None or state.not_before < until:
            state.not_before = until
            state.save(update_fields=["not_before"])


def _stop_proactive(delivery: Delivery, _refusal: Refused, now: datetime) -> None:
    for state in _numbers(delivery):
        alarms.limit_to_replies(state, until=now + DAY, now=now)


def _opt_out(delivery: Delivery, _refusal: Refused, now: datetime) -> None:
    contact = delivery.contact
    if contact is not None and contact.opted_out_at is None:
        contact.opted_out_at = now
        contact.save(update_fields=["opted_out_at", "updated_at"])


def _reconnect(delivery: Delivery, _refusal: Refused, now: datetime) -> None:
    for state in _numbers(delivery):
        alarms.mark_token_invalid(state, now=now)


def _halt(delivery: Delivery, _refusal: Refused, now: datetime) -> None:
    for state in _numbers(delivery):
        alarms.mark_blocked(state, now=now)


def _bill(delivery: Delivery, _refusal: Refused, now: datetime) -> None:
    for state in _numbers(delivery):
        alarms.mark_payment_problem(state, now=now)


def _stop_template(delivery: Delivery, refusal: Refused, _now: datetime) -> None:
    name, language = delivery.template.get("name"), delivery.template.get("language")
    if name and language:
        for state in _numbers(delivery):
            templates.stop_template(state, name=name, language=language, code=refusal.code)


def _numbers(delivery: Delivery, reaction: Reaction = Reaction.SLOW_NUMBER) -> Sequence[NumberState]:
    """The numbers of the tenant, locked, that the reaction is about; the shared one when it went out from there."""
    if delivery.channel_id is None:
        shared = SharedNumber.objects.select_for_update().filter(phone_number_id=delivery.phone_number_id)
        return list(shared)
    own = list(Channel.objects.select_for_update().filter(user=delivery.user).order_by("pk"))
    this = next((one for one in own if one.pk == delivery.channel_id), None)
    if this is None:
        return []
    if reaction == Reaction.SLOW_APP:
        return [one for one in own if one.app_secret == this.app_secret]
    if reaction == Reaction.SLOW_ACCOUNT and this.business_account_id:
        return [one for one in own if one.business_account_id == this.business_account_id]
    return [this]


WAIT_A_DAY = (131049, 130472)
_lessons: dict[Reaction, Callable[[Delivery, Refused, datetime], None]] = {
    Reaction.SLOW_NUMBER: _slow_down,
    Reaction.SLOW_APP: _slow_down,
    Reaction.SLOW_ACCOUNT: _slow_down,
    Reaction.STOP_PROACTIVE: _stop_proactive,
    Reaction.OPT_OUT: _opt_out,
    Reaction.RECONNECT: _reconnect,
    Reaction.HALT: _halt,
    Reaction.BILLING: _bill,
    Reaction.STOP_TEMPLATE: _stop_template,
}
