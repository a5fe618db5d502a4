"""Who is writing: which tenant a message is for, and whether its sender is the owner or a customer.

Roles come from the verified sender alone (the number or business-scoped id that Meta signs), never from what is
written.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from messaging.whatsapp.channels import Channel
from messaging.whatsapp.links import PhoneLink
from tenants.models import Contact, User

if TYPE_CHECKING:
    from messaging.whatsapp.payloads import Incoming


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
    """Somebody on the shared number whom no shop knows yet. The answer is on its way; no tenant keeps the message.

    ``note`` is for ``InboundUpdate.note``: what was held under ``WHICH_SHOP`` is taken in once a shop is chosen.
    """

    note: str


WHICH_SHOP = "which_shop"


def identify(incoming: Incoming, *, channel: Channel | None, phone_number_id: str, now: datetime) -> Sender | Unplaced:
    """Find out who wrote ``incoming`` to the number ``phone_number_id``: ``channel`` is the tenant's own, None the
    platform's.

    With the scope of all tenants open, inside the transaction of the update: contacts and links are made and changed,
    and answers of the system are put into the outbox, together with everything else that the update does.
    """
    raise NotImplementedError
