"""Indexes of their own for large catalogues: one over the words (GIN), one over the vectors (HNSW).

A tenant's products are few among everybody's, so an index over all of them serves nobody: a global HNSW loses recall
behind the tenant's filter. Small catalogues are scanned, which is exact and quick. A large one gets partial indexes
(`WHERE user_id = …`), built by a task without blocking anybody; PostgreSQL keeps them up to date.

Row security lets PostgreSQL look words up in an index only where `@@` is marked leakproof, which the embedded server's
set-up does and a superuser may do elsewhere (docs/search.md); without it, no index over words is built.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.db import connection, transaction

from catalog.embeddings import current_provider
from catalog.statements import fetch
from tenants.models import User
from tenants.scope import tenant_scope

WORDS_FROM = 5_000  # products
VECTORS_FROM = 20_000  # up to here the search by meaning is exact
WORDS = "product_words_of_"  # names of indexes; then the tenant's id
VECTORS = "product_vectors_of_"
MEMORY = "256MB"  # for building: 100,000 vectors of 512 dimensions take 130
LOCK = 7_261_101  # of PostgreSQL's advisory locks, with the tenant's id: one builder for each tenant

_VALID = """
    SELECT c.relname, pg_get_expr(i.indpred, i.indrelid) FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
    WHERE c.relname = ANY(%(names)s) AND c.relnamespace = current_schema()::regnamespace AND i.indisvalid
"""
_LEAKPROOF = "SELECT proleakproof FROM pg_proc WHERE oid = 'ts_match_vq(tsvector, tsquery)'::regprocedure"


@dataclass(frozen=True, slots=True)
class Indexes:
    """Which indexes of its own a catalogue has: over its words, and over its vectors of the current model."""

    words: bool = False
    vectors: bool = False


def indexes_of(user_id: int) -> Indexes:
    """The indexes that may be used now."""
    names = [f"{WORDS}{user_id}", f"{VECTORS}{user_id}"]
    found = dict(fetch(_VALID, {"names": names}))
    return Indexes(
        words=names[0] in found,
        # A model's name is in the index's condition: the vectors of another one are not in it.
        vectors=names[1] in found and f"'{current_provider().model}'" in found[names[1]],
    )


def is_due(*, user: User) -> bool:
    """Whether the catalogue of ``user``, whose scope is open, has outgrown being scanned and lacks an index."""
    if not _has_more("catalog_product", user, WORDS_FROM):
        return False
    has = indexes_of(user.pk)
    return (not has.words and words_may_be_indexed()) or (
        not has.vectors and _has_more("catalog_productembedding", user, VECTORS_FROM)
    )


def words_may_be_indexed() -> bool:
    """Whether `@@` is leakproof here."""
    return bool(fetch(_LEAKPROOF, {})[0][0])


def build(*, user: User) -> list[str]:
    """Build what the catalogue of ``user`` lacks, outside any transaction and scope; the names of what was built.

    Takes seconds for words and about a minute for 100,000 vectors. Nothing is locked against reading and writing.
    Also takes away what an interrupted building left, and the indexes of tenants who are gone.
    """
    with tenant_scope(user):
        more_words = _has_more("catalog_product", user, WORDS_FROM) and words_may_be_indexed()
        more_vectors = _has_more("catalog_productembedding", user, VECTORS_FROM)
        sizes = fetch(
            "SELECT dimension FROM catalog_productembedding WHERE user_id = %(user)s AND model = %(model)s LIMIT 1",
            {"user": user.pk, "model": current_provider().model},
        )
    if transaction.get_connection().in_atomic_block:
        raise transaction.TransactionManagementError("CREATE INDEX CONCURRENTLY needs to be outside transactions")
    lock = {"lock": LOCK, "user": user.pk % 2**31}
    if not fetch("SELECT pg_try_advisory_lock(%(lock)s, %(user)s)", lock)[0][0]:
        return []
    try:
        built = []
        has = indexes_of(user.pk)
        _drop_orphans()
        if more_words and not has.words:
            built.append(
                _build(f"{WORDS}{user.pk}", "catalog_product", "gin (words)", f"user_id = {int(user.pk)}"),
            )
        if more_vectors and sizes and not has.vectors:
            dimension = int(sizes[0][0])
            model = current_provider().model.replace("'", "''")
            built.append(
                _build(
                    f"{VECTORS}{user.pk}",
                    "catalog_productembedding",
                    f"hnsw ((vector::halfvec({dimension})) halfvec_cosine_ops)",
                    f"user_id = {int(user.pk)} AND model = '{model}' AND dimension = {dimension}",
                )
            )
        return built
    finally:
        fetch("SELECT pg_advisory_unlock(%(lock)s, %(user)s)", lock)


def _build(name: str, table: str, method: str, condition: str) -> str:
    with connection.cursor() as cursor:
        cursor.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {name}")
        cursor.execute(f"SET maintenance_work_mem = '{MEMORY}'")
        try:
            cursor.execute(f"CREATE INDEX CONCURRENTLY {name} ON {table} USING {method} WHERE {condition}")
        finally:
            cursor.execute("RESET maintenance_work_mem")
        if table == "catalog_product":
            cursor.execute("ANALYZE catalog_product (words)")
    return name


def _drop_orphans() -> None:
    """Drop the indexes of tenants who are gone."""
    rows = fetch(
        "SELECT relname, substring(relname FROM '[0-9]+$')::bigint FROM pg_class"
        " WHERE relkind = 'i' AND relnamespace = current_schema()::regnamespace AND relname ~ %(form)s",
        {"form": f"^({WORDS}|{VECTORS})[0-9]+$"},
    )
    alive = set(User.objects.filter(pk__in=[pk for _, pk in rows]).values_list("pk", flat=True))
    with connection.cursor() as cursor:
        for name, pk in rows:
            if pk not in alive:
                cursor.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {name}")


def _has_more(table: str, user: User, amount: int) -> bool:
    # Looked for, not counted: counting 100,000 rows takes 100 ms.
    statement = f"SELECT EXISTS(SELECT FROM {table} WHERE user_id = %(user)s OFFSET %(amount)s LIMIT 1)"  # noqa: S608
    return bool(fetch(statement, {"user": user.pk, "amount": amount})[0][0])
