"""Agendas of one tenant among thousands: a week of it, its tasks, and the check for conflicts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import psycopg
from django.conf import settings
from django.db import connection

from agenda.models import Appointment
from config.benchmarks.application import Reader
from config.benchmarks.lists import compare
from config.benchmarks.runs import Run
from config.benchmarks.samples import interleave, milliseconds, ratio
from config.benchmarks.table import Line
from config.embedded import SUPERUSER, server
from tenants.accounts import register
from tenants.models import User
from tenants.notices import dedicated_connection
from tenants.scope import tenant_scope

PASSWORD = "una-clave-larga-7"  # noqa: S105  (of people who live for some minutes in a folder of their own)
FIRST = datetime(2020, 1, 6, 14, tzinfo=UTC)  # of each agenda; then one every four hours
APART = timedelta(hours=4)
GOAL = 2.0  # of a large agenda ÷ a small one

INSERT_OTHERS = """
INSERT INTO tenants_user (username, email, password, role, is_active, language, timezone, created_at)
SELECT 'agenda' || n, '', '!', 'user', true, 'es', 'America/Bogota', now() FROM generate_series(1, %s) AS n RETURNING id
"""
INSERT_APPOINTMENTS = """
INSERT INTO agenda_appointment (user_id, version, title, description, start_datetime, end_datetime, timezone, all_day,
    busy, location, reminder_minutes, status, cancel_reason, detached, uid, created_at, updated_at)
SELECT t.user_id, 1, 'Cita ' || n, '', %(first)s + n * %(apart)s, %(first)s + n * %(apart)s + interval '5 hours',
    'America/Bogota', false, true, '', '{15}', 'scheduled', '', false, '', now(), now()
FROM unnest(%(users)s::bigint[], %(counts)s::int[]) AS t (user_id, appointments)
CROSS JOIN LATERAL generate_series(0, t.appointments - 1) AS n
"""
INSERT_TASKS = """
INSERT INTO agenda_task (user_id, version, title, description, due_date, priority, status, category, reminder_minutes,
    uid, created_at, updated_at)
SELECT t.user_id, 1, 'Tarea ' || n, '', (%(first)s + n * %(apart)s)::date, (ARRAY['low', 'medium', 'high'])[1 + n %% 3],
    'pending', '', '{60}', '', now(), now()
FROM unnest(%(users)s::bigint[], %(counts)s::int[]) AS t (user_id, tasks)
CROSS JOIN LATERAL generate_series(0, t.tasks / 4) AS n
"""


@dataclass(frozen=True, slots=True)
class Agenda:
    """A tenant with ``appointments``, each overlapping its neighbours by an hour."""

    user: User
    appointments: int

    @property
    def middle(self) -> datetime:
        return FIRST + self.appointments // 2 * APART


def measure(run: Run) -> Iterator[Line]:
    run.stop()
    run.say(f"writing {run.size.appointments:,} appointments of {run.size.tenants:,} tenants…")
    agendas = _make_agendas(run)
    with dedicated_connection(prepare_threshold=None) as bare:
        for agenda in agendas:
            start = agenda.middle.date()
            week = f"from={start}&to={start + timedelta(days=6)}"
            paths = {
                "a week with its conflicts": f"/api/user/personal/appointments?{week}&page_size=200",
                "free time of a week": f"/api/user/personal/appointments/free?{week}",
                "tasks, the most urgent first": "/api/user/personal/tasks?page_size=50",
            }
            for name, path in paths.items():
                what = f"{name}, {agenda.appointments:,} appointments"
                yield compare(run, bare, Reader(agenda.user), path, row="agenda", what=what)
    small, large = agendas[0], agendas[-1]
    taken = interleave(
        {"large": lambda: _check_conflicts(large), "small": lambda: _check_conflicts(small)}, rounds=run.size.rounds
    )
    yield Line(
        row="agenda",
        what=f"conflict check among {large.appointments:,} appointments ÷ among {small.appointments:,}",
        ratio=ratio(taken, "large", "small"),
        at_most=GOAL,
        measured=milliseconds(taken["large"]),
        ceiling=milliseconds(taken["small"]),
    )


def _check_conflicts(agenda: Agenda) -> None:
    start = agenda.middle + timedelta(minutes=30)
    with tenant_scope(agenda.user):
        found = Appointment.objects.conflicting(start=start, end=start + timedelta(hours=1))
        if len(found.values_list("id", flat=True)) != 2:
            raise RuntimeError("the appointment at that hour and the one before were not both found")


def _make_agendas(run: Run) -> list[Agenda]:
    looked_at = [Agenda(register(username=f"cita{number}", password=PASSWORD), number) for number in run.size.agendas]
    many = max(1, run.size.tenants - len(looked_at))
    each = max(1, (run.size.appointments - sum(run.size.agendas)) // many)
    with connection.cursor() as cursor:
        cursor.execute(INSERT_OTHERS, [many])
        others = [pk for (pk,) in cursor.fetchall()]
    values = {
        "first": FIRST,
        "apart": APART,
        "users": [agenda.user.pk for agenda in looked_at] + others,
        "counts": [agenda.appointments for agenda in looked_at] + [each] * many,
    }
    # The superuser is bound by no policy and may leave out the foreign keys' triggers: the rows are right as they are.
    with psycopg.connect(server(settings.DATA_DIR).url(role=SUPERUSER), autocommit=True) as bare:
        bare.execute("SET session_replication_role = replica")
        bare.execute(INSERT_APPOINTMENTS, values)
        bare.execute(INSERT_TASKS, values)
        bare.execute("VACUUM (ANALYZE) agenda_appointment, agenda_task")
        bare.execute("CHECKPOINT")
    return looked_at
