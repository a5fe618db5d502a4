"""Addresses that letters come back from: noted, shown to the person, and written to no more than they ask for."""

from __future__ import annotations

from datetime import datetime

from django.utils import translation
from django.utils.translation import gettext as _

from messaging import bell
from messaging.mail.mailboxes import Mailbox
from messaging.notifications import Notification
from tenants.models import User

CODE = "address_failing"  # why a letter does not go out
PLACE = "/user/settings#mail"


def note(*, user: User, address: str, code: int | None, said: str, now: datetime) -> None:
    """The server wants nothing for this address. In the tenant's scope and the caller's transaction."""
    box, _is_new = Mailbox.objects.get_or_create(user=user)
    if box.fails(address):
        return
    box.failing_address, box.failing_since, box.failing_code, box.failing_reason = address, now, code, said[:300]
    box.save()
    if address.casefold() != user.email.casefold():
        return  # an address that they only wanted to have
    with translation.override(user.language):
        bell.tell(
            user=user,
            kind=Notification.Kind.ALERT,
            title=_("Tu correo no recibe lo que te enviamos"),
            body=_("%(address)s rechazó un mensaje. No le escribimos más hasta que lo revises en los ajustes.")
            % {"address": address},
            url=PLACE,
            now=now,
        )


def clear(*, user: User, address: str) -> bool:
    """A letter was taken, or the person wants another try. Returns whether it was noted as failing."""
    box = Mailbox.objects.filter(user=user).first()
    if box is None or not box.fails(address):
        return False
    box.failing_address, box.failing_since, box.failing_code, box.failing_reason = "", None, None, ""
    box.save()
    return True
