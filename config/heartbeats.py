"""Whether worker and scheduler live, judged by what they get done and not by whether their processes exist.

A canary task goes through the whole queue every few seconds and beats for the worker; the clock beats for the
scheduler. An idle queue must sing soon. A busy one may take as long as its longest task, provided that something gets
done: the clock beats for the worker too whenever older rows have left the queue.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import connection
from django.utils import timezone
from django_q.conf import Conf
from django_q.models import OrmQ
from django_q.tasks import async_task

from config.models import Heartbeat

WORKER = "worker"
SCHEDULER = "scheduler"
BACKUP = "backup"  # no part, but what was last done by ``manage.py backup``


@dataclass(frozen=True)
class Pulse:
    """How one part does: `age` is seconds since its last beat (None: never), `limit` the seconds it may take."""

    name: str
    age: float | None
    limit: float

    @property
    def is_alive(self) -> bool:
        return self.age is not None and self.age <= self.limit

    @property
    def reason(self) -> str:
        if self.age is None:
            return f"the {self.name} has not started yet"
        return (
            f"the {self.name} stands still: no sign of life for {self.age:.0f} s, at most {self.limit:.0f} s is normal"
        )


def beat(*, name: str, now: datetime) -> None:
    """Note that the part `name` lives at `now`."""
    Heartbeat.objects.update_or_create(name=name, defaults={"beat_at": now})


def sing() -> None:
    """The canary: a task that has come through enqueue, broker, pusher and worker when this line runs."""
    beat(name=WORKER, now=timezone.now())


def read_pulses(*, now: datetime) -> list[Pulse]:
    """The pulse of worker and scheduler at `now`."""
    beats = dict(Heartbeat.objects.values_list("name", "beat_at"))
    # One row may be the canary itself. More means that there is work, and a task may take its time; but a row that was
    # taken longer ago than that lies with a worker that is gone.
    longest = settings.HEALTH["WORKER_BUSY_SECONDS"]
    lost_before = now + timedelta(seconds=Conf.RETRY - longest)
    busy = OrmQ.objects.exclude(lock__gt=now, lock__lt=lost_before).count() > 1
    limits = {
        WORKER: longest if busy else settings.HEALTH["WORKER_IDLE_SECONDS"],
        SCHEDULER: settings.HEALTH["SCHEDULER_SECONDS"],
    }
    return [
        Pulse(name, (now - beats[name]).total_seconds() if name in beats else None, limit)
        for name, limit in limits.items()
    ]


def forget_beats() -> None:
    """Forget what an earlier run has left: it says nothing about the processes that start now."""
    Heartbeat.objects.filter(name__in=[WORKER, SCHEDULER]).delete()


def free_tasks(*, now: datetime) -> int:
    """Make the tasks that a dead cluster had taken available at once, instead of after `retry` seconds.

    Only where no other cluster may be working on them. Tasks may run twice without harm. Answers how many there were.
    """
    return OrmQ.objects.filter(lock__gt=now).update(lock=now)


class Canary:
    """Rings the queue's bell and watches whether the queue moves. Lives in the clock, one at a time."""

    def __init__(self) -> None:
        self.rung_at: datetime | None = None
        self._newest = 0  # highest row id at the last look
        self._left = 0  # how many rows up to that id were there

    def look(self, *, now: datetime) -> None:
        """Ring if it is time to, and beat for the worker if rows that were there before are gone."""
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT count(*) FILTER (WHERE id <= %s), count(*), coalesce(max(id), 0) FROM django_q_ormq",
                [self._newest],
            )
            left, total, newest = cursor.fetchone()
        if left < self._left:
            beat(name=WORKER, now=now)
        self._newest, self._left = newest, total
        if self._should_ring(now=now):
            async_task("config.heartbeats.sing", task_name="canary", save=False)
            self.rung_at = now

    def _should_ring(self, *, now: datetime) -> bool:
        if self.rung_at is None:
            return True
        waited = (now - self.rung_at).total_seconds()
        if waited < settings.HEALTH["CANARY_SECONDS"]:
            return False
        answered = Heartbeat.objects.filter(name=WORKER, beat_at__gte=self.rung_at).exists()
        # An unanswered one is not repeated for a while: a heap of canaries would look like work.
        return answered or waited > settings.HEALTH["WORKER_BUSY_SECONDS"] * 1.5
