"""Says in words what works, what does not, and what to do about it."""

import importlib.metadata
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from django.conf import settings
from django.core.checks import Tags, run_checks
from django.core.management.base import BaseCommand
from django.db import Error as DatabaseError
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.utils import timezone

from agenda.claiming import read_figures
from catalog.indexes import words_may_be_indexed
from config.backlog import read_backlog, read_outbox
from config.browser import find_browser
from config.embedded import EmbeddedDatabaseError
from config.heartbeats import read_pulses
from messaging import dispatch

GIGABYTE = 1024**3
ROOMY_BYTES = 20 * GIGABYTE  # past that, backups and a second machine want a server of one's own
SCARCE_BYTES = 1 * GIGABYTE

GOOD, NOTE, BAD = "ok", "note", "BAD"


class Finding(NamedTuple):
    """One line of the report: how it is, about what, and what to do."""

    state: str
    subject: str
    text: str


class Command(BaseCommand):
    help = "Explain in words what is wrong with this installation and what to do. Exit status 1 when something is."
    requires_system_checks = ()

    def handle(self, *args: Any, **options: Any) -> None:
        findings = list(examine())
        styles = {GOOD: self.style.SUCCESS, NOTE: self.style.WARNING, BAD: self.style.ERROR}
        for finding in findings:
            self.stdout.write(f"{styles[finding.state](f'{finding.state:>4}')}  {finding.subject}: {finding.text}")
        if any(finding.state == BAD for finding in findings):
            raise SystemExit(1)


def examine() -> Iterator[Finding]:
    """Everything that there is to say, most important first."""
    try:
        connection.ensure_connection()
    except (DatabaseError, EmbeddedDatabaseError) as error:
        hint = "Check DATABASE_URL and the server." if settings.DATABASE_URL else "See server.log in DATA_DIR/postgres."
        yield Finding(BAD, "database", f"it does not answer: {str(error).strip()} {hint}")
    else:
        yield from _examine_database()
        yield from _examine_parts()
        yield from _examine_reminders()
        yield from _examine_outbox()
    yield from _examine_disk()
    yield from _examine_model()
    yield from _examine_tools()


def _examine_database() -> Iterator[Finding]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT current_setting('server_version'), current_user, pg_database_size(current_database()), "
            "current_setting('max_connections')::int"
        )
        version, role, size, most = cursor.fetchone()
    where = "your own server (DATABASE_URL)" if settings.DATABASE_URL else f"embedded, in {settings.DATA_DIR}/postgres"
    yield Finding(GOOD, "database", f"PostgreSQL {version}, {where}, as «{role}», {size / GIGABYTE:.2f} GB")
    for problem in run_checks(tags=[Tags.database], databases=["default"]):
        yield Finding(BAD, "database", f"{problem.msg} {problem.hint or ''}".strip())
    wanted = settings.WEB_PROCESSES * settings.WEB_THREADS + 20
    if most < wanted:
        yield Finding(
            NOTE,
            "database",
            f"it takes {most} connections, and {settings.WEB_PROCESSES} web processes with {settings.WEB_THREADS} "
            f"threads may want {wanted}. Raise max_connections on the server or lower WEB_THREADS.",
        )
    if not settings.DATABASE_URL and size > ROOMY_BYTES:
        yield Finding(
            NOTE,
            "database",
            "it is time for a server of your own: more than "
            f"{ROOMY_BYTES // GIGABYTE} GB want their own backups. «manage.py move_database URL» takes the data there.",
        )
    if not words_may_be_indexed():
        yield Finding(
            NOTE,
            "search",
            "the words of catalogues past 5,000 products are scanned. To use an index, once, as the server's superuser "
            "in this database: ALTER FUNCTION ts_match_vq(tsvector, tsquery) LEAKPROOF",
        )
    executor = MigrationExecutor(connection)
    waiting = executor.migration_plan(executor.loader.graph.leaf_nodes())
    if waiting:
        yield Finding(BAD, "migrations", f"{len(waiting)} are not applied. Run: manage.py migrate")
    else:
        yield Finding(GOOD, "migrations", "all applied")


