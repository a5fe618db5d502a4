"""What the processes say of themselves: a line of JSON for each thing, without people's texts, phones or keys in it.

The first fence is the structure: a line says ids, patterns of paths, counts and times, and of what a caller adds only
the fields in ``FIELDS`` are written. The second is ``redact``, for what libraries and errors quote. Whoever writes a
line passes ids; nobody passes a text.
"""

from __future__ import annotations

import logging
import re
import time
import uuid
from collections.abc import Callable
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any

from django.conf import settings
from django.core.signals import request_finished
from django.http import HttpRequest, HttpResponse
from django.utils.functional import SimpleLazyObject, empty
from django_scopes.state import get_scope
from pythonjsonlogger.json import JsonFormatter as BaseJsonFormatter

FIELDS = ("method", "path", "status", "ms", "tenant", "superadmin", "task", "ok")
ID_HEADER = "X-Request-ID"

request_log = logging.getLogger("recado.requests")
task_log = logging.getLogger("recado.tasks")

_request_id: ContextVar[str] = ContextVar("request_id", default="")
_task: ContextVar[tuple[str, float]] = ContextVar("task", default=("", 0.0))

# An id of somebody else's is taken over when it is one; only digits could be a phone.
_sane_id = re.compile(r"(?=.*[A-Za-z])[A-Za-z0-9_-]{8,64}\Z")

_REDACTIONS: tuple[tuple[re.Pattern[str], str], ...] = (
    # PostgreSQL quotes the rows and values that it refuses.
    (re.compile(r"^(DETAIL|CONTEXT|QUERY|STATEMENT):.*$", re.MULTILINE), r"\1: […]"),
    (re.compile(r"\b(bearer|basic)\s+[\w.~+/=-]{6,}", re.IGNORECASE), r"\1 [key]"),
    (re.compile(r"\beyJ[\w-]{5,}\.[\w-]+(\.[\w-]*)?"), "[token]"),
    (re.compile(r"\b(EAA[A-Za-z0-9]{8,}|sk-[\w-]{8,}|pa-[\w-]{16,}|whsec_[\w+/=-]{8,}|gAAAA[\w=-]{16,})"), "[key]"),
    (re.compile(r"\brck_[0-9a-z]+_\w{8,}"), "[key]"),
    (re.compile(r"\bwamid\.[\w+/=-]+"), "[wamid]"),  # a phone is in it, in base 64
    (
        re.compile(
            r"""(?<![\w-])([\w.-]*(?:token|secret|password|passwd|api[_-]?key|signature)["']?\s*[=:]\s*["']?)"""
            r"""(?!\[)[^\s"'&,;)}\]]+""",
            re.IGNORECASE,
        ),
        r"\1[key]",
    ),
    (re.compile(r"[\w.+%-]+@[\w-]+(\.[\w-]+)+"), "[email]"),
    (re.compile(r"/(calendar|password-reset|own-data|account/email)/[^\s\"']+"), r"/\1/[key]"),
    # Eight digits or more, written as people write them; dates and times are none.
    (re.compile(r"(?<![\w.:-])(?!\d{4}-\d\d-\d\d)\+?\(?\d(?:[ ().\u00a0-]{0,2}\d){7,}(?![\w])"), "[phone]"),
)


def redact(text: str) -> str:
    """``text`` without what looks like a phone, an address, a key or a quoted row."""
    for pattern, instead in _REDACTIONS:
        text = pattern.sub(instead, text)
    return text


class JsonFormatter(BaseJsonFormatter):
    """time, level, logger, message, request_id, tenant, task and the known fields; an error's trace is redacted."""

    def __init__(self) -> None:
        super().__init__(json_ensure_ascii=False, json_default=str)

    def add_fields(self, log_data: dict[str, Any], record: logging.LogRecord, message_dict: dict[str, Any]) -> None:
        log_data |= {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": describe(record),
        }
        log_data |= _surroundings() | {name: vars(record)[name] for name in FIELDS if name in vars(record)}
        trace = _trace(self, record)
        if trace:
            log_data["error"] = trace


