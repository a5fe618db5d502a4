"""What becomes known about a number's health: from Meta's own news, and from asking once a day.

What a refused message teaches is noted by ``messaging.reactions``; both ring the same bells (``alarms``).
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from messaging import outbox
from messaging.models import Channel, InboundUpdate, SharedNumber
from messaging.whatsapp import alarms, templates
from messaging.whatsapp.channels import NumberState
from messaging.whatsapp.errors import GraphError, Reaction, Refused, reaction_to
from messaging.whatsapp.origins import Origin
from messaging.whatsapp.values import as_dict, as_text, as_whole, dicts_in
from tenants.jobs import enqueue, enqueue_many
from tenants.models import User
from tenants.phones import match_key
from tenants.scope import all_tenants

logger = logging.getLogger(__name__)

CHECK_EVERY = timedelta(hours=24)
RESTRICTED_FOR = timedelta(days=7)  # when Meta names no end

Pause = NumberState.Pause
Kind = InboundUpdate.Kind


# --- what people do about it ----------------------------------------------------------------------------------------
def pause(state: NumberState, *, now: datetime) -> None:
    """The owner wants nothing to be sent. The row is locked."""
    if not state.paused_for:
        state.paused_for, state.paused_at = Pause.OWNER, now
        state.save(update_fields=["paused_for", "paused_at"])


def resume(state: NumberState) -> None:
    """Somebody has put it right: send again, in the caller's transaction, which has locked the row."""
    state.paused_for, state.paused_at, state.not_before, state.payment_problem_at = "", None, None, None
    state.save(update_fields=["paused_for", "paused_at", "not_before", "payment_problem_at"])
    if isinstance(state, Channel):
        outbox.resume(channel=state, now=timezone.now())
    else:
        outbox.ring()


# --- asking ---------------------------------------------------------------------------------------------------------
def ask_soon(state: NumberState) -> None:
    """Have the queue ask Meta about a number, in the caller's transaction."""
    if isinstance(state, Channel):
        enqueue("messaging.tasks.check_channel", state.user_id, state.pk)
    else:
        enqueue("messaging.tasks.check_shared_number")


def ask_due(*, now: datetime) -> int:
    """Have every number asked about that was not for a day. Returns how many. For the clock, once an hour."""
    due = Q(token_checked_at=None) | Q(token_checked_at__lt=now - CHECK_EVERY)
    with all_tenants():
        own = Channel.objects.filter(due, user__is_active=True).exclude(token="").exclude(paused_for=Pause.TOKEN)
        found = list(own.values_list("user_id", "pk"))
        enqueue_many("messaging.tasks.check_channel", found)
    shared = SharedNumber.current()
    if shared is None or (shared.token_checked_at is not None and shared.token_checked_at >= now - CHECK_EVERY):
        return len(found)
    enqueue("messaging.tasks.check_shared_number")
    return len(found) + 1


def check_channel(*, user: User, channel_id: int, now: datetime) -> str:
    """Ask Meta about a tenant's number. In the tenant's scope, outside of a transaction. Returns what was found."""
    channel = Channel.objects.filter(user=user, pk=channel_id).first()
    if channel is None or not channel.token:
        return "no token"
    return _check(Origin(channel, channel, channel.token), now=now)


def check_shared_number(*, now: datetime) -> str:
    """Ask Meta about the platform's number. Outside of a transaction. Returns what was found."""
    shared, token = SharedNumber.current(), settings.WHATSAPP["TOKEN"]
    if shared is None or not token:
        return "no token"
    return _check(Origin(None, shared, token), now=now)


def _check(origin: Origin, *, now: datetime) -> str:
    try:
        known = origin.gateway().fetch_number()
    except Refused as refusal:
        with _locked(origin) as state:
            if state is not None:
                _note_refusal(state, refusal, now=now)
        return f"refused: {refusal.code}"
    except GraphError as fault:
        return f"no answer: {fault}"
    with _locked(origin) as state:
        if state is None:
            return "changed meanwhile"
        _note_answer(state, known, now=now)
    if origin.state.business_account_id:
        try:
            templates.fetch_templates(origin, now=now)
        except GraphError as fault:
            return f"valid, without templates: {fault}"
    return "valid"


@contextmanager
def _locked(origin: Origin) -> Iterator[NumberState | None]:
    """The number's row as it is now; None when it has another token by now, or is gone."""
    with transaction.atomic():
        if origin.channel is None:
            yield SharedNumber.objects.select_for_update().filter(pk=origin.state.pk).first()
            return
        channel = Channel.objects.select_for_update().filter(pk=origin.channel.pk).first()
        is_same = channel is not None and (channel.token, channel.phone_number_id) == (
            origin.token,
            origin.phone_number_id,
        )
        yield channel if is_same else None


def _note_refusal(state: NumberState, refusal: Refused, *, now: datetime) -> None:
    # A token that opens other numbers, and not this one, is refused as well.
    if refusal.reaction in {Reaction.RECONNECT, Reaction.REJECT}:
        state.token_checked_at = now
        state.save(update_fields=["token_checked_at"])
        alarms.mark_token_invalid(state, now=now)
    elif refusal.reaction == Reaction.HALT:
        alarms.mark_blocked(state, now=now)


