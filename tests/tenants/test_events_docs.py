"""docs/events.md names every event with its data."""

from __future__ import annotations

import re
from pathlib import Path

from tenants.events import EVENTS

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "events.md"
ROW = re.compile(r"^\| `(\w+)` \| (.+?) \| (.*?) \| (.?) \| (.?) \|$", re.MULTILINE)


def test_the_document_says_what_the_code_says():
    rows = ROW.findall(DOCUMENT.read_text(encoding="utf-8"))
    told = {
        name: (set(re.findall(r"`(\w+)`", fields)), bool(webhook.strip()), bool(security.strip()))
        for name, _when, fields, webhook, security in rows
    }
    assert told == {name: (set(kind.fields), kind.told, kind.security) for name, kind in EVENTS.items()}
