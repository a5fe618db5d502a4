"""When the simulator plays WhatsApp, and what the settings then say."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from config.simulator.connection import prepare_connection, read_connection

ROOT = Path(__file__).resolve().parents[2]
PRINT = """
import json
from config import settings
print(json.dumps([settings.WHATSAPP_SIMULATOR, settings.WHATSAPP]))
"""


def read_settings(folder: Path, **more: str) -> tuple[bool, dict[str, Any]]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST_", "WHATSAPP_"))}
    blank = dict.fromkeys(("WHATSAPP_TOKEN", "WHATSAPP_PHONE_NUMBER_ID", "SITE_URL"), "")
    blank["SITE_URL"] = "http://127.0.0.1:8000"
    environment = kept | blank | {"DATA_DIR": str(folder)} | more
    run = subprocess.run(
        [sys.executable, "-c", PRINT], cwd=ROOT, env=environment, capture_output=True, text=True, check=True
    )
    wanted, whatsapp = json.loads(run.stdout)
    return wanted, whatsapp


def test_an_installation_that_never_ran_has_no_number(tmp_path: Path) -> None:
    wanted, whatsapp = read_settings(tmp_path)
    assert wanted
    assert not whatsapp["SIMULATED"]
    assert whatsapp["PHONE_NUMBER_ID"] == ""


def test_every_process_knows_the_simulated_number(tmp_path: Path) -> None:
    connection = prepare_connection(tmp_path)
    _, whatsapp = read_settings(tmp_path)
    assert whatsapp["SIMULATED"]
    assert whatsapp["SIMULATOR_URL"] == connection.url
    assert whatsapp["PHONE_NUMBER_ID"] == connection.phone_number_id
    assert whatsapp["APP_SECRET"] == connection.app_secret
    assert whatsapp["GRAPH_URL"] == "https://graph.facebook.com"  # a tenant's own number is a real one


@pytest.mark.parametrize(
    "given",
    [
        {"WHATSAPP_TOKEN": "EAAG"},
        {"WHATSAPP_PHONE_NUMBER_ID": "106540352242922"},
        {"SITE_URL": "https://recado.example"},
        {"BIND_HOST": "0.0.0.0"},  # noqa: S104
        {"WHATSAPP_SIMULATOR": "off"},
    ],
)
def test_it_stays_away_from_real_numbers_and_from_strangers(tmp_path: Path, given: dict[str, str]) -> None:
    prepare_connection(tmp_path)
    wanted, whatsapp = read_settings(tmp_path, **given)
    assert not wanted
    assert not whatsapp["SIMULATED"]
    assert whatsapp["APP_SECRET"] == ""


def test_secrets_are_random_and_stay(tmp_path: Path) -> None:
    first, second = prepare_connection(tmp_path / "a"), prepare_connection(tmp_path / "b")
    assert {first.token, first.app_secret} & {second.token, second.app_secret} == set()
    assert prepare_connection(tmp_path / "a") == first
    assert read_connection(tmp_path / "a") == first
    (tmp_path / "a" / "simulator.json").write_text("{")
    assert read_connection(tmp_path / "a") is None
