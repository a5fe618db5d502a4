"""Imports that the queue carries out: once, whatever dies, whoever stops them, and one of a tenant at a time."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from datetime import timedelta

import pytest
from django.conf import settings as django_settings
from django.db import connection, transaction
from django.utils import timezone
from django_q.models import OrmQ

from catalog.exchange import Products
from catalog.models import Product, StockMovement
from tenants.exchange import drafting, importing, running
from tenants.exchange.kinds import kind_of
from tenants.exchange.tasks import run_import
from tenants.models import ImportJob, ImportRow, User
from tenants.scope import tenant_scope
from tests.conftest import PASSWORD
from tests.tenants.exchange.sheets import upload

pytestmark = pytest.mark.django_db(transaction=True)

ROWS = 220
BATCH = 50
KILLED = """
import os, signal, sys
from django.conf import settings
settings.DATABASES["default"]["NAME"] = sys.argv[1]
import django
django.setup()
from catalog.exchange import Products
from tenants.exchange import importing
from tenants.exchange.tasks import run_import
importing.BATCH = 50
write, calls = Products.write, []
def dying(self, *, user, rows):
    written = write(self, user=user, rows=rows)
    calls.append(rows)
    if len(calls) == int(sys.argv[4]):
        os.kill(os.getpid(), signal.SIGKILL)  # after the statements, before the commit
    return written
Products.write = dying
run_import(int(sys.argv[2]), int(sys.argv[3]))
"""


@pytest.fixture
def shop(db) -> User:
    """A tenant who was made without the login's letters."""
    return User.objects.create_user("tienda", "tienda@example.com", PASSWORD)


@pytest.fixture(autouse=True)
def _small_batches(monkeypatch):
    monkeypatch.setattr(importing, "BATCH", BATCH)


def sheet(rows: int = ROWS, *, wrong: int | None = None) -> str:
    lines = [f"S-{n};Producto {n};{'gratis' if n == wrong else n};{n % 7}" for n in range(1, rows + 1)]
    return "sku;nombre;precio;existencias\n" + "\n".join(lines) + "\n"


def begin(user: User, content: str | None = None, **how) -> ImportJob:
    file = upload(content or sheet())
    with tenant_scope(user):
        job = drafting.begin(user=user, kind=kind_of("products"), file=file, name="lista.csv", size=file.size, **how)
        return running.start(user=user, job=job, now=timezone.now())


def fresh(job: ImportJob, user: User) -> ImportJob:
    with tenant_scope(user):
        return ImportJob.objects.get(pk=job.pk)


def products_of(user: User) -> list[str]:
    with tenant_scope(user):
        return list(Product.objects.order_by("pk").values_list("sku", flat=True))


def expire(job: ImportJob, user: User) -> None:
    """Time goes by until nobody holds the job any more."""
    with tenant_scope(user):
        ImportJob.objects.filter(pk=job.pk).update(lease_until=timezone.now() - timedelta(seconds=1))


def be_killed(user: User, job: ImportJob, *, at: int) -> None:
    """Work on the job in a process that is killed within its batch number ``at``."""
    name = connection.settings_dict["NAME"]
    command = [sys.executable, "-c", KILLED, str(name), str(user.pk), str(job.pk), str(at)]
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "config.settings"}
    done = subprocess.run(command, cwd=django_settings.BASE_DIR, env=environment, capture_output=True, timeout=120)
    assert done.returncode == -signal.SIGKILL, done.stderr.decode()[-2000:]


