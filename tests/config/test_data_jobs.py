"""Exports and erasures of a person's data, beside another tenant whose rows must stay as they are."""

from __future__ import annotations

import json
import os
import re
import signal
import stat
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest
from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.utils import timezone
from django_q.models import OrmQ

from config import data_jobs, data_tables, erasing, exporting
from config.data_tables import LEFT_OUT, tenant_models
from config.models import DataJob
from messaging.models import Conversation, Delivery, InboundUpdate, Message, PhoneLink, WebhookBody
from tenants.authentication import issue_tokens
from tenants.events import Event, record
from tenants.models import AuditEntry, Contact, LimitWindow, User
from tenants.months import drop_months, make_months
from tenants.scope import all_tenants, tenant_scope
from tests import factories
from tests.factories import ROWS
from tests.messaging.conftest import process_environment

pytestmark = pytest.mark.django_db

ROOT = Path(__file__).resolve().parents[2]
ELSEWHERE = 9_876_543_210_123  # an id that nothing else in the database has
KEPT = {"tenants_auditentry", "config_datajob"}  # what superadmins did, and to whom
Kind, State = DataJob.Kind, DataJob.State


@pytest.fixture(autouse=True)
def _folder(settings, tmp_path):
    settings.DATA_DIR = tmp_path


@pytest.fixture
def zoe(db) -> User:
    """A tenant with an id and a name that can be looked for everywhere, and a row of every kind."""
    user = User.objects.create_user("zoe.zapatos", "zoe@zapatos.example", "una-clave-larga-7", pk=ELSEWHERE)
    with tenant_scope(user):
        ROWS_BUT_PREFERENCES = {label: make for label, make in ROWS.items() if label != "tenants.Preferences"}
        factories.Preferences.objects.create(user=user)
        for make in ROWS_BUT_PREFERENCES.values():
            make(user)
        question = factories.message(user, content="¿Tienen botas?")
        factories.message(user, role="assistant", status="done", reply_to=question, conversation=question.conversation)
        factories.message(user, joined_to=question, conversation=question.conversation)
    return user


@pytest.fixture
def full_bob(bob) -> User:
    with tenant_scope(bob):
        for make in ROWS.values():
            make(bob)
    return bob


def work(job: DataJob, *, most: int = 50) -> DataJob:
    """What the queue does until the job is over."""
    for _ in range(most):
        data_jobs.run(job_id=job.pk)
        job.refresh_from_db()
        if job.is_over:
            return job
    raise AssertionError(f"still {job.state} after {most} steps")


def ask(kind: str, user: User, root: User, **fields) -> DataJob:
    typed = {"typed_name": user.username} if kind == Kind.ERASE else {}
    return data_jobs.ask(kind=kind, user=user, by=root, reason="Lo pidió por carta", **typed, **fields)


def counts(user: User) -> dict[str, int]:
    with tenant_scope(user):
        return {model._meta.label: data_tables.count_rows(model, user_id=user.pk) for model in tenant_models()}


def read_zip(job: DataJob) -> dict[str, bytes]:
    with zipfile.ZipFile(data_jobs.path_of(job)) as archive:
        assert archive.testzip() is None
        return {name: archive.read(name) for name in archive.namelist()}


def test_an_export_holds_every_row_of_the_tenant_and_nobody_elses(zoe, full_bob, root):
    before = counts(zoe)
    with tenant_scope(zoe):
        keys = {model: set(model._default_manager.values_list("pk", flat=True)) for model in tenant_models()}
    job = work(ask(Kind.EXPORT, zoe, root))
    assert job.state == State.DONE, job.fault
    files = read_zip(job)
    index = json.loads(files["index.json"])
    for model in tenant_models():
        label = model._meta.label
        if label in LEFT_OUT:
            assert label in index["tables_left_out"]
            continue
        rows = [json.loads(line) for line in files[index["tables"][label]["file"]].splitlines()]
        assert len(rows) == index["tables"][label]["rows"] == before[label], label
        assert {row["id"] for row in rows} == keys[model], label
    assert job.done == job.total == index["rows"]
    assert any(name.startswith("attachments/") and files[name] == b"\x89PNG" for name in files)
    assert json.loads(files["account.jsonl"])["username"] == "zoe.zapatos"
    with tenant_scope(zoe):
        assert Event.objects.filter(name="data_exported", actor="superadmin").count() == 1
    assert AuditEntry.objects.filter(action="data_exported", actor_name="root").exists()


