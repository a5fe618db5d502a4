"""From a backup to a running system: whole or not at all, with every row behind row security again.

What waited to go out when the backup was made may have gone out since, from the system that is being replaced. Nothing
is sent twice: such messages and reminders are ``unknown`` afterwards, and shown; questions that waited for a reply are
«sin respuesta», to be tried again by hand. Who knows that nothing ran since says so (``send_waiting``).
"""

from __future__ import annotations

import json
import os
import time
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import psycopg
from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.core.management import call_command
from django.core.signing import BadSignature
from django.db import connection, transaction
from django.db.migrations.loader import MigrationLoader
from django.db.models import Q
from django_q.models import OrmQ
from django_q.signing import SignedPackage

from agenda.models import Reminder
from config import dumps
from config.backup import CHECK, Archive, BackupError, source_url, target_url
from config.embedded import server
from config.heartbeats import forget_beats
from config.moving import MoveError, refuse_target
from config.postgresql.stock import stock
from messaging.models import Delivery, InboundUpdate, Letter, Message, PlatformLetter
from tenants.months import make_months
from tenants.scope import all_tenants

RESTORED = "restored"  # the detail of what nobody knows since
HANGING_UP_SECONDS = 2.0  # who has closed a connection may be seen for a moment yet, as we ourselves

_PATIENCE = "SET lock_timeout = '20s';\n"  # whoever comes in meanwhile must not hold us up for ever

# Everything that is ours in the database; what belongs to an extension stays, for we may not be its owner.
_empty = """
DO $$
DECLARE found record;
BEGIN
    FOR found IN
        SELECT c.oid::regclass AS name, c.relkind FROM pg_class c
        WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p', 'v', 'm', 'f')
            AND NOT c.relispartition
            AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = c.oid AND d.deptype = 'e')
    LOOP
        EXECUTE format('DROP %s IF EXISTS %s CASCADE', CASE found.relkind WHEN 'v' THEN 'VIEW'
            WHEN 'm' THEN 'MATERIALIZED VIEW' WHEN 'f' THEN 'FOREIGN TABLE' ELSE 'TABLE' END, found.name);
    END LOOP;
    FOR found IN
        SELECT c.oid::regclass AS name FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'S'
    LOOP
        EXECUTE format('DROP SEQUENCE %s CASCADE', found.name);
    END LOOP;
    FOR found IN
        SELECT p.oid::regprocedure AS name FROM pg_proc p
        WHERE p.pronamespace = 'public'::regnamespace
            AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = p.oid AND d.deptype = 'e')
    LOOP
        EXECUTE format('DROP ROUTINE %s CASCADE', found.name);
    END LOOP;
END $$;
"""


@dataclass(frozen=True, slots=True)
class Restored:
    """What came of it. ``held_back`` is what waited to go out and does not any more, by its kind."""

    rows: dict[str, int]
    held_back: dict[str, int]
    keys_fit: bool


def restore(*, archive: Archive, replace: bool, send_waiting: bool, now: datetime) -> Restored:
    """Load ``archive`` into the database of the settings, which is empty or, with ``replace``, emptied first.

    Loading and emptying are one transaction. Then the migrations that are newer than the backup run, and the event
    log's months are made. Raises BackupError; before the loading is done nothing has changed.
    """
    manifest = archive.manifest
    _refuse_newer(archive)
    url = target_url()
    try:
        refuse_target(url, may_be_full=replace)
    except MoveError as error:
        raise BackupError(str(error)) from error
    _refuse_company(url)
    programs = dumps.find_programs(major=_major(url), server=server(settings.DATA_DIR))
    with open(archive.path, "rb") as file:
        os.lseek(file.fileno(), archive.offset, os.SEEK_SET)
        fault = dumps.pour(
            [str(programs / "pg_restore"), "--no-owner", "--no-privileges", "--file=-"],
            reader_environment=dumps.plain_environment(),
            programs=programs,
            target_url=url,
            source=file,
            before=_PATIENCE + (_empty if replace else ""),
        )
    if fault:
        raise BackupError(f"Nothing was restored, and the database is as it was. {fault}")
    with psycopg.connect(source_url()) as line:
        rows = dumps.count_rows(line)
    wrong = sorted(name for name, number in manifest.rows.items() if rows.get(name) != number)
    if wrong:
        raise BackupError(f"It was restored, but these tables have other numbers of rows: {', '.join(wrong)}.")
    _take_keys(archive)
    call_command("migrate", interactive=False, verbosity=0)
    held_back = {} if send_waiting else hold_back(now=now)
    make_months(now=now)
    forget_beats()
    return Restored(rows, held_back, keys_fit(archive))


