"""What row security costs: the same statements on the same table, its policy switched on and off in turns."""

from __future__ import annotations

import json
import re
import statistics
import time
from collections.abc import Iterator, Sequence
from typing import Any

import psycopg

from config.benchmarks.application import Reader
from config.benchmarks.lists import PATH, replay
from config.benchmarks.runs import Run
from config.benchmarks.samples import LEAST_ROUNDS, LONGEST, milliseconds
from config.benchmarks.table import Line
from tenants.notices import dedicated_connection

TABLES = ("catalog_product", "catalog_productembedding")
GOAL = 1.10
REPEATS = 5


def measure(run: Run) -> Iterator[Line]:
    for number in (0, -1):
        catalogue = run.catalogues[number]
        reader = Reader(catalogue.user)
        views = {
            "list": PATH,
            "filter": f"{PATH}&ordering=price&min_price=20000&max_price=200000&in_stock=true",
            "count": "/api/user/products/count",
            "read by id": f"/api/user/products/{_first_id(reader)}",
            "search": "/api/user/products/search?q=taladro+inalámbrico&limit=10",
        }
        with dedicated_connection(prepare_threshold=None) as bare:
            for name, path in views.items():
                statements = reader.statements(path)
                if name != "search":  # a search sets what its statements need
                    statements = [sql for sql in statements if _reads_catalogue(sql)]
                bare.execute("SELECT set_config('recado.tenant', %s, false)", [str(catalogue.user.pk)])
                yield _compare(
                    run, bare, f"{name}, {catalogue.products:,} products", statements, is_list=name in _lists
                )


_lists = {"list", "filter", "count"}


def _compare(run: Run, bare: psycopg.Connection[Any], what: str, statements: Sequence[bytes], *, is_list: bool) -> Line:
    taken: dict[bool, list[float]] = {True: [], False: []}
    indexes: dict[bool, list[str]] = {}
    until = time.monotonic() + LONGEST
    try:
        for number in range(max(3, run.size.rounds // 2)):
            if number >= LEAST_ROUNDS and time.monotonic() > until:
                break
            for on in (True, False) if number % 2 else (False, True):
                _switch(bare, on)
                indexes[on] = _indexes(bare, statements)
                replay(bare, statements)
                for _ in range(REPEATS):
                    began = time.perf_counter()
                    replay(bare, statements)
                    taken[on].append(time.perf_counter() - began)
    finally:
        _switch(bare, True)
    lost = sorted(set(indexes[False]) - set(indexes[True]))
    kept = f"without: {', '.join(lost)} too" if lost else "the plan keeps its indexes"
    return Line(
        row="row security",
        what=what,
        ratio=statistics.median(taken[True]) / statistics.median(taken[False]),
        at_most=GOAL if is_list else None,
        measured=f"{milliseconds(taken[True])}; {kept}",
        ceiling=f"no policy: {milliseconds(taken[False])}",
    )


def _switch(bare: psycopg.Connection[Any], on: bool) -> None:
    for table in TABLES:
        bare.execute(f"ALTER TABLE {table} {'ENABLE' if on else 'DISABLE'} ROW LEVEL SECURITY".encode())


def _indexes(bare: psycopg.Connection[Any], statements: Sequence[bytes]) -> list[str]:
    """The indexes that the plans of the statements use."""
    names: list[str] = []
    for statement in statements:
        if not _reads_catalogue(statement):
            bare.execute(statement)
            continue
        plan = "\n".join(str(line) for (line,) in bare.execute(b"EXPLAIN " + statement).fetchall())
        names += re.findall(r"(?:using|Bitmap Index Scan on) (\w+)", plan)
    return names


def _reads_catalogue(statement: bytes) -> bool:
    return b"catalog_product" in statement and b"SELECT" in statement


def _first_id(reader: Reader) -> int:
    return int(json.loads(reader.get(PATH))["results"][0]["id"])
