"""Backups, tested by restoring: into a folder of its own, row by row, with row security and a person who signs in."""

from __future__ import annotations

import json
import os
import re
import stat
import subprocess
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import psycopg
import pytest
from django.utils import timezone
from django_q.models import OrmQ
from django_q.signing import SignedPackage
from psycopg import sql

from config import dumps
from config.backup import LOCK, MANIFEST, BackupError, back_up, path_for, prune, read_backup, source_url
from config.embedded import SUPERUSER, Server
from config.heartbeats import BACKUP
from config.models import Heartbeat
from config.restoring import hold_back, restore
from config.schedule import FIRST, RETRY, BackupSchedule
from messaging.models import Channel, Delivery, Message
from tenants.jobs import enqueue
from tenants.limits import Limit, hit
from tenants.months import drop_months, make_months
from tenants.scope import tenant_scope
from tests import factories
from tests.commander import Commander
from tests.conftest import PASSWORD

NOW = datetime(2026, 3, 4, 12, tzinfo=UTC)
_CASTS = re.compile(r"::(text|character varying)(\[\])?|[()]")
TOKEN = "EAAG-planted-token-of-a-number"

# What is asked of the restored system.
QUESTIONS = """
import json
import django; django.setup()
from django.db import connection
from django.test import Client
from tenants.events import record
from tenants.models import User
from tenants.scope import tenant_scope
from catalog.models import Product
from messaging.models import Channel

answer = Client(HTTP_HOST="127.0.0.1").post(
    "/api/auth/login", json.dumps({"username": "alice", "password": "PASSWORD"}), "application/json"
)
access = answer.json()["access"]
page = Client(HTTP_HOST="127.0.0.1", headers={"Authorization": f"Bearer {access}"}).get("/api/user/products")
with connection.cursor() as cursor:
    cursor.execute("SELECT count(*) FROM catalog_product")
    unscoped = cursor.fetchone()[0]
alice, bob = User.objects.get(username="alice"), User.objects.get(username="bob")
with tenant_scope(bob), connection.cursor() as cursor:
    cursor.execute("SELECT array_agg(DISTINCT user_id) FROM catalog_product")
    seen = cursor.fetchone()[0]
with tenant_scope(alice):
    Product.objects.create(user=alice, name="Nuevo", price=1)  # the sequences go on where they were
    record("product_created", product=1, name="Nuevo")
    token = Channel.objects.get(phone_number_id="777001").token
print(json.dumps({
    "login": answer.status_code, "products": page.json()["count"], "unscoped": unscoped,
    "bob_sees_only_his": seen == [bob.pk], "token": token,
}))
""".replace("PASSWORD", PASSWORD)


@pytest.fixture
def shops(transactional_db, alice, bob, settings) -> Iterator[None]:
    """A row of each tenant model for both, months of events, a password and a token that nobody is to find."""
    settings.PASSWORD_HASHERS = ["tenants.hashing.SharedArgon2PasswordHasher"]
    alice.set_password(PASSWORD)
    alice.save(update_fields=["password"])
    make_months(now=timezone.now())
    for user in (alice, bob):
        with tenant_scope(user):
            for make in factories.ROWS.values():
                make(user)
    with tenant_scope(alice):
        Channel.objects.create(user=alice, phone_number_id="777001", token=TOKEN, app_secret="sesame")
    yield
    drop_months(before=date(2999, 1, 1))


@pytest.fixture
def backup(shops, tmp_path) -> Path:
    path = tmp_path / "backups" / "one.tar"
    back_up(path=path, now=timezone.now())
    return path


@pytest.fixture
def other() -> Iterator[Path]:
    """Where another system may live; its database is gone with the last who used it.

    Not pytest's own folder: another pytest that starts meanwhile takes back everybody else's way into that one, and
    PostgreSQL, which never runs as root, is somebody else.
    """
    with tempfile.TemporaryDirectory(prefix="recado-restored-", ignore_cleanup_errors=True) as name:
        yield Path(name) / "other"


def own(folder: Path, **more: str) -> dict[str, str]:
    """The environment of the system that lives in ``folder``."""
    return {"DATA_DIR": str(folder), "DATABASE_DURABLE": "0", "DATABASE_URL": ""} | more


@contextmanager
def database(folder: Path) -> Iterator[psycopg.Connection]:
    """A look into the other system's database, which nobody uses afterwards."""
    here = Server(folder / "postgres", durable=False)
    here.use()
    try:
        with psycopg.connect(here.url(role=SUPERUSER)) as line:
            yield line
    finally:
        here.release()


