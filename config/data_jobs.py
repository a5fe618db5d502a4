"""A person's data, exported or erased by the queue: asked for, claimed, done in steps, and told.

The queue's task is a doorbell for one job; the row says how far it got. Each step is noted in the transaction of what
it did, or can be done again. Whoever loses the job's lease finds the fence risen and writes nothing more.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import Error as DatabaseError
from django.db import IntegrityError, transaction
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext as _

from config import erasing, exporting, forgetting
from config.models import DataJob
from tenants import leaving, mail, suspensions
from tenants.audit import audit
from tenants.events import Event, acting, record
from tenants.jobs import enqueue
from tenants.models import Contact, User
from tenants.scope import tenant_scope

logger = logging.getLogger(__name__)

STEP_SECONDS = 20.0
TASK_SECONDS = 540  # packing a file of some gigabytes; less than the queue's ``retry``
LEASE = timedelta(seconds=TASK_SECONDS + 10)
MAX_ATTEMPTS = 3
KEPT_FOR = timedelta(days=7)

Kind, State = DataJob.Kind, DataJob.State


class OneAtATime(ValidationError):
    """There is one of this kind for the account already, and it is not over."""


class Lost(Exception):
    """Somebody else works on the job now, or it was cancelled."""


def ask(
    *, kind: str, user: User, by: User | None, reason: str, contact_id: int | None = None, typed_name: str = ""
) -> DataJob:
    """Have the data of ``user`` exported or erased. In no scope. Raises ValidationError by field.

    To erase an account its username has to be typed again; to erase a customer of it, ``contact_id`` names them.
    ``by`` nobody is the clock, for who has given up the account. What a tenant asks for is no superadmin's act, and
    stands in no audit (``config.own_data``).
    """
    reason = reason.strip()
    if not reason:
        raise ValidationError({"reason": _("Escribe el motivo: queda en la auditoría.")})
    if not user.is_tenant:
        raise ValidationError({"account": _("Un superadministrador no tiene datos de negocio.")})
    if kind == Kind.ERASE and typed_name != user.username:
        raise ValidationError({"typed_name": _("Para borrar la cuenta, escribe su usuario tal cual.")})
    if kind == Kind.ERASE_CONTACT and not _knows(user, contact_id):
        raise ValidationError({"contact": _("Esta cuenta no tiene ese cliente.")})
    try:
        with transaction.atomic():
            job = DataJob.objects.create(
                kind=kind,
                account_id=user.pk,
                account_name=user.username,
                contact_id=contact_id if kind == Kind.ERASE_CONTACT else None,
                asked_by_id=by.pk if by is not None else None,
                asked_by=by.username if by is not None else "",
                reason=reason[:500],
            )
            if not job.is_own:
                audit(actor=by, action="job_asked", target=user, reason=reason, changes={"kind": [None, kind]})
            ring(job)
    except IntegrityError as fault:
        if "data_job_one_at_a_time" not in str(fault):
            raise
        raise OneAtATime(_("Ya hay un trabajo así en curso para esta cuenta.")) from fault
    return job


def cancel(*, job: DataJob, by: User, now: datetime) -> bool:
    """Stop a job. An erasure only before it has begun: half an account is of no use. Returns whether it was stopped."""
    stoppable = Q(state=State.WAITING) | Q(state=State.RUNNING, kind=Kind.EXPORT)
    with transaction.atomic():
        stopped = DataJob.objects.filter(stoppable, pk=job.pk).update(
            state=State.CANCELLED, finished_at=now, fence=F("fence") + 1, lease_until=None
        )
        if stopped and by.pk != job.account_id:
            audit(actor=by, action="job_cancelled", target=job)
    if stopped:
        exporting.remove(_workshop(job))
    return bool(stopped)


def ring(job: DataJob) -> None:
    """Have somebody work on the job, in the caller's transaction."""
    enqueue("config.tasks.run_data_job", job.pk, timeout=TASK_SECONDS)


