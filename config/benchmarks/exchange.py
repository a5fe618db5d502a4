"""Spreadsheets in and out against PostgreSQL's own COPY of the same rows, and what a very large export holds."""

from __future__ import annotations

import io
import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
from django.conf import settings

from config.benchmarks.exporting import write
from config.benchmarks.importing import import_products, make_sheet
from config.benchmarks.runs import Run
from config.benchmarks.samples import Samples, interleave, ratio
from config.benchmarks.table import Line
from config.embedded import SUPERUSER, server
from tenants.accounts import register
from tenants.models import User

PASSWORD = "una-clave-larga-7"  # noqa: S105  (of people who live for some minutes in a folder of their own)
ROUNDS = 5
GOAL_MEGABYTES = 100.0  # that a process grows by while it writes a million rows

INSERT_CONTACTS = """
INSERT INTO tenants_contact (user_id, name, phone, email, notes, language, wa_id, whatsapp_key, bsuid, profile_name,
    external_id, created_at, updated_at)
SELECT %(user)s, 'Cliente número ' || n, '+57300' || lpad(n::text, 8, '0'), 'cliente' || n || '@example.com',
    'Compra los lunes; paga con tarjeta.', 'es', '', '57300' || lpad(n::text, 8, '0'), '', '', 'C-' || n, now(), now()
FROM generate_series(1, %(count)s) AS n
"""
COPIED = "name, description, price, sku, category, stock, active"
SELECTED = f"SELECT {COPIED} FROM catalog_product WHERE user_id = %(user)s ORDER BY name_key, id"  # noqa: S608


def measure(run: Run) -> Iterator[Line]:
    run.stop()
    shop, people = (register(username=name, password=PASSWORD) for name in ("planilla", "clientela"))
    yield from _import(run, shop)
    yield from _export(run, shop)
    yield from _remember(run, people)


def _import(run: Run, shop: User) -> Iterator[Line]:
    """Products of a spreadsheet, as a shop's first import makes them."""
    count = run.size.imported
    run.say(f"importing {count:,} products…")
    sheet = make_sheet(count)
    with _bare() as bare:
        taken: Samples = {"import": [], "copy": []}
        for _round in range(ROUNDS):
            _empty(bare, shop)
            taken["copy"].append(_timed(lambda: _copy_in(bare, shop, sheet)))
            _empty(bare, shop)
            taken["import"].append(_timed(lambda: import_products(user=shop, sheet=sheet, count=count)))
    yield Line(
        row="exchange",
        what=f"import {count:,} products from CSV, each checked",
        ratio=ratio(taken, "import", "copy"),
        measured=_pace(count, taken["import"]),
        ceiling=f"COPY FROM: {_pace(count, taken['copy'])}",
    )


def _export(run: Run, shop: User) -> Iterator[Line]:
    """Those products again as a file."""
    count = run.size.imported
    with _bare() as bare:
        for form in ("csv", "xlsx"):
            work: dict[str, Callable[[], object]] = {
                "export": lambda form=form: write(user=shop, what="products", form=form),  # type: ignore[misc]
                "copy": lambda: _copy_out(bare, shop),
            }
            taken = interleave(work, rounds=min(run.size.rounds, 2 * ROUNDS), warm_up=1)
            yield Line(
                row="exchange",
                what=f"export {count:,} products as {form.upper()}",
                ratio=ratio(taken, "export", "copy"),
                measured=_pace(count, taken["export"]),
                ceiling=f"COPY TO: {_pace(count, taken['copy'])}",
            )


def _remember(run: Run, people: User) -> Iterator[Line]:
    """The memory of a process that exports very many rows, beside that of the same process before."""
    count = run.size.exported
    if not Path("/proc/self/status").exists():
        yield Line("exchange", "memory of an export: not measured, this system has no /proc", "")
        return
    run.say(f"exporting {count:,} contacts…")
    with _bare() as bare:
        bare.execute("SET session_replication_role = replica")
        bare.execute(INSERT_CONTACTS, {"user": people.pk, "count": count})
        bare.execute("VACUUM (ANALYZE) tenants_contact")
    for form in ("csv", "xlsx"):
        found = _apart(people, "contacts", form)
        if found["rows"] != count:
            raise RuntimeError(f"{found['rows']} rows of {count} were written")
        yield Line(
            row="exchange",
            what=f"memory that exporting {count:,} contacts as {form.upper()} takes",
            measured=(
                f"peak {found['peak']:.0f} MB, {found['before']:.0f} MB before; {count / found['seconds']:,.0f} rows/s,"
                f" {found['bytes'] / 1e6:,.0f} MB written"
            ),
            value=round(found["peak"] - found["before"]),
            unit="MB",
            at_most=GOAL_MEGABYTES,
        )


def _apart(user: User, what: str, form: str) -> dict[str, Any]:
    command = [sys.executable, "-m", "config.benchmarks.exporting", str(user.pk), what, form]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    return dict(json.loads(done.stdout))


def _copy_in(bare: psycopg.Connection[Any], shop: User, sheet: bytes) -> None:
    """The same rows by COPY, with what a row has beside them."""
    statement = """
        CREATE TEMPORARY TABLE IF NOT EXISTS bench_sheet
            (name text, description text, price numeric, sku text, category text, stock int);
        TRUNCATE bench_sheet;
    """
    bare.execute(statement)
    with bare.cursor().copy("COPY bench_sheet FROM STDIN WITH (FORMAT csv, HEADER, DELIMITER ';')") as copy:
        copy.write(sheet.removeprefix("\ufeff".encode()))
    bare.execute(
        """
        INSERT INTO catalog_product
            (user_id, version, name, description, price, sku, category, stock, active, created_at, updated_at)
        SELECT %s, 1, name, description, price, sku, category, stock, true, now(), now() FROM bench_sheet
        """,
        [shop.pk],
    )


def _copy_out(bare: psycopg.Connection[Any], shop: User) -> None:
    statement = SELECTED % {"user": shop.pk}
    written = io.BytesIO()
    with bare.cursor().copy(f"COPY ({statement}) TO STDOUT WITH (FORMAT csv, HEADER, DELIMITER ';')") as copy:
        for piece in copy:
            written.write(piece)


def _empty(bare: psycopg.Connection[Any], shop: User) -> None:
    for table in ("catalog_stockmovement", "catalog_productembedding", "catalog_product"):
        bare.execute(f"DELETE FROM {table} WHERE user_id = %s", [shop.pk])  # noqa: S608


def _bare() -> psycopg.Connection[Any]:
    """The superuser, who is bound by no policy: COPY knows none."""
    return psycopg.connect(server(settings.DATA_DIR).url(role=SUPERUSER), autocommit=True)


def _timed(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def _pace(count: int, taken: list[float]) -> str:
    return f"{count / sorted(taken)[len(taken) // 2]:,.0f} rows/s"
