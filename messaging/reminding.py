"""Sending reminders: what becomes of one that is due, and who sees to it.

scheduled → claimed → sending → sent | failed | unknown, or dropped. A channel that writes rows goes from claimed to
sent in one transaction. Before a channel is called ``sending`` is committed; whoever finds it there after its lease
calls it unknown, shows it, and sends it to nobody.
"""

from __future__ import annotations

import functools
import logging
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import InterfaceError, OperationalError, transaction
from django.utils import timezone

from agenda import claiming
from agenda.claiming import Claim
from agenda.lateness import useful_until
from agenda.models import Reminder
from agenda.perils import pass_by
from agenda.planning import digests_of, instants, stands
from messaging import bell, crew
from messaging.channels import Channel, Notice, Refused, channels_for, kind_of
from messaging.crew import LOST, Clock, Ending
from messaging.letters import address_of, say_failed, say_unconfirmed, write_notice
from messaging.mail.mailboxes import Mailbox
from messaging.models import Notification
from tenants.events import record
from tenants.hours import quiet_until
from tenants.jobs import enqueue
from tenants.models import Preferences, User
from tenants.scope import tenant_scope

logger = logging.getLogger(__name__)

PAUSES = (timedelta(minutes=1), timedelta(minutes=5), timedelta(minutes=15))  # before a channel is tried again
FAULTS = 3  # of ours, until a reminder is given up
CHUNK = 10  # claimed at once by each thread
DRAIN_SECONDS = 40.0  # how long one task goes on claiming; then it rings for the next
# What it has begun it may finish; past that django-q2 ends it.
TASK_SECONDS = int(DRAIN_SECONDS + settings.REMINDERS["SENDING_LEASE_SECONDS"]) + 30
ROLE_KEY = 7_231_003  # of the advisory locks, with the number of the place

Status = Reminder.Status


@dataclass(frozen=True, slots=True)
class Sending:
    """A reminder that is about to go out through a channel that is called: ``sending`` is committed."""

    claim: Claim
    notice: Notice
    channel: Channel
    attempts: int
    until: datetime  # later than that it is of no use
    others: Sequence[Channel]  # to be tried when this one refuses for good


def ring() -> None:
    """Have somebody send what is due, in the caller's transaction."""
    enqueue("messaging.tasks.remind", timeout=TASK_SECONDS)


def is_due(*, now: datetime) -> bool:
    """Whether there is something to send."""
    return claiming.waiting_since(now=now) is not None


def ring_due(*, now: datetime) -> bool:
    """Ring when something is due. Returns whether it rang."""
    due = is_due(now=now)
    if due:
        with transaction.atomic():
            ring()
    return due


def sweep(*, now: datetime) -> Counter[str]:
    """Find again what lies with somebody who is gone: claimed is due again, sending is unknown.

    To be called every 10 to 30 seconds by a process that is no django-q2 worker. Returns how many of each.
    """
    found: Counter[str] = Counter()
    for claim in claiming.expired_sendings(now=now):
        user = User.objects.tenants().filter(pk=claim.user_id).first()
        if user is not None:
            with tenant_scope(user):
                found["unknown"] += _give_up(claim, user, now=now)
    if released := claiming.release_expired(now=now):
        found["released"] = released
        with transaction.atomic():
            ring()
    return found


def reopen(*, user: User, reminder_id: int, now: datetime) -> bool:
    """Try the channels after the one that took the reminder and could not deliver it. In the caller's transaction.

    Returns whether there is such a reminder.
    """
    rows = Reminder.objects.filter(user=user, pk=reminder_id, status__in=[Status.SENT, Status.UNKNOWN])
    reopened = rows.update(
        status=Status.SCHEDULED, sent_at=None, next_at=now, attempts=0, lease_until=None, detail="", updated_at=now
    )
    if reopened:
        ring()
    return bool(reopened)


def send_due() -> str:
    """What the queue's task does: send what is due, unless somebody else is at it. Returns what was done."""

    def work() -> str:
        return describe(drain(threads=settings.REMINDERS["THREADS"]))

    return crew.work_alone(ROLE_KEY, name="reminders", work=work, ring_due=ring_due)


