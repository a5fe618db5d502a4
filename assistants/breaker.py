"""A model that fails again and again is left alone for a while, by every process at once, and then tried by one.

closed → open after FAILURES faults in a row within WINDOW. While it is open nobody asks, except that every PAUSE one
turn tries: its answer closes the breaker, its fault keeps it open for another PAUSE. One row for each provider, model
and address says where it stands; each step is one conditional UPDATE, so that of many processes one wins.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from assistants.configuration import Configuration
from assistants.models import Breaker
from assistants.providers.base import (
    ChatMessage,
    Completion,
    Provider,
    ProviderError,
    ProviderFault,
    SystemBlock,
    ToolSpec,
)
from tenants.scope import release_connection

logger = logging.getLogger(__name__)

FAILURES = 3
WINDOW = timedelta(minutes=10)  # longer than so many turns that wait in vain take, one after the other
PAUSE = timedelta(seconds=30)
TRIAL = timedelta(seconds=90)  # after which a trial of which nothing was heard is given up; longer than a turn


class Stand(StrEnum):
    """Where a breaker stands."""

    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half_open"  # one turn is trying


@dataclass(frozen=True, slots=True)
class State:
    """What is known of one model. ``text`` says it in words; ``try_at`` is when the next turn tries."""

    provider: str
    model: str
    base_url: str
    stand: Stand
    failures: int
    opened_at: datetime | None
    try_at: datetime | None
    last_fault: str
    last_fault_at: datetime | None
    text: str


@dataclass(frozen=True, slots=True)
class Admission:
    """Leave to ask a model: ``is_trial`` while its breaker is open. ``has_failed``: a fault before wants forgetting."""

    is_trial: bool = False
    has_failed: bool = False


def admit(configuration: Configuration, *, now: datetime) -> Admission | None:
    """Leave to ask the model of ``configuration`` at ``now``; None while it is left alone."""
    row = _rows(configuration).first()
    if row is None or row.opened_at is None:
        return Admission(has_failed=row is not None and row.failures > 0)
    if row.try_at is None or row.try_at > now:
        return None
    free = Q(trial_until=None) | Q(trial_until__lte=now)
    taken = _rows(configuration).filter(free, opened_at__isnull=False, try_at__lte=now)
    return Admission(is_trial=True) if taken.update(trial_until=now + TRIAL) else None


def failed(configuration: Configuration, *, fault: ProviderFault, admission: Admission, now: datetime) -> None:
    """Count a fault of the model's service. Of an open breaker only a trial's counts."""
    noted = {"last_fault": fault.value, "last_fault_at": now}
    if admission.is_trial:
        _rows(configuration).filter(opened_at__isnull=False).update(trial_until=None, try_at=now + PAUSE, **noted)
        return
    with transaction.atomic():
        row, _made = Breaker.objects.select_for_update().get_or_create(**_which(configuration))
        if row.opened_at is None:
            if row.began_at is None or row.began_at <= now - WINDOW:
                row.failures, row.began_at = 0, now
            row.failures += 1
            if row.failures >= FAILURES:
                logger.error("%s %s fails and is left alone: %s", row.provider, row.model, fault.value)
                row.opened_at, row.try_at, row.trial_until = now, now + PAUSE, None
        row.last_fault, row.last_fault_at = fault.value, now
        row.save()


def served(configuration: Configuration, *, admission: Admission) -> None:
    """The model answered: faults before are forgotten, and after a trial everybody asks it again."""
    if admission.is_trial:
        logger.warning("%s %s answers again", configuration.provider, configuration.model)
    if admission.is_trial or admission.has_failed:
        rows = _rows(configuration) if admission.is_trial else _rows(configuration).filter(opened_at=None)
        rows.update(failures=0, began_at=None, opened_at=None, try_at=None, trial_until=None)


def reset(configuration: Configuration) -> None:
    """Forget what was known of the models of a configuration: a test call has just succeeded."""
    for model in configuration.models():
        _rows(model).update(failures=0, began_at=None, opened_at=None, try_at=None, trial_until=None)


def states(*, now: datetime | None = None) -> list[State]:
    """What is known of every model that ever failed, the open ones first. Times in the words are the reader's."""
    now = now or timezone.now()
    found = [_state(row, now=now) for row in Breaker.objects.order_by("provider", "model", "base_url")]
    return sorted(found, key=lambda state: state.stand is Stand.CLOSED)


