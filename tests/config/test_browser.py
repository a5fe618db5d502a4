"""Finding a browser on machines of different kinds."""

import subprocess
import sys
from pathlib import Path

import pytest

from config.browser import SHELLS, find_browser

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def bare_machine(tmp_path, monkeypatch):
    """A machine with nothing on its path and nothing in its home."""
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("BROWSER_PATH", raising=False)
    monkeypatch.delenv("PLAYWRIGHT_BROWSERS_PATH", raising=False)
    (tmp_path / "bin").mkdir()
    return tmp_path


def put_program(path: Path, *, status: int) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\nexit {status}\n")
    path.chmod(0o755)
    return path


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere the browser lies at a fixed place")
def test_it_says_plainly_that_there_is_none(bare_machine):
    assert find_browser() is None
    said = subprocess.run(
        [sys.executable, "-m", "config.browser"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert said.returncode == 1
    assert "There is no browser for the browser tests. Install Chromium" in said.stderr


def test_it_passes_over_a_launcher_with_no_browser_behind_it(bare_machine):
    put_program(bare_machine / "bin" / "chromium", status=1)
    chrome = put_program(bare_machine / "bin" / "google-chrome", status=0)
    assert find_browser() == chrome


def test_it_finds_what_playwright_has_downloaded(bare_machine):
    folder = bare_machine / ".cache/ms-playwright"
    chrome = put_program(folder / "chromium-1200/chrome-linux64/chrome", status=0)
    assert find_browser() == chrome
    shell = put_program(folder / "chromium_headless_shell-1200/chrome-headless-shell-linux64" / SHELLS[1], status=0)
    assert find_browser() == shell


def test_it_takes_one_without_a_window_first(bare_machine):
    put_program(bare_machine / "bin" / "chromium", status=0)
    shell = put_program(bare_machine / "bin" / SHELLS[0], status=0)
    assert find_browser() == shell
