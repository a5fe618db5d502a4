"""Reads of the API over HTTP against a plain view, on the same running server, all from the same client."""

from __future__ import annotations

import json
import statistics
from collections.abc import Iterator

from config.benchmarks.application import Reader
from config.benchmarks.clients import ask_all, request
from config.benchmarks.lists import PATH
from config.benchmarks.runs import Run
from config.benchmarks.table import Line

ROUNDS = 5


def measure(run: Run) -> Iterator[Line]:
    address, reader = run.system.address, Reader(run.shopkeeper)
    first = json.loads(reader.get(PATH))["results"][0]["id"]
    asked = {
        "/healthz": request(address, "/healthz"),
        "one product": request(address, f"/api/user/products/{first}", reader.token),
        "list of 50": request(address, PATH, reader.token),
    }
    rates: dict[str, list[float]] = {name: [] for name in asked}
    for number in range(-1, ROUNDS):
        for name, ask in asked.items():
            count, seconds = ask_all(
                address,
                ask,
                connections=run.size.connections,
                seconds=run.size.read_seconds / (1 if number >= 0 else 2),
            )
            if number >= 0:
                rates[name].append(count / seconds)
    middle = {name: statistics.median(each) for name, each in rates.items()}
    for name in ("one product", "list of 50"):
        yield Line(
            row="reads",
            what=f"GET {name}, {run.size.connections} connections",
            ratio=middle[name] / middle["/healthz"],
            measured=f"{middle[name]:,.0f} requests/s",
            ceiling=f"/healthz: {middle['/healthz']:,.0f} requests/s",
        )
