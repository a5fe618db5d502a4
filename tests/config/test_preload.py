"""What is loaded before the processes fork leaves nothing that two processes must not share."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings

ROOT = Path(__file__).resolve().parents[2]
LOAD = """
import sys, threading
import django
django.setup()
from django.db import connection
from config.preload import preload
preload()
for name in ("anthropic", "granian.server", "catalog.api", "config.management.commands.clock"):
    assert name in sys.modules, name
status = dict(line.split(":", 1) for line in open("/proc/self/status"))
print(status["Threads"].strip(), threading.active_count(), connection.connection)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="children are forked on Linux alone")
def test_loading_everything_starts_no_thread_and_opens_no_connection():
    said = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", LOAD],
        cwd=ROOT,
        env={
            **{name: value for name, value in os.environ.items() if name != "PYTEST_VERSION"},
            "DJANGO_SETTINGS_MODULE": "config.settings",
            "DATA_DIR": str(settings.DATA_DIR),
            "LLM_PROVIDER": "anthropic",
            "ANTHROPIC_API_KEY": "nobodys",
        },
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert said.returncode == 0, said.stderr
    assert said.stdout.split() == ["1", "1", "None"]
