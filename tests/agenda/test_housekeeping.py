from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from agenda import booking, undoing
from agenda.housekeeping import DELETED_KEPT, forget_undone
from agenda.models import Appointment, Change, Task
from tenants.scope import tenant_scope
from tests import factories

pytestmark = pytest.mark.django_db(transaction=True)

NOW = timezone.now()


def test_what_nobody_can_come_back_to_is_forgotten_and_nothing_else(alice, bob):
    long_ago = NOW - DELETED_KEPT - timedelta(hours=1)
    for user in (alice, bob):
        with tenant_scope(user):
            factories.appointment(user, title="Borrada hace mucho", deleted_at=long_ago)
            factories.appointment(user, title="Borrada ayer", deleted_at=NOW - timedelta(days=1))
            factories.appointment(user, title="De pie")
            factories.task(user, title="Borrada hace mucho", deleted_at=long_ago)
            factories.task(user, title="Abierta")
            factories.appointment(
                user,
                title="No este día",
                series=factories.series(user),
                original_start=factories.THURSDAY,
                deleted_at=long_ago,
            )
            factories.change(user, created_at=NOW - timedelta(days=2))
            factories.change(user, created_at=NOW - timedelta(hours=2))
    assert forget_undone(now=NOW) == 6
    for user in (alice, bob):
        with tenant_scope(user):
            titles = set(Appointment.objects.values_list("title", flat=True))
            assert titles == {"Borrada ayer", "De pie", "No este día"}
            assert list(Task.objects.values_list("title", flat=True)) == ["Abierta"]
            assert Change.objects.count() == 1
    assert forget_undone(now=NOW) == 0


def test_what_can_be_undone_still_can(alice):
    with tenant_scope(alice):
        made = booking.book(user=alice, now=NOW, title="Dentista", start=NOW + timedelta(days=1)).appointment
        removed = booking.remove(appointment_id=made.pk, now=NOW)
    forget_undone(now=NOW + timedelta(hours=23))
    with tenant_scope(alice):
        undoing.undo(user=alice, now=NOW + timedelta(hours=23), change_id=removed.pk)
        assert Appointment.objects.present().get().title == "Dentista"
