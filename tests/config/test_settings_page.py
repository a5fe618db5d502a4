"""The page of the settings: every place in it that something leads to is there, once, and in the index."""

from __future__ import annotations

import re
from itertools import chain
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
ROOMS = ("tenants", "catalog", "agenda", "assistants", "messaging", "analytics", "config", "templates", "docs")
LEADS = re.compile(r"(?:user/settings|url 'settings' %\})(?:#|%23)([\w-]+)")
CODE = {".py", ".html", ".txt", ".js", ".md"}

pytestmark = pytest.mark.django_db


def places() -> dict[str, list[str]]:
    """Where in the settings something leads, and from which files."""
    found: dict[str, list[str]] = {}
    files = chain.from_iterable((ROOT / room).rglob("*") for room in (*ROOMS, "static/recado"))
    for file in files:
        if file.suffix in CODE and file.is_file():
            for place in LEADS.findall(file.read_text(encoding="utf-8")):
                found.setdefault(place, []).append(str(file.relative_to(ROOT)))
    return found


def test_every_place_that_something_leads_to_is_there(alice, browse):
    page = browse(alice).get("/user/settings").content.decode()
    ids = re.findall(r'\sid="([\w-]+)"', page)
    asked = places()
    assert len(asked) >= 8, asked
    missing = {place: files for place, files in asked.items() if place not in ids}
    assert missing == {}
    # Links of old letters and bookmarks.
    for place in ("whatsapp", "time", "reminders", "data", "logo", "limits", "activity", "sessions", "advanced"):
        assert place in ids
    assert len(ids) == len(set(ids))


def test_the_index_names_every_section_in_its_order(alice, browse):
    page = browse(alice).get("/user/settings").content.decode()
    index = page[page.index('<nav class="settings-index"') :]
    index, rest = index[: index.index("</nav>")], index[index.index("</nav>") :]
    listed = re.findall(r'href="#([\w-]+)"', index)
    cards = re.findall(r'<(?:section|form)\b[^>]*class="card[^"]*"[^>]*>', rest)
    assert listed == [re.search(r'\sid="([\w-]+)"', card)[1] for card in cards]
    headings = re.findall(r"<h2[^>]*>([^<]+)</h2>", rest[: rest.index("</main>")])
    assert len(headings) == len(set(headings)) == len(listed)
