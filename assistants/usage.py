"""What turns took: one row each, and a running sum of each tenant's month."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from django.db import connection

from assistants.models import MonthUsage, Outcome, TurnUsage
from assistants.providers.base import TokenUsage
from tenants.models import User

_columns = ("turns", "tokens", "money", "messages")
# The row stays locked until the transaction ends: whoever adds next finds what was added before.
_add = f"""
    INSERT INTO assistants_monthusage AS held (user_id, month, {", ".join(_columns)}, warned, reached)
    VALUES (%s, %s, %s, %s, %s, %s, '{{}}', '{{}}')
    ON CONFLICT (user_id, month)
    DO UPDATE SET {", ".join(f"{name} = held.{name} + EXCLUDED.{name}" for name in _columns)}
    RETURNING id, {", ".join(_columns)}, warned, reached, told_on
"""  # noqa: S608  (our own names)


@dataclass(frozen=True, slots=True)
class Used:
    """What was used: turns in which a model was asked, tokens of all kinds, US dollars, and messages that
    went out by WhatsApp."""

    turns: int = 0
    tokens: int = 0
    money: Decimal = Decimal(0)
    messages: int = 0

    @classmethod
    def by_turn(cls, *, tokens: TokenUsage, cost: Decimal | None, asked: bool) -> Used:
        """What one turn took; one in which no model was ``asked`` took nothing that is counted."""
        if not asked:
            return cls()
        return cls(
            turns=1,
            tokens=tokens.input + tokens.output + tokens.cache_read + tokens.cache_write,
            money=cost or Decimal(0),
        )


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
    is_estimate: bool = False,
    cost: Decimal | None = None,
    configuration: int | None = None,
    by_fallback: bool = False,
) -> TurnUsage:
    """Write the row of one turn, in the user's open scope. ``reason`` is a word for the operator, never a text.

    ``provider`` and ``model`` are those that were asked last, ``cost`` is that of all that were asked. ``is_estimate``:
    a call was cut off before its service had told what it took.
    """
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
        is_estimate=is_estimate,
        latency_ms=max(latency_ms, 0),
        rounds=rounds,
        tools=[name[:60] for name in tools],
        cost=cost,
        configuration=configuration,
        by_fallback=by_fallback,
        created_at=now,
    )


def add(*, user: User, used: Used, now: datetime) -> MonthUsage:
    """Add to the tenant's month, however many do so at once. In the caller's transaction and the tenant's scope.

    Returns the row as it then stands; it is locked until the transaction ends.
    """
    first = month_of(user=user, now=now)
    with connection.cursor() as cursor:
        cursor.execute(_add, [user.pk, first, used.turns, used.tokens, used.money, used.messages])
        pk, turns, tokens, money, messages, warned, reached, told_on = cursor.fetchone()
    return MonthUsage(
        pk=pk,
        user=user,
        month=first,
        turns=turns,
        tokens=tokens,
        money=money,
        messages=messages,
        warned=warned,
        reached=reached,
        told_on=told_on,
    )


def month(user: User, now: datetime) -> Used:
    """What the tenant used in the month of ``now``, on their own calendar. In the tenant's scope."""
    row = MonthUsage.objects.filter(month=month_of(user=user, now=now)).first()
    return Used() if row is None else Used(row.turns, row.tokens, row.money, row.messages)


def month_of(*, user: User, now: datetime) -> date:
    """The first day of the month of ``now``, on the tenant's calendar."""
    return now.astimezone(ZoneInfo(user.timezone)).date().replace(day=1)
