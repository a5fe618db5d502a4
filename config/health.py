"""`/healthz`: this process answers. `/readyz`: web, database, worker and scheduler do their work, all goes out."""

from django.db import Error as DatabaseError
from django.http import HttpRequest, JsonResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from config.backlog import read_backlog, read_outbox
from config.embedded import EmbeddedDatabaseError
from config.heartbeats import read_pulses


@never_cache
@require_safe
def show_liveness(request: HttpRequest) -> JsonResponse:
    """200 as long as this web process can answer at all."""
    return JsonResponse({"status": "ok"})


@never_cache
@require_safe
def show_readiness(request: HttpRequest) -> JsonResponse:
    """200 {"status": "ok", "checks": {…}} when everything works, else 503 with `reasons` in words."""
    checks: dict[str, dict[str, object]] = {"web": {"ok": True}}
    reasons = []
    try:
        pulses = read_pulses(now=timezone.now())
        backlogs = {"reminders": read_backlog(now=timezone.now()), "outbox": read_outbox(now=timezone.now())}
    except (DatabaseError, EmbeddedDatabaseError):
        # The error's own text may name hosts and users; `manage.py doctor` shows it to whoever runs the system.
        checks["database"] = {"ok": False}
        reasons.append("the database does not answer or is not migrated")
    else:
        checks["database"] = {"ok": True}
        for pulse in pulses:
            age = None if pulse.age is None else round(pulse.age, 1)
            checks[pulse.name] = {"ok": pulse.is_alive, "seconds_since_last_beat": age}
            if not pulse.is_alive:
                reasons.append(pulse.reason)
        for name, backlog in backlogs.items():
            checks[name] = {"ok": backlog.is_normal, "seconds_waited": round(backlog.seconds, 1)}
            if not backlog.is_normal:
                reasons.append(backlog.reason)
    if reasons:
        answer = JsonResponse({"status": "unavailable", "reasons": reasons, "checks": checks}, status=503)
        answer._has_been_logged = True  # type: ignore[attr-defined]  # «not yet» is an answer, not an error of ours
        return answer
    return JsonResponse({"status": "ok", "checks": checks})
