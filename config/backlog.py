"""Whether reminders go out: judged by the one that has waited longest, not by whether somebody means to send it."""

from dataclasses import dataclass
from datetime import datetime

from django.conf import settings

from agenda.claiming import waiting_since


@dataclass(frozen=True)
class Backlog:
    """``seconds`` that the oldest reminder has waited past its time (0: none waits), ``limit`` what it may."""

    seconds: float
    limit: float

    @property
    def is_normal(self) -> bool:
        return self.seconds <= self.limit

    @property
    def reason(self) -> str:
        return (
            f"the reminders stand still: one has waited {self.seconds:.0f} s past its time, "
            f"at most {self.limit:.0f} s is normal"
        )


def read_backlog(*, now: datetime) -> Backlog:
    """How the reminders of all tenants stand at ``now``."""
    since = waiting_since(now=now)
    return Backlog(0.0 if since is None else (now - since).total_seconds(), settings.REMINDERS["STALE_SECONDS"])