def drain(
    *, threads: int = 1, seconds: float = DRAIN_SECONDS, clock: Clock = timezone.now, stop: Callable[[], bool] = bool
) -> Counter[str]:
    """Claim and send in ``threads`` until nothing is due, the time is up or ``stop`` answers true.

    Returns how many reminders came to each status; those that are to be tried again count as scheduled.
    """
    return crew.drain(
        claim=lambda: claiming.claim_due(now=clock(), most=CHUNK),
        deal_with=lambda claims: _deal_with(claims, clock=clock, stop=stop),
        threads=threads,
        seconds=seconds,
        name="reminder",
        stop=stop,
    )


def describe(done: Counter[str]) -> str:
    """«sent 3, failed 0, …» for logs and commands."""
    return crew.describe(done, Status.SENT, Status.FAILED, Status.UNKNOWN, Status.DROPPED, later=Status.SCHEDULED)


def deal_with(claim: Claim, *, user: User, clock: Clock = timezone.now) -> str:
    """See one claimed reminder through. Returns the status that it came to, «lost» when the claim was ours no more."""
    return crew.see_through(
        begin=functools.partial(_begin, claim, user),
        stumble=functools.partial(_stumble, claim),
        call=lambda sending: _call(sending, now=clock()),
        user=user,
        what=f"reminder {claim.reminder_id}",
        peril="before_send",
        seconds=settings.REMINDERS["SENDING_LEASE_SECONDS"],
        clock=clock,
    )


def _deal_with(claims: Sequence[Claim], *, clock: Clock, stop: Callable[[], bool]) -> Counter[str]:
    users = User.objects.in_bulk({claim.user_id for claim in claims})
    done: Counter[str] = Counter()
    give_up = time.monotonic() + settings.REMINDERS["CLAIM_LEASE_SECONDS"] / 2
    for place, claim in enumerate(claims):
        if stop() or time.monotonic() > give_up:  # a slow channel: the others need not wait for it
            claiming.give_back(claims=claims[place:], now=clock())
            break
        if (user := users.get(claim.user_id)) is not None:
            done[deal_with(claim, user=user, clock=clock)] += 1
    return done


def _begin(claim: Claim, user: User, *, now: datetime) -> Sending | str:
    """Look at the claimed reminder once more and decide. The status that it came to, or what is to be sent."""
    with transaction.atomic():
        reminder = _held(claim, Status.CLAIMED)
        if reminder is None:
            return LOST
        preferences = Preferences.current(user)
        preferences.user = user
        is_suspended = not reminder.user.is_active  # since it was claimed
        if is_suspended and now < useful_until(reminder=reminder, preferences=preferences):
            return _postpone(reminder, reminder.next_at, now=now)
        if reason := _reason_to_drop(reminder, preferences, now=now):
            return _end(reminder, Status.DROPPED, now=now, detail=reason)
        until = useful_until(reminder=reminder, preferences=preferences)
        preferred = _wanted(_with_mail(preferences.reminder_channels), reminder)
        if not preferred:
            return _end(reminder, Status.DROPPED, now=now, detail="muted")
        channels = channels_for(user, preferred=preferred)
        quiet = quiet_until(quiet=preferences.quiet_hours, moment=now.astimezone(ZoneInfo(user.timezone)))
        if quiet is not None:
            if reminder.kind not in (Reminder.Kind.APPOINTMENT, Reminder.Kind.TASK):
                return _end(reminder, Status.DROPPED, now=now, detail="quiet_hours")
            if quiet < until:
                return _postpone(reminder, quiet, now=now)
            channels = [channel for channel in channels if channel.is_silent]
            if not channels:
                return _end(reminder, Status.DROPPED, now=now, detail="quiet_hours")
        notice = write_notice(reminder=reminder, user=user, now=now)
        return _choose(claim, notice, _from(channels, reminder.channel), until=until, now=now)


def _with_mail(preferred: list[str]) -> list[str]:
    """E-mail is the way out of WhatsApp, which may not take it, or take it and not deliver it."""
    wanted, mail = Preferences.Channel.WHATSAPP, Preferences.Channel.EMAIL
    return [*preferred, mail] if wanted in preferred and mail not in preferred else preferred


