"""How the numbers of WhatsApp are, for the superadmin: the platform's own, and how many tenants' want to be seen to."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from messaging.models import Channel, Delivery, PhoneLink, SharedNumber
from messaging.whatsapp import problems, usage
from messaging.whatsapp.problems import Problem
from messaging.whatsapp.usage import Usage
from tenants.scope import all_tenants


@dataclass(frozen=True, slots=True)
class NumberFigures:
    """``shared`` is the platform's number as people dial it, empty when there is none; this month is the reader's."""

    shared: str
    shared_problems: list[Problem]
    shared_usage: Usage | None
    own: int  # numbers of tenants
    own_stopped: int
    own_usage: Usage
    phones: int  # of owners

    @property
    def alarms(self) -> list[str]:
        """What is wrong with the platform's own number beside what stops it, of which the outbox speaks."""
        return [
            _("El número compartido: %(what)s %(remedy)s") % {"what": problem.text, "remedy": problem.remedy}
            for problem in self.shared_problems
            if problem.code in {"spam", "quality", "signature", "templates"}
        ]


def read_numbers(*, now: datetime) -> NumberFigures:
    """Count over all tenants; nothing of any is read but sums. Not to be called inside a transaction."""
    zone, month = timezone.get_current_timezone(), timezone.localdate(now)
    shared = SharedNumber.current()
    stopped = ~Q(paused_for="") | Q(token="") | Q(token_is_valid=False)
    with all_tenants():
        own = Channel.objects.filter(user__is_active=True)
        deliveries = Delivery.objects.all()
        of_shared = None
        if shared is not None:
            over_it = deliveries.filter(phone_number_id=shared.phone_number_id, channel=None)
            of_shared = usage.count(over_it, month=month, zone=zone, strangers=True)
        return NumberFigures(
            shared=str(shared) if shared is not None else "",
            shared_problems=problems.diagnose(shared, now=now).problems if shared is not None else [],
            shared_usage=of_shared,
            own=own.count(),
            own_stopped=own.filter(stopped).count(),
            own_usage=usage.count(deliveries.filter(channel__isnull=False), month=month, zone=zone),
            phones=PhoneLink.objects.filter(role=PhoneLink.Role.OWNER, user__is_active=True).count(),
        )
