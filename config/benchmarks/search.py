"""The hybrid search through the whole application: against its own SQL, by size of the catalogue; its recall."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from typing import Any
from urllib.parse import quote

import numpy as np
import psycopg

from catalog.embeddings import embed_query
from config.benchmarks.application import Reader
from config.benchmarks.catalogues import Catalogue
from config.benchmarks.lists import replay
from config.benchmarks.runs import Run
from config.benchmarks.samples import interleave, milliseconds, ratio
from config.benchmarks.table import Line
from tenants.notices import dedicated_connection

QUERIES = (
    *("taladro", "algo para cortar madera", "camisa azul", "audífonos inalámbricos"),
    *("pintura blanca para exterior", "cable usb", "zapatillas", "llave inglesa"),
)
LARGE_GOAL = 2.0
RECALL_GOAL = 1.0
NEAREST = 10


def measure(run: Run) -> Iterator[Line]:
    readers = {catalogue.products: Reader(catalogue.user) for catalogue in run.catalogues}
    rounds = max(3, run.size.rounds // 2)
    with dedicated_connection(prepare_threshold=None) as bare:
        for products, reader in readers.items():
            yield _compare(bare, reader, f"search, {products:,} products", rounds)
    small, large = run.catalogues[min(1, len(run.catalogues) - 2)].products, run.catalogues[-1].products
    work = {f"{number}": _turns([_asking(readers[number], query) for query in QUERIES]) for number in (small, large)}
    taken = interleave(work, rounds=max(len(QUERIES), rounds))
    yield Line(
        row="search",
        what=f"search in {large:,} products ÷ in {small:,}",
        ratio=ratio(taken, f"{large}", f"{small}"),
        at_most=LARGE_GOAL,
        measured=milliseconds(taken[f"{large}"]),
        ceiling=milliseconds(taken[f"{small}"]),
    )
    for catalogue in run.catalogues[1:]:
        yield _recall(catalogue)


def path_of(query: str) -> str:
    return f"/api/user/products/search?q={quote(query)}&limit=10"


def _compare(bare: psycopg.Connection[Any], reader: Reader, what: str, rounds: int) -> Line:
    statements = {query: reader.statements(path_of(query)) for query in QUERIES}
    work = {
        "api": _turns([_asking(reader, query) for query in QUERIES]),
        "sql": _turns([_replaying(bare, statements[query]) for query in QUERIES]),
    }
    taken = interleave(work, rounds=max(len(QUERIES), rounds))
    counts = {len(each) for each in statements.values()}
    return Line(
        row="search",
        what=what,
        ratio=ratio(taken, "api", "sql"),
        measured=milliseconds(taken["api"]),
        ceiling=f"its {min(counts)}–{max(counts)} statements by psycopg: {milliseconds(taken['sql'])}",
    )


def _recall(catalogue: Catalogue) -> Line:
    """Of the ten nearest vectors, computed in 32 bits, how many the order of the search's own SQL has among its ten."""
    shares = []
    with dedicated_connection() as bare:
        bare.execute("SELECT set_config('recado.tenant', %s, false)", [str(catalogue.user.pk)])
        rows = bare.execute(
            "SELECT e.product_id, e.vector::real[] FROM catalog_productembedding e"
            " JOIN catalog_product p ON p.id = e.product_id WHERE e.user_id = %s AND p.active",
            [catalogue.user.pk],
        ).fetchall()
        ids = np.array([pk for pk, _ in rows])
        vectors = np.array([vector for _, vector in rows], dtype=np.float32)
    reader = Reader(catalogue.user)
    for query in QUERIES:
        distances = 1 - vectors @ embed_query(query)[1] / np.linalg.norm(vectors, axis=1)
        exact = {int(pk) for pk in ids[np.argsort(distances)[:NEAREST]]}
        shares.append(len(exact & set(_nearest(reader, query))) / min(NEAREST, len(ids)))
    return Line(
        row="search",
        what=f"vector recall@10, {catalogue.products:,} products",
        value=round(sum(shares) / len(shares), 3),
        at_least=RECALL_GOAL if catalogue.products <= 20_000 else None,
        measured=f"{len(QUERIES)} queries",
        ceiling="exact order in 32-bit floats",
    )


def _nearest(reader: Reader, query: str) -> list[int]:
    """The first ids that the search's statement over the vectors answers, with the settings made before it."""
    with dedicated_connection() as bare:
        for statement in reader.statements(path_of(query)):
            cursor = bare.execute(statement)
            if b"<=>" in statement and b"ORDER BY" in statement:
                return [int(row[0]) for row in cursor.fetchmany(NEAREST)]
    raise RuntimeError("the search does not ask for vectors")


def _asking(reader: Reader, query: str) -> Callable[[], object]:
    return lambda: reader.get(path_of(query))


def _replaying(bare: psycopg.Connection[Any], statements: Sequence[bytes]) -> Callable[[], object]:
    return lambda: replay(bare, statements)


def _turns(work: Sequence[Callable[[], object]]) -> Callable[[], object]:
    """Does one after the other, one at each call."""
    following = itertools.cycle(work)
    return lambda: next(following)()
