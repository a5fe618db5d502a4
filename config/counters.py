"""How this machine's web processes answer: requests by route and status, and how long they take.

Each process counts in a file of its own under ``DATA_DIR/metrics`` (prometheus_client's multiprocess mode), and they
are summed when somebody asks: that costs a request some microseconds and no statement, and a count never goes back
while the web server runs, also when one of its processes is replaced. Several machines are scraped one by one, as
Prometheus wants it.
"""

from __future__ import annotations

from django.conf import settings
from prometheus_client import CollectorRegistry, Counter, Histogram
from prometheus_client.multiprocess import MultiProcessCollector

FOLDER = settings.METRICS_DIR

BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)  # seconds
METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}
_own = CollectorRegistry()  # the values lie in the files, so nobody collects from it
_requests = Counter(
    "recado_http_requests", "Requests by route and status.", ["method", "route", "status"], registry=_own
)
_seconds = Histogram(
    "recado_http_request_seconds",
    "Seconds until the answer began, by route.",
    ["route"],
    buckets=BUCKETS,
    registry=_own,
)


def begin() -> None:
    """Forget what an earlier run of the web server has counted; before its processes start."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    for path in FOLDER.glob("*.db"):
        path.unlink(missing_ok=True)


def count_request(*, method: str, route: str, status: int, seconds: float) -> None:
    """Count one request. ``route`` is a pattern of ours, never a path that somebody asked for."""
    if not FOLDER.is_dir():
        FOLDER.mkdir(parents=True, exist_ok=True)
    _requests.labels(method if method in METHODS else "other", route, str(status)).inc()
    _seconds.labels(route).observe(seconds)


def read_registry() -> CollectorRegistry:
    """What all processes of this machine have counted."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    registry = CollectorRegistry()
    MultiProcessCollector(registry, path=str(FOLDER))
    return registry
