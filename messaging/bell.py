"""The bell: what is told to a tenant on its pages, as a row, and live while a page is open."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from agenda.models import Reminder
from messaging import alerts
from messaging.lines import STREAMS_CHANNEL, bell_line
from messaging.models import Conversation, Notification
from messaging.notifications import NotificationQuerySet
from messaging.streams import LiveStream, event, switchboard
from tenants.models import User
from tenants.notices import notify
from tenants.scope import all_tenants

# A page that finds no line asks now and then instead, so the bells leave room for the conversations.
MOST_BELLS, MOST_BELLS_OF_ONE = 60, 20  # in one process, among all that wait there
LONGEST_TITLE = 300
KEPT = timedelta(days=90)
SETTLED_SECONDS = 60.0  # no transaction that rings a bell takes as long

Render = Callable[[Notification], dict[str, Any]]


def tell(
    *,
    user: User,
    kind: str,
    title: str,
    body: str = "",
    url: str = "",
    reminder: Reminder | None = None,
    now: datetime,
) -> None:
    """Ring the bell of ``user`` in the caller's transaction; each kind of a reminder once, however often called."""
    row = Notification(
        user=user, kind=kind, title=title[:LONGEST_TITLE], body=body, url=url, reminder=reminder, created_at=now
    )
    Notification.objects.bulk_create([row], ignore_conflicts=True)
    _wake(user)


def alert(*, user: User, title: str, body: str, url: str, now: datetime) -> Notification:
    """Say by the bell, and by a letter, that something is wrong. In the caller's transaction."""
    row = Notification.objects.create(
        user=user, kind=Notification.Kind.ALERT, title=title[:LONGEST_TITLE], body=body, url=url, created_at=now
    )
    _wake(user)
    alerts.mail_alert(alert=row, user=user, now=now)
    return row


def mark_read(*, user: User, notifications: NotificationQuerySet, now: datetime) -> int:
    """Mark as read what is not, and tell the tenant's other pages. Returns how many it was."""
    count = notifications.read(now=now)
    if count:
        _wake(user)
    return count


def forget_read(*, now: datetime) -> int:
    """Delete what every tenant read longer than KEPT ago. Returns how many there were."""
    with all_tenants():
        return Notification.objects.filter(read_at__lt=now - KEPT).delete()[0]


def newest_id() -> int:
    """The id of this tenant's newest notification; 0 when there is none."""
    return Notification.objects.newest_first().values_list("pk", flat=True).first() or 0


class BellStream(LiveStream):
    """``notification`` for each that is new since notification ``after``, and when they change ``unread`` {unread} and,
    of the inbox, ``inbox`` {unread}: every page shows both, on one line.
    """

    def __init__(self, *, user: User, render: Render, after: int) -> None:
        line = switchboard.line(bell_line(user.pk), tenant_id=user.pk, most=MOST_BELLS, most_of_one=MOST_BELLS_OF_ONE)
        super().__init__(user=user, line=line)
        self.render = render
        self.after = after
        self._told: dict[int, float] = {}  # when each was sent here
        self._unread: int | None = None
        self._unread_talks: int | None = None

    def read(self) -> list[str] | None:
        events = []
        for row in Notification.objects.filter(pk__gt=self.after).exclude(pk__in=list(self._told)).order_by("pk"):
            self._told[row.pk] = time.monotonic()
            events.append(event("notification", self.render(row), row.pk))
        # An id is taken before its row is committed: one with a lower number may appear a little later.
        for pk in [pk for pk, at in self._told.items() if at < time.monotonic() - SETTLED_SECONDS]:
            self.after = max(self.after, pk)
            del self._told[pk]
        unread = Notification.objects.unread().count()
        if unread != self._unread:
            self._unread = unread
            events.append(event("unread", {"unread": unread}))
        talks = Conversation.objects.of_customers().unread().count()
        if talks != self._unread_talks:
            self._unread_talks = talks
            events.append(event("inbox", {"unread": talks}))
        return events


def _wake(user: User) -> None:
    notify(STREAMS_CHANNEL, bell_line(user.pk))
