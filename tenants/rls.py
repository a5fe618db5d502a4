"""Row security as migration operations, so that a tenant table is secured in the migration that makes it.

The policy asks one sub-select whose rows may be seen, once per query: those of the open tenant, or of everybody, which
it says by 0. With nothing set it answers NULL, which is no tenant, and no row is seen. The form is chosen for speed:

- Two sub-selects take 0.04 ms more of each query, most of which take less than one.
- Of ``… IS NOT NULL`` the planner supposes that it takes nothing away, as is right beside the ORM's own condition. Of
  any other that it cannot see through it supposes that half of the rows go, and of a least and a greatest ``user_id``
  (which it could look up in an index) nearly all; then it sorts what it should read in order.

The setting is compared by ``nullif(current_setting(…, true), '')`` because it reads as an empty string once it has been
set locally and the transaction is over.
"""

from __future__ import annotations

from typing import Any

from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.operations.base import Operation, OperationCategory
from django.db.migrations.state import ProjectState
from django.db.models import Model

from tenants.scope import ALL_TENANTS_SETTING, TENANT_SETTING

POLICY = "tenant_isolation"
PLATFORM_POLICY = "platform_only"

EVERYBODY = 0  # never a tenant's id, and taken for none when it is set as one

_seen = (
    f"CASE WHEN current_setting('{ALL_TENANTS_SETTING}', true) = 'on' THEN {EVERYBODY}"
    f" ELSE nullif(nullif(current_setting('{TENANT_SETTING}', true), '')::bigint, {EVERYBODY}) END"
)
_everybody = f"(SELECT current_setting('{ALL_TENANTS_SETTING}', true)) = 'on'"
_condition = f"CASE (SELECT {_seen}) WHEN user_id THEN 1 WHEN {EVERYBODY} THEN 1 END IS NOT NULL"


def secure_statements(table: str) -> list[str]:
    """What puts row security, enabled and forced, with the tenant policy onto a table with a column ``user_id``."""
    return [
        f'ALTER TABLE "{table}" ENABLE ROW LEVEL SECURITY',
        f'ALTER TABLE "{table}" FORCE ROW LEVEL SECURITY',
        f'CREATE POLICY {POLICY} ON "{table}" USING ({_condition}) WITH CHECK ({_condition})',
    ]


class _RowSecurity(Operation):
    """Row security of one model's table."""

    reversible = True
    reduces_to_sql = True
    category = OperationCategory.SQL

    def __init__(self, model_name: str) -> None:
        self.model_name = model_name

    def deconstruct(self) -> tuple[str, list[Any], dict[str, Any]]:
        return self.__class__.__name__, [self.model_name], {}

    def state_forwards(self, app_label: str, state: ProjectState) -> None:
        """Row security is no part of the models' state."""


class SecureTenant(_RowSecurity):
    """Row security, enabled and forced, with the tenant policy; and UNIQUE (user_id, id) for composite keys."""

    def database_forwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, from_state: ProjectState, to_state: ProjectState
    ) -> None:
        table = _table(to_state, app_label, self.model_name)
        name = schema_editor.quote_name
        for statement in secure_statements(table):
            schema_editor.execute(statement)
        schema_editor.execute(f"ALTER TABLE {name(table)} ADD CONSTRAINT {name(_key_name(table))} UNIQUE (user_id, id)")

    def database_backwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, from_state: ProjectState, to_state: ProjectState
    ) -> None:
        table = _table(from_state, app_label, self.model_name)
        name = schema_editor.quote_name
        schema_editor.execute(f"ALTER TABLE {name(table)} DROP CONSTRAINT {name(_key_name(table))}")
        schema_editor.execute(f"DROP POLICY {POLICY} ON {name(table)}")
        schema_editor.execute(f"ALTER TABLE {name(table)} NO FORCE ROW LEVEL SECURITY")
        schema_editor.execute(f"ALTER TABLE {name(table)} DISABLE ROW LEVEL SECURITY")

    def describe(self) -> str:
        return f"Row security on {self.model_name}"