def _note_answer(state: NumberState, known: dict[str, Any], *, now: datetime) -> None:
    state.token_is_valid, state.token_checked_at = True, now
    state.display_phone_number = as_text(known.get("display_phone_number"), most=32) or state.display_phone_number
    state.quality = as_text(known.get("quality_rating"), most=20) or state.quality
    state.messaging_limit = as_text(known.get("messaging_limit_tier"), most=40) or state.messaging_limit
    state.save(
        update_fields=["token_is_valid", "token_checked_at", "display_phone_number", "quality", "messaging_limit"]
    )
    if state.paused_for == Pause.TOKEN:
        resume(state)


# --- Meta's own news ------------------------------------------------------------------------------------------------
def note(
    update: InboundUpdate, *, value: dict[str, Any], item: dict[str, Any], channel: Channel | None, now: datetime
) -> None:
    """What Meta says about a template, an account or a fault. ``channel`` is the tenant's own number, None the shared.

    In the update's transaction and the scope of all tenants. What is not understood is nothing to be done about.
    """
    state = _number_of(channel, value, item)
    if state is None:
        return
    if update.kind == Kind.TEMPLATE:
        _note_template(state, as_text(item.get("field"), most=60), value)
    elif update.kind == Kind.FAULT:
        _note_fault(state, as_whole(item.get("code")), now=now)
    elif (told := _news.get(as_text(item.get("field"), most=60))) is not None:
        told(state, value, now)


def _number_of(channel: Channel | None, value: dict[str, Any], item: dict[str, Any]) -> NumberState | None:
    """The number that it is about, locked. News of an account name the number by its digits, where it has many."""
    if channel is None:
        shared = SharedNumber.current()
        return SharedNumber.objects.select_for_update().filter(pk=shared.pk).first() if shared is not None else None
    own = list(Channel.objects.select_for_update().filter(user=channel.user_id).order_by("pk"))
    named = match_key(as_text(value.get("display_phone_number"), most=40))
    account = as_text(item.get("business_account_id"), most=40)
    for one in own:
        same_account = one.pk == channel.pk or (account and one.business_account_id == account)
        if named and same_account and match_key(one.display_phone_number) == named:
            return one
    return next((one for one in own if one.pk == channel.pk), None)


def _note_template(state: NumberState, field: str, value: dict[str, Any]) -> None:
    name, language = as_text(value.get("message_template_name")), as_text(value.get("message_template_language"))
    rows = [row for row in dicts_in(state.templates) if (row.get("name"), row.get("language")) == (name, language)]
    change = {
        "message_template_status_update": ("status", as_text(value.get("event"), most=40).upper()),
        "message_template_quality_update": ("quality", as_text(value.get("new_quality_score"), most=20).upper()),
        "template_category_update": ("category", as_text(value.get("new_category"), most=40).upper()),
    }.get(field)
    if not rows or change is None or not change[1]:
        ask_soon(state)  # one that we do not know yet, or whose text has changed
        return
    name, now_is = change
    if name == "status":
        now_is = {"REINSTATED": "APPROVED", "FLAGGED": rows[0].get("status", "APPROVED")}.get(now_is, now_is)
    for row in rows:
        row[name] = now_is
        if name == "status" and now_is == templates.APPROVED:
            row["stopped"] = None
    state.save(update_fields=["templates"])


def _note_fault(state: NumberState, code: int | None, *, now: datetime) -> None:
    match reaction_to(code):
        case Reaction.RECONNECT:
            ask_soon(state)  # a body says so; the gateway knows
        case Reaction.HALT:
            alarms.mark_blocked(state, now=now)
        case Reaction.BILLING:
            alarms.mark_payment_problem(state, now=now)
        case Reaction.STOP_PROACTIVE:
            alarms.limit_to_replies(state, until=now + CHECK_EVERY, now=now)


def _note_quality(state: NumberState, value: dict[str, Any], _now: datetime) -> None:
    event = as_text(value.get("event"), most=40).upper()
    state.quality = {"FLAGGED": "RED", "UNFLAGGED": "GREEN"}.get(event, state.quality)
    state.messaging_limit = as_text(value.get("current_limit"), most=40) or state.messaging_limit
    state.save(update_fields=["quality", "messaging_limit"])


def _note_account(state: NumberState, value: dict[str, Any], now: datetime) -> None:
    event = as_text(value.get("event"), most=60).upper()
    ban = as_text(as_dict(value.get("ban_info")).get("waba_ban_state"), most=40).upper()
    if ban == "REINSTATE" or event == "REINSTATED_ACCOUNT":
        if state.paused_for == Pause.BLOCKED:
            resume(state)
    elif ban == "DISABLE" or event in {"ACCOUNT_DELETED", "ACCOUNT_DISABLED"}:
        alarms.mark_blocked(state, now=now)
    elif event == "ACCOUNT_RESTRICTION":
        ends = [as_whole(one.get("expiration")) or 0 for one in dicts_in(value.get("restriction_info"))]
        seconds = max(ends, default=0)
        until = datetime.fromtimestamp(seconds, tz=now.tzinfo) if now.timestamp() < seconds < 4e9 else None
        alarms.limit_to_replies(state, until=until or now + RESTRICTED_FOR, now=now)


def _note_capability(state: NumberState, value: dict[str, Any], _now: datetime) -> None:
    most = as_whole(value.get("max_daily_conversation_per_phone"))
    if most is not None:
        state.messaging_limit = "TIER_UNLIMITED" if most < 0 else f"TIER_{most}"
        state.save(update_fields=["messaging_limit"])


_news: dict[str, Callable[[NumberState, dict[str, Any], datetime], None]] = {
    "phone_number_quality_update": _note_quality,
    "account_update": _note_account,
    "business_capability_update": _note_capability,
}