def run(*, job_id: int, now: Callable[[], datetime] = timezone.now) -> str:
    """What the queue's task does: work on a job for a while. Returns what became of it. Outside every scope."""
    job = _claim(job_id, now=now())
    if job is None:
        return "nothing to do, or somebody else is at it"
    try:
        is_over = _STEPS[Kind(job.kind)](job, now)
    except Lost:
        return "taken away"
    except DatabaseError:  # the sweep comes back to it
        raise
    except Exception as fault:
        logger.exception("data job %s", job.pk)
        return _stumble(job, fault, now=now())
    with transaction.atomic():
        _hold(job, lease_until=None, attempts=0)
        if not is_over:
            ring(job)
    return "done" if is_over else "goes on"


def sweep(*, now: datetime) -> int:
    """Ring for jobs that nobody works on: a worker was killed. For the clock. Returns how many."""
    forgotten = DataJob.objects.open().filter(
        Q(lease_until__lt=now) | Q(lease_until=None, created_at__lt=now - timedelta(minutes=2))
    )
    jobs = list(forgotten.order_by("pk")[:20])
    with transaction.atomic():
        for job in jobs:
            ring(job)
    return len(jobs)


def forget_files(*, now: datetime) -> int:
    """Delete exports whose days are over. For the clock. Returns how many."""
    old = DataJob.objects.filter(expires_at__lte=now).exclude(file="")
    for job in old:
        forget_file(job=job)
    return len(old)


def forget_file(*, job: DataJob) -> None:
    """Delete the file of an export, if there is one."""
    if job.file:
        exporting.remove(path_of(job))
        DataJob.objects.filter(pk=job.pk).update(file="")


def path_of(job: DataJob) -> Path:
    """Where the export lies, if it has not been deleted."""
    return exporting.folder() / job.file


def _export(job: DataJob, now: Callable[[], datetime]) -> bool:
    user = _account(job)
    with tenant_scope(user):
        if not job.cursor:
            _hold(job, total=exporting.count(user=user))
        cursor = exporting.write_on(
            user=user, into=_workshop(job), cursor=job.cursor, until=time.monotonic() + STEP_SECONDS
        )
        was_complete = job.cursor.get("is_complete", False)
        _hold(job, cursor=cursor, done=cursor["done"])
        if not was_complete:
            return False  # packing is a step of its own
        name = f"export-{job.pk}.zip"
        index = exporting.pack(user=user, from_=_workshop(job), to=exporting.folder() / name, cursor=cursor, now=now())
        actor = Event.Actor.PERSON if job.is_own else Event.Actor.SUPERADMIN
        with transaction.atomic(), acting(actor, job.asked_by_id):
            size = (exporting.folder() / name).stat().st_size
            counts = {label: table["rows"] for label, table in index["tables"].items()}
            report = {"rows": counts, "attachments": index["attachments"], "bytes": size}
            _finish(job, now=now(), report=report, file=name, expires_at=now() + KEPT_FOR)
            record("data_exported", what="account", format="zip", rows=index["rows"])
            if job.is_own:
                context = {"until": job.expires_at, "link": f"{settings.SITE_URL}/user/settings#own-data"}
                mail.post(user=user, kind=mail.Kind.EXPORT_READY, template="own_data_ready", context=context)
            else:
                _write_down(job, "data_exported", rows=index["rows"])
    exporting.remove(_workshop(job))
    return True


def _erase(job: DataJob, now: Callable[[], datetime]) -> bool:
    user = User.objects.tenants().filter(pk=job.account_id).first()
    if user is not None:
        if not job.cursor:
            _close_account(job, user, now=now())
            with tenant_scope(user):
                _hold(job, total=erasing.count(user=user), cursor={"phase": "rows"})
        erasing.erase_bodies(user=user, counted=_counter(job))
        with tenant_scope(user):
            is_all = erasing.erase_rows(
                user=user, until=time.monotonic() + STEP_SECONDS, counted=_counter(job, is_progress=True)
            )
        if not is_all:
            return False
        erasing.erase_account(user=user, counted=_counter(job))
    with transaction.atomic():
        _finish(job, now=now(), report=job.report)
        _write_down(job, "data_erased", rows=sum(job.report.get("rows", {}).values()))
    return True