def test_whoever_is_killed_in_the_middle_leaves_whole_batches_and_another_goes_on(shop):
    job = begin(shop)
    be_killed(shop, job, at=3)
    left = fresh(job, shop)
    assert (left.status, left.cursor, left.created) == ("running", 1 + 2 * BATCH, 2 * BATCH)
    assert len(products_of(shop)) == 2 * BATCH
    assert run_import(shop.pk, job.pk) == "nothing to do, or somebody else is at it"  # its lease holds
    expire(job, shop)
    before = OrmQ.objects.count()
    assert running.sweep(now=timezone.now()) == 1
    assert OrmQ.objects.count() == before + 1
    assert run_import(shop.pk, job.pk) == "done"
    assert run_import(shop.pk, job.pk) == "nothing to do, or somebody else is at it"
    done = fresh(job, shop)
    assert (done.status, done.created, done.rows, done.done) == ("done", ROWS, ROWS, ROWS)
    assert products_of(shop) == [f"S-{n}" for n in range(1, ROWS + 1)]
    with tenant_scope(shop):
        assert StockMovement.objects.count() == sum(1 for n in range(1, ROWS + 1) if n % 7)
        assert ImportRow.objects.count() == ROWS


def test_all_or_nothing_that_is_killed_leaves_nothing_and_is_done_by_another(shop):
    job = begin(shop, mode="all_or_nothing")
    be_killed(shop, job, at=3)
    assert products_of(shop) == []
    expire(job, shop)
    assert run_import(shop.pk, job.pk) == "done"
    assert (fresh(job, shop).created, len(products_of(shop))) == (ROWS, ROWS)


def test_the_same_thing_twice_is_found_across_a_crash(shop):
    job = begin(shop, sheet() + "s-3;Otra vez;5;5\n")
    be_killed(shop, job, at=3)
    expire(job, shop)
    run_import(shop.pk, job.pk)
    done = fresh(job, shop)
    assert (done.created, done.refused) == (ROWS, 1)
    assert (done.errors[0]["code"], done.errors[0]["params"]) == ("twice_in_file", {"row": 4})


def test_a_slow_import_goes_on_later_behind_what_it_wrote(shop, monkeypatch):
    monkeypatch.setattr(running, "STEP_SECONDS", -1.0)
    job = begin(shop)
    assert run_import(shop.pk, job.pk) == "goes on"
    assert fresh(job, shop).created == 0
    monkeypatch.setattr(running, "STEP_SECONDS", 60.0)
    assert run_import(shop.pk, job.pk) == "done"
    assert len(products_of(shop)) == ROWS


def test_an_import_that_is_stopped_writes_no_further_batch(shop, monkeypatch):
    job = begin(shop)
    write, calls = Products.write, []

    def stop_after_two(self, *, user, rows):
        calls.append(rows)
        if len(calls) == 3:
            stopper = threading.Thread(target=stop)  # another request, on a connection of its own
            stopper.start()
            stopper.join()
        return write(self, user=user, rows=rows)

    def stop() -> None:
        with tenant_scope(shop):
            running.cancel(job=ImportJob.objects.get(pk=job.pk), now=timezone.now())
        connection.close()

    monkeypatch.setattr(Products, "write", stop_after_two)
    assert run_import(shop.pk, job.pk) == "taken away"
    stopped = fresh(job, shop)
    assert (stopped.status, stopped.created, len(products_of(shop))) == ("cancelled", 2 * BATCH, 2 * BATCH)
    with tenant_scope(shop):
        undone = running.undo(job=stopped, now=timezone.now())
        assert running.run(user=shop, job_id=undone.pk) == "done"
    assert (fresh(job, shop).status, products_of(shop)) == ("undone", [])


