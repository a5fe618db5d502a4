"""A real browser before a real system. Whatever the browser complains about fails the test that it looked at."""

from __future__ import annotations

import itertools
import json
import os
import re
import tempfile
import time
import urllib.request
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Page,
    Request,
    Response,
    expect,
    sync_playwright,
)

from config.browser import find_browser, launch_arguments
from config.trial import Trial, run_trial
from tests.browser.console import Console
from tests.prepared import copy_prepared

PASSWORD = "una-clave-larga-7"
# Of a machine that is slow and does other things; nothing waits that long where all is well.
PATIENCE_MS = 60_000
SETTLE_SECONDS = 60.0
LOG_LETTERS = 8_000  # of the system's log that stand beside a failure
# Two frames later, and when what moves has come to rest.
DRAWN = """() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => {
    const ends = document.getAnimations().filter((one) => Number.isFinite(one.effect.getComputedTiming().endTime));
    Promise.allSettled(ends.filter((one) => one.playState === "running").map((one) => one.finished)).then(() => done());
})))"""
_numbers = itertools.count(1)
expect.set_options(timeout=PATIENCE_MS)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="package")
def system() -> Iterator[Trial]:
    # Not pytest's own folder: another pytest that starts meanwhile takes back everybody else's way into that one, and
    # PostgreSQL, which never runs as root, is somebody else.
    with tempfile.TemporaryDirectory(prefix="recado-browser-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        (folder / "mail").mkdir()
        own = {
            "DJANGO_SETTINGS_MODULE": "tests.browser.settings",
            "DATABASE_DURABLE": "0",
            "EMAIL_URL": f"filemail:///{folder / 'mail'}",
            "WEBHOOKS_ALLOW_LOCAL": "1",
        }
        copy_prepared(folder / "var")
        with run_trial(data_dir=folder / "var", **own) as trial:
            yield trial


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Beside a failure stands what the system said last: of a 500 only its log knows why."""
    report = yield
    trial = getattr(item, "funcargs", {}).get("system")
    if report.failed and isinstance(trial, Trial):
        log = (trial.data_dir / "up.log").read_text(errors="replace")
        report.sections.append(("the end of the system's log", log[-LOG_LETTERS:]))
    return report


@pytest.fixture(scope="package")
def console(system: Trial) -> Iterator[Console]:
    console = Console(system)
    yield console
    console.close()


@pytest.fixture(scope="package")
def superadmin(system: Trial, console: Console) -> Person:
    """Who runs the system, with no second factor."""
    console.call("tests.browser.rows.make_superadmin", "dueña", PASSWORD)
    return Person("dueña", system.url, "")


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """One for this folder: Playwright's loop, left running, would keep later tests from the database."""
    program = find_browser()
    if program is None:
        text = "There is no browser: install Chromium or Chrome, or name one with BROWSER_PATH."
        pytest.fail(text) if os.environ.get("CI") else pytest.skip(text)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(program), args=launch_arguments())
        yield browser
        browser.close()


@dataclass
class Visit:
    """One browser window's page, and what it complained about."""

    page: Page
    url: str
    complaints: list[str] = field(default_factory=list)
    expected: set[int] = field(default_factory=set)
    on_their_way: set[Request] = field(default_factory=set)

    def go(self, path: str) -> Page:
        self.page.goto(self.url + path)
        return self.page

    def settle(self) -> Page:
        """Wait until the page asks for nothing more, says that it is ready, and has drawn what came."""
        deadline = time.monotonic() + SETTLE_SECONDS
        while True:
            self.page.evaluate(DRAWN)
            if not self.on_their_way:
                break
            assert time.monotonic() < deadline, f"still asked for: {[one.url for one in self.on_their_way]}"
        expect(self.page.locator(".is-skeleton:visible, .skeleton:visible, [aria-busy=true]:visible")).to_have_count(0)
        self.page.evaluate(DRAWN)
        return self.page

    def expect_status(self, *statuses: int) -> None:
        """Let answers with these statuses pass; any other over 399 is a complaint."""
        self.expected |= set(statuses)

    def expect_no_line(self) -> None:
        """Let requests fail for want of a connection."""
        self.expected.add(0)

    def listen(self) -> None:
        self.page.on("console", self._on_console)
        self.page.on("pageerror", lambda error: self.complaints.append(f"error: {error}"))
        self.page.on("response", self._on_response)
        self.page.on("request", self._on_request)
        for over in ("requestfinished", "requestfailed"):
            self.page.on(over, lambda request: self.on_their_way.discard(request))

    def _on_console(self, message: ConsoleMessage) -> None:
        if message.type not in {"error", "warning"}:
            return
        status = re.search(r"the server responded with a status of (\d+)", message.text)
        if status and int(status[1]) in self.expected:
            return
        if 0 in self.expected and "net::ERR_" in message.text:
            return
        self.complaints.append(f"console {message.type}: {message.text}")

    def _on_response(self, response: Response) -> None:
        if response.status >= 400 and response.status not in self.expected:
            self.complaints.append(f"{response.status} {response.url}")

    def _on_request(self, request: Request) -> None:
        if not request.url.startswith((self.url, "data:", "blob:")):
            self.complaints.append(f"outside request: {request.url}")
        if request.resource_type not in {"eventsource", "ping"}:  # these do not end, or nobody waits for them
            self.on_their_way.add(request)