def _close_account(job: DataJob, user: User, *, now: datetime) -> None:
    """Let nobody in any more, and do nothing more for the account. Raises Lost where its owner keeps it after all."""
    if job.asked_by_id is not None:
        leaving.close(user=user)
        suspensions.suspend(actor=_asker(job), user=user, reason=job.reason)
    elif user.is_active or not (user.leaves_at is None or leaving.close(user=user, now=now)):
        with transaction.atomic():
            _hold(job, state=State.CANCELLED, finished_at=now, lease_until=None)
        raise Lost


def _erase_contact(job: DataJob, now: Callable[[], datetime]) -> bool:
    user = _account(job)
    with tenant_scope(user):
        if job.contact_id is not None:
            try:
                forgetting.erase_contact(user=user, contact_id=job.contact_id, counted=_counter(job, is_progress=True))
            except forgetting.NoSuchContact:
                logger.info("data job %s: the contact is gone", job.pk)
        rows = sum(job.report.get("rows", {}).values())
        with transaction.atomic(), acting(Event.Actor.SUPERADMIN, job.asked_by_id):
            _finish(job, now=now(), report=job.report, total=job.done)
            record("data_erased", contact=job.contact_id, rows=rows)
            _write_down(job, "data_erased", rows=rows)
    return True


_STEPS: dict[DataJob.Kind, Callable[[DataJob, Callable[[], datetime]], bool]] = {
    Kind.EXPORT: _export,
    Kind.ERASE: _erase,
    Kind.ERASE_CONTACT: _erase_contact,
}


def _claim(job_id: int, *, now: datetime) -> DataJob | None:
    free = Q(lease_until=None) | Q(lease_until__lt=now)
    open_ones = Q(state__in=[State.WAITING, State.RUNNING])
    claimed = DataJob.objects.filter(free & open_ones, pk=job_id).update(
        state=State.RUNNING, lease_until=now + LEASE, fence=F("fence") + 1
    )
    return DataJob.objects.get(pk=job_id) if claimed else None


def _hold(job: DataJob, **fields: object) -> None:
    """Write how far the job is, while it is ours. Raises Lost, which undoes the caller's transaction."""
    kept = DataJob.objects.filter(pk=job.pk, fence=job.fence).exclude(state=State.CANCELLED).update(**fields)
    if not kept:
        raise Lost
    for name, value in fields.items():
        setattr(job, name, value)


def _counter(job: DataJob, *, is_progress: bool = False) -> Callable[[str, int], None]:
    """Adds to the job's report what went, in the transaction in which it went."""

    def counted(label: str, number: int) -> None:
        if number:
            rows = {**job.report.get("rows", {})}
            rows[label] = rows.get(label, 0) + number
            _hold(job, report={**job.report, "rows": rows}, done=job.done + (number if is_progress else 0))

    return counted


def _finish(job: DataJob, *, now: datetime, **fields: object) -> None:
    _hold(job, state=State.DONE, finished_at=now, fault="", **fields)


def _stumble(job: DataJob, fault: Exception, *, now: datetime) -> str:
    """After a fault of ours: to be tried again, and failed at the last time. What went wrong is told by its kind."""
    attempts = job.attempts + 1
    is_last = attempts >= MAX_ATTEMPTS
    fields = {"attempts": attempts, "fault": type(fault).__name__, "lease_until": None}
    try:
        with transaction.atomic():
            _hold(job, **fields, **({"state": State.FAILED, "finished_at": now} if is_last else {}))
            if not is_last:
                ring(job)
    except Lost:
        return "taken away"
    if is_last:
        exporting.remove(_workshop(job))
    return "failed" if is_last else "will be tried again"


def _write_down(job: DataJob, action: str, *, rows: int) -> None:
    audit(actor=_asker(job), action=action, target=job, reason=job.reason, changes={"rows": [None, rows]})


def _asker(job: DataJob) -> User | None:
    return User.objects.filter(pk=job.asked_by_id).first() if job.asked_by_id is not None else None


def _account(job: DataJob) -> User:
    return User.objects.tenants().get(pk=job.account_id)


def _workshop(job: DataJob) -> Path:
    return exporting.folder() / f"job-{job.pk}"


def _knows(user: User, contact_id: int | None) -> bool:
    with tenant_scope(user):
        return contact_id is not None and Contact.objects.filter(pk=contact_id).exists()
