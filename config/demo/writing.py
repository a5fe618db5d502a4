"""Rows of a past that was never lived, written all at once: their ids are drawn first, so that they name each other."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any, TypeVar

from django.conf import settings
from django.db import connection, models
from django.db.models import F

from agenda.models import Appointment, Attendee, Reminder, Task
from assistants.models import TurnUsage
from catalog.orders import Order, OrderLine
from messaging.models import Conversation, Delivery, Message, UnansweredQuestion
from tenants.models import Contact, Event, User

# In this order, for what is named has to be there.
MODELS: tuple[type[models.Model], ...] = (
    *(Contact, Appointment, Attendee, Task, Reminder, Conversation, Message, Order, OrderLine),
    *(UnansweredQuestion, Delivery, TurnUsage, Event),
)
DRAWN = 200  # ids at once
SHARED = settings.WHATSAPP["PHONE_NUMBER_ID"] or "106540352242922"  # the number that shops share; the simulator's

Row = TypeVar("Row", bound=models.Model)


class Past:
    """What is to be written of one tenant. ``add`` gives a row its id; ``write`` writes all, eldest first."""

    def __init__(self, owner: User) -> None:
        self.owner = owner
        self.rows: dict[type[models.Model], list[Any]] = defaultdict(list)
        self._ids: dict[type[models.Model], Iterator[int]] = {}

    def add(self, row: Row) -> Row:
        """Keep ``row`` to be written."""
        ids = self._ids.setdefault(type(row), _draw(type(row)))
        row.pk = next(ids)
        self.rows[type(row)].append(row)
        return row

    def tell(self, name: str, *, at: datetime, actor: str = "system", actor_id: int | None = None, **data: Any) -> None:
        """Keep an event, as ``tenants.events.record`` would have left it then; nobody is told of it now."""
        kept = {key: value for key, value in data.items() if value is not None}
        event = Event(user=self.owner, name=name, at=at, actor=actor, actor_id=actor_id, data=kept)
        self.rows[Event].append(event)

    def write(self) -> int:
        """Write everything, in the owner's scope. Returns how many rows."""
        self.rows[Event].sort(key=lambda event: event.at)
        for model in MODELS:
            model._default_manager.bulk_create(self.rows[model], batch_size=500)
        # What failed weeks ago troubles nobody today.
        Delivery.objects.filter(pk__in=[row.pk for row in self.rows[Delivery]]).update(updated_at=F("created_at"))
        return sum(len(rows) for rows in self.rows.values())


def set_back(*, after: int, by: timedelta) -> int:
    """Let the events of the open scope whose ids come ``after`` that one have happened so much earlier.

    Rows of the log are never changed: these go, and others like them are written. Returns how many.
    """
    rows = list(Event.objects.filter(id__gt=after).order_by("id"))
    Event.objects.filter(id__gt=after).delete()
    for row in rows:
        row.pk, row.at = None, row.at - by
    Event.objects.bulk_create(rows, batch_size=500)
    return len(rows)


def _draw(model: type[models.Model]) -> Iterator[int]:
    while True:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT nextval(pg_get_serial_sequence(%s, 'id')) FROM generate_series(1, %s)",
                [model._meta.db_table, DRAWN],
            )
            yield from [pk for (pk,) in cursor.fetchall()]
