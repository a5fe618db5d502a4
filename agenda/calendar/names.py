"""What a row is called in an iCalendar file, so that it is known again when it comes back."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from django.conf import settings

PRODUCT = "-//Recado//Recado//ES"
STATUS_PROPERTY = "X-RECADO-STATUS"  # what VEVENT's own STATUS has no word for
CATEGORY_RRULE = "X-RECADO-RRULE"  # of a task: RFC 5545 wants a DTSTART beside a VTODO's RRULE, and a task has none
REMINDERS_PROPERTY = (
    "X-RECADO-REMINDERS"  # of a task without a day: there is nothing that an alarm could be relative to
)

_own = re.compile(r"(appointment|series|task)-([0-9]{1,18})@(.+)")


def site() -> str:
    """The host name that ends our own UIDs."""
    return urlsplit(settings.SITE_URL).hostname or "localhost"


def uid_of(kind: str, key: int) -> str:
    """The UID of a row of ours that did not come by import."""
    return f"{kind}-{key}@{site()}"


def own_key(kind: str, uid: str) -> int | None:
    """The id of the row of ours that ``uid`` names, None when it was made elsewhere."""
    found = _own.fullmatch(uid)
    return int(found[2]) if found and found[1] == kind and found[3] == site() else None