def test_an_export_holds_no_secret_and_is_nobody_elses_to_read(zoe, root):
    with tenant_scope(zoe):
        factories.channel(zoe, token="EAAG-very-secret", app_secret="sesame-open", verify_token="verify-me-please")
        factories.link_code(zoe, code_hash="c0de" * 16)
    job = work(ask(Kind.EXPORT, zoe, root))
    everything = b"".join(read_zip(job).values())
    for secret in (b"EAAG-very", b"sesame-open", b"verify-me", b"c0dec0de", b"gAAAA", b"argon2", b"md5$"):
        assert secret not in everything, secret
    index = json.loads(read_zip(job)["index.json"])
    assert index["tables"]["messaging.Channel"]["left_out"] == ["app_secret", "token", "verify_token"]
    file = data_jobs.path_of(job)
    assert stat.S_IMODE(os.stat(file).st_mode) == 0o600
    assert stat.S_IMODE(os.stat(file.parent).st_mode) == 0o700
    assert [path.name for path in file.parent.iterdir()] == [file.name]  # the workshop is gone


def test_a_step_of_an_export_that_runs_twice_leaves_every_row_once(zoe, tmp_path, monkeypatch):
    monkeypatch.setattr(exporting, "PAGE", 2)
    with tenant_scope(zoe):
        for _ in range(7):
            factories.product(zoe)
            record("question_resolved", question=1)
        cursor: dict = {}
        while not cursor.get("is_complete"):
            lost = exporting.write_on(user=zoe, into=tmp_path / "work", cursor=json.loads(json.dumps(cursor)), until=0)
            cursor = exporting.write_on(user=zoe, into=tmp_path / "work", cursor=cursor, until=0)
            assert lost == cursor
    for label in ("catalog.product", "tenants.event"):
        lines = (tmp_path / "work" / f"{label}.jsonl").read_text().splitlines()
        keys = [json.loads(line)["id"] for line in lines]
        assert len(keys) == len(set(keys)) == 8 + (label == "catalog.product") * 2, label


def test_an_export_is_deleted_when_its_days_are_over(alice, root):
    job = work(ask(Kind.EXPORT, alice, root))
    assert data_jobs.forget_files(now=timezone.now() + timedelta(days=6)) == 0
    assert data_jobs.path_of(job).is_file()
    assert data_jobs.forget_files(now=timezone.now() + timedelta(days=8)) == 1
    assert not data_jobs.path_of(job).is_file()
    job.refresh_from_db()
    assert (job.file, job.state) == ("", State.DONE)


def test_the_export_of_a_tenant_with_nothing_is_an_export(alice, root):
    job = work(ask(Kind.EXPORT, alice, root))
    assert job.state == State.DONE
    assert json.loads(read_zip(job)["index.json"])["account"] == "alice"


def find_traces(user_id: int, names: list[str]) -> list[str]:
    """Every column of every table in which the id or one of the names still stands."""
    found = []
    with all_tenants(), connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.table_name, c.column_name, c.data_type FROM information_schema.columns c"
            " JOIN information_schema.tables t USING (table_schema, table_name)"
            " WHERE c.table_schema = 'public' AND t.table_type = 'BASE TABLE'"
            " AND c.data_type IN ('bigint', 'integer', 'text', 'character varying', 'jsonb', 'bytea', 'ARRAY')"
        )
        for table, column, kind in cursor.fetchall():
            if table in KEPT:
                continue
            if kind in ("bigint", "integer"):
                cursor.execute(f'SELECT count(*) FROM "{table}" WHERE "{column}" = %s', [user_id])
            else:
                text = f"encode(\"{column}\", 'escape')" if kind == "bytea" else f'"{column}"::text'
                patterns = [f"%{name}%" for name in [*names, str(user_id)]]
                cursor.execute(f'SELECT count(*) FROM "{table}" WHERE {text} ILIKE ANY(%s)', [patterns])
            if cursor.fetchone()[0]:
                found.append(f"{table}.{column}")
    return found


