"""A short look at what `make chaos-reminders` does at length: nothing is lost and nothing comes twice."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from agenda import perils
from tests.prepared import prepared_folder

ROOT = Path(__file__).resolve().parents[2]
SECONDS = 300  # on a machine that does many other things; by itself it takes twenty


def test_reminders_survive_the_death_of_everybody(tmp_path):
    counts = tmp_path / "counts.json"
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    process = subprocess.run(
        [
            *(sys.executable, "manage.py", "chaos_reminders", "--short", "--json", str(counts)),
            *("--folder", str(tmp_path), "--like", str(prepared_folder())),
        ],
        cwd=ROOT,
        env=kept | {"DATA_DIR": str(tmp_path / "mine")},
        capture_output=True,
        text=True,
        timeout=SECONDS,
    )
    assert process.returncode == 0, process.stdout + process.stderr[-3000:]
    found = json.loads(counts.read_text())
    assert (found["lost"], found["twice"], found["unknown_hidden"], found["failed"]) == (0, 0, 0, 0)
    assert found["sent"] + found["unknown"] == found["reminders"] == 120
    assert sum(found["killed"].values()) > 3
    assert "lost 0, twice 0" in process.stdout
    assert list(tmp_path.glob("recado-*")) == [], "the throwaway data is gone"


def test_nobody_dies_at_a_named_point_unless_the_command_wants_it():
    for point in perils.POINTS:
        perils.pass_by(point)
