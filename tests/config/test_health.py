"""Readiness, judged by heartbeats."""

from datetime import timedelta

import pytest
from django.conf import settings
from django.utils import timezone
from django_q.models import OrmQ

from config.heartbeats import SCHEDULER, WORKER, Canary, beat, free_tasks, read_pulses, sing
from config.models import Heartbeat


def pulses(now):
    return {pulse.name: pulse for pulse in read_pulses(now=now)}


@pytest.fixture
def now(db):
    return timezone.now()


def test_it_is_not_ready_before_worker_and_scheduler_have_shown_themselves(client, db, caplog):
    answer = client.get("/readyz")
    assert caplog.records == []
    assert answer.status_code == 503
    assert answer.json()["reasons"] == ["the worker has not started yet", "the scheduler has not started yet"]
    assert client.get("/healthz").status_code == 200


def test_it_is_ready_when_both_live(client, now):
    beat(name=SCHEDULER, now=now)
    sing()
    answer = client.get("/readyz/")
    assert answer.status_code == 200
    assert answer.json()["status"] == "ok"
    assert answer["Cache-Control"].count("no-store")


def test_it_names_the_one_that_stands_still(client, now):
    beat(name=WORKER, now=now)
    beat(name=SCHEDULER, now=now - timedelta(hours=1))
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert [reason.split(":")[0] for reason in answer.json()["reasons"]] == ["the scheduler stands still"]


def test_a_busy_queue_may_take_as_long_as_its_longest_task(now):
    beat(name=WORKER, now=now - timedelta(seconds=settings.HEALTH["WORKER_IDLE_SECONDS"] + 5))
    OrmQ.objects.create(key="recado", payload="canary", lock=now)
    assert not pulses(now)[WORKER].is_alive
    OrmQ.objects.create(key="recado", payload="work", lock=now + timedelta(seconds=settings.Q_CLUSTER["retry"]))
    assert pulses(now)[WORKER].is_alive


def test_a_task_that_a_dead_worker_took_does_not_make_the_queue_busy(now):
    beat(name=WORKER, now=now - timedelta(seconds=settings.HEALTH["WORKER_IDLE_SECONDS"] + 5))
    taken = now - timedelta(seconds=settings.HEALTH["WORKER_BUSY_SECONDS"] + 5)
    for _ in range(3):
        OrmQ.objects.create(key="recado", payload="lost", lock=taken + timedelta(seconds=settings.Q_CLUSTER["retry"]))
    assert not pulses(now)[WORKER].is_alive


def test_the_canary_sings_again_only_when_it_was_heard(now):
    canary = Canary()
    canary.look(now=now)
    assert OrmQ.objects.count() == 1
    later = now + timedelta(seconds=settings.HEALTH["CANARY_SECONDS"] + 1)
    canary.look(now=later)
    assert OrmQ.objects.count() == 1, "the first one is still on its way"
    OrmQ.objects.all().delete()
    beat(name=WORKER, now=later)
    canary.look(now=later)
    assert OrmQ.objects.count() == 1


def test_work_that_gets_done_counts_as_life(now):
    canary = Canary()
    rows = [OrmQ.objects.create(key="recado", payload="work", lock=now) for _ in range(3)]
    canary.look(now=now)
    assert not Heartbeat.objects.filter(name=WORKER).exists()
    rows[0].delete()
    canary.look(now=now)
    assert Heartbeat.objects.get(name=WORKER).beat_at == now


def test_tasks_of_a_dead_cluster_are_free_at_once(now):
    OrmQ.objects.create(key="recado", payload="taken", lock=now + timedelta(minutes=10))
    OrmQ.objects.create(key="recado", payload="waiting", lock=now - timedelta(minutes=1))
    assert free_tasks(now=now) == 1
    assert OrmQ.objects.filter(lock__lte=now).count() == 2
