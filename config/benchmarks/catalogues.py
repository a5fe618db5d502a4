"""Tenants with catalogues of given sizes among many others, written straight into the tables.

The texts are the demo shops' own, with a brand and a size to tell them apart. Only the catalogues that are looked at
get vectors: those of the texts' own model, each moved a little so that no two are the same.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import psycopg
from django.conf import settings
from django.db import connection
from django.utils import timezone
from pgvector import HalfVector
from pgvector.psycopg import register_vector

from catalog import indexes
from catalog.embeddings import current_provider, write_text
from config.benchmarks.sizes import Size
from config.demo.shops import TRADES, read_shop
from config.embedded import SUPERUSER, server
from tenants.accounts import register
from tenants.models import User

PASSWORD = "una-clave-larga-7"  # noqa: S105  (of people who live for some minutes in a folder of their own)
BRANDS = (
    *(
        "Andina",
        "Brava",
        "Cóndor",
        "Delta",
        "Estrella",
        "Fuerte",
        "Global",
        "Horizonte",
        "Ibérica",
        "Jaguar",
        "Kolibri",
    ),
    *("Lumbre", "Montaña", "Norte", "Oriente", "Pacífico", "Quetzal", "Roble", "Sol", "Titán", "Urbana", "Valle"),
)
APART = 0.35  # length of what moves a vector: neighbours differ, and stay neighbours

# Computing a million products' words takes minutes: here they are put together from those of the texts' pieces.
WRITE_WORDS_OURSELVES = "ALTER TABLE catalog_product ALTER COLUMN words DROP EXPRESSION IF EXISTS"
INSERT_TEXT = """
INSERT INTO bench_text SELECT %s, %s, %s, %s, %s, words.of
FROM (SELECT catalog_words(%s, 'A') || catalog_words(%s, 'B') || catalog_words(%s, 'D')) AS words (of)
"""
INSERT_PRODUCTS = """
INSERT INTO catalog_product
    (user_id, version, name, description, price, sku, category, stock, active, created_at, updated_at, words)
SELECT t.user_id, 1, b.name || ' ' || brand.name || ' ' || (n %% 997), b.description,
       round(b.price * (0.7 + (hashint8(n * 31) & 1023) / 1700.0), 2), 'B-' || n, b.category, (hashint8(n * 17) & 63),
       (hashint8(n * 13) & 63) > 0, now() - n * interval '1 minute', now() - n * interval '1 minute',
       b.words || brand.words || setweight((n %% 997 || ':1')::tsvector, 'A')
FROM unnest(%(users)s::bigint[], %(counts)s::int[]) AS t (user_id, products)
CROSS JOIN LATERAL generate_series(1, t.products) AS n
JOIN bench_text b ON b.id = n %% %(texts)s
JOIN bench_brand brand ON brand.id = (hashint8(t.user_id * 7919 + n) & 1023) %% %(brands)s
"""
INSERT_OTHERS = """
INSERT INTO tenants_user (username, email, password, role, is_active, language, timezone, created_at)
SELECT 'otro' || n, '', '!', 'user', true, 'es', 'America/Bogota', now() FROM generate_series(1, %s) AS n RETURNING id
"""


@dataclass(frozen=True, slots=True)
class Catalogue:
    """A tenant with ``products`` products, about one in sixty of them withdrawn."""

    user: User
    products: int


def make_catalogues(size: Size) -> list[Catalogue]:
    """Write tenants and products, with vectors for the catalogues that are returned, smallest first."""
    looked_at = [
        Catalogue(register(username=f"tienda{number}", password=PASSWORD), number) for number in size.catalogues
    ]
    many = max(1, size.tenants - len(looked_at))
    each = max(1, (size.products - sum(size.catalogues)) // many)
    with connection.cursor() as cursor:
        cursor.execute(INSERT_OTHERS, [many])
        others = [pk for (pk,) in cursor.fetchall()]
    users = [catalogue.user.pk for catalogue in looked_at] + others
    counts = [catalogue.products for catalogue in looked_at] + [each] * many
    texts = _texts()
    # The superuser is bound by no policy and may leave out the foreign keys' triggers: the rows are right as they are.
    url = server(settings.DATA_DIR).url(role=SUPERUSER)
    with psycopg.connect(url, autocommit=True) as bare:
        bare.execute("SET session_replication_role = replica")
        bare.execute("SET maintenance_work_mem = '256MB'")
        _write_texts(bare, texts)
        with bare.transaction():  # that empties the table, too: so nothing of it is logged
            bare.execute("TRUNCATE catalog_product, catalog_productembedding, catalog_stockmovement, catalog_orderline")
            bare.execute(WRITE_WORDS_OURSELVES)
            bare.execute(
                INSERT_PRODUCTS, {"texts": len(texts), "brands": len(BRANDS), "users": users, "counts": counts}
            )
            _write_vectors(bare, [catalogue.user.pk for catalogue in looked_at], texts)
        bare.execute("VACUUM (ANALYZE) catalog_product, catalog_productembedding, tenants_user")
        bare.execute("CHECKPOINT")
    for catalogue in looked_at:  # what a worker does when a catalogue has grown
        indexes.build(user=catalogue.user)
    return looked_at


def _texts() -> list[dict[str, Any]]:
    rows = [dict(row) for trade in TRADES for row in read_shop(trade).products]
    return [
        {name: row.get(name, "") for name in ("name", "description", "category")} | {"price": row["price"]}
        for row in rows
    ]


def _write_texts(bare: psycopg.Connection[Any], texts: list[dict[str, Any]]) -> None:
    bare.execute(
        "CREATE TABLE bench_text (id int, name text, description text, category text, price numeric, words tsvector)"
    )
    bare.execute("CREATE TABLE bench_brand (id int, name text, words tsvector)")
    with bare.cursor() as cursor:
        for number, text in enumerate(texts):
            name, description, category = text["name"], text["description"], text["category"]
            values = [number, name, description, category, text["price"], name, category, description]
            cursor.execute(INSERT_TEXT, values)
        for number, brand in enumerate(BRANDS):
            cursor.execute("INSERT INTO bench_brand VALUES (%s, %s, catalog_words(%s, 'A'))", [number, brand, brand])
    bare.execute("ANALYZE bench_text, bench_brand")


def _write_vectors(bare: psycopg.Connection[Any], users: list[int], texts: list[dict[str, Any]]) -> None:
    provider = current_provider()
    meant = np.array(
        provider.embed_documents(
            [write_text(name=t["name"], category=t["category"], description=t["description"]) for t in texts]
        )
    )
    dimension = meant.shape[1]
    random = np.random.default_rng(7)
    register_vector(bare)
    rows = bare.execute(
        "SELECT user_id, id, (substr(sku, 3)::int %% %s) FROM catalog_product WHERE user_id = ANY(%s)",
        [len(texts), users],
    ).fetchall()
    copy_to = (
        "COPY catalog_productembedding (user_id, product_id, model, dimension, digest, vector, embedded_at)"
        " FROM STDIN (FORMAT BINARY)"
    )
    now = timezone.now()
    with bare.cursor() as cursor, cursor.copy(copy_to) as copy:
        copy.set_types(["int8", "int8", "varchar", "int2", "bytea", "halfvec", "timestamptz"])
        for user_id, product_id, text in rows:
            moved = meant[text] + random.normal(0.0, APART / dimension**0.5, dimension)
            vector = HalfVector((moved / np.linalg.norm(moved)).astype(np.float32))
            copy.write_row((user_id, product_id, provider.model, dimension, b"", vector, now))
