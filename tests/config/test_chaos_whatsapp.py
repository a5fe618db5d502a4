"""A short look at what `make chaos-whatsapp` does at length: each message has one answer, whoever is killed."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
from collections import Counter
from pathlib import Path

from config.chaos.people import Shop, plan, shuffle
from config.simulator.records import Number
from tests.prepared import prepared_folder

ROOT = Path(__file__).resolve().parents[2]
SECONDS = 600  # on a machine that does many other things; by itself it takes thirty


def test_messages_survive_the_death_of_everybody(tmp_path: Path) -> None:
    counts = tmp_path / "counts.json"
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    process = subprocess.run(
        [
            *(sys.executable, "manage.py", "chaos_whatsapp", "--short", "--json", str(counts)),
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
    assert (found["lost"], found["twice"], found["failed"]) == (0, 0, 0)
    assert found["answered"] + found["joined"] == found["messages"] == 60
    assert found["unknown"] == found["unknown_resolved"] + found["unknown_shown"]
    assert found["copies"] > 100
    assert sum(found["killed"].values()) > 2
    assert "lost 0, twice 0" in process.stdout
    assert list(tmp_path.glob("recado-*")) == [], "the throwaway data is gone"


def test_what_is_posted_says_everything_and_says_it_again() -> None:
    shops = [
        Shop("uno", ("martillo", "clavo"), Number(), is_shared=True),
        Shop("dos", ("taladro",), Number(phone_number_id="555000111", app_secret="other"), is_shared=False),
    ]
    chance = random.Random(7)
    said = plan(shops=shops, count=400, seconds=60, chance=chance)
    posts = shuffle(said, chance=chance)
    assert len({one.wamid for one in said}) == 400
    assert Counter(wamid for post in posts for wamid in post.wamids) == {one.wamid: one.times for one in said}
    assert {one.times for one in said} == {1, 2, 3, 4, 5}
    by_wamid = {one.wamid: one for one in said}
    for post in posts:
        body = json.loads(post.body)
        (change,) = body["entry"][0]["changes"]
        assert change["value"]["metadata"]["phone_number_id"] == post.number.phone_number_id
        assert [message["id"] for message in change["value"]["messages"]] == list(post.wamids)
        assert {by_wamid[wamid].number.phone_number_id for wamid in post.wamids} == {post.number.phone_number_id}
    assert any(len(post.wamids) > 1 for post in posts)
    phones = Counter(one.phone for one in said)
    assert all(one.alone == (phones[one.phone] == 1) for one in said)
    assert max(phones.values()) > 1
    assert all(one.text.startswith("@uno ") == (one.number is shops[0].number) for one in said)
