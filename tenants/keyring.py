"""Making, finding and ending keys of the API.

A key reads ``rck_<owner>_<secret>``: the owner's number in base 36, so that the key is looked for in that tenant's own
scope and no code has to see everybody's, and 43 letters and digits of chance, which are 256 bits.

Only the SHA-256 of the whole key is kept. Slow hashes with salt guard what people think up, which can be guessed a
million times a second; 256 random bits cannot be guessed at any speed, and a fast hash costs each request nothing.

A key outlives a new password and the ending of sessions: the systems that hold it would stand still, and whoever wants
it to end revokes it. It does nothing while the account is suspended or has to choose a new password, and goes with it.
"""

from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q

from tenants import account_events, sessions
from tenants.keys import ApiKey, in_order
from tenants.models import User
from tenants.scope import tenant_scope

MARK = "rck_"
USE_NOTED_EVERY = timedelta(minutes=1)
MOST_KEYS = 50  # of one tenant, revoked ones aside
SECRET_LENGTH, SHOWN = 43, 6  # letters and digits of the secret, and how many of them the list shows

_letters = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_form = re.compile(rf"{MARK}([0-9a-z]{{1,13}})_([0-9A-Za-z]{{{SECRET_LENGTH}}})")


class TooManyKeys(Exception):
    """A tenant has MOST_KEYS already."""


class NoKey(Exception):
    """What was shown is no key, or one that opens nothing any more. Why, is told only to who has the whole of it."""

    code = "key_invalid"


class Revoked(NoKey):
    code = "key_revoked"


class Over(NoKey):
    code = "key_expired"


class AtRest(NoKey):
    """Its account is suspended or being given up; after that the key is good again."""

    code = "account_inactive"


def looks_like_one(text: str) -> bool:
    """Whether ``text`` claims to be a key, good or not."""
    return text.startswith(MARK)


def make(*, user: User, name: str, scopes: Sequence[str], expires_at: datetime | None) -> tuple[ApiKey, str]:
    """A new key of ``user``, whose scope is open, and its text, which nobody can show again. Raises TooManyKeys."""
    secret = "".join(secrets.choice(_letters) for _ in range(SECRET_LENGTH))
    text = f"{MARK}{_base36(user.pk)}_{secret}"
    with transaction.atomic():
        User.objects.select_for_update(no_key=True).get(pk=user.pk)  # one after the other, so that it is counted
        if ApiKey.objects.filter(revoked_at=None).count() >= MOST_KEYS:
            raise TooManyKeys
        key = ApiKey.objects.create(
            user=user,
            name=name,
            prefix=text[: -(SECRET_LENGTH - SHOWN)],
            digest=_digest(text),
            scopes=in_order(scopes),
            expires_at=expires_at,
        )
        account_events.tell("key_created", user=user, key_id=key.pk, name=key.name, scopes=key.scopes)
    return key, text


def alter(*, key: ApiKey, **fields: object) -> ApiKey:
    """Give a key another name, other scopes or another end."""
    if "scopes" in fields:
        fields["scopes"] = in_order(fields["scopes"])  # type: ignore[arg-type]
    changed = sorted(name for name, value in fields.items() if getattr(key, name) != value)
    for name in changed:
        setattr(key, name, fields[name])
    if changed:
        with transaction.atomic():
            key.save(update_fields=changed)
            account_events.tell("key_changed", user=key.user, key_id=key.pk, name=key.name, fields=changed)
    return key


def revoke(*, key: ApiKey, now: datetime) -> None:
    """End a key, at once and for good. The event streams that were opened with it end, too."""
    with transaction.atomic():
        if ApiKey.objects.filter(pk=key.pk, revoked_at=None).update(revoked_at=now):
            account_events.tell("key_revoked", user=key.user, key_id=key.pk, name=key.name)
            sessions.call_waiting(user=key.user)


def find(*, text: str, now: datetime) -> tuple[User, ApiKey]:
    """Whose key ``text`` is, and which; its use is noted. Raises NoKey. Outside of every transaction."""
    found = _form.fullmatch(text)
    number = int(found[1], 36) if found else 0
    user = User.objects.tenants().filter(pk=number).first() if 0 < number < 2**63 else None
    if user is None:
        raise NoKey
    with tenant_scope(user):
        key = ApiKey.objects.filter(digest=_digest(text)).first()
        if key is None:
            raise NoKey
        if key.is_revoked:
            raise Revoked
        if key.is_over(now=now):
            raise Over
        if not user.is_active:
            raise AtRest
        _note_use(key, now=now)
    key.user = user
    user.shown_key_id = key.pk  # type: ignore[attr-defined]  # for whoever goes on after the request: ``may_go_on``
    return user, key


def may_go_on(*, user: User, now: datetime) -> bool:
    """Whether the key is still good that let ``user`` in, in whose scope; so is who came in without one."""
    key_id = getattr(user, "shown_key_id", None)
    key = ApiKey.objects.filter(pk=key_id).first() if key_id else None
    return key_id is None or (key is not None and key.is_good(now=now))


def _note_use(key: ApiKey, *, now: datetime) -> None:
    """When it was used last, to the minute: each time would cost every request a write."""
    if key.last_used_at is None or now - key.last_used_at >= USE_NOTED_EVERY:
        fresh = Q(last_used_at=None) | Q(last_used_at__lte=now - USE_NOTED_EVERY)
        ApiKey.objects.filter(fresh, pk=key.pk).update(last_used_at=now)


def _digest(text: str) -> bytes:
    return hashlib.sha256(text.encode()).digest()


def _base36(number: int) -> str:
    digits = ""
    while number:
        number, rest = divmod(number, 36)
        digits = "0123456789abcdefghijklmnopqrstuvwxyz"[rest] + digits
    return digits
