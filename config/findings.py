"""What works, what does not, and what to do about it, in words for whoever runs the installation."""

from __future__ import annotations

import importlib.metadata
import os
import shutil
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import NamedTuple

from django.conf import settings
from django.core.checks import Tags, run_checks
from django.core.mail import get_connection
from django.db import Error as DatabaseError
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.utils import timezone

from agenda.claiming import read_figures
from assistants import breaker
from assistants.models import MonthUsage
from catalog.indexes import words_may_be_indexed
from config.backlog import read_backlog, read_outbox
from config.browser import find_browser
from config.embedded import EmbeddedDatabaseError
from config.heartbeats import BACKUP, read_pulses
from config.models import Heartbeat
from config.storage import read_history
from messaging import dispatch
from messaging.mail import claiming as mail_claiming
from messaging.models import Channel, SharedNumber
from messaging.webhooks import claiming as webhook_claiming
from tenants import months
from tenants.fields import UndecryptableValue
from tenants.scope import all_tenants

GIGABYTE = 1024**3
ROOMY_BYTES = 20 * GIGABYTE  # past that, backups and a second machine want a server of one's own
SCARCE_BYTES = 1 * GIGABYTE
MOST_APART = 2.0  # seconds
SAMPLE = 20  # channels whose tokens are read

GOOD, NOTE, BAD = "ok", "note", "BAD"


class Finding(NamedTuple):
    """One line of the report: how it is, about what, and what to do."""

    state: str
    subject: str
    text: str