def contents(line: psycopg.Connection) -> dict[str, list[tuple[object, ...]]]:
    """Every row, sequence, policy, constraint, trigger and partition."""

    def ask(statement: str) -> list[tuple[object, ...]]:
        return line.execute(statement).fetchall()

    tables = sorted(dumps.count_rows(line))
    found = {
        name: line.execute(sql.SQL("SELECT t::text FROM {} t ORDER BY 1").format(sql.Identifier(name))).fetchall()
        for name in tables
        if name != "config_heartbeat"  # the backup's own
    }
    ours = "'public'::regnamespace"
    found["sequences"] = ask(
        "SELECT sequencename, last_value FROM pg_sequences JOIN pg_class ON relname = sequencename "
        "WHERE schemaname = 'public' AND relpersistence = 'p' ORDER BY 1"
    )
    found["policies"] = ask("SELECT tablename, policyname, cmd, qual, with_check FROM pg_policies ORDER BY 1, 2")
    found["tables"] = ask(
        "SELECT relname, relkind, relpersistence, relrowsecurity, relforcerowsecurity, pg_get_userbyid(relowner) "
        f"FROM pg_class WHERE relnamespace = {ours} AND relkind IN ('r', 'p', 'S') ORDER BY 1"
    )
    found["constraints"] = ask(
        "SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint "
        f"WHERE connamespace = {ours} AND contype <> 'n' ORDER BY 1, 2"
    )
    found["indexes"] = ask("SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public' ORDER BY 1")
    found["triggers"] = ask(
        "SELECT tgrelid::regclass::text, tgname, pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal "
        "ORDER BY 1, 2"
    )
    found["partitions"] = ask(
        "SELECT inhparent::regclass::text, inhrelid::regclass::text, pg_get_expr(c.relpartbound, c.oid) "
        "FROM pg_inherits JOIN pg_class c ON c.oid = inhrelid WHERE c.relkind = 'r' ORDER BY 1, 2"
    )
    # PostgreSQL writes the same condition in two ways, before and after it has read its own.
    return {
        name: [tuple(_CASTS.sub("", part) if isinstance(part, str) else part for part in row) for row in rows]
        for name, rows in found.items()
    }


def test_what_is_restored_is_what_was_there_and_people_go_on_working(shops, tmp_path, other):
    hit(limit=Limit("short", 9, timedelta(minutes=1)), who="alice")  # of a table that no crash survives, either
    path = tmp_path / "with-keys.tar"
    back_up(path=path, with_keys=True, now=timezone.now())
    archive = read_backup(path)
    with Commander(own(other)) as manage:
        done = manage("restore", str(path), "--send-waiting")
    assert done.returncode == 0, done.stderr
    assert "FIELD_ENCRYPTION_KEYS" not in done.stdout
    assert stat.S_IMODE((other / "secrets.json").stat().st_mode) == 0o600
    with psycopg.connect(source_url()) as one, database(other) as two:
        before, after = contents(one), contents(two)
        assert sorted(before) == sorted(after)
        differing = {name: set(before[name]) ^ set(after[name]) for name in before if before[name] != after[name]}
        assert differing == {}
        assert archive.manifest.rows["catalog_product"] > 2
        assert len(before["partitions"]) >= 4
        assert two.execute("SELECT count(*) FROM tenants_limit_window").fetchone() == (0,)
        bound = two.execute("SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = 'recado'").fetchone()
        assert bound == (False,)

    with Commander(own(other, LIMITS="on")) as manage:  # another one, for the keys have changed
        asked = manage("-c", QUESTIONS)
    assert asked.returncode == 0, asked.stderr
    said = json.loads(asked.stdout.splitlines()[-1])
    with tenant_scope(factories.User.objects.get(username="alice")):
        products = factories.Product.objects.filter(active=True).count()
    assert said == {
        "login": 200,
        "products": products,
        "unscoped": 0,
        "bob_sees_only_his": True,
        "token": TOKEN,
    }


def test_a_full_database_is_replaced_only_by_name_and_copied_first(backup, other):
    with Commander(own(other)) as manage:
        done = manage("restore", str(backup))
        assert done.returncode == 0, done.stderr
        assert "without the keys. It is whole" in done.stdout
        assert "FIELD_ENCRYPTION_KEYS here is not what it was" in done.stdout
        again = manage("restore", str(backup))
        assert again.returncode != 0
        assert "Give an empty database" in again.stderr
        wrong = manage("restore", str(backup), "--replace", said="something else\n")
        assert wrong.returncode != 0
        assert "Nothing was changed" in wrong.stderr
        with database(other) as line:
            line.execute("UPDATE tenants_user SET username = 'mallory' WHERE username = 'alice'")
            line.execute("CREATE TABLE left_over (n int); CREATE SEQUENCE left_alone")
            with pytest.raises(psycopg.errors.UniqueViolation), line.transaction():
                line.execute("UPDATE tenants_user SET email = 'gone'")  # two people with one address cannot be
        done = manage("restore", str(backup), "--replace", said="recado\n")
        assert done.returncode == 0, done.stderr
        copies = list((other / "backups").glob("before-restore-*.tar"))
        assert len(copies) == 1
        assert read_backup(copies[0]).manifest.rows["left_over"] == 0
        with database(other) as line:
            names = line.execute("SELECT username FROM tenants_user ORDER BY 1").fetchall()
            assert ("alice",) in names
            assert ("mallory",) not in names
            assert line.execute("SELECT to_regclass('left_over'), to_regclass('left_alone')").fetchone() == (None, None)
            refused = manage("restore", str(backup), "--replace", "--confirm", "recado", "--no-copy")
            assert "Somebody is connected" in refused.stderr


