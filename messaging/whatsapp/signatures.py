"""Whose secret signed a webhook's body.

A tenant's own number has the secret of the tenant's own app at Meta; the platform's number, and whatever nobody has
connected, has the platform's. To know which secret to ask for, the body has to say for which number it is before
anything in it may be believed: so it is searched for numbers as bytes, and nothing is done with what it says until
the signature is right and the numbers in the parsed body have been compared again.
"""

from __future__ import annotations

import hashlib
import hmac
import logging
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from django.conf import settings
from django.db import connection

from messaging.whatsapp.payloads import Update
from tenants.fields import EncryptedTextField, UndecryptableValue

logger = logging.getLogger(__name__)

HEADER = "X-Hub-Signature-256"
MOST_NAMED = 1000  # numbers and accounts that are looked up for a body that nobody has proved to be Meta's

_SIGNATURE = re.compile(r"sha256=([0-9A-Fa-f]{64})\Z")
_NUMBERS = re.compile(rb'"phone_number_id"\s*:\s*"?([0-9]{5,32})(?![0-9])')
_ACCOUNTS = re.compile(rb'"id"\s*:\s*"?([0-9]{5,32})(?![0-9])')

# By SQL, for every body asks it. The secret as it is stored: one that cannot be opened must not hide the others.
_look_up = """
    SELECT id, phone_number_id, business_account_id, app_secret, webhook_seen_at FROM messaging_channel
    WHERE id = ANY (%(ids)s::bigint[]) OR phone_number_id = ANY (%(numbers)s::text[])
        OR business_account_id = ANY (%(accounts)s::text[])
    ORDER BY id
"""


@dataclass(frozen=True, slots=True)
class Claimant:
    """A channel that says a number or an account is its own. The secret is encrypted still."""

    channel_id: int
    phone_number_id: str
    business_account_id: str
    stored_secret: str = field(repr=False)
    seen_at: datetime | None


@dataclass(frozen=True, slots=True)
class Signer:
    """Who signed a body: a channel, or the platform when ``channel_id`` is None."""

    secret: str = field(repr=False)
    channel_id: int | None
    asked: frozenset[str] = frozenset()  # the numbers that were found in it and looked up,
    claimants: tuple[Claimant, ...] = ()  # and the channels that say they are theirs


@dataclass(frozen=True, slots=True)
class Placed:
    """An update, and the channel whose it is: None is the shared number. ``note`` says why it is nobody's."""

    update: Update
    channel_id: int | None
    note: str = ""


class Refused(Exception):
    """A body that nobody signed who may. ``channel_ids`` are those that it was for; none of them: the platform's."""

    def __init__(self, reason: str, *, channel_ids: Iterable[int] = (), counts: bool = False) -> None:
        super().__init__(reason)
        self.channel_ids = tuple(channel_ids)
        self.counts = counts  # as a failure of the number that it named


def sign(body: bytes, *, secret: str) -> str:
    """The header's value for ``body``."""
    return "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


def read_signature(header: str | None) -> bytes:
    """The digest in the header. Raises Refused where there is none of the right kind, before anything is looked up."""
    signature = _SIGNATURE.match(header or "")
    if signature is None:
        raise Refused("no signature")
    return bytes.fromhex(signature[1])


def find_signer(*, body: bytes, given: bytes) -> Signer:
    """Whose secret made the digest ``given`` of ``body``. Raises Refused. In the scope of all tenants."""
    numbers = _found(_NUMBERS, body)
    claimants = _claimants_of(phone_number_ids=set(numbers) - {settings.WHATSAPP["PHONE_NUMBER_ID"]})
    asked: list[Claimant] = []
    platform = True
    for number in numbers:
        if number == settings.WHATSAPP["PHONE_NUMBER_ID"]:
            break
        if asked := [claimant for claimant in claimants if claimant.phone_number_id == number]:
            platform = False
            break
    else:
        # No number that anybody knows. News of an account or of a template names the account alone, to which anybody
        # may lay claim: so the platform's secret is asked, too.
        accounts = _found(_ACCOUNTS, body)
        asked = _claimants_of(business_account_ids=accounts) if accounts else []
    signer = Signer(settings.WHATSAPP["APP_SECRET"], None, frozenset(numbers), tuple(claimants))
    if platform and _is_signed(body, given, signer.secret):
        return signer
    tried: set[str] = set()
    for claimant in asked:
        secret = _open(claimant)
        if secret not in tried and _is_signed(body, given, secret):
            return replace(signer, secret=secret, channel_id=claimant.channel_id)
        tried.add(secret)
    raise Refused(
        "wrong signature", channel_ids=[] if platform else [claimant.channel_id for claimant in asked], counts=True
    )


