"""Somebody who writes, before and after it is known who that is."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Q

from assistants.language import detect_language
from messaging import outbox, strangers
from messaging.models import Channel, Delivery, PhoneLink
from messaging.outbox import Recipient
from messaging.whatsapp.incoming import Incoming
from tenants.models import Contact, User
from tenants.phones import match_key


@dataclass(frozen=True, slots=True)
class Sender:
    """Who wrote, and for which tenant.

    ``text`` is what was written, without the shop's «@usuario»; empty when nothing else was said. With ``is_answered``
    the message was an order to us (VINCULAR, BAJA, ALTA, the shop's name alone) whose answer is on its way: it is kept
    for the inbox, and no assistant is woken. ``stays_silent``: nothing may be sent to this person, who wrote BAJA.
    ``releases``: messages from before the shop was chosen are pending again; ring for them.
    """

    user: User
    role: PhoneLink.Role
    contact: Contact | None  # of a customer
    link: PhoneLink | None  # of an owner
    text: str
    is_answered: bool = False
    stays_silent: bool = False
    releases: bool = False


@dataclass(frozen=True, slots=True)
class Unplaced:
    """Nobody to whom a tenant would answer: the message is over, and no tenant keeps it.

    Whatever there is to say to the person is on its way. ``note`` is for ``InboundUpdate.note``: what was held under
    ``WHICH_SHOP`` is taken in once a shop is chosen.
    """

    note: str


WHICH_SHOP = "which_shop"


@dataclass(frozen=True, slots=True)
class Visitor:
    """One message at the door: what was written, to which number, and under which names the sender is known.

    ``channel`` is the tenant's own number, None the platform's.
    """

    incoming: Incoming
    channel: Channel | None
    phone_number_id: str
    now: datetime

    @property
    def wa_id(self) -> str:
        return self.incoming.sender_wa_id

    @property
    def bsuid(self) -> str:
        return self.incoming.sender_bsuid

    @property
    def key(self) -> str:
        """Under which every spelling of the number is found; empty for who hides it."""
        return match_key(self.wa_id)

    @property
    def recipient(self) -> Recipient:
        return Recipient(self.wa_id) if self.wa_id else Recipient(self.bsuid, is_bsuid=True)

    @property
    def once(self) -> str:
        """The same for the same message, however often it is taken in."""
        name = self.incoming.wamid or repr(self.incoming)
        return hashlib.blake2b(f"{self.phone_number_id} {name}".encode(), digest_size=16).hexdigest()

    def known_as(self) -> Q:
        """The links of this phone, or of this id."""
        return Q(phone_key=self.key) & ~Q(phone_key="") | Q(bsuid=self.bsuid) & ~Q(bsuid="")

    def owner_link(self, **filters: Any) -> PhoneLink | None:
        """The link of the owner whose phone this is. Who shows a number is known by the number alone."""
        mine = Q(phone_key=self.key) if self.key else Q(bsuid=self.bsuid) & ~Q(bsuid="")
        owners = PhoneLink.objects.filter(mine, role=PhoneLink.Role.OWNER, **filters)
        return owners.select_related("user").select_for_update(of=("self",)).first()

    def language(self, *, user: User | None = None, contact: Contact | None = None) -> str:
        """The language in which to speak to the sender."""
        if contact is not None and contact.language:
            return contact.language
        likely = user.language if user is not None else "pt" if self.key.startswith("55") else "es"
        return detect_language(self.incoming.text, default=likely)  # type: ignore[arg-type]

    def answer(
        self, *, user: User, text: str, contact: Contact | None = None, payload: dict[str, Any] | None = None
    ) -> None:
        """Put an answer of the system into the tenant's outbox: one to each message."""
        outbox.put(
            user=user,
            kind=Delivery.Kind.SYSTEM,
            key=f"system:{self.once}",
            recipient=self.recipient,
            payload=payload or {"type": "text", "text": {"body": text}},
            text=text,
            phone_number_id=self.phone_number_id,
            channel=self.channel,
            contact=contact,
            now=self.now,
        )

    def answer_as_platform(self, *, text: str, payload: dict[str, Any] | None = None) -> None:
        """Answer somebody on the shared number who is no tenant's."""
        strangers.tell(
            key=f"stranger:{self.once}",
            phone_number_id=self.phone_number_id,
            recipient=self.recipient,
            payload=payload or {"type": "text", "text": {"body": text}},
            text=text,
            now=self.now,
        )
