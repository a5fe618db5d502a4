"""The queue: in the caller's transaction, woken by notices, healed by slow looks."""

from __future__ import annotations

import os
import threading
import time
from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.utils import timezone
from django_q.conf import Conf
from django_q.models import OrmQ
from django_q.signing import SignedPackage

from tenants import broker as broker_module
from tenants.broker import CHANNEL, NotifyBroker
from tenants.jobs import enqueue, enqueue_many
from tenants.notices import Listener

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def broker():
    made = NotifyBroker()
    yield made
    made.close()


def next_task(broker: NotifyBroker, seconds: float = 5.0) -> tuple[dict, float]:
    """The next task and how many seconds it took to come."""
    began = time.monotonic()
    while time.monotonic() < began + seconds:
        if tasks := broker.dequeue():
            return SignedPackage.loads(tasks[0][1]), time.monotonic() - began
    raise AssertionError("no task came")


def settle(broker: NotifyBroker) -> None:
    """Let it connect and find nothing, so that only a notice or the slow look brings the next task."""
    while broker._look_at == 0.0 or broker._listener.fileno() is None:
        assert broker.dequeue() is None


def from_another_connection(function, *args) -> None:
    def run() -> None:
        try:
            function(*args)
        finally:
            connection.close()

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()


def backends(name: str) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pid FROM pg_stat_activity WHERE application_name = %s", [name])
        return [pid for (pid,) in cursor.fetchall()]


def lose_the_line(broker: NotifyBroker) -> None:
    ((pid,),) = broker._line.execute("SELECT pg_backend_pid()", [])
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(%s, 5000)", [pid])


def test_a_task_comes_with_the_notice_and_not_with_the_slow_look(broker):
    settle(broker)
    threading.Timer(0.1, from_another_connection, [enqueue, "tests.task", 7]).start()
    task, seconds = next_task(broker)
    assert (task["func"], task["args"], task["ack_failure"]) == ("tests.task", (7,), True)
    assert seconds < 1.0 < Conf.POLL


def test_a_rollback_leaves_no_task_and_wakes_nobody(broker):
    listener = Listener(CHANNEL)
    assert listener.wait(timeout=0) is None
    with transaction.atomic():
        enqueue("tests.task")
        transaction.set_rollback(True)
    assert not OrmQ.objects.exists()
    assert listener.wait(timeout=0.2) == set()
    listener.close()


def test_a_task_waits_for_the_commit(broker):
    settle(broker)
    with transaction.atomic():
        enqueue("tests.task")
        seen = []
        from_another_connection(lambda: seen.append(OrmQ.objects.count()))
        assert seen == [0]
    assert next_task(broker)[0]["func"] == "tests.task"


def test_many_tasks_make_one_statement_and_one_notice(broker, django_assert_num_queries):
    listener = Listener(CHANNEL)
    listener.wait(timeout=0)
    with django_assert_num_queries(2):
        enqueue_many("tests.task", [(n,) for n in range(50)])
    assert OrmQ.objects.count() == 50
    assert listener.wait(timeout=1) == {""}
    assert listener.wait(timeout=0.1) == set()
    listener.close()


def test_tasks_come_in_the_order_in_which_they_were_put(broker):
    enqueue_many("tests.task", [(n,) for n in range(5)])
    assert [next_task(broker)[0]["args"] for _ in range(5)] == [(n,) for n in range(5)]