class TextFormatter(logging.Formatter):
    """The same for a terminal: one line, and below it an error's trace."""

    default_time_format = "%H:%M:%S"

    def format(self, record: logging.LogRecord) -> str:
        about = _surroundings()
        tail = f" (tenant {about['tenant']})" if "tenant" in about else ""
        line = f"{self.formatTime(record)} {record.levelname} {record.name}: {describe(record)}{tail}"
        trace = _trace(self, record)
        return f"{line}\n{trace}" if trace else line


def describe(record: logging.LogRecord) -> str:
    """What the record says, redacted; a path in it becomes its pattern, for paths hold keys and ids."""
    message = record.getMessage()
    if record.name in (request_log.name, task_log.name):
        return message  # our own words alone
    request = getattr(record, "request", None)
    if isinstance(request, HttpRequest) and request.path != "/":
        message = message.replace(request.path, route_of(request))
    return redact(message)


class RequestMiddleware:
    """Gives each request an id, which its lines and its answer carry, and leaves one line and one count of it."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        from config.counters import count_request

        self.get_response = get_response
        self.count = count_request

    def __call__(self, request: HttpRequest) -> HttpResponse:
        started = time.perf_counter()
        given = request.headers.get(ID_HEADER, "")
        request_id = given if _sane_id.match(given) else uuid.uuid4().hex
        _request_id.set(request_id)
        response = self.get_response(request)
        response[ID_HEADER] = request_id
        if request.path_info.startswith(settings.STATIC_URL):
            return response
        seconds = time.perf_counter() - started
        route, method = route_of(request), request.method or ""
        self.count(method=method, route=route, status=response.status_code, seconds=seconds)
        if request_log.isEnabledFor(logging.INFO):
            about = {"method": method, "path": route, "status": response.status_code, "ms": round(seconds * 1000, 1)}
            request_log.info("%s %s %s", method, route, response.status_code, extra=about | _person(request))
        return response


def route_of(request: HttpRequest) -> str:
    """The pattern of the path that was asked for; never the path, in which there may be keys."""
    match = getattr(request, "resolver_match", None)
    return f"/{match.route}" if match is not None else "unmatched"


def begin_task(sender: str, func: Any, task: dict[str, Any], **_: Any) -> None:
    """What a worker does from now on, it does for this task. A receiver of django-q2's signal."""
    _task.set((str(task["func"]), time.perf_counter()))


def end_task(sender: str, func: Any, task: dict[str, Any], **_: Any) -> None:
    """Leave a line of a task that is over."""
    name, started = _task.get()
    _task.set(("", 0.0))
    if name and name != CANARY and task_log.isEnabledFor(logging.INFO):
        about: dict[str, Any] = {"task": name, "ok": bool(task.get("success"))}
        about["ms"] = round((time.perf_counter() - started) * 1000, 1)
        if getattr(func, "is_for_tenant", False) and task["args"]:
            about["tenant"] = task["args"][0]
        task_log.info("%s %s", name, "done" if about["ok"] else "failed", extra=about)


CANARY = "config.heartbeats.sing"  # every few seconds, and of no interest


def _forget_request(**_: Any) -> None:
    _request_id.set("")


request_finished.connect(_forget_request, dispatch_uid="config.logs")


def _surroundings() -> dict[str, Any]:
    """In whose request, task and scope this is said."""
    about: dict[str, Any] = {}
    if _request_id.get():
        about["request_id"] = _request_id.get()
    scope = get_scope()
    user = scope.get("user") if scope.get("_enabled", True) else None
    if user is not None:
        about["tenant"] = user.pk
    if _task.get()[0]:
        about["task"] = _task.get()[0]
    return about


def _person(request: HttpRequest) -> dict[str, Any]:
    """Who was found signed in, when somebody has looked."""
    shown = getattr(request, "_bearer", None) or getattr(request, "_key", None)
    user = shown[0] if shown else vars(request).get("user")
    if user is None or (isinstance(user, SimpleLazyObject) and user._wrapped is empty):
        return {}
    if not getattr(user, "is_authenticated", False):
        return {}
    return {"tenant": user.pk} if user.is_tenant else {"superadmin": user.pk}


def _trace(formatter: logging.Formatter, record: logging.LogRecord) -> str:
    parts = [formatter.formatException(record.exc_info)] if record.exc_info and record.exc_info[0] else []
    if record.stack_info:
        parts.append(formatter.formatStack(record.stack_info))
    return redact("\n".join(parts))