def test_an_erased_tenant_leaves_no_row_anywhere(zoe, full_bob, root, browse, settings):
    settings.LIMITS = True
    with tenant_scope(zoe):
        channel = factories.channel(zoe)
    issue_tokens(user=zoe)
    browse(zoe)
    LimitWindow.objects.create(key="login-account:name zoe.zapatos", count=1, ends_at=timezone.now())
    text = b'{"text": "@zoe.zapatos hola"}'
    with all_tenants():
        own = WebhookBody.objects.create(body=text, digest=b"1" * 32, channel_id=channel.pk)
        InboundUpdate.objects.create(body=own, kind="message", key="a", channel_id=channel.pk, data=text)
        shared = WebhookBody.objects.create(body=text, digest=b"2" * 32)
        InboundUpdate.objects.create(body=shared, kind="message", key="b", data=text, tenant_id=zoe.pk)
        others = InboundUpdate.objects.create(body=shared, kind="message", key="c", data=b"{}", tenant_id=full_bob.pk)
    export = work(ask(Kind.EXPORT, zoe, root))
    assert find_traces(zoe.pk, ["zoe.zapatos", "zoe@zapatos"])  # the search sees something while there is
    before, of_zoe = counts(full_bob), counts(zoe)

    job = work(ask(Kind.ERASE, zoe, root))
    assert job.state == State.DONE, job.fault
    connection.check_constraints()
    assert find_traces(zoe.pk, ["zoe.zapatos", "zoe@zapatos"]) == []
    assert counts(full_bob) == before
    of_zoe["tenants.Event"] += 1  # that the account was suspended
    for label, rows in of_zoe.items():
        assert job.report["rows"].get(label, 0) == rows, label
    assert job.report["rows"]["sessions.Session"] == 1
    assert not data_jobs.path_of(export).is_file()
    with all_tenants():
        assert InboundUpdate.objects.filter(pk=others.pk).exists()
        assert not WebhookBody.objects.filter(pk=own.pk).exists()
        shared.refresh_from_db()
        assert bytes(shared.body) == b""
    assert AuditEntry.objects.filter(action="data_erased", actor_name="root", reason="Lo pidió por carta").exists()


def test_rows_go_in_batches_and_an_erasure_may_be_broken_off_anywhere(zoe, full_bob, root, monkeypatch):
    monkeypatch.setattr(erasing, "BATCH", 2)
    monkeypatch.setattr(data_jobs, "STEP_SECONDS", -1)  # every call does one step
    with tenant_scope(zoe):
        for _ in range(5):
            factories.message(zoe)
            record("question_resolved", question=1)
    before, of_zoe = counts(full_bob), counts(zoe)
    job = ask(Kind.ERASE, zoe, root)
    steps = 0
    while data_jobs.run(job_id=job.pk) == "goes on":
        steps += 1
        assert steps < 300
    assert steps > 10
    job.refresh_from_db()
    assert job.state == State.DONE
    assert job.done == sum(of_zoe.values()) + 1 == job.total  # and that the account was suspended
    assert counts(full_bob) == before
    assert not User.objects.filter(pk=zoe.pk).exists()
    assert data_jobs.run(job_id=job.pk).startswith("nothing to do")


def test_whoever_is_being_erased_is_suspended_at_once(zoe, root, api, monkeypatch):
    monkeypatch.setattr(data_jobs, "STEP_SECONDS", -1)
    client = api(zoe)
    job = ask(Kind.ERASE, zoe, root)
    assert client.get("/api/user/preferences").status_code == 200
    data_jobs.run(job_id=job.pk)
    assert client.get("/api/user/preferences").status_code == 401


