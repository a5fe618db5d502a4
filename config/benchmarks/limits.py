"""What counting requests costs: the same request with its limits and without, through the whole application."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from django.conf import settings

from config.benchmarks.application import Reader
from config.benchmarks.runs import Run
from config.benchmarks.samples import interleave, milliseconds, ratio
from config.benchmarks.table import Line
from tenants.accounts import register
from tenants.models import Plan

PASSWORD = "una-clave-larga-7"  # noqa: S105  (of somebody who lives for some minutes in a folder of their own)
ROUNDS = 5  # times those of the others: each takes a few milliseconds
UNBOUNDED = 1_000_000_000  # a minute, so that none is refused
PATHS = {"the preferences": "/api/user/preferences", "the first page of products": "/api/user/products?page_size=50"}
GOAL = 1.3


def measure(run: Run) -> Iterator[Line]:
    run.stop()
    user = register(username="contada", password=PASSWORD)
    user.plan = Plan.objects.create(code="bench", name="Bench", requests_per_minute=UNBOUNDED)
    user.save(update_fields=["plan"])
    reader = Reader(user)
    for name, path in PATHS.items():
        taken = interleave(
            {"with": partial(_get, reader, path, limits=True), "without": partial(_get, reader, path, limits=False)},
            rounds=run.size.rounds * ROUNDS,
        )
        yield Line(
            row="limits",
            what=f"GET {name} with its rate limit counted ÷ without",
            ratio=ratio(taken, "with", "without"),
            at_most=GOAL,
            measured=milliseconds(taken["with"]),
            ceiling=f"LIMITS=off: {milliseconds(taken['without'])}",
        )


def _get(reader: Reader, path: str, *, limits: bool) -> None:
    """The middleware asks the setting anew for each request."""
    kept, settings.LIMITS = settings.LIMITS, limits
    try:
        reader.get(path)
    finally:
        settings.LIMITS = kept
