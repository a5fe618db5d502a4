"""Roles: who may get which, and what becomes of the rows."""

from __future__ import annotations

import pytest

from catalog.models import Product
from tenants import roles
from tenants.audit import AuditEntry
from tenants.models import Event, Preferences, User
from tenants.roles import Refused
from tenants.scope import tenant_scope
from tests import factories
from tests.conftest import PASSWORD

pytestmark = pytest.mark.django_db


def test_who_owns_data_does_not_become_a_superadmin(alice, bob, root):
    with tenant_scope(bob):
        factories.product(bob)
    with tenant_scope(alice):
        for _ in range(3):
            factories.product(alice)
        factories.contact(alice)
    with pytest.raises(Refused, match=r"contactos: 1.*productos: 3"):
        roles.change_role(actor=root, user=alice, role="superadmin", reason="Ayuda")
    alice.refresh_from_db()
    assert alice.role == "user"
    with tenant_scope(alice):
        assert Product.objects.count() == 3
        assert Preferences.objects.count() == 1


def test_an_empty_account_becomes_one_and_owns_nothing_then(alice, root, api, browse):
    session, client = browse(alice), api(alice)
    assert roles.change_role(actor=root, user=alice, role="superadmin", reason="Ayuda")
    assert not roles.change_role(actor=root, user=alice, role="superadmin", reason="Otra vez")
    assert session.get("/admin/").status_code == 302
    assert client.get("/api/auth/me").status_code == 401
    assert browse(User.objects.get(pk=alice.pk)).get("/admin/tenants/user/").status_code == 200
    entry = AuditEntry.objects.get()
    assert (entry.action, entry.changes, entry.reason) == ("role_changed", {"role": ["user", "superadmin"]}, "Ayuda")


def test_a_superadmin_becomes_a_tenant_with_preferences(root):
    other = User.objects.create_superuser("carlos", password=PASSWORD, timezone="America/Mexico_City")
    assert roles.change_role(actor=root, user=other, role="user", reason="Abre su tienda")
    with tenant_scope(other):
        assert Preferences.objects.get().currency == "MXN"
        assert not Event.objects.exists()


def test_nobody_changes_their_own_role_and_one_superadmin_stays(root, alice):
    with pytest.raises(Refused, match="tu propio rol"):
        roles.change_role(actor=root, user=root, role="user", reason="Me cansé")
    other = User.objects.create_superuser("carlos", password=PASSWORD)
    User.objects.filter(pk=other.pk).update(is_active=False)
    with pytest.raises(Refused, match="único"):
        roles.change_role(actor=User.objects.get(pk=other.pk), user=root, role="user", reason="Venganza")
    assert User.objects.get(pk=root.pk).role == "superadmin"