def test_a_task_is_taken_by_one_of_two_clusters(broker):
    enqueue_many("tests.task", [(n,) for n in range(40)])
    taken: list[int] = []

    def take() -> None:
        mine = NotifyBroker()
        while tasks := mine.dequeue():
            taken.extend(row_id for row_id, _package in tasks)
        mine.close()

    threads = [threading.Thread(target=from_another_connection, args=[take]) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(taken) == sorted(OrmQ.objects.values_list("pk", flat=True))
    assert len(set(taken)) == 40


def test_a_lost_notice_is_healed_by_the_slow_look(broker, monkeypatch):
    monkeypatch.setattr(Conf, "POLL", 0.5)
    settle(broker)
    OrmQ.objects.create(key=Conf.CLUSTER_NAME, payload=SignedPackage.dumps({"func": "quiet"}), lock=timezone.now())
    assert next_task(broker, seconds=3)[0]["func"] == "quiet"


def test_a_task_whose_lock_ran_out_comes_again(broker, monkeypatch):
    enqueue("tests.task")
    next_task(broker)
    assert broker.dequeue() is None
    OrmQ.objects.update(lock=timezone.now() - timedelta(seconds=1))
    monkeypatch.setattr(Conf, "POLL", 0.2)
    broker._look_at = 0.0
    assert next_task(broker)[0]["func"] == "tests.task"


def test_an_acknowledged_task_is_gone(broker):
    enqueue("tests.task")
    ((row_id, _package),) = broker.dequeue()
    broker.acknowledge(row_id)
    assert not OrmQ.objects.exists()


def test_it_survives_the_loss_of_its_connections(broker):
    settle(broker)
    for pid in backends(f"recado {CHANNEL}"):
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_terminate_backend(%s)", [pid])
    from_another_connection(enqueue, "tests.task")
    assert next_task(broker)[1] < Conf.POLL
    settle(broker)
    threading.Timer(0.1, from_another_connection, [enqueue, "tests.task"]).start()
    assert next_task(broker)[1] < 1.5, "it listens again"


def test_an_error_of_the_database_is_waited_out(broker):
    """django-q2 would let the process that fetches tasks die of it, and wait ten seconds."""
    settle(broker)
    lose_the_line(broker)
    broker._look_at = 0.0
    assert broker.dequeue() is None
    enqueue("tests.task")
    next_task(broker)


def test_a_task_that_is_done_is_struck_off_over_a_new_connection(broker):
    """What is left would run again."""
    enqueue("tests.task")
    ((row_id, _package),) = broker.dequeue()
    lose_the_line(broker)
    broker.acknowledge(row_id)
    assert not OrmQ.objects.exists()


def test_only_the_brokers_own_connection_does_not_wait_for_the_disk(broker):
    """A task that somebody puts into the queue is as durable as the rows that it is about."""
    settle(broker)
    with connection.cursor() as cursor:
        cursor.execute("SHOW synchronous_commit")
        ours = cursor.fetchone()
        cursor.execute("SELECT reset_val FROM pg_settings WHERE name = 'synchronous_commit'")
        assert ours == cursor.fetchone()
    assert broker._line.execute("SHOW synchronous_commit", []) == [("off",)]


def test_it_comes_back_soon_so_that_a_stop_is_heard(broker):
    settle(broker)
    began = time.monotonic()
    assert broker.dequeue() is None
    assert time.monotonic() - began < 2 * broker_module.LONGEST_WAIT


def test_a_child_process_listens_on_a_connection_of_its_own(broker):
    settle(broker)
    ours = broker._listener.fileno()
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        broker._listener.wait(timeout=0)
        os.write(writing, b"same" if broker._listener.fileno() == ours else b"own")
        os._exit(0)
    os.waitpid(child, 0)
    assert os.read(reading, 10) == b"own"
    assert len(backends(f"recado {CHANNEL}")) >= 1
    threading.Timer(0.1, from_another_connection, [enqueue, "tests.task"]).start()
    assert next_task(broker)[1] < 1.5, "the parent's still works"


def test_an_empty_look_behind_many_locked_rows_reads_none_of_them(broker):
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO django_q_ormq (key, payload, lock)"
            " SELECT %s, 'x', now() + interval '1 hour' FROM generate_series(1, 20000)",
            [Conf.CLUSTER_NAME],
        )
        cursor.execute("ANALYZE django_q_ormq")
        cursor.execute("EXPLAIN " + broker_module._claim, [600, Conf.CLUSTER_NAME, 1])
        plan = "\n".join(line for (line,) in cursor.fetchall())
    assert "recado_queue_order" in plan
    assert "Sort" not in plan


def test_doorbells_that_wait_are_answered_by_one_look(broker):
    for _ in range(3):
        enqueue("tests.ring")
    enqueue("tests.task", 7)
    enqueue("tests.other_ring")
    enqueue("tests.task", 7)
    assert next_task(broker)[0]["func"] == "tests.ring"
    assert next_task(broker)[0]["args"] == (7,)
    assert next_task(broker)[0]["func"] == "tests.other_ring"
    assert next_task(broker)[0]["args"] == (7,), "what has something of its own to do is never struck off"
    assert OrmQ.objects.count() == 4, "what was taken stays until it is done"


def test_a_doorbell_that_rings_while_one_is_answered_is_answered_too(broker):
    enqueue("tests.ring")
    first = next_task(broker)[0]
    enqueue("tests.ring")
    assert next_task(broker)[0]["id"] != first["id"]


def test_a_doorbell_of_a_transaction_that_is_not_over_is_not_struck_off(broker):
    began, go_on = threading.Event(), threading.Event()

    def ring_slowly() -> None:
        with transaction.atomic():
            enqueue("tests.ring")
            began.set()
            go_on.wait(20)

    thread = threading.Thread(target=lambda: from_another_connection(ring_slowly))
    thread.start()
    assert began.wait(20)
    enqueue("tests.ring")
    first = next_task(broker)[0]
    go_on.set()
    thread.join()
    assert next_task(broker)[0]["id"] != first["id"]
