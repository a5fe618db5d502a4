"""Who reads the lines decides what they are: a person on their own machine, or what collects them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PRINT = """
import json
import os

os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
from django.conf import settings

print(json.dumps([settings.LOG_FORMAT, settings.REQUEST_LOG]))
"""
LOCAL, PUBLIC = "http://127.0.0.1:8000", "https://recado.example"


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"SITE_URL": LOCAL}, ["text", False]),  # also through a pipe: the accounts to try stay in sight
        ({"SITE_URL": LOCAL, "REQUEST_LOG": "on"}, ["text", True]),
        ({"SITE_URL": LOCAL, "LOG_FORMAT": "json"}, ["json", True]),
        ({"SITE_URL": LOCAL, "BIND_HOST": "0.0.0.0"}, ["json", True]),  # noqa: S104
        ({"SITE_URL": PUBLIC}, ["json", True]),
        ({"SITE_URL": PUBLIC, "REQUEST_LOG": "off"}, ["json", False]),
    ],
)
def test_a_person_reads_text_without_requests(tmp_path: Path, given: dict[str, str], expected: list) -> None:
    own = ("PYTEST_", "LOG_FORMAT", "REQUEST_LOG", "DJANGO_DEBUG", "BIND_HOST")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(own)}
    run = subprocess.run(
        [sys.executable, "-c", PRINT],
        cwd=ROOT, env=kept | {"DATA_DIR": str(tmp_path)} | given, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert json.loads(run.stdout) == expected