def _examine_parts() -> Iterator[Finding]:
    try:
        pulses = read_pulses(now=timezone.now())
    except DatabaseError:
        return  # not migrated, which has been said
    for pulse in pulses:
        if pulse.is_alive:
            yield Finding(GOOD, pulse.name, f"alive, last sign {max(pulse.age or 0, 0):.0f} s ago")
        else:
            command = "manage.py qcluster" if pulse.name == "worker" else "manage.py clock"
            text = f"{pulse.reason}. «make run» starts everything; on several machines, run «{command}» on one."
            yield Finding(BAD, pulse.name, text)


def _examine_outbox() -> Iterator[Finding]:
    try:
        backlog = read_outbox(now=timezone.now())
        figures = dispatch.read_figures(now=timezone.now())
    except DatabaseError:
        return  # not migrated, which has been said
    if backlog.is_normal:
        yield Finding(GOOD, "outbox", f"{figures.queued} messages to WhatsApp wait, {figures.sending} are being sent")
    else:
        yield Finding(BAD, "outbox", f"{backlog.reason}. By hand: manage.py send_whatsapp")
    if figures.unknown or figures.failed:
        text = f"in the last day {figures.failed} failed, of {figures.unknown} nobody knows whether they arrived"
        yield Finding(NOTE, "outbox", text)


def _examine_reminders() -> Iterator[Finding]:
    try:
        backlog = read_backlog(now=timezone.now())
        figures = read_figures(now=timezone.now())
    except DatabaseError:
        return  # not migrated, which has been said
    if backlog.is_normal:
        yield Finding(GOOD, "reminders", f"{figures.due} due now, {figures.sent} sent in the last day")
    else:
        yield Finding(BAD, "reminders", f"{backlog.reason}. By hand: manage.py send_reminders")
    if figures.unknown or figures.failed:
        text = f"in the last day {figures.failed} failed, of {figures.unknown} nobody knows whether they arrived"
        yield Finding(NOTE, "reminders", text)
    if not settings.EMAIL_HOST:
        yield Finding(NOTE, "mail", "EMAIL_URL names no server: letters are printed, and reminders go to the bell.")


def _examine_disk() -> Iterator[Finding]:
    folder = next(path for path in (settings.DATA_DIR, *settings.DATA_DIR.parents) if path.exists())
    free = shutil.disk_usage(folder).free
    text = f"{free / GIGABYTE:.1f} GB free in {settings.DATA_DIR}"
    yield Finding(BAD if free < SCARCE_BYTES else GOOD, "disk", text + (". Make room." if free < SCARCE_BYTES else ""))
    if not os.access(folder, os.W_OK):
        yield Finding(BAD, "disk", f"{folder} cannot be written. Change its owner or set DATA_DIR.")


def _examine_model() -> Iterator[Finding]:
    provider = settings.LLM_PROVIDER
    if provider == "builtin":
        yield Finding(
            NOTE,
            "assistant",
            "the built-in one answers. With ANTHROPIC_API_KEY in .env, Claude does; the admin can too.",
        )
        return
    key = {"anthropic": settings.ANTHROPIC_API_KEY, "openai": settings.OPENAI_API_KEY}.get(provider, "")
    local = provider == "openai" and settings.OPENAI_BASE_URL
    if key or local:
        yield Finding(GOOD, "assistant", f"{provider}, {'with a key' if key else 'without a key, at its own address'}")
    else:
        yield Finding(
            NOTE,
            "assistant",
            f"LLM_PROVIDER is «{provider}» and the environment has no key for it. Set it in .env or in the admin; "
            "until then the built-in assistant answers.",
        )


def _examine_tools() -> Iterator[Finding]:
    if not Path(settings.BASE_DIR, "node_modules").is_dir():
        yield Finding(BAD, "pages", "their packages are missing. Run: make install")
    try:
        importlib.metadata.version("pytest")
    except importlib.metadata.PackageNotFoundError:
        return  # no development here, so no browser is needed
    found = find_browser()
    if found:
        yield Finding(GOOD, "browser", f"{found}, for the tests")
    else:
        yield Finding(NOTE, "browser", "none for the browser tests. Install Chromium; «make test» tries to.")
