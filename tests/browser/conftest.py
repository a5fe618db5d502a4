"""The browser that the tests of this folder drive: the one that config/browser.py finds."""

import os
from typing import Any

import pytest

from config.browser import find_browser, launch_arguments


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    """pytest-playwright's fixture, with our browser. Without one the tests are skipped, and in CI they fail."""
    found = find_browser()
    if found is None:
        text = "There is no browser: install Chromium or Chrome, or name one with BROWSER_PATH."
        if os.environ.get("CI"):
            pytest.fail(text)
        pytest.skip(text)
    return browser_type_launch_args | {"executable_path": str(found), "args": launch_arguments()}