def signer_of(*, channel_id: int | None) -> Signer:
    """Who signed a body that was stored for this channel, or for the platform. Raises Refused.

    In the scope of all tenants.
    """
    if channel_id is None:
        return Signer(settings.WHATSAPP["APP_SECRET"], None)
    claimant = next(iter(_claimants(ids=[channel_id])), None)
    if claimant is None:
        raise Refused("the number that it came for is not connected any more")
    return Signer(_open(claimant), channel_id)


def place(*, updates: list[Update], signer: Signer) -> list[Placed]:
    """Give each update to the channel whose it is. Raises Refused when one is for a number of another secret.

    In the scope of all tenants.
    """
    numbers = {update.phone_number_id for update in updates} - {""}
    unasked = numbers - signer.asked - {settings.WHATSAPP["PHONE_NUMBER_ID"]}
    claimants = [*signer.claimants, *(_claimants_of(phone_number_ids=unasked) if unasked else ())]
    where = {number: _place_number(number, claimants, signer) for number in numbers}
    accounts = {update.business_account_id for update in updates if not update.phone_number_id} - {""}
    placed_accounts = _place_accounts(accounts, signer) if accounts and signer.channel_id is not None else {}
    placed = []
    for update in updates:
        if update.phone_number_id:
            channel_id, note = where[update.phone_number_id]
        else:
            channel_id, note = placed_accounts.get(update.business_account_id, signer.channel_id), ""
        placed.append(Placed(update, channel_id, note))
    return placed


def _place_number(number: str, claimants: list[Claimant], signer: Signer) -> tuple[int | None, str]:
    if number == settings.WHATSAPP["PHONE_NUMBER_ID"]:
        if not _is_same(signer.secret, settings.WHATSAPP["APP_SECRET"]):
            raise Refused("it names the shared number, but its signature is another's")
        return None, ""
    named = [claimant for claimant in claimants if claimant.phone_number_id == number]
    own = [
        one.channel_id for one in named if one.channel_id == signer.channel_id or _is_same(_open(one), signer.secret)
    ]
    if own:
        return min(own), ""
    if named:
        raise Refused("it names numbers of different secrets")
    return signer.channel_id, "this number is not connected"  # another one of the same app at Meta


def _place_accounts(accounts: set[str], signer: Signer) -> dict[str, int]:
    placed: dict[str, int] = {}
    for claimant in _claimants_of(business_account_ids=accounts):
        if _is_same(_open(claimant), signer.secret):
            placed.setdefault(claimant.business_account_id, claimant.channel_id)
    return placed


def _claimants_of(*, phone_number_ids: Iterable[str] = (), business_account_ids: Iterable[str] = ()) -> list[Claimant]:
    numbers, accounts = list(phone_number_ids), list(business_account_ids)
    return _claimants(numbers=numbers, accounts=accounts) if numbers or accounts else []


def _claimants(*, ids: Sequence[int] = (), numbers: Sequence[str] = (), accounts: Sequence[str] = ()) -> list[Claimant]:
    with connection.cursor() as cursor:
        cursor.execute(_look_up, {"ids": list(ids), "numbers": list(numbers), "accounts": list(accounts)})
        return [Claimant(*row) for row in cursor.fetchall()]


def _open(claimant: Claimant) -> str:
    try:
        return EncryptedTextField().from_db_value(claimant.stored_secret, None, None) or ""
    except UndecryptableValue:
        logger.error("the app secret of channel %s cannot be decrypted: its webhooks are refused", claimant.channel_id)
        return ""


def _found(pattern: re.Pattern[bytes], body: bytes) -> list[str]:
    found: dict[str, None] = {}
    for match in pattern.finditer(body):
        found[match[1].decode("ascii")] = None
        if len(found) == MOST_NAMED:
            break
    return list(found)


def _is_signed(body: bytes, given: bytes, secret: str) -> bool:
    """Nothing is signed with no secret."""
    return bool(secret) and hmac.compare_digest(hmac.new(secret.encode(), body, hashlib.sha256).digest(), given)


def _is_same(one: str, other: str) -> bool:
    return bool(one) and hmac.compare_digest(one.encode(), other.encode())
