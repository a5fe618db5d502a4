"""Who makes months ahead, drops old ones, and has the queue forget what is no longer kept."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from django_q.models import OrmQ

from config.management.commands.clock import Command
from tenants import months
from tenants.models import Preferences
from tenants.scope import tenant_scope

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 23, 17, tzinfo=UTC)


def test_the_clock_sees_to_it_once_an_hour(alice):
    months.make_months(now=datetime(2026, 3, 1, tzinfo=UTC))
    with tenant_scope(alice):
        Preferences.objects.update(events_months=7)
    clock = Command()
    clock.go_round(now=NOW)
    assert months.months() == [f"tenants_event_2026_{n:02}" for n in (4, 5, 11, 12)] + ["tenants_event_2027_01"]
    rung = {"tenants.tasks.forget_events", "messaging.tasks.forget_conversations"}
    assert rung <= {task.func() for task in OrmQ.objects.all()}
    OrmQ.objects.all().delete()
    clock.go_round(now=NOW)
    assert not rung & {task.func() for task in OrmQ.objects.all()}
