"""Connections that are closed are kept for the next who connects, with nothing of their last user."""

from __future__ import annotations

import os
import threading
import time

import pytest
from django.db import connection

from catalog.models import Product
from config.postgresql import stock as stock_module
from config.postgresql.stock import stock
from tenants.notices import dedicated_connection
from tenants.scope import tenant_scope

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _empty_stock():
    connection.close()
    stock.empty()
    yield
    connection.close()
    stock.empty()


def backend() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        return int(cursor.fetchone()[0])


def setting(name: str) -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT coalesce(current_setting(%s, true), '')", [name])
        return str(cursor.fetchone()[0])


def on_a_thread(function):
    found = []

    def run() -> None:
        try:
            found.append(function())
        finally:
            connection.close()

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    return found[0]


def test_a_closed_connection_is_used_by_the_next_thread():
    first = backend()
    connection.close()
    assert on_a_thread(backend) == first
    assert backend() == first


def test_a_connection_in_use_is_nobody_elses():
    first = backend()
    assert on_a_thread(backend) != first


def test_nothing_of_a_tenants_scope_is_left_on_it(alice, bob):
    for user in (alice, bob):
        with tenant_scope(user):
            Product.objects.create(user=user, name="Martillo", price="10")
    first = backend()
    with tenant_scope(alice):
        with connection.cursor() as cursor:
            cursor.execute("SET statement_timeout = '7s'")
        connection.close()  # as before a wait, in the middle of the scope

        def look() -> tuple[int, str, str, int]:
            same, tenant, limit = backend(), setting("recado.tenant"), setting("statement_timeout")
            with connection.cursor() as cursor:
                cursor.execute("SELECT count(*) FROM catalog_product")
                return same, tenant, limit, cursor.fetchone()[0]

        assert on_a_thread(look) == (first, "", "0", 0)
        with tenant_scope(alice):
            assert Product.objects.count() == 1
    assert setting("recado.tenant") == ""


def test_a_connection_inside_a_transaction_is_closed_for_good():
    first = backend()
    connection.set_autocommit(False)
    backend()
    connection.close()
    assert backend() != first


def test_a_connection_that_the_server_dropped_is_not_handed_out():
    first = backend()
    connection.close()
    with dedicated_connection() as other:
        other.execute("SELECT pg_terminate_backend(%s)", [first])
        deadline = time.monotonic() + 5
        while other.execute("SELECT 1 FROM pg_stat_activity WHERE pid = %s", [first]).fetchone():
            assert time.monotonic() < deadline
    assert backend() != first


def test_only_a_few_are_kept():
    here = threading.Barrier(stock_module.MOST_IDLE + 5)

    def use() -> None:
        backend()
        here.wait()
        connection.close()

    threads = [threading.Thread(target=use) for _ in range(stock_module.MOST_IDLE + 5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(stock._idle) == stock_module.MOST_IDLE


def test_an_old_connection_is_not_kept(monkeypatch):
    first = backend()
    monkeypatch.setattr(stock_module, "OLDEST", -1.0)
    connection.close()
    assert backend() != first


def test_a_child_process_uses_none_of_its_parents():
    first = backend()
    connection.close()
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.write(writing, str(backend()).encode())
        os._exit(0)
    os.waitpid(child, 0)
    assert int(os.read(reading, 20)) != first
    assert backend() == first, "the parent's is still there"
