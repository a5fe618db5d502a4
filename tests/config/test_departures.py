"""Accounts that were given up are erased by the clock, and not a day before."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from config import data_jobs, departures
from config.models import DataJob
from tenants import leaving
from tenants.models import AuditEntry, User
from tenants.scope import tenant_scope
from tests.conftest import PASSWORD
from tests.factories import ROWS

pytestmark = pytest.mark.django_db

LATER = timedelta(days=30, minutes=1)


@pytest.fixture(autouse=True)
def _folder(settings, tmp_path):
    settings.DATA_DIR = tmp_path


def run(job: DataJob, *, at=None) -> DataJob:
    for _ in range(50):
        data_jobs.run(job_id=job.pk, now=lambda: at or timezone.now() + LATER)
        job.refresh_from_db()
        if job.is_over:
            return job
    raise AssertionError(f"still {job.state}")


def leave(user: User) -> None:
    leaving.ask(user=user, password=PASSWORD, now=timezone.now())


def test_it_is_erased_when_its_days_are_over(alice, bob):
    for user in (alice, bob):
        with tenant_scope(user):
            for make in ROWS.values():
                make(user)
    leave(alice)
    now = timezone.now()
    assert departures.look(now=now + timedelta(days=29)) == 0
    assert departures.look(now=now + LATER) == 1
    assert departures.look(now=now + LATER) == 0  # it is at work
    job = run(DataJob.objects.get())
    assert (job.state, job.asked_by_id) == (DataJob.State.DONE, None)
    assert not User.objects.filter(pk=alice.pk).exists()
    assert User.objects.filter(pk=bob.pk).exists()
    entry = AuditEntry.objects.get(action="data_erased")
    assert (entry.actor_id, "pasó el plazo" in entry.reason) == (None, True)


def test_whoever_comes_back_at_the_last_moment_keeps_it(alice):
    leave(alice)
    assert departures.look(now=timezone.now() + LATER) == 1
    assert leaving.stay(user=User.objects.get(pk=alice.pk))
    job = run(DataJob.objects.get())
    assert job.state == DataJob.State.CANCELLED
    assert User.objects.get(pk=alice.pk).is_active


def test_once_it_has_begun_nobody_comes_in_any_more(api, alice, monkeypatch):
    client = api(alice)
    client.post("/api/user/deletion", {"password": PASSWORD})
    departures.look(now=timezone.now() + LATER)
    monkeypatch.setattr(data_jobs, "STEP_SECONDS", -1)
    job = DataJob.objects.get()
    assert data_jobs.run(job_id=job.pk, now=lambda: timezone.now() + LATER) == "goes on"
    assert client.get("/api/auth/me").status_code == 401
    assert api().post("/api/auth/login", {"username": "alice", "password": PASSWORD}).status_code == 401
    assert not leaving.stay(user=User.objects.get(pk=alice.pk))


def test_an_erasure_that_died_after_closing_the_account_goes_on(alice):
    leave(alice)
    departures.look(now=timezone.now() + LATER)
    leaving.close(user=User.objects.get(pk=alice.pk), now=timezone.now() + LATER)
    assert run(DataJob.objects.get()).state == DataJob.State.DONE
    assert not User.objects.filter(pk=alice.pk).exists()


def test_one_that_a_superadmin_calls_off_is_not_asked_for_again(alice, root):
    leave(alice)
    at = timezone.now() + LATER
    departures.look(now=at)
    job = DataJob.objects.get()
    DataJob.objects.update(created_at=at)
    assert data_jobs.cancel(job=job, by=root, now=at)
    assert departures.look(now=at + timedelta(hours=1)) == 0
    assert leaving.stop(actor=root, user=User.objects.get(pk=alice.pk), reason="Se arrepintió")


def test_a_superadmins_erasure_does_not_wait_for_the_days(alice, root):
    leave(alice)
    alice.refresh_from_db()
    job = data_jobs.ask(kind="erase", user=alice, by=root, reason="Lo pidió", typed_name="alice")
    assert run(job, at=timezone.now()).state == DataJob.State.DONE
    assert not User.objects.filter(pk=alice.pk).exists()
