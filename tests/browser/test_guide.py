"""docs/api.md: every example runs as it stands, against a real system."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

from tests.browser.conftest import PASSWORD

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


def examples(language: str) -> str:
    return "\n".join(re.findall(rf"^```{language}\n(.*?)^```$", GUIDE.read_text("utf-8"), re.MULTILINE | re.DOTALL))


def run(arguments: list[str], text: str, environment: dict[str, str]) -> str:
    done = subprocess.run(
        [*arguments, text], env=os.environ | environment, capture_output=True, text=True, timeout=180, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_every_example_runs(person, tmp_path):
    own = {"RECADO": person.url, "RECADO_USER": person.username, "RECADO_PASSWORD": PASSWORD}
    kept = tmp_path / "key"
    shell = f'set -euo pipefail\n{examples("sh")}\nprintf %s "$RECADO_KEY" > "{kept}"\n'
    said = run(["bash", "-c"], shell, own)
    assert f'"username":"{person.username}"' in said
    assert said.count("HTTP/1.1 201") == 2
    assert len(re.findall(r"^idempotent-replayed: true", said, re.MULTILINE | re.IGNORECASE)) == 1
    assert "38.500" in said  # what the assistant answered
    assert [row["sku"] for row in person.products()] == ["MAR-16"]

    own["RECADO_KEY"] = kept.read_text()
    said = run([sys.executable, "-c"], examples("python") + SENT, own)
    assert "27.900" in said
    stock = {row["sku"]: (row["stock"], row["price"]) for row in person.products()}
    assert stock == {"MAR-16": (12, "38500.00"), "ALI-08": (4, "26900.00")}


def test_the_guide_shows_both_ways():
    assert examples("sh").count("curl ") >= 5
    assert examples("python").count("session.") >= 8