def alarms(configuration: Configuration, *, now: datetime) -> list[str]:
    """A sentence for each model of ``configuration`` that is left alone now."""
    wanted = {tuple(_which(model).values()) for model in configuration.models()}
    return [
        state.text
        for state in states(now=now)
        if state.stand is not Stand.CLOSED and (state.provider, state.model, state.base_url) in wanted
    ]


class Guarded(Provider):
    """A provider whose faults and answers are told to the breaker."""

    def __init__(
        self,
        provider: Provider,
        configuration: Configuration,
        *,
        admission: Admission,
        clock: Callable[[], datetime],
    ) -> None:
        self.name = provider.name
        self.model = provider.model
        self._provider = provider
        self._configuration = configuration
        self._admission = admission
        self._clock = clock

    def generate(
        self,
        *,
        system: Sequence[SystemBlock],
        messages: Sequence[ChatMessage],
        tools: Sequence[ToolSpec],
        max_tokens: int,
        on_text: Callable[[str], None] | None = None,
    ) -> Completion:
        try:
            completion = self._provider.generate(
                system=system, messages=messages, tools=tools, max_tokens=max_tokens, on_text=on_text
            )
        except ProviderError as error:
            if _is_the_services(error):
                failed(self._configuration, fault=error.kind, admission=self._admission, now=self._clock())
                release_connection()
            elif self._admission.is_trial:
                self._tell_served()
            raise
        except Exception:  # the listener's own: the model was speaking
            self._tell_served()
            raise
        self._tell_served()
        return completion

    def _tell_served(self) -> None:
        if self._admission.is_trial or self._admission.has_failed:
            served(self._configuration, admission=self._admission)
            self._admission = Admission()
            release_connection()


def _is_the_services(error: ProviderError) -> bool:
    """Whether another turn would fare the same. What was wrong with one request alone says nothing of the service,
    but a model that is not there is there for nobody."""
    return error.kind is not ProviderFault.BAD_REQUEST or error.status == 404


def _which(configuration: Configuration) -> dict[str, Any]:
    return {
        "provider": configuration.provider,
        "model": configuration.model[:120],
        "base_url": configuration.base_url[:300],
    }


def _rows(configuration: Configuration) -> QuerySet[Breaker]:
    return Breaker.objects.filter(**_which(configuration))


def _state(row: Breaker, *, now: datetime) -> State:
    if row.opened_at is None:
        stand = Stand.CLOSED
    elif row.trial_until is not None and row.trial_until > now:
        stand = Stand.HALF_OPEN
    else:
        stand = Stand.OPEN
    return State(
        provider=row.provider,
        model=row.model,
        base_url=row.base_url,
        stand=stand,
        failures=row.failures,
        opened_at=row.opened_at,
        try_at=row.try_at,
        last_fault=row.last_fault,
        last_fault_at=row.last_fault_at,
        text=_in_words(row, stand),
    )


def _in_words(row: Breaker, stand: Stand) -> str:
    if stand is Stand.CLOSED or row.opened_at is None:
        return _("%(model)s responde.") % {"model": row.model}
    told = _(
        "%(model)s falla desde las %(time)s (%(fault)s): responde el respaldo; cada %(n)d segundos se prueba otra vez."
    )
    return told % {
        "model": row.model,
        "time": f"{timezone.localtime(row.opened_at):%H:%M}",
        "fault": fault_in_words(row.last_fault),
        "n": int(PAUSE.total_seconds()),
    }


def fault_in_words(fault: str) -> str:
    """A kind of fault as people read it."""
    words = {
        ProviderFault.TIMEOUT: _("no contesta a tiempo"),
        ProviderFault.RATE_LIMITED: _("demasiadas peticiones"),
        ProviderFault.OVERLOADED: _("está saturado"),
        ProviderFault.CREDENTIALS: _("no acepta la clave"),
        ProviderFault.NO_CREDIT: _("sin saldo"),
        ProviderFault.BAD_REQUEST: _("no acepta la petición"),
        ProviderFault.CONNECTION: _("no hay conexión"),
        ProviderFault.SERVER: _("error del servicio"),
        ProviderFault.PROTOCOL: _("respuesta que no se entiende"),
    }
    return {kind.value: told for kind, told in words.items()}.get(fault, fault)