def test_to_erase_an_account_its_name_is_typed_again(alice, root):
    for typed in ("", "Alice", "alic"):
        with pytest.raises(ValidationError) as refusal:
            data_jobs.ask(kind=Kind.ERASE, user=alice, by=root, reason="una razón", typed_name=typed)
        assert "typed_name" in refusal.value.message_dict
    assert not DataJob.objects.exists()


def test_superadmins_own_nothing_and_a_reason_is_wanted(alice, root):
    with pytest.raises(ValidationError):
        data_jobs.ask(kind=Kind.EXPORT, user=root, by=root, reason="una razón")
    with pytest.raises(ValidationError):
        data_jobs.ask(kind=Kind.EXPORT, user=alice, by=root, reason="  ")


def test_there_is_one_job_of_a_kind_at_a_time(alice, root):
    ask(Kind.EXPORT, alice, root)
    with pytest.raises(ValidationError):
        ask(Kind.EXPORT, alice, root)


def test_an_erasure_can_be_cancelled_only_before_it_begins(zoe, root, monkeypatch):
    monkeypatch.setattr(data_jobs, "STEP_SECONDS", -1)
    first = ask(Kind.ERASE, zoe, root)
    assert data_jobs.cancel(job=first, by=root, now=timezone.now())
    assert data_jobs.run(job_id=first.pk).startswith("nothing to do")
    assert User.objects.filter(pk=zoe.pk, is_active=True).exists()
    second = ask(Kind.ERASE, zoe, root)
    data_jobs.run(job_id=second.pk)
    assert not data_jobs.cancel(job=second, by=root, now=timezone.now())


def test_a_cancelled_export_writes_nothing_more(zoe, root, monkeypatch):
    job = ask(Kind.EXPORT, zoe, root)
    data_jobs.run(job_id=job.pk)
    claimed = data_jobs._claim(job.pk, now=timezone.now())
    assert claimed is not None
    assert data_jobs.cancel(job=job, by=root, now=timezone.now())
    with pytest.raises(data_jobs.Lost):
        data_jobs._hold(claimed, done=1)
    assert list(exporting.folder().iterdir()) == []


def test_two_workers_never_have_the_same_job(alice, root):
    job = ask(Kind.EXPORT, alice, root)
    now = timezone.now()
    assert data_jobs._claim(job.pk, now=now) is not None
    assert data_jobs._claim(job.pk, now=now) is None
    OrmQ.objects.all().delete()
    assert data_jobs.sweep(now=now) == 0
    assert data_jobs.sweep(now=now + data_jobs.LEASE + timedelta(seconds=1)) == 1  # its worker is gone
    assert OrmQ.objects.count() == 1
    assert data_jobs._claim(job.pk, now=now + data_jobs.LEASE + timedelta(seconds=1)) is not None


def test_a_job_that_keeps_failing_says_so(alice, root, monkeypatch):
    def burst(**_given):
        raise ValueError("secret words")

    monkeypatch.setattr(exporting, "write_on", burst)
    job = ask(Kind.EXPORT, alice, root)
    assert [data_jobs.run(job_id=job.pk) for _ in range(3)] == ["will be tried again"] * 2 + ["failed"]
    job.refresh_from_db()
    assert (job.state, job.fault) == (State.FAILED, "ValueError")


