"""Putting letters into the outbox: a row for each recipient, in the caller's transaction, and a doorbell."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterable
from datetime import datetime, timedelta
from email.utils import parseaddr
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.mail import EmailMessage, EmailMultiAlternatives
from django.core.mail.message import sanitize_address
from django.db import transaction
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from messaging.mail import failing, outbox
from messaging.mail.letters import AnyLetter, Letter, PlatformLetter, Status
from messaging.mail.mailboxes import Mailbox
from tenants.mail import (
    ASKED_FOR,
    KEY_HEADER,
    KIND_HEADER,
    OUR_HEADERS,
    UNTIL_HEADER,
    USER_HEADER,
    Kind,
    choice_of,
    one_line,
)
from tenants.models import User
from tenants.scope import lent_scope

LONGEST_HEADER, LONGEST_ADDRESS = 900, 320
# Set for every letter when it goes out.
_ALWAYS = {"message-id", "date", "from", "to", "cc", "bcc", "subject"}
_ADDRESS = re.compile(r"[^\s<>@]+@[^\s<>@]+")


class WrongLetter(ValueError):
    """It cannot be a letter of ours: it has an attachment, or comes from or goes to what is no address."""


def store(message: EmailMessage, *, now: datetime | None = None) -> int:
    """Put ``message`` into the outbox, once for each of its recipients. Returns how many will be sent.

    In the caller's transaction, in whatever scope. Whoever does not want letters of its kind gets none. Raises
    WrongLetter.
    """
    now = now or timezone.now()
    text, html = _contents(message)
    given = {name: str(value) for name, value in message.extra_headers.items()}
    kind = given.get(KIND_HEADER, Kind.OTHER)
    until = parse_datetime(given.get(UNTIL_HEADER, "")) or now + useful_for(kind)
    stored = 0
    for address in _addresses(message.recipients()):
        fields: dict[str, Any] = {
            "kind": kind,
            "key": given.get(KEY_HEADER, "")[:100],
            "name": _name(given.get("Message-ID", "")),
            "recipient": address,
            "sender": _sender(message.from_email),
            "headers": _own_headers(message, given),
            "subject": one_line(str(message.subject)),
            "text": text,
            "html": html,
            "is_urgent": kind in ASKED_FOR,
            "next_at": now,
            "useful_until": until,
            "created_at": now,
        }
        stored += _put(_person(given.get(USER_HEADER, ""), address), fields, now=now)
    return stored


def useful_for(kind: str) -> timedelta:
    """How long a letter of this kind is worth sending."""
    if kind == Kind.PASSWORD_RESET:
        return timedelta(seconds=settings.PASSWORD_RESET_TIMEOUT)
    return timedelta(days=1) if kind in ASKED_FOR else timedelta(days=3)


def _put(person: User | None, fields: dict[str, Any], *, now: datetime) -> int:
    tenant = person if person is not None and person.is_tenant else None
    with transaction.atomic(), lent_scope(tenant):
        if tenant is None:
            row: AnyLetter = PlatformLetter(person=person, **fields)
        else:
            box = Mailbox.current(tenant)
            if choice_of(fields["kind"]) is not None and not (box.wants(fields["kind"]) and tenant.gets_mail):
                return 0
            if box.fails(fields["recipient"]) and not fields["is_urgent"]:
                fields |= {"status": Status.FAILED, "detail": failing.CODE, "text": "", "html": ""}
            row = Letter(user=tenant, **fields)
        is_new = _insert(row)
        if is_new and row.status == Status.QUEUED:
            outbox.ring()
    return int(row.status == Status.QUEUED)


def _insert(row: AnyLetter) -> bool:
    """Whether it is a new one: of two with the same key the first counts."""
    rows: Any = type(row).objects  # type: ignore[attr-defined]
    if row.key and rows.filter(key=row.key).exists():
        return False
    rows.bulk_create([row], ignore_conflicts=bool(row.key))
    return True


def _person(user_id: str, address: str) -> User | None:
    if user_id.isascii() and user_id.isdigit():
        return User.objects.filter(pk=int(user_id)).first()
    return User.objects.filter(email__iexact=address).exclude(email="").first()


def _contents(message: EmailMessage) -> tuple[str, str]:
    """Text and HTML. A letter of ours has nothing else in it: a file is fetched from a page."""
    if message.attachments:
        raise WrongLetter("a letter has no attachments")
    alternatives = message.alternatives if isinstance(message, EmailMultiAlternatives) else []
    parts = {str(kind): str(content) for content, kind in alternatives}
    if message.content_subtype == "html":
        parts["text/html"] = str(message.body)
    if set(parts) - {"text/html"}:
        raise WrongLetter("a letter is text and HTML")
    return ("" if message.content_subtype == "html" else str(message.body)), parts.get("text/html", "")


def _addresses(recipients: Iterable[str]) -> list[str]:
    given = list(recipients)
    found = [parseaddr(recipient)[1] if recipient.isprintable() else "" for recipient in given]
    if wrong := [address for address in found if len(address) > LONGEST_ADDRESS or not _ADDRESS.fullmatch(address)]:
        raise WrongLetter(f"{len(wrong)} of the recipients have no address")
    return list(dict.fromkeys(found))


def _sender(given: str) -> str:
    if not given.isprintable() or len(given) > LONGEST_ADDRESS or not _ADDRESS.fullmatch(parseaddr(given)[1]):
        raise WrongLetter("whoever sends it has no address")
    try:
        sanitize_address(given, "utf-8")
    except ValueError as fault:
        raise WrongLetter("whoever sends it has no address") from fault
    return given


def _own_headers(message: EmailMessage, given: dict[str, str]) -> dict[str, str]:
    others = {name: value for name, value in given.items() if name not in OUR_HEADERS}
    headers = {name: one_line(value, longest=LONGEST_HEADER) for name, value in others.items()}
    if message.reply_to:
        headers["Reply-To"] = one_line(", ".join(message.reply_to), longest=LONGEST_HEADER)
    return {name: value for name, value in headers.items() if name.lower() not in _ALWAYS}


def _name(given: str) -> str:
    """The Message-ID that is asked for, else a new one of ours."""
    wanted = given.strip().strip("<>")
    if wanted and wanted.isascii() and wanted.isprintable() and " " not in wanted and len(wanted) <= 200:
        return wanted
    return f"{uuid.uuid4().hex}@{urlsplit(settings.SITE_URL).hostname or 'localhost'}"
