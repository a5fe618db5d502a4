from __future__ import annotations

import pytest
from django.contrib.auth.models import AnonymousUser
from django.db import connection, transaction
from django.db.utils import OperationalError, ProgrammingError
from django_scopes.exceptions import ScopeError

from catalog.models import Product
from tenants.notices import dedicated_connection
from tenants.scope import (
    NotATenant,
    ScopeInsideTransaction,
    ScopeOutsideTransaction,
    all_tenants,
    current_tenant,
    narrowed_to,
    tenant_scope,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def hammers(alice, bob):
    """One product of each tenant."""
    made = []
    for user in (alice, bob):
        with tenant_scope(user):
            made.append(Product.objects.create(user=user, name="Martillo", price="10"))
    return made


def _settings() -> tuple[str, str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('recado.tenant', true), current_setting('recado.all_tenants', true)")
        tenant, everyone = cursor.fetchone()
    return tenant or "", everyone or ""


def test_it_shows_a_tenant_only_their_own_rows(alice, bob, hammers):
    for user, hammer in zip((alice, bob), hammers, strict=True):
        with tenant_scope(user):
            assert list(Product.objects.all()) == [hammer]
            assert list(Product._base_manager.all()) == [hammer]


def test_a_query_without_a_scope_is_an_error(hammers):
    with pytest.raises(ScopeError):
        Product.objects.count()


def test_raw_sql_without_a_scope_finds_nothing(hammers):
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM catalog_product")
        assert cursor.fetchone() == (0,)


@pytest.mark.parametrize("tenant", ["", "0", "-0", "00"])
def test_a_setting_that_names_no_tenant_finds_nothing(hammers, tenant):
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('recado.tenant', %s, true)", [tenant])
        cursor.execute("SELECT count(*) FROM catalog_product")
        assert cursor.fetchone() == (0,)


def test_it_cannot_write_a_row_of_another_tenant(alice, bob):
    with tenant_scope(alice), pytest.raises(ProgrammingError, match="row-level security"), transaction.atomic():
        Product.objects.create(user=bob, name="Martillo", price="10")


def test_it_cannot_give_a_row_away(alice, bob, hammers):
    with tenant_scope(alice), pytest.raises(ProgrammingError, match="row-level security"), transaction.atomic():
        Product.objects.update(user=bob)


def test_scopes_nest_and_leave_the_outer_one_as_it_was(alice, bob, hammers):
    with tenant_scope(alice):
        with tenant_scope(bob):
            assert Product.objects.get() == hammers[1]
        assert Product.objects.get() == hammers[0]
        assert current_tenant() == alice
    assert current_tenant() is None
    assert _settings() == ("", "")


def test_it_closes_after_an_error(alice):
    with pytest.raises(ZeroDivisionError), tenant_scope(alice):
        raise ZeroDivisionError
    assert _settings() == ("", "")
    assert current_tenant() is None


def test_all_tenants_sees_everyone_and_closes(hammers):
    with all_tenants():
        assert Product.objects.count() == 2
    assert _settings() == ("", "")
    with pytest.raises(ScopeError):
        Product.objects.count()


def test_a_tenant_scope_inside_all_tenants_is_narrow(alice, hammers):
    with all_tenants(), tenant_scope(alice):
        assert Product._base_manager.count() == 1


def test_nobody_and_a_superadmin_have_no_scope(root):
    for person in (None, AnonymousUser(), root):
        with pytest.raises(NotATenant), tenant_scope(person):
            pass


@pytest.mark.django_db(transaction=True)
def test_the_scope_is_refused_inside_a_transaction(alice):
    with transaction.atomic(), pytest.raises(ScopeInsideTransaction), tenant_scope(alice):
        pass


@pytest.mark.django_db(transaction=True)
def test_a_rollback_inside_the_scope_leaves_it_open(alice):
    with tenant_scope(alice):
        with transaction.atomic():
            Product.objects.create(user=alice, name="Martillo", price="10")
            transaction.set_rollback(True)
        assert Product.objects.count() == 0
        Product.objects.create(user=alice, name="Serrucho", price="10")
        assert Product.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_a_scope_whose_connection_broke_leaves_nothing_to_the_next(alice, bob):
    with pytest.raises(OperationalError), tenant_scope(alice), dedicated_connection() as other:
        other.execute("SELECT pg_terminate_backend(%s)", [connection.connection.info.backend_pid])
    connection.close()
    with tenant_scope(bob):
        pass
    assert _settings() == ("", "")


def test_the_scope_of_all_can_be_narrowed_inside_a_transaction(alice, bob, hammers):
    with all_tenants(), transaction.atomic():
        assert Product.objects.count() == 2
        with narrowed_to(alice):
            assert list(Product.objects.all()) == hammers[:1]
            assert list(Product._base_manager.all()) == hammers[:1]
            assert current_tenant() == alice
            with pytest.raises(ProgrammingError, match="row-level security"), transaction.atomic():
                Product.objects.create(user=bob, name="Sierra", price="10")
            assert list(Product.objects.all()) == hammers[:1]
        assert Product._base_manager.count() == 2
    assert _settings() == ("", "")


def test_what_breaks_off_while_it_is_narrowed_leaves_all_as_it_was(alice, hammers):
    with all_tenants():
        with pytest.raises(ValueError, match="broken"), transaction.atomic(), narrowed_to(alice):
            raise ValueError("broken")
        assert Product._base_manager.count() == 2
    assert _settings() == ("", "")


def test_nothing_else_can_be_narrowed(alice, bob, root):
    with all_tenants(), pytest.raises(NotATenant), transaction.atomic(), narrowed_to(root):
        pass
    with tenant_scope(bob), transaction.atomic(), pytest.raises(ScopeOutsideTransaction), narrowed_to(alice):
        pass