def test_it_is_for_its_owner_alone_and_no_secret_is_in_it(backup):
    assert stat.S_IMODE(backup.stat().st_mode) == 0o600
    assert stat.S_IMODE(backup.parent.stat().st_mode) == 0o700
    assert [path.name for path in backup.parent.iterdir()] == ["one.tar"]
    with tarfile.open(backup) as tar:
        assert tar.getnames() == ["dump", MANIFEST]
        dump = tar.extractfile("dump")
        assert dump
        text = subprocess.run(
            [str(dumps.find_programs(major=15, server=Server(Path("/nowhere"))) / "pg_restore"), "--file=-"],
            input=dump.read(),
            capture_output=True,
            check=True,
        ).stdout.decode()
    assert "COPY public.tenants_user" in text
    assert "777001" in text
    assert TOKEN not in text
    assert read_backup(backup).keys == {}
    assert Heartbeat.objects.filter(name=BACKUP).exists()


@pytest.mark.parametrize(
    ("harm", "words"),
    [
        (lambda raw: raw[:100_000] + bytes([raw[100_000] ^ 1]) + raw[100_001:], "damaged"),
        (lambda raw: raw[: len(raw) // 2], "cut off|cannot be read"),
        (lambda raw: b"", "cannot be read|cut off"),
        (lambda raw: b"SQLite format 3\0" * 1000, "cannot be read"),
        (lambda raw: raw.replace(b'"format": 1', b'"format": 9'), "of format 9"),
        (lambda raw: raw.replace(b'"0001_initial"', b'"9999_initial"', 1), "newer Recado"),
    ],
    ids=["one bit", "cut off", "empty", "something else", "another format", "newer"],
)
def test_what_cannot_be_trusted_is_refused(backup, harm, words):
    raw = backup.read_bytes()
    assert len(raw) > 100_001
    backup.write_bytes(harm(raw))
    with pytest.raises(BackupError, match=words):
        restore(archive=read_backup(backup), replace=False, send_waiting=False, now=timezone.now())


def test_a_file_that_is_there_is_not_written_over(backup):
    before = backup.read_bytes()
    with pytest.raises(BackupError, match="exists already"):
        back_up(path=backup, now=NOW)
    assert backup.read_bytes() == before


def test_two_backups_at_once_are_one(transactional_db, tmp_path):
    path = tmp_path / "two.tar"
    with psycopg.connect(source_url()) as line:
        line.execute("SELECT pg_advisory_lock(%s)", [LOCK])
        with pytest.raises(BackupError, match="Another backup"):
            back_up(path=path, now=NOW)
    assert list(tmp_path.iterdir()) == []


def test_the_newest_are_kept_and_leavings_removed(tmp_path):
    moments = [NOW + timedelta(hours=n) for n in range(5)]
    for moment in moments:
        (tmp_path / path_for(moment).name).touch()
    for name in ("notes.txt", "before-restore-x.tar", f".recado-x.tar.{os.getpid()}.partial"):
        (tmp_path / name).touch()
    (tmp_path / ".recado-x.tar.999999999.partial").touch()
    gone = {path.name for path in prune(folder=tmp_path, keep=2)}
    assert gone == {path_for(moment).name for moment in moments[:3]} | {".recado-x.tar.999999999.partial"}
    assert len(list(tmp_path.iterdir())) == 5


def test_what_waited_is_held_back(transactional_db, alice):
    now = timezone.now()
    with tenant_scope(alice):
        waits = factories.delivery(alice, status="queued")
        sent = factories.delivery(alice, status="sent")
        letter = factories.letter(alice)
        due = factories.reminder(alice, due_at=now - timedelta(minutes=5))
        later = factories.reminder(alice, due_at=now + timedelta(days=1))
        asked = factories.message(alice, status="pending")
    enqueue("messaging.tasks.send_mail")
    kept = enqueue("catalog.tasks.embed", alice.pk, 1)
    held = hold_back(now=now)
    assert [SignedPackage.loads(task.payload)["id"] for task in OrmQ.objects.all()] == [kept]
    assert held == {"messages to WhatsApp": 1, "reminders": 1, "letters": 1, "questions": 1, "updates from WhatsApp": 0}
    with tenant_scope(alice):
        for row, status in (
            *((waits, "unknown"), (sent, "sent"), (letter, "unknown")),
            *((due, "unknown"), (later, "scheduled")),
        ):
            row.refresh_from_db()
            assert row.status == status
        assert Delivery.objects.get(pk=waits.pk).detail == "restored"
        assert Message.objects.get(pk=asked.pk).status == "failed"


class TestSchedule:
    @pytest.fixture(autouse=True)
    def _settings(self, transactional_db, settings, tmp_path):
        settings.BACKUP_HOURS, settings.BACKUP_DIR = 24, tmp_path

    def look(self, schedule: BackupSchedule, now: datetime) -> bool:
        schedule.look(now=now)
        started = schedule.process is not None
        schedule.stop()
        return started

    def test_the_first_waits_until_what_is_starting_has_started(self):
        schedule = BackupSchedule()
        assert not self.look(schedule, NOW)
        assert not self.look(schedule, NOW + FIRST / 2)
        assert self.look(schedule, NOW + FIRST)

    def test_the_next_is_due_when_the_last_is_old_whoever_made_it(self):
        schedule = BackupSchedule()
        self.look(schedule, NOW)
        later = NOW + timedelta(hours=2)
        Heartbeat.objects.create(name=BACKUP, beat_at=later - timedelta(hours=23, minutes=59))
        assert not self.look(schedule, later)
        assert self.look(schedule, later + timedelta(minutes=1))

    def test_none_is_made_where_none_is_wanted(self, settings):
        settings.BACKUP_HOURS = 0
        schedule = BackupSchedule()
        self.look(schedule, NOW)
        assert not self.look(schedule, NOW + timedelta(days=9))

    def test_one_that_failed_is_told_of_and_tried_again_later(self, caplog, settings, monkeypatch):
        monkeypatch.setenv("BACKUP_DIR", "/proc/nowhere")
        schedule = BackupSchedule()
        self.look(schedule, NOW)
        schedule.look(now=NOW + FIRST)
        assert schedule.process
        schedule.process.wait(timeout=120)
        schedule.look(now=NOW + FIRST + timedelta(seconds=30))
        assert "the backup was not made" in caplog.text
        assert not self.look(schedule, NOW + FIRST + RETRY / 2)
        assert self.look(schedule, NOW + FIRST + RETRY + timedelta(minutes=1))


# The clock of two days, whose hours the test says: each look may start a backup, which is then waited for.
TWO_DAYS = """
import json
from datetime import timedelta
import django; django.setup()
from django.conf import settings
from django.utils import timezone
from config.heartbeats import BACKUP
from config.models import Heartbeat
from config.schedule import FIRST, BackupSchedule
from tenants.models import User

schedule, began, made = BackupSchedule(), timezone.now(), []
for day in range(2):
    User.objects.filter(username="alice").update(email=f"day-{day}@example.com")
    for hour in (0, 12):
        now = began + FIRST + timedelta(days=day, hours=hour, seconds=60 * day)
        schedule.look(now=now - FIRST if day == hour == 0 else now)
        schedule.look(now=now)
        if schedule.process is not None:
            made.append([day, hour])
            assert schedule.process.wait(timeout=120) == 0
            Heartbeat.objects.filter(name=BACKUP).update(beat_at=now)  # the process goes by its own clock
            schedule.look(now=now)
print(json.dumps({"made": made, "kept": sorted(path.name for path in settings.BACKUP_DIR.iterdir())}))
"""


def test_the_clock_makes_one_a_day_keeps_the_newest_and_it_can_be_restored(backup, other):
    with Commander(own(other, BACKUP_HOURS="24", BACKUP_KEEP="1")) as manage:
        assert manage("restore", str(backup), "--send-waiting").returncode == 0
        done = manage("-c", TWO_DAYS)
        assert done.returncode == 0, done.stderr
        said = json.loads(done.stdout.splitlines()[-1])
        assert said["made"] == [[0, 0], [1, 0]]
        (kept,) = said["kept"]
        with database(other) as line:
            line.execute("UPDATE tenants_user SET email = '' WHERE username = 'alice'")
        again = manage("restore", str(other / "backups" / kept), "--replace", "--confirm", "recado", "--no-copy")
        assert again.returncode == 0, again.stderr
        with database(other) as line:
            found = line.execute("SELECT email FROM tenants_user WHERE username = 'alice'").fetchone()
            assert found == ("day-1@example.com",)
