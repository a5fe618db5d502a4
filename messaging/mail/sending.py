"""Sending one claimed letter: look at it once more, commit ``sending``, hand it over, write down how it ended."""

from __future__ import annotations

import functools
import logging
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.db import transaction

from agenda.perils import pass_by
from messaging import crew
from messaging.crew import LOST, Clock, Ending
from messaging.mail import failing
from messaging.mail.claiming import Claim
from messaging.mail.letters import AnyLetter, Letter, Status
from messaging.mail.mailboxes import Mailbox
from messaging.mail.postman import Postman, Refused, ServerAway
from tenants.mail import SECRET, Written, choice_of
from tenants.models import User
from tenants.scope import all_tenants, release_connection, tenant_scope

logger = logging.getLogger(__name__)

# Before a letter is tried again that was put off; the last of them again and again, for as long as it is useful.
PAUSES = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 15, 30, 60, 120, 240))
FAULTS = 3  # of ours, until a letter is given up
MOST_CLAIMS = 50  # of one letter: whoever takes it dies, so it is not tried for ever


@dataclass(frozen=True, slots=True)
class Sending:
    """A letter that is about to go out: ``sending`` is committed."""

    claim: Claim
    user: User | None
    message: EmailMultiAlternatives


def send(claim: Claim, *, user: User | None, postman: Postman, clock: Clock) -> str:
    """See one claimed letter through. Returns its status then, «lost» when the claim was ours no more.

    Raises postman.ServerAway before anything is committed.
    """
    release_connection()
    postman.call()
    return crew.see_through(
        begin=functools.partial(_begin, claim, user),
        stumble=functools.partial(_stumble, claim),
        call=functools.partial(_call, postman=postman),
        user=user,
        what=f"letter {claim.letter_id}",
        peril="before_mail_send",
        seconds=settings.MAIL["SENDING_LEASE_SECONDS"],
        clock=clock,
        scope=scope_of,
    )


def give_up(claim: Claim, *, user: User | None, now: datetime) -> int:
    """Mark unknown what nobody is sending any more. Returns 1 if so."""
    with scope_of(user), transaction.atomic():
        return int(_lose(claim, detail="interrupted", now=now) is not None)


def scope_of(user: User | None) -> AbstractContextManager[None]:
    """The scope in which the letters to ``user`` are seen: a tenant's own, else that of the platform."""
    return tenant_scope(user) if user is not None and user.is_tenant else all_tenants()


def _begin(claim: Claim, user: User | None, *, now: datetime) -> Sending | str:
    """Look at the claimed letter once more and decide: the status that it came to, or what is to be sent."""
    with transaction.atomic():
        letter = _held(claim, Status.QUEUED, unread=False)
        if letter is None:
            return LOST
        if reason := _reason_to_drop(letter, now=now):
            return _end(letter, Status.FAILED, detail=reason)
        letter.status, letter.attempts = Status.SENDING, min(letter.attempts + 1, 30_000)
        letter.lease_until = now + timedelta(seconds=settings.MAIL["SENDING_LEASE_SECONDS"])
        letter.save()
        return Sending(claim, user, _message(letter))


def _reason_to_drop(letter: AnyLetter, *, now: datetime) -> str:
    """Why it must not go out any more, as a code; empty when it may."""
    if now >= letter.useful_until:
        return letter.detail or "too_late"
    if letter.fence >= MOST_CLAIMS + letter.attempts:
        return "interrupted"
    if not isinstance(letter, Letter):
        return ""
    if choice_of(letter.kind) is not None and not letter.user.is_active:
        return "suspended"
    box = Mailbox.current(letter.user)
    if not box.wants(letter.kind):
        return "unwanted"
    return failing.CODE if box.fails(letter.recipient) and not letter.is_urgent else ""


def _message(letter: AnyLetter) -> EmailMultiAlternatives:
    message = Written(
        letter.subject,
        letter.text,
        letter.sender,
        [letter.recipient],
        headers={**letter.headers, "Message-ID": f"<{letter.name}>"},
    )
    if letter.html:
        message.attach_alternative(letter.html, "text/html")
    return message


