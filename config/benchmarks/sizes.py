"""How much is measured: the whole, a quick look, and the least that shows that the benchmarks work."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Size:
    """``catalogues``: products of the tenants that are looked at, smallest first. The others share the rest."""

    name: str
    tenants: int
    products: int
    catalogues: tuple[int, ...]
    rounds: int  # of a comparison: each round does everything once
    turns: int  # one after the other
    waiting_turns: int  # at the same time, for a slow model
    tasks: int  # drained at once
    pickups: int
    read_seconds: float  # of each round of requests
    webhook_seconds: float  # of each round of bodies
    connections: int
    appointments: int
    agendas: tuple[int, ...]  # appointments of the tenants that are looked at, smallest first
    reminders: int  # that are not due
    due: int
    events: int  # of all tenants
    own_events: int  # of the one that is looked at
    imported: int  # products of a spreadsheet
    exported: int  # contacts, to see what memory that takes


FULL = Size(
    "full",
    2_000,
    1_000_000,
    (335, 1_000, 10_000, 100_000),
    201,
    120,
    32,
    2_000,
    120,
    2.0,
    2.0,
    16,
    1_000_000,
    (500, 20_000),
    10_000_000,
    100_000,
    50_000_000,
    1_000_000,
    5_000,
    1_000_000,
)
QUICK = Size(
    "quick",
    100,
    50_000,
    (335, 1_000, 10_000),
    11,
    10,
    32,
    200,
    15,
    0.4,
    1.0,
    16,
    50_000,
    (500, 10_000),
    500_000,
    20_000,
    1_000_000,
    200_000,
    2_000,
    100_000,
)
TINY = Size("tiny", 4, 300, (30, 160), 3, 3, 3, 20, 4, 0.1, 0.5, 4, 200, (50, 100), 2_000, 400, 5_000, 1_000, 60, 500)

SIZES = {size.name: size for size in (FULL, QUICK, TINY)}
