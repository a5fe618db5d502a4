"""Whether reminders and messages go out: judged by what has waited longest, not by whether somebody would send it."""

from dataclasses import dataclass
from datetime import datetime

from django.conf import settings

from agenda.claiming import waiting_since
from messaging import dispatch


@dataclass(frozen=True)
class Backlog:
    """``seconds`` that the oldest of ``what`` has waited past its time (0: none waits), ``limit`` what it may."""

    what: str
    seconds: float
    limit: float

    @property
    def is_normal(self) -> bool:
        return self.seconds <= self.limit

    @property
    def reason(self) -> str:
        return (
            f"the {self.what} stand still: one has waited {self.seconds:.0f} s past its time, "
            f"at most {self.limit:.0f} s is normal"
        )


def read_backlog(*, now: datetime) -> Backlog:
    """How the reminders of all tenants stand at ``now``."""
    return _measure("reminders", waiting_since(now=now), settings.REMINDERS["STALE_SECONDS"], now=now)


def read_outbox(*, now: datetime) -> Backlog:
    """How the messages of all tenants to WhatsApp stand at ``now``; what waits for WhatsApp itself does not count."""
    return _measure(
        "messages to WhatsApp", dispatch.waiting_since(now=now), settings.WHATSAPP["STALE_SECONDS"], now=now
    )


def _measure(what: str, since: datetime | None, limit: float, *, now: datetime) -> Backlog:
    return Backlog(what, 0.0 if since is None else (now - since).total_seconds(), limit)
