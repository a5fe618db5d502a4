"""Tasks get ids and enter their user's scope."""

from __future__ import annotations

import pytest
from django_q.models import OrmQ
from django_q.signing import SignedPackage

from tenants.jobs import enqueue, tenant_task
from tenants.models import User
from tenants.scope import current_tenant

pytestmark = pytest.mark.django_db


@tenant_task
def who_am_i(user: User, *ids: int) -> tuple[User, User | None, tuple[int, ...]]:
    return user, current_tenant(), ids


def test_a_task_runs_in_the_scope_of_its_user(alice, bob):
    assert who_am_i(alice.pk, 7, 8) == (alice, alice, (7, 8))
    assert current_tenant() is None


def test_a_task_of_nobody_says_so(alice, root):
    User.objects.filter(pk=alice.pk).update(is_active=False)
    for pk in (alice.pk, root.pk, 987654321):
        assert who_am_i(pk) == "no active tenant"


def test_a_package_is_what_the_workers_expect(alice):
    task_id = enqueue("tests.task", 1, 2, timeout=77)
    package = SignedPackage.loads(OrmQ.objects.get().payload)
    assert (package["id"], package["func"], package["args"], package["kwargs"]) == (task_id, "tests.task", (1, 2), {})
    assert (package["timeout"], package["ack_failure"]) == (77, True)
    assert package["started"].tzinfo is not None


def test_a_task_has_the_common_time_unless_told(alice):
    enqueue("tests.task")
    assert "timeout" not in SignedPackage.loads(OrmQ.objects.get().payload)
