"""Lists through the whole application against their own SQL by bare psycopg, in small and large catalogues."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any
from urllib.parse import quote

import psycopg

from config.benchmarks.application import Reader
from config.benchmarks.runs import Run
from config.benchmarks.samples import interleave, milliseconds, ratio
from config.benchmarks.table import Line
from tenants.notices import dedicated_connection

PATH = "/api/user/products?page_size=50"
KEYSET_GOAL = 1.3


def measure(run: Run) -> Iterator[Line]:
    readers = {catalogue.products: Reader(catalogue.user) for catalogue in run.catalogues}
    small, large = run.catalogues[0].products, run.catalogues[-1].products
    category = _category(readers[small])
    views = {
        "first page, by name": PATH,
        "by price, a price range": f"{PATH}&ordering=price&min_price=20000&max_price=200000",
        "a category, dearest first": f"{PATH}&ordering=-price&category={category}",
    }
    with dedicated_connection(prepare_threshold=None) as bare:
        for products in (small, large):
            for name, path in views.items():
                what = f"{name}, {products:,} products"
                yield compare(run, bare, readers[products], path, row="lists", what=what)
    reader = readers[large]
    last = max(3, min(1_000, large // 60))
    link = json.loads(reader.get(f"{PATH}&page={last - 1}"))["next"]
    ways = {"first": PATH, "link": link, "number": f"{PATH}&page={last}"}
    taken = interleave({name: partial(reader.get, path) for name, path in ways.items()}, rounds=run.size.rounds)
    for name, how, goal in (("link", "by its link", KEYSET_GOAL), ("number", "by its number", None)):
        yield Line(
            row="lists",
            what=f"page {last:,} {how} ÷ page 1, {large:,} products",
            ratio=ratio(taken, name, "first"),
            at_most=goal,
            measured=milliseconds(taken[name]),
            ceiling=f"page 1: {milliseconds(taken['first'])}",
        )
    taken = interleave(
        {"large": lambda: readers[large].get(PATH), "small": lambda: readers[small].get(PATH)}, rounds=run.size.rounds
    )
    yield Line(
        row="lists",
        what=f"first page of {large:,} products ÷ of {small:,}",
        ratio=ratio(taken, "large", "small"),
        measured=milliseconds(taken["large"]),
        ceiling=milliseconds(taken["small"]),
    )


def compare(run: Run, bare: psycopg.Connection[Any], reader: Reader, path: str, *, row: str, what: str) -> Line:
    """What ``path`` takes through the whole application, against its own statements by ``bare`` psycopg."""
    statements = reader.statements(path)
    taken = interleave(
        {"api": lambda: reader.get(path), "sql": lambda: replay(bare, statements)}, rounds=run.size.rounds
    )
    return Line(
        row=row,
        what=what,
        ratio=ratio(taken, "api", "sql"),
        measured=milliseconds(taken["api"]),
        ceiling=f"its {len(statements)} statements by psycopg: {milliseconds(taken['sql'])}",
    )


def replay(bare: psycopg.Connection[Any], statements: Sequence[bytes]) -> None:
    """Run the statements and fetch what they find."""
    for statement in statements:
        cursor = bare.execute(statement)
        if cursor.description:
            cursor.fetchall()


def _category(reader: Reader) -> str:
    return quote(str(json.loads(reader.get("/api/user/products/categories"))[0]))