def _wanted(preferred: list[str], reminder: Reminder) -> list[str]:
    """Without e-mail where the person wants no such letters."""
    mail = Preferences.Channel.EMAIL
    if mail not in preferred or Mailbox.current(reminder.user).wants(kind_of(reminder)):
        return preferred
    return [name for name in preferred if name != mail]


def _choose(
    claim: Claim, notice: Notice, channels: Sequence[Channel], *, until: datetime, now: datetime
) -> Sending | str:
    reminder = notice.reminder
    reason = "no_channel"
    for place, channel in enumerate(channels):
        if channel.name != reminder.channel:
            reminder.channel, reminder.attempts = channel.name, 0
        if channel.writes_rows:
            try:
                with transaction.atomic():
                    channel.send(notice, now=now)
            except Refused as refusal:
                reason = refusal.reason
                continue
            return _end(reminder, Status.SENT, now=now)
        reminder.status, reminder.attempts = Status.SENDING, reminder.attempts + 1
        reminder.lease_until = now + timedelta(seconds=settings.REMINDERS["SENDING_LEASE_SECONDS"])
        reminder.save()
        return Sending(claim, notice, channel, reminder.attempts, until, channels[place + 1 :])
    return _fail(notice, reason, now=now)


def _reason_to_drop(reminder: Reminder, preferences: Preferences, *, now: datetime) -> str:
    """Why it must not be said any more, as a code; empty when it may."""
    if not preferences.reminder_channels:
        return "muted"
    of = reminder.appointment or reminder.task
    if of is None:
        wanted = [digest.at for digest in digests_of(preferences=preferences, now=reminder.due_at)]
    else:
        wanted = [instant.at for instant in instants(of=of, preferences=preferences)]
        if not stands(of):
            return "over"
    if reminder.due_at not in wanted:
        return "moved"
    if now >= useful_until(reminder=reminder, preferences=preferences):
        return "too_late"
    if of is not None and now >= reminder.due_at + timedelta(minutes=1) and _is_superseded(reminder, now=now):
        return "superseded"
    return ""


def _is_superseded(reminder: Reminder, *, now: datetime) -> bool:
    """Whether a later one of the same thing is due, too, or was sent already: one is enough."""
    others = Reminder.objects.filter(appointment=reminder.appointment_id, task=reminder.task_id)
    later = others.filter(due_at__gt=reminder.due_at, due_at__lte=now)
    return bool(later.exclude(status__in=[Status.FAILED, Status.DROPPED]).exists())


def _call(sending: Sending, *, now: datetime) -> Ending:
    """Send it, in no scope and with no connection. Returns what is to be written down."""
    try:
        sending.channel.send(sending.notice, now=now)
    except Refused as refusal:
        return functools.partial(_refuse, sending, refusal)
    except Exception as fault:  # noqa: BLE001  (whatever it is, nobody knows whether it went out)
        logger.warning("nobody knows whether reminder %s went out: %r", sending.claim.reminder_id, fault)
        return functools.partial(_lose, sending)
    pass_by("after_send")
    return functools.partial(_confirm, sending)


def _refuse(sending: Sending, refusal: Refused, *, now: datetime) -> str | None:
    """It was certainly not delivered: again after a pause, else through the next channel, else failed."""
    reminder = _held(sending.claim, Status.SENDING, Status.UNKNOWN)
    if reminder is None:
        return None
    reminder.detail = refusal.reason
    tried = sending.attempts
    if not refusal.is_final and tried <= len(PAUSES) and now + PAUSES[tried - 1] < sending.until:
        return _postpone(reminder, now + PAUSES[tried - 1], now=now)
    if not sending.others:
        return _fail(sending.notice, refusal.reason, now=now)
    reminder.channel, reminder.attempts = sending.others[0].name, 0
    return _postpone(reminder, now, now=now)


def _confirm(sending: Sending, *, now: datetime) -> str | None:
    reminder = _held(sending.claim, Status.SENDING, Status.UNKNOWN)
    return None if reminder is None else _end(reminder, Status.SENT, now=now)


