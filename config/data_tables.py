"""All tables of a tenant, read from the models: what is exported, and in which order rows can be deleted.

A table that is added later is in both by itself; a guard looks at every model, and at fields that may hold secrets.
"""

from __future__ import annotations

from functools import cache
from graphlib import TopologicalSorter

from django.apps import apps
from django.db import connection
from django.db.models import BinaryField, Field, ForeignKey, Model

from tenants.fields import EncryptedTextField
from tenants.models import TenantOwned

# Not exported, each with its reason, which stands in the export's index.
LEFT_OUT = {
    "messaging.MessageDelta": "pieces of a reply while it is being written; the reply is a message",
    "tenants.KeptAnswer": "answers to programs, kept for a day in case they ask again",
    "catalog.ProductEmbedding": "numbers computed from the products' texts",
    "tenants.ImportPiece": "pieces of a file that the person has; what was read of it are rows",
}
# Secrets beside encrypted fields: nobody who holds the export may act as the tenant.
SECRETS = {
    "agenda.CalendarFeed": {"digest"},
    "messaging.Channel": {"verify_token"},
    "messaging.LinkCode": {"code_hash"},
    "tenants.ApiKey": {"digest"},
    "tenants.User": {"password"},
}
# How rows are gone through in order, where the table's own key is another than (user, id).
KEYS = {"tenants.Event": ("at", "id")}


@cache
def tenant_models() -> list[type[Model]]:
    """Every model of rows that belong to one tenant, by name."""
    found = [model for model in apps.get_models() if issubclass(model, TenantOwned)]
    return sorted(found, key=lambda model: model._meta.label)


@cache
def in_order_of_deletion() -> list[type[Model]]:
    """Every one of them, each after those whose rows point to its rows. Raises graphlib.CycleError."""
    ours = set(tenant_models())
    pointing: dict[type[Model], set[type[Model]]] = {model: set() for model in ours}
    for model in ours:
        for field in _keys_of(model):
            if field.related_model in ours and field.related_model is not model:
                pointing[field.related_model].add(model)
    sorter = TopologicalSorter({model: sorted(pointing[model], key=_label) for model in sorted(ours, key=_label)})
    return list(sorter.static_order())


def own_keys(model: type[Model]) -> list[str]:
    """The columns by which rows of the table point to other rows of it; each may be empty."""
    return [field.column for field in _keys_of(model) if field.related_model is model]


def pieces(model: type[Model]) -> list[str]:
    """The tables in which the rows lie: the one of the model, or its partitions."""
    table = model._meta.db_table
    with connection.cursor() as cursor:
        cursor.execute("SELECT relid::regclass::text FROM pg_partition_tree(%s::regclass) WHERE isleaf", [table])
        return sorted(name for (name,) in cursor.fetchall()) or [table]


def key_of(model: type[Model]) -> tuple[str, ...]:
    """The fields by which a tenant's rows can be gone through in order, by an index."""
    return KEYS.get(model._meta.label, (str(model._meta.pk.attname),)) if model._meta.pk else ("id",)


def secrets_of(model: type[Model]) -> list[str]:
    """The fields whose values no export holds."""
    named = SECRETS.get(model._meta.label, set())
    return sorted(field.name for field in _fields(model) if field.name in named or is_encrypted(field))


def exported_fields(model: type[Model]) -> list[str]:
    """The columns of an exported row; ``user_id`` says nothing in a file that holds one tenant's rows."""
    hidden = {"user", *secrets_of(model)}
    computed = {field.name for field in _fields(model) if field.generated}
    return [field.attname for field in _fields(model) if field.name not in hidden | computed and not _is_file(field)]


def count_rows(model: type[Model], *, user_id: int) -> int:
    """How many rows of the table are the tenant's, whose scope is open."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT count(*) FROM {connection.ops.quote_name(model._meta.db_table)} WHERE user_id = %s",  # noqa: S608
            [user_id],
        )
        return int(cursor.fetchone()[0])


def is_encrypted(field: Field[object, object]) -> bool:
    return isinstance(field, EncryptedTextField)


def _is_file(field: Field[object, object]) -> bool:
    return isinstance(field, BinaryField)


def _fields(model: type[Model]) -> list[Field[object, object]]:
    return list(model._meta.concrete_fields)


def _keys_of(model: type[Model]) -> list[ForeignKey[Model, Model]]:
    return [field for field in model._meta.concrete_fields if isinstance(field, ForeignKey)]


def _label(model: type[Model]) -> str:
    return model._meta.label