def test_all_or_nothing_hears_that_it_was_stopped_within_its_transaction(shop, monkeypatch):
    monkeypatch.setattr(importing, "TELL_SECONDS", 0.0)
    job = begin(shop, mode="all_or_nothing")
    write, seen = Products.write, []

    def stop_at_second(self, *, user, rows):
        def look() -> None:
            with tenant_scope(shop):
                seen.append(ImportJob.objects.get(pk=job.pk).done)
                if len(seen) == 3:
                    running.cancel(job=ImportJob.objects.get(pk=job.pk), now=timezone.now())
            connection.close()

        other = threading.Thread(target=look)
        other.start()
        other.join()
        return write(self, user=user, rows=rows)

    monkeypatch.setattr(Products, "write", stop_at_second)
    assert run_import(shop.pk, job.pk) == "taken away"
    assert seen == [ROWS // 2, (ROWS + BATCH) // 2, (ROWS + 2 * BATCH) // 2]  # others see it while it runs
    assert (fresh(job, shop).status, products_of(shop)) == ("cancelled", [])


def test_undoing_that_is_interrupted_goes_on_where_it_was(shop, monkeypatch):
    job = begin(shop)
    run_import(shop.pk, job.pk)
    monkeypatch.setattr("tenants.exchange.undoing.BATCH", BATCH)
    monkeypatch.setattr(running, "STEP_SECONDS", -1.0)
    with tenant_scope(shop):
        running.undo(job=fresh(job, shop), now=timezone.now())
    assert run_import(shop.pk, job.pk) == "goes on"
    half = fresh(job, shop)
    assert (half.status, half.undone, len(products_of(shop))) == ("undoing", BATCH, ROWS - BATCH)
    monkeypatch.setattr(running, "STEP_SECONDS", 60.0)
    assert run_import(shop.pk, job.pk) == "done"
    assert (fresh(job, shop).undone, products_of(shop)) == (ROWS, [])


def test_two_imports_of_one_tenant_at_once_make_each_product_once(shop, db):
    other = User.objects.create_user("otra", "otra@example.com", PASSWORD)
    jobs = [begin(shop), begin(shop), begin(other)]
    results: list[str] = []

    def work(user: User, job: ImportJob) -> None:
        results.append(run_import(user.pk, job.pk))
        connection.close()

    threads = [threading.Thread(target=work, args=(job.user, job)) for job in jobs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == ["done"] * 3
    first, second = fresh(jobs[0], shop), fresh(jobs[1], shop)
    assert first.created + second.created == ROWS
    assert first.unchanged + second.unchanged == ROWS
    assert sorted(products_of(shop)) == sorted(products_of(other)) == sorted(f"S-{n}" for n in range(1, ROWS + 1))


def test_somebody_who_takes_a_sku_in_between_spoils_one_row_only(shop, monkeypatch):
    """A person adds a product by the page while the import looks for it: the import updates that one."""
    job = begin(shop)
    find, done = Products.find, []

    def quick_person(self, *, user, rows, lock=False):
        found = find(self, user=user, rows=rows, lock=lock)
        if lock and not done:
            done.append(True)
            person = threading.Thread(target=add)
            person.start()
            person.join()
        return found

    def add() -> None:
        with tenant_scope(shop), transaction.atomic():
            Product.objects.create(user=shop, name="A mano", sku="s-5", price=1)
        connection.close()

    monkeypatch.setattr(Products, "find", quick_person)
    assert run_import(shop.pk, job.pk) == "done"
    after = fresh(job, shop)
    assert (after.created, after.updated, after.refused) == (ROWS - 1, 1, 0)
    assert len(products_of(shop)) == ROWS


def test_a_fault_of_ours_is_tried_again_and_then_told(shop, monkeypatch):
    job = begin(shop)

    def stumble(self, *, user, rows):
        raise ZeroDivisionError

    monkeypatch.setattr(Products, "write", stumble)
    assert [run_import(shop.pk, job.pk) for _time in range(3)] == [
        "will be tried again after ZeroDivisionError",
        "will be tried again after ZeroDivisionError",
        "failed",
    ]
    failed = fresh(job, shop)
    assert (failed.status, failed.created) == ("failed", 0)
    assert failed.why == {"code": "our_fault", "params": {}}


def test_an_account_that_is_closed_imports_no_more(shop):
    job = begin(shop)
    User.objects.filter(pk=shop.pk).update(is_active=False)
    assert run_import(shop.pk, job.pk) == "no active tenant"
    assert products_of(shop) == []