def _lose(sending: Sending, *, now: datetime) -> str | None:
    _mark_unknown(sending.claim, sending.notice.user, detail="no_answer", now=now)
    return Status.UNKNOWN.value


def _give_up(claim: Claim, user: User, *, now: datetime) -> int:
    """Mark unknown what nobody is sending any more; without a word on the bell where that cannot be written."""
    try:
        return _mark_unknown(claim, user, detail="interrupted", now=now)
    except (OperationalError, InterfaceError):
        raise
    except Exception:
        logger.exception("the bell cannot say that reminder %s is unknown", claim.reminder_id)
        held = Reminder.objects.filter(pk=claim.reminder_id, fence=claim.fence, status=Status.SENDING)
        return held.update(status=Status.UNKNOWN, detail="interrupted", lease_until=None, updated_at=now)


def _mark_unknown(claim: Claim, user: User, *, detail: str, now: datetime) -> int:
    """Nobody knows whether it went out: say so on the bell, and leave it. In the tenant's scope. Returns 1 if so."""
    with transaction.atomic():
        reminder = _held(claim, Status.SENDING)
        if reminder is None:
            return 0
        notice = write_notice(reminder=reminder, user=user, now=now)
        title, body = say_unconfirmed(notice, channel=reminder.get_channel_display())
        _end(reminder, Status.UNKNOWN, now=now, detail=detail)
        _tell(notice, Notification.Kind.UNCONFIRMED, title, body, now=now)
        return 1


def _fail(notice: Notice, reason: str, *, now: datetime) -> str:
    title, body = say_failed(notice)
    _tell(notice, Notification.Kind.FAILED, title, body, now=now)
    return _end(notice.reminder, Status.FAILED, now=now, detail=reason)


def _tell(notice: Notice, kind: Notification.Kind, title: str, body: str, *, now: datetime) -> None:
    reminder = notice.reminder
    url = address_of(reminder)
    bell.tell(user=notice.user, kind=kind, title=title, body=body, url=url, reminder=reminder, now=now)


def _stumble(claim: Claim, *, now: datetime) -> str:
    """After a fault of ours: to be tried again, and failed at the last time."""
    with transaction.atomic():
        reminder = _held(claim, Status.CLAIMED)
        if reminder is None:
            return LOST
        reminder.attempts += 1
        if reminder.attempts >= FAULTS:
            return _end(reminder, Status.FAILED, now=now, detail="fault")
        return _postpone(reminder, now + PAUSES[0] * reminder.attempts, now=now)


def _held(claim: Claim, *statuses: Status) -> Reminder | None:
    """The reminder, locked, while the claim is still its last and it has one of ``statuses``."""
    rows = Reminder.objects.filter(pk=claim.reminder_id, fence=claim.fence, status__in=statuses)
    return rows.select_for_update(of=("self",)).select_related("user", "appointment", "task").first()


def _end(reminder: Reminder, status: Status, *, now: datetime, detail: str = "") -> str:
    reminder.status, reminder.detail, reminder.lease_until = status, detail, None
    reminder.sent_at = now if status == Status.SENT else None
    reminder.save()
    about: dict[str, Any] = {"reminder": reminder.pk, "kind": str(reminder.kind), "channel": reminder.channel or None}
    if status == Status.SENT:
        late = max(0, round((now - reminder.due_at).total_seconds()))
        record("reminder_sent", at=now, late_seconds=late, **about)
    elif status == Status.FAILED:
        record("reminder_failed", at=now, code=detail, **about)
    return status.value


def _postpone(reminder: Reminder, moment: datetime, *, now: datetime) -> str:
    reminder.status, reminder.next_at, reminder.lease_until = Status.SCHEDULED, moment, None
    reminder.save()
    return Status.SCHEDULED.value


def _from(channels: Sequence[Channel], name: str) -> Sequence[Channel]:
    """The channels from that called ``name`` on: those before it have refused. All of them when it is not there."""
    place = next((place for place, channel in enumerate(channels) if channel.name == name), 0)
    return channels[place:]
