"""docs/api.md: every example runs as it stands, against a real system."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from config.trial import Trial, run_trial
from tests.browser.conftest import PASSWORD
from tests.prepared import copy_prepared

GUIDE = Path(__file__).resolve().parents[2] / "docs" / "api.md"

# The one thing that the guide's reader has and we have not: something that was sent to them.
SENT = """
from datetime import UTC, datetime

secret, moment = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD", datetime.now(UTC)
body = '{"type": "order_received", "data": {"order": 31}}'
headers = {
    "webhook-id": "msg_1",
    "webhook-timestamp": str(int(moment.timestamp())),
    "webhook-signature": Webhook(secret).sign("msg_1", moment, body),
}
assert told(body, headers, secret) == ("order_received", {"order": 31})
"""


@pytest.fixture(scope="module")
def system() -> Iterator[Trial]:
    """One of its own, with limits: the others here have none, and so no headers that tell of them."""
    with tempfile.TemporaryDirectory(prefix="recado-guide-", ignore_cleanup_errors=True) as name:
        own = {"DJANGO_SETTINGS_MODULE": "tests.browser.settings", "DATABASE_DURABLE": "0", "LIMITS": "on"}
        folder = Path(name) / "var"
        copy_prepared(folder)
        with run_trial(data_dir=folder, **own) as trial:
            yield trial


def examples(language: str) -> str:
    return "\n".join(re.findall(rf"^```{language}\n(.*?)^```$", GUIDE.read_text("utf-8"), re.MULTILINE | re.DOTALL))


def run(arguments: list[str], text: str, environment: dict[str, str], *, folder: Path) -> str:
    done = subprocess.run(
        [*arguments, text],
        env=os.environ | environment,
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_every_example_runs(person, tmp_path):
    own = {"RECADO": person.url, "RECADO_USER": person.username, "RECADO_PASSWORD": PASSWORD}
    kept = tmp_path / "key"
    shell = f'set -euo pipefail\n{examples("sh")}\nprintf %s "$RECADO_KEY" > "{kept}"\n'
    said = run(["bash", "-c"], shell, own, folder=tmp_path)
    assert f'"username":"{person.username}"' in said
    assert said.count("HTTP/1.1 201") == 2
    assert len(re.findall(r"^idempotent-replayed: true", said, re.MULTILINE | re.IGNORECASE)) == 1
    assert "38.500" in said  # what the assistant answered
    left = re.findall(r"^ratelimit: \"api\";r=(\d+)", said, re.MULTILINE | re.IGNORECASE)
    assert len(left) == 3  # the two that create, and the one that only looks
    assert int(left[0]) > int(left[2])
    assert '"secret":"whsec_' in said
    assert "MAR-16" in (tmp_path / "productos.csv").read_text("utf-8-sig")
    assert {row["sku"] for row in person.products()} == {"MAR-16", "TAL-13"}

    own["RECADO_KEY"] = kept.read_text()
    said = run([sys.executable, "-c"], examples("python") + SENT, own, folder=tmp_path)
    assert "27.900" in said
    assert "1 created, 1 refused\nrow 3, price: " in said
    (workbook,) = tmp_path.glob("*.xlsx")
    assert f"{workbook.name} 3 rows" in said
    stock = {row["sku"]: (row["stock"], row["price"]) for row in person.products()}
    assert stock == {"MAR-16": (12, "38500.00"), "TAL-13": (4, "289900.00"), "ALI-08": (4, "26900.00")}


def test_the_guide_shows_both_ways_and_nothing_that_is_not_run():
    assert examples("sh").count("curl ") >= 9
    assert examples("python").count("session.") >= 12
    assert set(re.findall(r"^```(\w*)$", GUIDE.read_text("utf-8"), re.MULTILINE)) == {"sh", "python", ""}