def test_an_erased_customer_leaves_numbers_and_no_words(zoe, full_bob, root):
    carla = "57300999888"
    with tenant_scope(zoe):
        contact = factories.contact(zoe, name="Carla Ruiz", phone=f"+{carla}", wa_id=carla, whatsapp_key=carla)
        other = factories.contact(zoe)
        talk = factories.conversation(zoe, channel="whatsapp", audience="customer", contact=contact, title="Soy Carla")
        question = factories.message(zoe, conversation=talk, content="Soy Carla Ruiz, ¿tienen botas?")
        reply = factories.message(
            zoe, conversation=talk, role="assistant", status="done", reply_to=question, content="Sí, Carla Ruiz"
        )
        factories.delivery(zoe, contact=contact, recipient=carla, message=reply, text="Sí, Carla Ruiz")
        factories.delivery(zoe, recipient=carla, text="Hola, Carla Ruiz")
        factories.unanswered_question(zoe, question="¿Tienen botas para Carla Ruiz?", message=question)
        factories.notification(zoe, title="Carla Ruiz te escribió", url=f"/user/inbox?conversation={talk.pk}")
        visit = factories.appointment(zoe, title="Corte – Carla Ruiz")
        factories.attendee(zoe, appointment=visit, contact=contact, name="Carla Ruiz", phone=f"+{carla}")
        factories.change(zoe, summary="Corte – Carla Ruiz, jueves", before=[])
        order = factories.order(zoe, contact=contact, note="Para Carla Ruiz")
        PhoneLink.objects.create(user=zoe, role="customer", phone_key=carla, wa_id=carla, contact=contact)
        record("message_received", conversation=talk.pk, contact=contact.pk, channel="whatsapp", kind="text")
        record("product_query", contact=contact.pk, query="botas de Carla Ruiz", found=0)
        untouched = factories.message(zoe, content="Otra persona")
    with all_tenants():
        body = WebhookBody.objects.create(body=b"Carla Ruiz", digest=b"3" * 32)
        InboundUpdate.objects.create(
            body=body, kind="message", key="x", sender=carla, tenant_id=zoe.pk, data=b"Carla Ruiz"
        )
    bobs = counts(full_bob)
    job = work(ask(Kind.ERASE_CONTACT, zoe, root, contact_id=contact.pk))
    assert job.state == State.DONE, job.fault
    connection.check_constraints()
    found = [place for place in find_traces(ELSEWHERE * 10 + contact.pk, ["Carla Ruiz", carla]) if place != "x"]
    assert found == []
    assert counts(full_bob) == bobs
    with tenant_scope(zoe):
        assert not Contact.objects.filter(pk=contact.pk).exists()
        assert not Conversation.objects.filter(pk=talk.pk).exists()
        assert not Delivery.objects.filter(recipient=carla).exists()
        assert Contact.objects.filter(pk=other.pk).exists()
        assert Message.objects.filter(pk=untouched.pk).exists()
        visit.refresh_from_db()
        assert visit.title == "Corte"
        order.refresh_from_db()
        assert (order.contact_id, order.note) == (None, "")
        assert Event.objects.filter(name="message_received", data__contact=contact.pk).exists()
        assert not Event.objects.filter(name="product_query", data__contact=contact.pk).exists()
        assert Event.objects.get(name="data_erased").data["contact"] == contact.pk
    assert work_again(job) == State.DONE


def work_again(job: DataJob) -> str:
    """As if the worker had died after the deletion and before the job's end."""
    DataJob.objects.filter(pk=job.pk).update(state=State.RUNNING, lease_until=None)
    return work(job).state


def test_a_customer_of_another_tenant_cannot_be_named(alice, bob, root):
    with tenant_scope(bob):
        theirs = factories.contact(bob)
    with pytest.raises(ValidationError):
        ask(Kind.ERASE_CONTACT, alice, root, contact_id=theirs.pk)


# --- very many rows --------------------------------------------------------------------------------------------------
MANY = 4_000
# A worker whose process ends at once, as if the power had gone, in the middle of a batch: after so many were committed.
DYING = """
import os, signal
import django; django.setup()
from config import data_jobs, erasing
erasing.BATCH = 250
counted, batches = data_jobs._counter, []
def dying(job, **options):
    count = counted(job, **options)
    def told(label, number):
        count(label, number)
        batches.append(number)
        if label == "tenants.Event" and batches.count(250) == 6:
            os.kill(os.getpid(), signal.SIGKILL)
    return told
data_jobs._counter = dying
data_jobs.run(job_id=JOB)
"""


@pytest.fixture
def months(db) -> Iterator[None]:
    """The months of the log, as a running system has them."""
    make_months(now=timezone.now())
    yield
    drop_months(before=date(2999, 1, 1))


def log_of(user: User, count: int) -> None:
    """So many events over three months, and in what belongs to none."""
    with tenant_scope(user), connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO tenants_event (user_id, name, at, actor, data)"
            " SELECT %s, 'message_received', now() + interval '1 month' - n * interval '90 days' / %s, 'customer', '{}'"
            " FROM generate_series(1, %s) AS n",
            [user.pk, count, count],
        )


