"""The inbox, live: which conversations changed, as server-sent events."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from messaging.lines import inbox_line
from messaging.models import Conversation
from messaging.streams import LiveStream, event, switchboard
from tenants.models import User

# A page that finds no line asks now and then instead, so the inboxes leave room for the conversations.
MOST_INBOXES, MOST_INBOXES_OF_ONE = 60, 20  # in one process, among all that wait there
MOST_CHANGED = 50  # in one look; when more changed at once the list is read anew

Render = Callable[[list[int]], list[dict[str, Any]]]


class InboxStream(LiveStream):
    """``conversation`` for each that changed, ``gone`` {id} for one that is no more, and ``refresh`` {} when anything
    may have changed: at the beginning, and when a notice may have been missed.
    """

    def __init__(self, *, user: User, render: Render) -> None:
        line = switchboard.line(
            inbox_line(user.pk), tenant_id=user.pk, most=MOST_INBOXES, most_of_one=MOST_INBOXES_OF_ONE
        )
        super().__init__(user=user, line=line)
        self.render = render

    def read(self) -> list[str] | None:
        told = self.news.take()
        ids = None if told is None else sorted(int(one) for one in told if one.isdigit())
        if ids is None or len(ids) > MOST_CHANGED:
            return [event("refresh", {})]
        if not ids:
            return []
        left = set(Conversation.objects.filter(pk__in=ids).values_list("pk", flat=True))
        changed = [event("conversation", shown) for shown in self.render([one for one in ids if one in left])]
        return [*changed, *(event("gone", {"id": one}) for one in ids if one not in left)]
