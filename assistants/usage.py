"""What turns took, kept as one row each."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from assistants.models import Outcome, TurnUsage
from assistants.providers.base import TokenUsage
from tenants.models import User


def record_turn(
    *,
    user: User,
    assistant_type: str,
    audience: str,
    provider: str,
    model: str,
    outcome: Outcome,
    reason: str,
    usage: TokenUsage,
    latency_ms: int,
    rounds: int,
    tools: Sequence[str],
    now: datetime,
) -> TurnUsage:
    """Write the row of one turn, in the user's open scope. ``reason`` is a word for the operator, never a text."""
    return TurnUsage.objects.create(
        user=user,
        assistant_type=assistant_type,
        audience=audience,
        provider=provider,
        model=model[:120],
        outcome=outcome,
        reason=reason[:40],
        input_tokens=usage.input,
        output_tokens=usage.output,
        cache_read_tokens=usage.cache_read,
        cache_write_tokens=usage.cache_write,
        latency_ms=max(latency_ms, 0),
        rounds=rounds,
        tools=[name[:60] for name in tools],
        created_at=now,
    )
