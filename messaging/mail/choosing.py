"""Which letters a person wants."""

from __future__ import annotations

from collections.abc import Mapping

from django.db import transaction

from messaging.mail.mailboxes import Mailbox
from tenants.events import record
from tenants.mail import CHOICES, Kind
from tenants.models import User


def choose(*, user: User, wanted: Mapping[Kind, bool]) -> Mailbox:
    """Letters of these kinds come from now on, or stay away; of the others it stays as it was. In the tenant's scope.

    Other kinds than CHOICES are not asked about.
    """
    with transaction.atomic():
        box, _is_new = Mailbox.objects.select_for_update().get_or_create(user=user)
        muted = [str(kind) for kind in CHOICES if not wanted.get(kind, kind not in box.muted)]
        if muted != box.muted:
            box.muted = muted
            box.save(update_fields=["muted", "updated_at"])
            record("preferences_changed", fields=["mail"])
    return box
