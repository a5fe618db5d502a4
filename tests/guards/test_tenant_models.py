"""Every model is either a tenant's, scoped and secured, or listed with the reason why it is nobody's.

The guards read the live models and PostgreSQL's own catalogue, so they cover tables that are not written yet.
"""

from __future__ import annotations

import pytest
from django.apps import apps
from django.db import connection, models
from django_scopes.manager import DisabledQuerySet

from catalog.models import Product
from messaging.models import InboundUpdate, WebhookBody
from tenants.models import TenantOwned
from tenants.scope import all_tenants, tenant_scope
from tests.factories import ROWS

pytestmark = pytest.mark.django_db

APPS = ["tenants", "catalog", "agenda", "assistants", "messaging", "analytics", "config"]
NOBODYS = {
    "tenants.User": "who the tenants are",
    "tenants.AuditEntry": "what superadmins did, to whichever accounts",
    "tenants.Plan": "what is sold to all of them",
    "tenants.SecondFactor": "how a person of either role signs in",
    "tenants.RecoveryCode": "the same, for the day the telephone is lost",
    "tenants.SignIn": "where a person of either role is signed in",
    "tenants.EmailChange": "changes of the address of a person of either role",
    "tenants.LimitWindow": "counts by name or address, before anybody is known",
    "config.Heartbeat": "how the system's own processes are",
    "config.DataJob": "what superadmins asked for, also of accounts that are erased",
    "assistants.LLMConfiguration": "the configuration that all tenants share",
    "assistants.ModelKey": "keys of that configuration",
    "assistants.Breaker": "how the model services that all tenants share are",
    "messaging.SharedNumber": "how the platform's own number is",
    "messaging.WebhookBody": "what Meta sent, of whichever tenants: the platform's alone",
    "messaging.InboundUpdate": "a piece of it, before it is known whose: the platform's alone",
    "messaging.StrangerReply": "what the platform answers to somebody whom no shop knows yet: the platform's alone",
    "messaging.PlatformLetter": "a letter to a superadmin, or to an address that is nobody's: the platform's alone",
}
# No tenant's scope sees any row of these.
PLATFORM_TABLES = {
    "messaging_webhookbody",
    "messaging_inboundupdate",
    "messaging_strangerreply",
    "messaging_platformletter",
}
# A phone belongs to one owner, whoever else asks: nobody learns that without having proved that it is theirs.
GLOBAL_UNIQUES = {"phone_link_one_owner", "phone_link_one_hidden_owner"}
# Tables of others with a column user_id that hold no tenant's data.
FOREIGN_TABLES = {"token_blacklist_outstandingtoken", "django_admin_log"}


def project_models() -> list[type[models.Model]]:
    return [model for model in apps.get_models() if model._meta.app_label in APPS]


def tenant_models() -> list[type[models.Model]]:
    return [model for model in project_models() if issubclass(model, TenantOwned)]


def unscoped_models() -> list[str]:
    """Tenant models whose manager answers without a scope."""
    return [
        model._meta.label
        for model in tenant_models()
        for manager in model._meta.managers
        if not isinstance(manager.get_queryset(), DisabledQuerySet)
    ]


def unsecured_tables() -> list[str]:
    """Tables with a user_id whose row security is off, not forced, without the policy, or not for writing."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT c.relname FROM pg_class c
            JOIN pg_namespace n ON n.oid = c.relnamespace AND n.nspname = current_schema()
            JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'user_id' AND NOT a.attisdropped
            WHERE c.relkind IN ('r', 'p') AND NOT (
                c.relrowsecurity AND c.relforcerowsecurity
                AND (SELECT count(*) FROM pg_policy p WHERE p.polrelid = c.oid) = 1
                AND EXISTS (
                    SELECT FROM pg_policies p WHERE p.schemaname = n.nspname AND p.tablename = c.relname
                    AND p.cmd = 'ALL' AND p.permissive = 'PERMISSIVE' AND p.roles = '{public}'
                    AND p.qual LIKE '%%recado.tenant%%' AND p.with_check LIKE '%%recado.tenant%%'
                )
            )
            """
        )
        return sorted({name for (name,) in cursor.fetchall()} - FOREIGN_TABLES)


def single_keys() -> list[str]:
    """Foreign keys between tenant tables without (user_id, …) → (user_id, id) behind them."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT conrelid::regclass::text, confrelid::regclass::text, array_agg(a.attname::text ORDER BY k.n)
            FROM pg_constraint, unnest(conkey) WITH ORDINALITY AS k (attnum, n)
            JOIN pg_attribute a ON a.attnum = k.attnum
            WHERE contype = 'f' AND a.attrelid = conrelid GROUP BY oid_of.oid, conrelid, confrelid
            """.replace("FROM pg_constraint,", "FROM pg_constraint AS oid_of,")
        )
        keys = {(table, target, tuple(columns)) for table, target, columns in cursor.fetchall()}
    tables = {model._meta.db_table for model in tenant_models()}
    return [
        f"{model._meta.label}.{field.name}"
        for model in tenant_models()
        for field in model._meta.local_fields
        if isinstance(field, models.ForeignKey)
        and field.related_model._meta.db_table in tables
        and (model._meta.db_table, field.related_model._meta.db_table, ("user_id", field.column)) not in keys
    ]