@pytest.fixture
def visit(browser: Browser, system: Trial) -> Iterator[Callable[..., Visit]]:
    """``visit(person)`` is an empty window of somebody who has signed in; ``visit()`` of a stranger.

    Of somebody who wants little to move, unless ``reduced_motion`` says otherwise: what moves is drawn again and again.
    """
    visits: list[tuple[BrowserContext, Visit]] = []

    def open_window(person: Person | None = None, *, width: int = 1280, height: int = 800, **options: Any) -> Visit:
        given = {"locale": "es-CO", "timezone_id": "America/Bogota", "reduced_motion": "reduce"} | options
        context = browser.new_context(viewport={"width": width, "height": height}, **given)
        context.set_default_timeout(PATIENCE_MS)
        visited = Visit(context.new_page(), system.url)
        visited.page.add_init_script(
            """addEventListener("securitypolicyviolation",
                (event) => console.error("CSP: " + event.violatedDirective + " " + event.blockedURI))"""
        )
        visited.listen()
        visits.append((context, visited))
        if person is not None:
            sign_in(context, person)
        return visited

    yield open_window
    for context, _ in visits:
        context.close()
    complaints = [line for _, visited in visits for line in visited.complaints]
    assert complaints == []


def sign_in(context: BrowserContext, person: Person) -> None:
    """By the form that everybody uses, without drawing it: how it looks and works is tests/browser/test_accounts.py."""
    door = f"{person.url}/login"
    context.request.get(door)
    token = next(cookie["value"] for cookie in context.cookies(door) if cookie["name"] == "csrftoken")
    form = {"username": person.username, "password": PASSWORD, "csrfmiddlewaretoken": token}
    answer = context.request.post(door, form=form, headers={"Referer": door}, max_redirects=0)
    assert answer.headers.get("location", "").endswith("/dashboard"), answer.text()


@dataclass(frozen=True)
class Person:
    """A tenant of the running system, and its public API."""

    username: str
    url: str
    token: str

    def call(self, method: str, path: str, body: Any = None) -> Any:
        return call(self.url + path, method=method, body=body, token=self.token)

    def add_product(self, **fields: Any) -> dict[str, Any]:
        product = {"name": "Martillo", "price": "25000", "stock": 10} | fields
        return dict(self.call("POST", "/api/user/products", product))

    def products(self, **filters: str) -> list[dict[str, Any]]:
        return list(self.call("GET", "/api/user/products?page_size=200")["results"])


@pytest.fixture
def person(system: Trial) -> Person:
    return make_person(system)


def make_person(system: Trial) -> Person:
    """A new tenant beside all those of other tests, who must stay invisible."""
    username = f"tienda{next(_numbers)}"
    body = {
        "username": username,
        "password": PASSWORD,
        "email": f"{username}@example.com",
        "timezone": "America/Bogota",
    }
    call(f"{system.url}/api/auth/register", method="POST", body=body)
    tokens = call(f"{system.url}/api/auth/login", method="POST", body={"username": username, "password": PASSWORD})
    return Person(username, system.url, tokens["access"])


def call(url: str, *, method: str = "GET", body: Any = None, token: str = "") -> Any:
    data = None if body is None else json.dumps(body).encode()
    headers = {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {token}"} if token else {})
    request = urllib.request.Request(url, data=data, method=method, headers=headers)
    with urllib.request.urlopen(request, timeout=60) as answer:
        text = answer.read()
    return json.loads(text) if text else None


def eventually(what: Callable[[], Any], *, seconds: float = 60.0) -> None:
    """Wait until ``what`` answers something true."""
    deadline = time.monotonic() + seconds
    while not (answer := what()):
        assert time.monotonic() < deadline, f"still {answer!r}"
        time.sleep(0.1)
