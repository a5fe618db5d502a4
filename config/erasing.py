"""Deleting all that is a tenant's.

Rows go in batches, each table after those that point to it: an account with millions of events is deleted without any
of them ever being in memory. Every step may run twice, for what is gone is not found again. Nothing stays but what
superadmins did to the account (``AuditEntry``, ``DataJob``).
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from django.contrib.admin.models import LogEntry
from django.contrib.sessions.models import Session
from django.db import connection, transaction
from django.db.models import Model, Q, QuerySet
from django_q.models import Task as QueueTask
from rest_framework_simplejwt.token_blacklist.models import OutstandingToken

from config import exporting
from config.data_tables import count_rows, in_order_of_deletion, own_keys, pieces, tenant_models
from config.models import DataJob
from messaging.models import Channel, InboundUpdate, StrangerReply, WebhookBody
from tenants.models import LimitWindow, User
from tenants.scope import all_tenants

BATCH = 5000
# A tenant's rows are found by the index that begins with the tenant. A planner that expects them everywhere in the
# table reads it from its beginning instead, past what the batches before have deleted, and past everybody else's.
BY_INDEX = "SET LOCAL enable_seqscan = off; SET LOCAL enable_bitmapscan = off"

Count = Callable[[str, int], None]


def count(*, user: User) -> int:
    """How many rows of tenants' tables are the tenant's, whose scope is open."""
    return sum(count_rows(model, user_id=user.pk) for model in tenant_models())


def erase_rows(*, user: User, until: float, counted: Count) -> bool:
    """Delete the tenant's rows, a batch at a time, until ``time.monotonic()`` passes ``until``. Returns whether that
    was all.

    In the tenant's scope and no transaction. ``counted(table, rows)`` is called in the transaction of each batch.
    """
    for model in in_order_of_deletion():
        for table in pieces(model):
            for column in own_keys(model):
                last = 0
                while last := _loosen(table, column, user_id=user.pk, after=last):
                    if time.monotonic() > until:
                        return False
            while _delete_batch(model, table, user_id=user.pk, counted=counted):
                if time.monotonic() > until:  # after a batch, so that each call gets on
                    return False
    return True


def erase_bodies(*, user: User, counted: Count) -> None:
    """Delete what came from WhatsApp for the tenant, as it came. While the tenant's numbers are still known.

    A body of the shared number may speak of several tenants: then the others' updates stay, and its bytes go.
    """
    with all_tenants():
        channels = list(Channel.objects.filter(user=user).values_list("pk", flat=True))
        own = WebhookBody.objects.filter(channel_id__in=channels)
        while keys := list(own.values_list("pk", flat=True)[:BATCH]):
            _delete_bodies(keys, counted=counted)
        theirs = InboundUpdate.objects.filter(Q(tenant_id=user.pk) | Q(channel_id__in=channels))
        while bodies := list(theirs.order_by("body_id").values_list("body_id", flat=True).distinct()[:500]):
            with transaction.atomic():
                counted("messaging.InboundUpdate", theirs.filter(body_id__in=bodies).delete()[0])
                shared = set(InboundUpdate.objects.filter(body_id__in=bodies).values_list("body_id", flat=True))
                blanked = WebhookBody.objects.filter(pk__in=shared)
                counted("messaging.WebhookBody (emptied)", blanked.update(body=b"", fault="erased"))
            _delete_bodies([pk for pk in bodies if pk not in shared], counted=counted)
        named = StrangerReply.objects.filter(text__icontains=f"@{user.username}")
        remove_rows(named, counted=counted)


def erase_account(*, user: User, counted: Count) -> None:
    """Delete the account itself, its sessions, tokens and files. After its rows; whatever came since goes with it."""
    names = [user.username, *([user.email] if user.email else [])]
    with all_tenants(), transaction.atomic():
        counted("sessions.Session", _end_sessions(user))
        remove_rows(OutstandingToken.objects.filter(user=user), counted=counted)
        windows = Q(key__endswith=f":id {user.pk}") | Q(key__endswith=f":{user.pk}")
        for name in names:
            windows |= Q(key__iendswith=f":name {name}")
        remove_rows(LimitWindow.objects.filter(windows), counted=counted)
        is_person = {"content_type__app_label": "tenants", "content_type__model": "user", "object_id": str(user.pk)}
        remove_rows(LogEntry.objects.filter(**is_person), counted=counted)
        counted("django_q.Failure", _forget_failures(user, names))
        counted("files", _remove_exports(user))
        count_all(User.objects.filter(pk=user.pk).delete()[1], counted=counted)


def _loosen(table: str, column: str, *, user_id: int, after: int) -> int:
    """Let the next rows past the id ``after`` point to no other row of their table, so that they can go in any order.

    Returns the last one's id, 0 when there was none: rows that were looked at are not looked at again.
    """
    name = connection.ops.quote_name
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(BY_INDEX)
        cursor.execute(
            f"UPDATE {name(table)} SET {name(column)} = NULL WHERE ctid = ANY(ARRAY("  # noqa: S608  (our own names)
            f"SELECT ctid FROM {name(table)} WHERE user_id = %s AND id > %s AND {name(column)} IS NOT NULL"
            f" ORDER BY id LIMIT {BATCH})) RETURNING id",
            [user_id, after],
        )
        return max((pk for (pk,) in cursor.fetchall()), default=0)


def batch_of(table: str) -> str:
    """The statement that deletes one batch of a tenant's rows from ``table``, a partition where there are any: the
    rows are found by the index that begins with the tenant, and deleted by where they lie.
    """
    name = connection.ops.quote_name(table)
    return (
        f"DELETE FROM {name} WHERE ctid = ANY(ARRAY("  # noqa: S608  (our own names)
        f"SELECT ctid FROM {name} WHERE user_id = %s LIMIT {BATCH}))"
    )


def _delete_batch(model: type[Model], table: str, *, user_id: int, counted: Count) -> int:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(BY_INDEX)
        cursor.execute(batch_of(table), [user_id])
        gone = cursor.rowcount
        if gone:
            counted(model._meta.label, gone)
    return gone


def _delete_bodies(keys: list[int], *, counted: Count) -> None:
    if keys:
        with transaction.atomic():
            counted("messaging.InboundUpdate", InboundUpdate.objects.filter(body_id__in=keys).delete()[0])
            counted("messaging.WebhookBody", WebhookBody.objects.filter(pk__in=keys).delete()[0])


def _end_sessions(user: User) -> int:
    keys = [
        session.session_key
        for session in Session.objects.iterator()
        if session.get_decoded().get("_auth_user_id") == str(user.pk)
    ]
    return Session.objects.filter(session_key__in=keys).delete()[0]


def _forget_failures(user: User, names: list[str]) -> int:
    """Failed tasks of the queue whose first argument was the account, or whose error names it."""
    keys = [
        task.pk
        for task in QueueTask.objects.iterator()
        if (task.args and task.args[0] == user.pk) or any(name in str(task.result) for name in names)
    ]
    return QueueTask.objects.filter(pk__in=keys).delete()[0]


def _remove_exports(user: User) -> int:
    jobs = DataJob.objects.filter(account_id=user.pk).exclude(file="")
    gone = 0
    for job in jobs:
        exporting.remove(exporting.folder() / job.file)
        gone += 1
    jobs.update(file="", expires_at=None)
    # What the person asked for themselves is no act of a superadmin's, and goes with the account.
    DataJob.objects.filter(account_id=user.pk, asked_by_id=user.pk).delete()
    return gone


def remove_rows(rows: QuerySet[Any], *, counted: Count) -> None:
    count_all(rows.delete()[1], counted=counted)


def count_all(gone: dict[str, int], *, counted: Count) -> None:
    for label, number in gone.items():
        if number:
            counted(label, number)