def global_uniques() -> list[str]:
    """Unique indexes of tenant tables without user_id: they would tell one tenant what another has."""
    tables = [model._meta.db_table for model in tenant_models()]
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT i.indexrelid::regclass::text FROM pg_index i
            JOIN pg_class c ON c.oid = i.indrelid
            WHERE c.relname = ANY(%s) AND i.indisunique AND NOT i.indisprimary
            AND NOT EXISTS (
                SELECT FROM pg_attribute a
                WHERE a.attrelid = c.oid AND a.attname = 'user_id' AND a.attnum = ANY(i.indkey)
            )
            """,
            [tables],
        )
        return [name for (name,) in cursor.fetchall() if name not in GLOBAL_UNIQUES]


def test_every_model_is_a_tenants_or_listed_as_nobodys():
    unlisted = [
        m._meta.label for m in project_models() if not issubclass(m, TenantOwned) and m._meta.label not in NOBODYS
    ]
    assert unlisted == []


def test_every_tenant_model_has_a_row_to_try():
    assert {model._meta.label for model in tenant_models()} == set(ROWS)


def test_every_tenant_model_belongs_to_somebody():
    for model in tenant_models():
        field = model._meta.get_field("user")
        assert (field.null, field.column) == (False, "user_id"), model


def test_every_manager_of_a_tenant_model_is_scoped():
    assert unscoped_models() == []


def test_every_tenant_table_is_secured():
    assert unsecured_tables() == []


def test_no_scope_of_a_tenant_sees_what_is_the_platforms(alice):
    with all_tenants():
        body = WebhookBody.objects.create(body=b"{}", digest=b"0" * 32)
        InboundUpdate.objects.create(body=body, kind="message", key="wamid.1")
        assert InboundUpdate.objects.count() == WebhookBody.objects.count() == 1
    with tenant_scope(alice):
        assert not WebhookBody.objects.exists()
        assert not InboundUpdate.objects.exists()
    assert not InboundUpdate.objects.exists()
    with connection.cursor() as cursor:
        cursor.execute("SELECT relname FROM pg_class WHERE relrowsecurity AND relforcerowsecurity")
        assert {name for (name,) in cursor.fetchall()} >= PLATFORM_TABLES


def test_every_foreign_key_between_tenant_tables_is_composite():
    assert single_keys() == []


def test_no_unique_index_reaches_across_tenants():
    assert global_uniques() == []


def test_the_role_may_not_bypass_row_security():
    with connection.cursor() as cursor:
        cursor.execute("SELECT rolsuper, rolbypassrls FROM pg_roles WHERE rolname = current_user")
        assert cursor.fetchone() == (False, False)


def test_without_a_tenant_every_table_is_empty_and_with_one_holds_their_rows_only(alice, bob):
    for user in (alice, bob):
        with tenant_scope(user):
            for make in ROWS.values():
                make(user)
    with connection.cursor() as cursor:
        for model in tenant_models():
            cursor.execute(f"SELECT count(*) FROM {model._meta.db_table}")
            assert cursor.fetchone() == (0,), model
    with tenant_scope(alice), connection.cursor() as cursor:
        for model in tenant_models():
            cursor.execute(f"SELECT DISTINCT user_id FROM {model._meta.db_table}")
            assert cursor.fetchall() == [(alice.pk,)], model


# Each guard is shown once to notice what it guards against.


def test_the_guard_notices_a_missing_orm_filter(monkeypatch):
    plain = models.Manager()
    plain.model, plain.name = Product, "objects"
    monkeypatch.setattr(Product._meta, "managers", (plain,))
    assert unscoped_models() == ["catalog.Product"]


@pytest.mark.parametrize(
    "damage",
    [
        "ALTER TABLE catalog_product NO FORCE ROW LEVEL SECURITY",
        "ALTER TABLE catalog_product DISABLE ROW LEVEL SECURITY",
        "DROP POLICY tenant_isolation ON catalog_product",
        "CREATE POLICY generous ON catalog_product USING (true)",
        "ALTER POLICY tenant_isolation ON catalog_product USING (true)",
        "ALTER POLICY tenant_isolation ON catalog_product WITH CHECK (true)",
    ],
)
def test_the_guard_notices_missing_row_security(damage):
    with connection.cursor() as cursor:
        cursor.execute(damage)
    assert "catalog_product" in unsecured_tables()


def test_the_guard_notices_a_single_key():
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE catalog_stockmovement DROP CONSTRAINT catalog_stockmovement_product_id_tenant_fk")
    assert single_keys() == ["catalog.StockMovement.product"]


def test_the_guard_notices_a_unique_index_across_tenants():
    with connection.cursor() as cursor:
        cursor.execute("CREATE UNIQUE INDEX everybodys_names ON catalog_product (name)")
    assert global_uniques() == ["everybodys_names"]
