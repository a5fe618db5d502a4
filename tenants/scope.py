"""Whose rows may be seen: the ORM's scope and PostgreSQL's, always opened together.

The ORM scope (django-scopes) makes an unscoped query an error. The PostgreSQL setting feeds the row-security policies
(``tenants.rls``), so that what the ORM forgets (raw SQL, joins, ``_base_manager``) finds no rows.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import TYPE_CHECKING

from django.db import connection
from django_scopes import scope, scopes_disabled
from django_scopes.state import get_scope

if TYPE_CHECKING:
    from tenants.models import User

TENANT_SETTING = "recado.tenant"
ALL_TENANTS_SETTING = "recado.all_tenants"


class NotATenant(ValueError):
    """The scope was asked for somebody who owns no data: nobody, an unsaved user or a superadmin."""


class ScopeInsideTransaction(RuntimeError):
    """A session setting made inside a transaction disappears with its rollback, so the scope must wrap ``atomic``."""


class ScopeOutsideTransaction(RuntimeError):
    """What is narrowed for a while is narrowed until the transaction ends, at the latest."""


@contextmanager
def tenant_scope(user: User) -> Iterator[None]:
    """See and write the rows of ``user`` and of nobody else.

    Scopes nest; leaving one restores the one around it. Raises NotATenant for anybody without data of their own
    (``scope(user=None)`` would mean *all* tenants to django-scopes) and ScopeInsideTransaction inside ``atomic``.
    """
    if user is None or not user.pk or not getattr(user, "is_tenant", False):
        raise NotATenant(f"{user!r} owns no tenant data")
    with _database_scope(tenant=str(user.pk), all_tenants=""), scope(user=user):
        yield


def own_scope(user: User) -> AbstractContextManager[None]:
    """The scope of ``user``, where that is a tenant and it is not open already; a superadmin has none."""
    is_open = current_tenant() == user and not sees_everybody()
    return tenant_scope(user) if user.is_tenant and not is_open else nullcontext()


@contextmanager
def all_tenants() -> Iterator[None]:
    """See every tenant's rows. For allow-listed modules only (``tests/guards`` holds the list)."""
    with _database_scope(tenant="", all_tenants="on"), scopes_disabled():
        yield


@contextmanager
def narrowed_to(user: User) -> Iterator[None]:
    """Inside a transaction with the scope of all tenants: see and write the rows of ``user`` alone, for a while.

    For what is done for one tenant in a transaction that also writes what is no tenant's. What it raises has to leave
    the transaction, or the savepoint that was begun before: with it goes the setting. Raises NotATenant, and
    ScopeOutsideTransaction.
    """
    if user is None or not user.pk or not getattr(user, "is_tenant", False):
        raise NotATenant(f"{user!r} owns no tenant data")
    if not connection.in_atomic_block or not sees_everybody():
        raise ScopeOutsideTransaction("only all tenants' scope inside a transaction can be narrowed")
    _set_locally(str(user.pk), "")
    with scope(user=user):
        yield
    _set_locally("", "on")


@contextmanager
def lent_scope(user: User | None) -> Iterator[None]:
    """Inside a transaction, whatever scope is open: see and write the rows of ``user`` alone, for a while.

    For a row that is written along with somebody else's work, as a letter is. With None: what is the platform's alone.
    What it raises has to leave the transaction, or the savepoint that was begun before: with it goes the setting.
    Raises NotATenant, and ScopeOutsideTransaction.
    """
    if user is not None and (not user.pk or not user.is_tenant):
        raise NotATenant(f"{user!r} owns no tenant data")
    if not connection.in_atomic_block:
        raise ScopeOutsideTransaction("outside of a transaction the scope is opened, not lent")
    with connection.cursor() as cursor:  # what is set now, which may itself be for a while
        cursor.execute(
            "SELECT coalesce(current_setting(%s, true), ''), coalesce(current_setting(%s, true), '')",
            [TENANT_SETTING, ALL_TENANTS_SETTING],
        )
        before = cursor.fetchone()
    _set_locally(*(("", "on") if user is None else (str(user.pk), "")))
    with scopes_disabled() if user is None else scope(user=user):
        yield
    _set_locally(*before)


def release_connection() -> None:
    """Let go of this thread's database connection before a wait. Inside a transaction (a test's) it is kept."""
    if not connection.in_atomic_block:
        connection.close()


def current_tenant() -> User | None:
    """The user whose scope is open, or None."""
    state = get_scope()
    return state.get("user") if state.get("_enabled", True) else None


def is_open() -> bool:
    """Whether any scope is open."""
    return not _is_closed() and getattr(connection, "_recado_scope", ("", "")) != ("", "")


def sees_everybody() -> bool:
    """Whether the scope of all tenants is open."""
    return getattr(connection, "_recado_scope", None) == ("", "on")


@contextmanager
def _database_scope(*, tenant: str, all_tenants: str) -> Iterator[None]:
    if _inside_transaction():
        raise ScopeInsideTransaction("open the tenant scope around atomic(), not inside it")
    before = ("", "") if _is_closed() else getattr(connection, "_recado_scope", ("", ""))
    _set(tenant, all_tenants)
    try:
        yield
    finally:
        # A connection that was closed meanwhile took its settings with it; the next one starts with none.
        _set(*before)


def _set(tenant: str, all_tenants: str) -> None:
    if _is_closed():
        connection._recado_scope = ("", "")  # type: ignore[attr-defined]
        if not tenant and not all_tenants:
            return
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT set_config('{TENANT_SETTING}', %s, false), set_config('{ALL_TENANTS_SETTING}', %s, false)",
            [tenant, all_tenants],
        )
    connection._recado_scope = (tenant, all_tenants)  # type: ignore[attr-defined]


def _set_locally(tenant: str, all_tenants: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT set_config('{TENANT_SETTING}', %s, true), set_config('{ALL_TENANTS_SETTING}', %s, true)",
            [tenant, all_tenants],
        )


def _is_closed() -> bool:
    return connection.connection is None or bool(connection.connection.closed)


def _inside_transaction() -> bool:
    # The test case's own transaction never rolls back while a scope is open, so it does not count.
    return any(not getattr(block, "_from_testcase", False) for block in connection.atomic_blocks)
