"""The demo shops' agenda: there is enough of every kind, and it is made once."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from django.db import transaction

from agenda.models import Appointment, Task
from config.demo.diary import fill_diary
from config.demo.shops import TRADES
from tenants.scope import tenant_scope

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 24, 15, tzinfo=UTC)  # a Tuesday morning in Bogotá


@pytest.mark.parametrize("trade", TRADES)
def test_a_shop_gets_an_agenda_of_its_own_once(alice, bob, trade):
    with tenant_scope(alice):
        with transaction.atomic():
            assert fill_diary(owner=alice, trade=trade, now=NOW) == 40
            assert fill_diary(owner=alice, trade=trade, now=NOW) == 0
        appointments = list(Appointment.objects.with_conflicts())
        assert len({row.title for row in appointments}) >= 24
        assert any(row.conflict_ids for row in appointments)
        assert any(row.all_day for row in appointments)
        assert {row.status for row in appointments} == {"scheduled", "completed", "cancelled"}
        assert Task.objects.overdue(today=NOW.date()).count() >= 3
        assert Task.objects.filter(due_date=NOW.date()).exists()
    with tenant_scope(bob):
        assert not Appointment.objects.exists()
        assert not Task.objects.exists()