def _call(sending: Sending, *, postman: Postman) -> Ending:
    """Hand it over, in no scope and with no connection. Returns what is to be written down."""
    claim = sending.claim
    try:
        postman.deliver(sending.message)
    except Refused as refusal:
        return functools.partial(_write, claim, functools.partial(_refuse, refusal=refusal))
    except ServerAway as fault:
        broken = Refused("mail_broke_off", said=str(fault))
        return functools.partial(_write, claim, functools.partial(_refuse, refusal=broken))
    except Exception as fault:  # noqa: BLE001  (whatever it is, nobody knows whether it went out)
        logger.warning("nobody knows whether letter %s went out: %s", claim.letter_id, type(fault).__name__)
        return functools.partial(_lose, claim, detail="no_answer")
    pass_by("after_mail_send")
    return functools.partial(_write, claim, _confirm)


def _write(claim: Claim, ending: Callable[..., str], *, now: datetime) -> str | None:
    letter = _held(claim, Status.SENDING, Status.UNKNOWN)
    return None if letter is None else ending(letter, now=now)


def _confirm(letter: AnyLetter, *, now: datetime) -> str:
    letter.sent_at, letter.code = now, None
    if isinstance(letter, Letter):
        failing.clear(user=letter.user, address=letter.recipient)
    return _end(letter, Status.SENT)


def _refuse(letter: AnyLetter, *, refusal: Refused, now: datetime) -> str:
    """It was certainly not taken: again after a pause, while that is of use, else failed."""
    letter.code = refusal.code
    detail = refusal.said or refusal.reason
    if refusal.is_recipient and isinstance(letter, Letter):
        failing.note(user=letter.user, address=letter.recipient, code=refusal.code, said=refusal.said, now=now)
    pause = PAUSES[min(letter.attempts, len(PAUSES)) - 1]
    # That we are no sender is for the operator to mend; it is not this letter's end.
    is_final = refusal.is_final and refusal.reason != "sender_refused"
    if is_final or now + pause >= letter.useful_until:
        return _end(letter, Status.FAILED, detail=detail)
    letter.next_at = now + pause
    return _end(letter, Status.QUEUED, detail=detail)


def _lose(claim: Claim, *, detail: str, now: datetime) -> str | None:
    letter = _held(claim, Status.SENDING)
    return None if letter is None else _end(letter, Status.UNKNOWN, detail=detail)


def _stumble(claim: Claim, *, now: datetime) -> str:
    """After a fault of ours: to be tried again, and failed at the last time."""
    with transaction.atomic():
        letter = _held(claim, Status.QUEUED)
        if letter is None:
            return LOST
        letter.attempts += 1
        if letter.attempts >= FAULTS:
            return _end(letter, Status.FAILED, detail="fault")
        letter.next_at = now + PAUSES[letter.attempts - 1]
        return _end(letter, Status.QUEUED, detail="fault")


def _end(letter: AnyLetter, status: Status, *, detail: str = "") -> str:
    letter.status, letter.detail, letter.lease_until = status, detail[:300], None
    if status != Status.QUEUED and letter.kind in SECRET:
        letter.text = letter.html = ""
    letter.save()
    return status.value


def _held(claim: Claim, *statuses: Status, unread: bool = True) -> AnyLetter | None:
    """The letter, locked, while the claim is still its last and it has one of ``statuses``.

    Its text, which opens with its key alone, is read where it is wanted.
    """
    rows: Any = claim.model.objects.filter(pk=claim.letter_id, fence=claim.fence, status__in=statuses)  # type: ignore[attr-defined]
    rows = rows.select_for_update(of=("self",))
    if unread:
        rows = rows.defer("text", "html")
    if claim.model is Letter:
        rows = rows.select_related("user")
    found: AnyLetter | None = rows.first()
    return found