@pytest.mark.django_db(transaction=True)
def test_an_erasure_of_many_rows_goes_on_where_a_killed_worker_stopped(
    months, zoe, full_bob, root, settings, monkeypatch
):
    log_of(zoe, MANY)
    log_of(full_bob, 50)
    before, of_zoe = counts(full_bob), counts(zoe)
    job = ask(Kind.ERASE, zoe, root)
    environment = process_environment(settings, DJANGO_SETTINGS_MODULE="config.settings")
    dead = subprocess.run(
        [sys.executable, "-c", DYING.replace("JOB", str(job.pk))],
        cwd=ROOT,
        env=environment,
        timeout=120,
        capture_output=True,
        text=True,
        check=False,
    )
    assert dead.returncode == -signal.SIGKILL, dead.stderr[-2000:]
    job.refresh_from_db()
    left = counts(zoe)
    gone = sum(of_zoe.values()) + 1 - sum(left.values())  # and one event more: that the account was suspended
    assert job.done == gone > 1000  # what was committed is noted, and what was not is neither noted nor gone
    assert left["tenants.Event"] > 2000
    assert 0 < job.share < 99
    now = timezone.now()
    assert data_jobs.run(job_id=job.pk).startswith("nothing to do")  # the dead one's lease still holds
    OrmQ.objects.all().delete()
    assert data_jobs.sweep(now=now + data_jobs.LEASE + timedelta(seconds=1)) == 1

    monkeypatch.setattr(erasing, "BATCH", 250)
    monkeypatch.setattr(data_jobs, "STEP_SECONDS", -1)
    later, shares = now + data_jobs.LEASE + timedelta(seconds=1), [job.share]
    while data_jobs.run(job_id=job.pk, now=lambda: later) == "goes on":
        job.refresh_from_db()
        assert job.done - gone <= 250  # no transaction holds more than a batch
        gone = job.done
        shares.append(job.share)
    job.refresh_from_db()
    assert (job.state, job.share) == (State.DONE, 100)
    assert shares == sorted(shares)
    assert len(set(shares)) > 5  # which somebody who watches sees move
    assert job.report["rows"]["tenants.Event"] == of_zoe["tenants.Event"] + 1
    assert job.done == job.total
    assert counts(full_bob) == before


def plan_of(statement: str, values: list) -> str:
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (COSTS off) {statement}", values)
        return "\n".join(line for (line,) in cursor.fetchall())


@pytest.mark.django_db(transaction=True)
def test_a_batch_is_found_by_an_index_of_its_partition(months, zoe, bob):
    for user, rows in ((bob, 5_000), (zoe, 20_000)):  # hers last: who begins at the beginning passes all of his
        log_of(user, rows)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE tenants_event")
    with tenant_scope(zoe):
        for table in data_tables.pieces(Event):
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute(erasing.BY_INDEX)
                plan = plan_of(erasing.batch_of(table), [zoe.pk])
            assert "Tid Scan" in plan, plan
            assert "Seq Scan" not in plan, plan
            assert re.search(rf"Index Scan using .*\n +Index Cond: \(user_id = '?{zoe.pk}", plan), plan


def test_every_key_of_a_tenants_table_is_found_by_an_index_when_its_row_goes():
    """Else each deleted row would look through the whole of another table."""
    with connection.cursor() as cursor:
        cursor.execute("""
            SELECT c.conrelid::regclass::text, c.conname FROM pg_constraint c
            WHERE c.contype = 'f' AND c.conparentid = 0
            AND c.confrelid IN (SELECT attrelid FROM pg_attribute WHERE attname = 'user_id')
            AND NOT EXISTS (
                SELECT 1 FROM pg_index i JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0]
                WHERE i.indrelid = c.conrelid
                AND ((i.indkey::int2[])[0:cardinality(c.conkey) - 1] @> c.conkey
                     OR i.indkey[0] = ANY (c.conkey) AND a.attname <> 'user_id')
            )
        """)
        assert cursor.fetchall() == []
