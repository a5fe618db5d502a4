"""What a turn took, written down when it is over: its row, the tenant's month, and what went another way."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from django.db import transaction

from assistants import budgets
from assistants.configuration import Configuration, builtin_configuration
from assistants.models import Outcome
from assistants.prices import add_up
from assistants.providers.base import TokenUsage
from assistants.usage import Used, record_turn
from tenants.events import Event, acting, record
from tenants.scope import tenant_scope

if TYPE_CHECKING:
    from assistants.base import BaseAssistant


@dataclass
class Taken:
    """What a turn has taken so far. ``spent``: the tokens of each model that was asked, in order."""

    tools: list[str] = field(default_factory=list)
    usage: TokenUsage = field(default_factory=TokenUsage)
    is_estimate: bool = False
    rounds: int = 0
    spent: list[tuple[Configuration, TokenUsage]] = field(default_factory=list)

    @property
    def tools_once(self) -> list[str]:
        return list(dict.fromkeys(self.tools))


def close(
    *,
    assistant: BaseAssistant,
    taken: Taken,
    configuration: Configuration,
    state: budgets.Balance | None,
    outcome: Outcome,
    reason: str,
    latency_ms: int,
    now: datetime,
    written_by: Configuration | None = None,
    told_on: date | None = None,
) -> None:
    """Write down a turn that ``configuration`` was to answer and ``written_by`` did, nobody when its reader was lost.

    In no transaction and no scope. ``state`` is the tenant's budget as it stood, None when no model was to be asked.
    """
    cost = add_up([(spent, model.prices) for model, spent in taken.spent])
    asked = taken.spent[-1][0] if taken.spent else builtin_configuration()
    with tenant_scope(assistant.user), transaction.atomic():
        record_turn(
            user=assistant.user,
            assistant_type=assistant.assistant_type,
            audience=assistant.audience,
            provider=asked.provider,  # who was paid, also when somebody else had to answer
            model=asked.model,
            outcome=outcome,
            reason=reason,
            usage=taken.usage,
            is_estimate=taken.is_estimate,
            latency_ms=latency_ms,
            rounds=taken.rounds,
            tools=taken.tools_once,
            cost=cost,
            configuration=configuration.version,
            by_fallback=asked is configuration.fallback,
            now=now,
        )
        if written_by is not None and written_by.provider == "builtin" != configuration.provider:
            planned: dict[str, Any] = {"provider": configuration.provider, "model": configuration.model}
            with acting(Event.Actor.SYSTEM):
                record("model_failed", at=now, reason=reason, **planned)
        if state is not None:
            used = Used.by_turn(tokens=taken.usage, cost=cost, asked=bool(taken.spent))
            with acting(Event.Actor.SYSTEM):
                budgets.spend(user=assistant.user, used=used, limits=state.limits, told_on=told_on, now=now)