def hold_back(*, now: datetime) -> dict[str, int]:
    """Let nothing go out that may have gone out since. Returns how many there were of each kind."""
    deliveries = {"status": Delivery.Status.UNKNOWN, "detail": RESTORED, "lease_until": None, "updated_at": now}
    reminders = {"status": Reminder.Status.UNKNOWN, "detail": RESTORED, "lease_until": None, "updated_at": now}
    letters = {"status": Letter.Status.UNKNOWN, "detail": RESTORED, "lease_until": None, "updated_at": now}
    status = Reminder.Status
    due = Q(status=status.SCHEDULED, next_at__lte=now) | Q(status__in=[status.CLAIMED, status.SENDING])
    with all_tenants(), transaction.atomic():
        held = {
            "messages to WhatsApp": Delivery.objects.unfinished().update(**deliveries),
            "reminders": Reminder.objects.filter(due).update(**reminders),
            "letters": Letter.objects.unfinished().update(**letters)
            + PlatformLetter.objects.unfinished().update(**letters),
            "questions": Message.objects.pending().update(status=Message.Status.FAILED),
            "updates from WhatsApp": InboundUpdate.objects.pending().update(
                status=InboundUpdate.Status.FAILED, note=RESTORED
            ),
        }
        OrmQ.objects.filter(pk__in=[task.pk for task in OrmQ.objects.all() if _goes_out(task)]).delete()
    return held


def _goes_out(task: OrmQ) -> bool:
    """Whether a task in the queue may send something; of those that nobody can read with this key nothing is known."""
    try:
        return str(SignedPackage.loads(task.payload)["func"]).startswith("messaging.")
    except (BadSignature, KeyError, TypeError):
        return True


def keys_fit(archive: Archive) -> bool:
    """Whether the keys at hand open what was encrypted when the backup was made."""
    fernet = MultiFernet([Fernet(key) for key in settings.FIELD_ENCRYPTION_KEYS])
    try:
        return fernet.decrypt(archive.manifest.key_check.encode()) == CHECK
    except InvalidToken:
        return False


def _refuse_newer(archive: Archive) -> None:
    known = MigrationLoader(None).disk_migrations or {}
    ours = {app for app, _ in known}
    strange = [f"{app}.{name}" for app, name in archive.manifest.migrations if app in ours and (app, name) not in known]
    if strange:
        raise BackupError(
            f"A newer Recado made this backup: this one knows nothing of {', '.join(strange[:3])}. "
            "Restore with the version that made it, or a later one."
        )


def _has_company(line: psycopg.Connection[Any]) -> bool:
    row = line.execute(
        # Little is shown of other roles' sessions. PostgreSQL's own processes have no user.
        "SELECT count(*) FROM pg_stat_activity "
        "WHERE datname = current_database() AND pid <> pg_backend_pid() AND usesysid IS NOT NULL"
    ).fetchone()
    return bool(row and row[0])


def _refuse_company(url: str) -> None:
    """Nobody else may write while everything is replaced. Our own connections go first."""
    connection.close()
    stock.empty()
    until = time.monotonic() + HANGING_UP_SECONDS
    with psycopg.connect(url, autocommit=True) as line:
        while is_there_company := _has_company(line):
            if time.monotonic() > until:
                break
            time.sleep(0.05)
    if is_there_company:
        raise BackupError("Somebody is connected to the database. Stop web, queue and clock on all machines first.")


def _major(url: str) -> int:
    with psycopg.connect(url) as line:
        return line.info.server_version // 10_000


def _take_keys(archive: Archive) -> None:
    """Keys that came with the backup take the place of those that were made on this machine, and are used at once."""
    if not archive.keys:
        return
    path = Path(settings.DATA_DIR) / "secrets.json"
    kept = json.loads(path.read_text()) if path.exists() else {}
    fresh = kept | {name: value for name, value in archive.keys.items() if not os.environ.get(name)}
    if fresh != kept:
        partial = path.with_name(".secrets-restored")
        with open(partial, "w", opener=lambda name, flags: os.open(name, flags, 0o600)) as file:
            json.dump(fresh, file)
        if path.exists():
            path.rename(path.with_name("secrets-before-restore.json"))
        partial.rename(path)
    if not os.environ.get("FIELD_ENCRYPTION_KEYS") and archive.keys.get("FIELD_ENCRYPTION_KEYS"):
        settings.FIELD_ENCRYPTION_KEYS = archive.keys["FIELD_ENCRYPTION_KEYS"].split(",")
