"""The benchmarks measure what they say, at the least size; how fast it was is not asserted."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from config.benchmarks.samples import interleave, percentile, ratio
from config.benchmarks.sizes import FULL, SIZES
from config.benchmarks.table import HEAD, Line, show
from config.benchmarks.workspace import environment
from config.management.commands.bench import ROWS
from tests.prepared import prepared_folder

ROOT = Path(__file__).resolve().parents[2]
SECONDS = 660  # on a machine that does many other things


@pytest.fixture(scope="module")
def run(tmp_path_factory) -> tuple[str, list[dict], Path]:
    """What a tiny run printed, its lines, and the folder in which it had its own."""
    folder = tmp_path_factory.mktemp("bench")
    lines = folder / "lines.json"
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    process = subprocess.run(
        [
            *(sys.executable, "manage.py", "bench", "--size", "tiny", "--json", str(lines)),
            *("--folder", str(folder), "--like", str(prepared_folder())),
        ],
        cwd=ROOT,
        env=kept | {"DATA_DIR": str(folder / "mine")},
        capture_output=True,
        text=True,
        timeout=SECONDS,
    )
    assert process.returncode == 0, process.stderr[-3000:]
    return process.stdout, json.loads(lines.read_text()), folder


def of_row(lines: list[dict], row: str) -> list[dict]:
    return [line for line in lines if line["row"] == row]


def test_it_prints_a_table_with_every_row(run):
    said, lines, _ = run
    assert HEAD in said
    names = {"row-security": "row security"}
    assert {line["row"] for line in lines} == {names.get(row, row) for row in ROWS}
    for line in lines:
        assert f"| {line['row']} | {line['what']} |" in said


def test_every_ratio_is_a_positive_number_beside_its_ceiling(run):
    _, lines, _ = run
    for line in lines:
        if line["ratio"] is not None:
            assert 0 < line["ratio"] < 100_000, line
            assert line["ceiling"], line


def test_the_chat_is_measured_with_a_model_and_without(run):
    said = " ".join(line["what"] for line in of_row(run[1], "turns"))
    assert "a model that answers at once, p50" in said
    assert "the built-in assistant, p99" in said
    assert "claimed by a worker, p99" in said


def test_row_security_is_measured_with_the_plans_of_both(run):
    found = of_row(run[1], "row security")
    assert len(found) == 10
    assert all("the plan keeps" in line["measured"] or "without: " in line["measured"] for line in found)


def test_the_exact_search_finds_the_nearest_vectors(run):
    recall = [line for line in of_row(run[1], "search") if "recall" in line["what"]]
    assert recall
    assert all(line["value"] >= 0.9 for line in recall)


def test_limits_are_measured_against_the_same_request_without(run):
    found = of_row(run[1], "limits")
    assert len(found) == 2
    assert all(line["ceiling"].startswith("LIMITS=off") for line in found)


@pytest.mark.skipif(not Path("/proc/self/smaps_rollup").exists(), reason="memory is read from Linux' /proc")
def test_memory_is_that_of_every_part_of_the_system(run):
    found = of_row(run[1], "memory")
    assert [line["what"].split()[0] for line in found] == ["at", "after", "3"]
    for line in found:
        assert 50 < line["value"] < 5_000
        assert all(part in line["measured"] for part in ("web", "queue", "clock", "supervisor", "database"))


def test_it_leaves_no_folder_and_no_process(run):
    folder = run[2]
    assert not list(folder.glob("recado-bench-*"))
    assert not (folder / "mine" / "postgres").exists()
    left = []
    for process in psutil.process_iter():
        try:
            if str(folder) in process.environ().get("DATA_DIR", "") or str(folder) in " ".join(process.cmdline()):
                left.append(process.cmdline())
        except (psutil.NoSuchProcess, psutil.AccessDenied):
            continue
    assert left == []


def test_its_environment_holds_nothing_of_the_persons_own(monkeypatch, tmp_path):
    monkeypatch.setenv("DATABASE_URL", "postgresql://somebody/else")
    monkeypatch.setenv("ANTHROPIC_API_KEY", "a real key")
    made = environment(tmp_path)
    assert made["DATABASE_URL"] == ""
    assert made["ANTHROPIC_API_KEY"] != "a real key"
    assert made["ANTHROPIC_BASE_URL"].startswith("http://127.0.0.1:")
    assert made["DATA_DIR"].startswith(str(tmp_path))


def test_the_inner_part_refuses_to_run_on_the_persons_data():
    kept = {name: value for name, value in os.environ.items() if name != "RECADO_BENCH"}
    process = subprocess.run(
        [sys.executable, "-m", "config.benchmarks", "--size", "tiny"],
        cwd=ROOT,
        env=kept,
        capture_output=True,
        text=True,
    )
    assert process.returncode == 2
    assert "manage.py bench" in process.stderr


def test_a_goal_is_met_or_missed_and_said():
    line = Line("row", "what", "1 ms", "2 ms", ratio=1.2, at_most=1.1)
    assert not line.is_met
    assert "≤ 1.1, **missed**" in show(line)
    assert Line("row", "what", "", value=1.0, at_least=1.0).is_met
    assert Line("row", "what", "", ratio=3.0).is_met is None


def test_percentiles_are_values_that_were_measured():
    values = [float(number) for number in range(1, 101)]
    assert percentile(values, 0.5) == 50
    assert percentile(values, 0.99) == 99
    assert percentile([7.0], 0.99) == 7


def test_a_round_does_everything_once_and_in_turns():
    done: list[str] = []
    taken = interleave({"a": lambda: done.append("a"), "b": lambda: done.append("b")}, rounds=4, warm_up=0)
    assert done == ["b", "a", "a", "b", "b", "a", "a", "b"]
    assert len(taken["a"]) == len(taken["b"]) == 4
    assert ratio({"a": [2.0, 2.0], "b": [1.0, 1.0]}, "a", "b") == 2


def test_the_full_size_is_that_of_the_goals():
    assert FULL.tenants == 2_000
    assert FULL.products == 1_000_000
    assert {1_000, 10_000, 100_000} <= set(FULL.catalogues)
    assert FULL.waiting_turns == 32
    assert set(SIZES) == {"full", "quick", "tiny"}