def examine() -> Iterator[Finding]:
    """Everything that there is to say, most important first."""
    try:
        connection.ensure_connection()
    except (DatabaseError, EmbeddedDatabaseError) as error:
        hint = "Check DATABASE_URL and the server." if settings.DATABASE_URL else "See server.log in DATA_DIR/postgres."
        yield Finding(BAD, "database", f"it does not answer: {str(error).strip()} {hint}")
    else:
        yield from _examine_database()
        for part in _parts:
            try:
                yield from part(timezone.now())
            except DatabaseError:
                pass  # not migrated, which has been said
    yield from _examine_disk()
    yield from _examine_mail()
    yield from _examine_model()
    yield from _examine_site()
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
    if settings.DATABASE_URL and read_history() is None:
        yield Finding(
            NOTE,
            "slow queries",
            "the server keeps no count of them, so the dashboard shows only what runs at the moment. To see which take "
            "most time: shared_preload_libraries = 'pg_stat_statements' in its configuration, a restart, and once, as "
            "its superuser in this database: CREATE EXTENSION pg_stat_statements",
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


def _examine_parts(now: datetime) -> Iterator[Finding]:
    for pulse in read_pulses(now=now):
        if pulse.is_alive:
            yield Finding(GOOD, pulse.name, f"alive, last sign {max(pulse.age or 0, 0):.0f} s ago")
        else:
            command = "manage.py qcluster" if pulse.name == "worker" else "manage.py clock"
            text = f"{pulse.reason}. «make run» starts everything; on several machines, run «{command}» on one."
            yield Finding(BAD, pulse.name, text)


def _examine_outbox(now: datetime) -> Iterator[Finding]:
    backlog, figures = read_outbox(now=now), dispatch.read_figures(now=now)
    if backlog.is_normal:
        yield Finding(GOOD, "outbox", f"to WhatsApp: {figures.queued} waiting, {figures.sending} being sent")
    else:
        yield Finding(BAD, "outbox", f"{backlog.reason}. By hand: manage.py send_whatsapp")
    if figures.unknown or figures.failed:
        counts = f"in the last day: {figures.failed} failed, {figures.unknown} unknown"
        yield Finding(NOTE, "outbox", f"{counts} (nobody can tell whether they arrived)")


def _examine_webhooks(now: datetime) -> Iterator[Finding]:
    figures = webhook_claiming.read_figures(now=now)
    waited = timedelta(0) if figures.oldest is None else now - figures.oldest
    if waited.total_seconds() <= settings.WEBHOOKS["STALE_SECONDS"]:
        text = f"{figures.active} active, {figures.queued} tellings waiting, {figures.delivered} taken in the last day"
        yield Finding(GOOD, "webhooks", text)
    else:
        text = f"the webhooks stand still: one has waited {_age(waited)}. Look at the worker and its log."
        yield Finding(BAD, "webhooks", text)
    if figures.failing or figures.disabled:
        text = f"{figures.failing} fail at present, {figures.disabled} were given up; their owners were told"
        yield Finding(NOTE, "webhooks", text)
    if settings.WEBHOOKS["ALLOW_LOCAL"] and not settings.STAYS_HERE:
        text = "WEBHOOKS_ALLOW_LOCAL lets tenants call this machine. Unset it where others reach the site."
        yield Finding(BAD, "webhooks", text)


def _examine_letters(now: datetime) -> Iterator[Finding]:
    figures = mail_claiming.read_figures(now=now)
    waited = timedelta(0) if figures.oldest is None else now - figures.oldest
    if waited.total_seconds() <= settings.MAIL["STALE_SECONDS"]:
        yield Finding(GOOD, "letters", f"by e-mail: {figures.queued} waiting, {figures.sending} being sent")
    else:
        text = f"the letters stand still: one has waited {_age(waited)}. Look at EMAIL_URL and the worker's log."
        yield Finding(BAD, "letters", text)
    if figures.unknown or figures.failed:
        counts = f"in the last day: {figures.failed} failed, {figures.unknown} unknown"
        yield Finding(NOTE, "letters", f"{counts} (nobody can tell whether they arrived)")


def _examine_reminders(now: datetime) -> Iterator[Finding]:
    backlog, figures = read_backlog(now=now), read_figures(now=now)
    if backlog.is_normal:
        yield Finding(GOOD, "reminders", f"{figures.due} due now, {figures.sent} sent in the last day")
    else:
        yield Finding(BAD, "reminders", f"{backlog.reason}. By hand: manage.py send_reminders")
    if figures.unknown or figures.failed:
        counts = f"in the last day: {figures.failed} failed, {figures.unknown} unknown"
        yield Finding(NOTE, "reminders", f"{counts} (nobody can tell whether they arrived)")


def _examine_clock(now: datetime) -> Iterator[Finding]:
    """Reminders, leases and limits compare our clock with what others have written down by theirs."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        (theirs,) = cursor.fetchone()
    apart = abs((theirs - timezone.now()).total_seconds())
    if apart > MOST_APART:
        text = f"this machine's and the database's are {apart:.0f} s apart. Have both set by NTP."
        yield Finding(BAD, "time", text)


def _examine_months(now: datetime) -> Iterator[Finding]:
    """The event log has a partition for each month; what has none lies in the rest, and cannot be dropped by month."""
    this = f"{months.TABLE}_{now:%Y_%m}"
    with all_tenants(), connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM (SELECT FROM {months.REST} LIMIT 1000) r")  # noqa: S608  (our own name)
        (homeless,) = cursor.fetchone()
    if this not in months.months():
        yield Finding(NOTE, "event log", f"{this} is missing. The clock makes the months; it has not run for a while.")
    elif homeless:
        yield Finding(NOTE, "event log", f"events that lie in no month: {homeless}. The clock makes theirs.")
    else:
        yield Finding(GOOD, "event log", f"{len(months.months())} months")


def _examine_whatsapp(now: datetime) -> Iterator[Finding]:
    shared = SharedNumber.current()
    if shared is not None and shared.paused_for:
        reason = shared.get_paused_for_display()
        text = f"the shared number stands still: {reason}. The admin's page of the shared number says what to do."
        yield Finding(BAD, "whatsapp", text)
    if shared is not None and shared.payment_problem_at is not None:
        text = f"Meta says since {shared.payment_problem_at:%Y-%m-%d %H:%M} UTC that the shared number is not paid for."
        yield Finding(BAD, "whatsapp", f"{text} See the account's payments at Meta.")


def _examine_models(now: datetime) -> Iterator[Finding]:
    """Models that are left alone, and shops of whose month nothing is left."""
    for state in breaker.states(now=now):
        if state.stand != breaker.Stand.CLOSED:
            since = f" since {state.opened_at:%Y-%m-%d %H:%M} UTC" if state.opened_at else ""
            text = (
                f"{state.provider} {state.model} failed {state.failures} times and is left alone{since}; the fallback "
                "or the built-in assistant answers, and every half minute one turn tries. To try now: manage.py models"
            )
            yield Finding(NOTE, "model", text)
    with all_tenants():
        spent = MonthUsage.objects.filter(month=now.date().replace(day=1)).exclude(reached=[]).count()
    if spent:
        text = f"shops that have used up something of their plan this month: {spent}."
        yield Finding(NOTE, "budgets", f"{text} «Planes» and «Acuerdos» in the admin raise it.")


def _examine_keys(now: datetime) -> Iterator[Finding]:
    """Whether what is encrypted can be read; a few rows tell."""
    try:
        with all_tenants():
            for channel in Channel.objects.order_by("-id")[:SAMPLE]:
                bool(channel.token)
    except UndecryptableValue:
        yield Finding(
            BAD,
            "keys",
            "FIELD_ENCRYPTION_KEYS lacks the key that encrypted the tokens of numbers. Put the old one back, after a "
            "comma; DATA_DIR/secrets.json holds those that were made here.",
        )


def _examine_backups(now: datetime) -> Iterator[Finding]:
    last = Heartbeat.objects.filter(name=BACKUP).values_list("beat_at", flat=True).first()
    wanted = timedelta(hours=settings.BACKUP_HOURS)
    said = "none yet" if last is None else f"the last one is {_age(now - last)} old"
    if not wanted:
        hint = "the clock makes none (BACKUP_HOURS). See that your server's own are made, and try to restore one."
        yield Finding(NOTE, "backups", f"{said}; {hint}")
    elif last is None:
        yield Finding(NOTE, "backups", "none yet. The clock makes the first soon; by hand: manage.py backup")
    elif now - last > 2 * wanted:
        text = f"{said}, and one is wanted every {settings.BACKUP_HOURS:g} h. The clock's log says why."
        yield Finding(BAD, "backups", f"{text} By hand: manage.py backup")
    else:
        yield Finding(GOOD, "backups", f"{said}, in {settings.BACKUP_DIR} as far as this machine made it")


def _age(age: timedelta) -> str:
    hours = age.total_seconds() / 3600
    return f"{hours:.0f} h" if hours < 72 else f"{hours / 24:.0f} days"


_parts: tuple[Callable[[datetime], Iterator[Finding]], ...] = (
    _examine_parts,
    _examine_clock,
    _examine_reminders,
    _examine_outbox,
    _examine_letters,
    _examine_webhooks,
    _examine_whatsapp,
    _examine_models,
    _examine_keys,
    _examine_months,
    _examine_backups,
)


def _examine_mail() -> Iterator[Finding]:
    if not settings.EMAIL_HOST:
        yield Finding(NOTE, "mail", "EMAIL_URL names no server: letters are printed, and reminders go to the bell.")
        return
    line = get_connection(settings.MAIL_BACKEND, fail_silently=False)
    try:
        line.open()
    except OSError as error:  # smtplib's errors are such, too
        where = f"{settings.EMAIL_HOST}:{settings.EMAIL_PORT}"
        yield Finding(BAD, "mail", f"{where} does not let us in ({type(error).__name__}). Check EMAIL_URL.")
    else:
        yield Finding(GOOD, "mail", f"{settings.EMAIL_HOST}:{settings.EMAIL_PORT} answers")
    finally:
        line.close()


def _examine_site() -> Iterator[Finding]:
    """What is right on one's own machine, and not where others come in."""
    if settings.STAYS_HERE:
        return
    if not settings.LIMITS:
        yield Finding(BAD, "limits", "LIMITS=off on a site that others can reach: passwords may be tried without end.")
    if settings.DEBUG:
        yield Finding(BAD, "debug", "DJANGO_DEBUG is on: errors show settings and data to everybody.")
    if not settings.METRICS_TOKEN:
        yield Finding(NOTE, "metrics", "nobody can read /metrics: set METRICS_TOKEN, and give it to Prometheus.")


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