class SecurePlatform(_RowSecurity):
    """Row security for a table of the platform's own that holds what tenants' customers write: no tenant's scope sees
    any of it, only the code that opens the scope of all of them."""

    def database_forwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, from_state: ProjectState, to_state: ProjectState
    ) -> None:
        table = schema_editor.quote_name(_table(to_state, app_label, self.model_name))
        schema_editor.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        schema_editor.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        schema_editor.execute(
            f"CREATE POLICY {PLATFORM_POLICY} ON {table} USING ({_everybody}) WITH CHECK ({_everybody})"
        )

    def database_backwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, from_state: ProjectState, to_state: ProjectState
    ) -> None:
        table = schema_editor.quote_name(_table(from_state, app_label, self.model_name))
        schema_editor.execute(f"DROP POLICY {PLATFORM_POLICY} ON {table}")
        schema_editor.execute(f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY")
        schema_editor.execute(f"ALTER TABLE {table} DISABLE ROW LEVEL SECURITY")

    def describe(self) -> str:
        return f"Row security on {self.model_name}, for the platform alone"


class RenewPolicies(Operation):
    """Give the tables that were secured before the policy that SecureTenant makes now."""

    reversible = True
    reduces_to_sql = True
    category = OperationCategory.SQL

    def state_forwards(self, app_label: str, state: ProjectState) -> None:
        """Row security is no part of the models' state."""

    def database_forwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, from_state: ProjectState, to_state: ProjectState
    ) -> None:
        name = schema_editor.quote_name
        with schema_editor.connection.cursor() as cursor:
            cursor.execute(
                "SELECT tablename FROM pg_policies WHERE schemaname = current_schema() AND policyname = %s", [POLICY]
            )
            tables = [table for (table,) in cursor.fetchall()]
        for table in tables:
            schema_editor.execute(
                f"ALTER POLICY {POLICY} ON {name(table)} USING ({_condition}) WITH CHECK ({_condition})"
            )

    def database_backwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, from_state: ProjectState, to_state: ProjectState
    ) -> None:
        """The policies before let the same rows through."""

    def describe(self) -> str:
        return "Row security as it is made now"


class TenantForeignKey(Operation):
    """FOREIGN KEY (user_id, <field>_id) REFERENCES <target> (user_id, id) behind a foreign key between tenant tables.

    PostgreSQL's foreign-key checks bypass row security; without this a row could point to another tenant's row.
    """

    reversible = True
    reduces_to_sql = True
    category = OperationCategory.SQL

    def __init__(self, model_name: str, field_name: str) -> None:
        self.model_name = model_name
        self.field_name = field_name

    def deconstruct(self) -> tuple[str, list[Any], dict[str, Any]]:
        return self.__class__.__name__, [self.model_name, self.field_name], {}

    def state_forwards(self, app_label: str, state: ProjectState) -> None:
        """The composite key is no part of the models' state."""

    def database_forwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, from_state: ProjectState, to_state: ProjectState
    ) -> None:
        model = to_state.apps.get_model(app_label, self.model_name)
        field = model._meta.get_field(self.field_name)
        target: type[Model] = field.related_model
        name = schema_editor.quote_name
        schema_editor.execute(
            f"ALTER TABLE {name(model._meta.db_table)} ADD CONSTRAINT"
            f" {name(_reference_name(model._meta.db_table, field.column))}"
            f" FOREIGN KEY (user_id, {name(field.column)})"
            f" REFERENCES {name(target._meta.db_table)} (user_id, id) DEFERRABLE INITIALLY DEFERRED"
        )

    def database_backwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, from_state: ProjectState, to_state: ProjectState
    ) -> None:
        model = from_state.apps.get_model(app_label, self.model_name)
        column = model._meta.get_field(self.field_name).column
        name = schema_editor.quote_name
        table = model._meta.db_table
        schema_editor.execute(f"ALTER TABLE {name(table)} DROP CONSTRAINT {name(_reference_name(table, column))}")

    def describe(self) -> str:
        return f"Composite key behind {self.model_name}.{self.field_name}"


def _table(state: ProjectState, app_label: str, model_name: str) -> str:
    return str(state.apps.get_model(app_label, model_name)._meta.db_table)


def _key_name(table: str) -> str:
    return f"{table}_tenant_key"


def _reference_name(table: str, column: str) -> str:
    return f"{table}_{column}_tenant_fk"
