"""How long conversations are kept: until they have been silent for as many months as their tenant says."""

from __future__ import annotations

import logging
import time
from datetime import datetime

from dateutil.relativedelta import relativedelta

from messaging import conversations
from messaging.models import Conversation
from tenants.models import Preferences, User
from tenants.scope import all_tenants, tenant_scope

BATCH = 100  # conversations looked for at once
SECONDS = 40.0  # how long one call goes on; the next one is an hour later

logger = logging.getLogger(__name__)


def forget_silent(*, now: datetime, seconds: float = SECONDS) -> int:
    """Delete the conversations that were silent for too long, with messages and files. Returns how many.

    For at most so many ``seconds``. Who keeps them for ever, as is usual, loses none.
    """
    deadline, gone = time.monotonic() + seconds, 0
    with all_tenants():
        limited = Preferences.objects.filter(conversations_months__isnull=False)
        limits = {pk: months for pk, months in limited.values_list("user_id", "conversations_months") if months}
    for user in User.objects.filter(pk__in=limits).order_by("pk"):
        since = now - relativedelta(months=limits[user.pk])
        with tenant_scope(user):
            silent = Conversation.objects.filter(updated_at__lt=since).order_by("updated_at")
            while time.monotonic() < deadline and (found := list(silent[:BATCH])):
                for conversation in found:
                    gone += conversations.delete(conversation=conversation, silent_since=since)
    if gone:
        logger.info("%s conversations were silent for too long and are gone", gone)
    return gone
