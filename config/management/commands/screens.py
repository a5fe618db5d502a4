"""Take docs/screens: every page, wide and narrow, light and dark, full and empty, from a system of its own."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from config.browser import find_browser, launch_arguments
from config.trial import Trial, run_trial

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

FOLDER = Path(settings.BASE_DIR) / "docs" / "screens"
SIZES = {"wide": (1280, 800), "narrow": (360, 740)}
QUESTION = "¿Tienen algo para cortar madera y cuánto cuesta?"
STRANGERS = {"login": "/login", "register": "/register", "password-reset": "/password-reset"}
PAGES = {
    "dashboard": "/user/dashboard",
    "products": "/user/commercial/products",
    "product": "/user/commercial/products?new=1",
    "chat": "/user/commercial/chat",
    "agenda": "/user/personal/agenda",
    "agenda-month": "/user/personal/agenda?view=month",
    "appointment": "/user/personal/agenda?new=1",
    "tasks": "/user/personal/tasks",
    "personal-chat": "/user/personal/chat",
    "inbox": "/user/inbox",
    "analytics": "/user/analytics",
    "simulator": "/user/simulator",
    "whatsapp": "/user/whatsapp",
    "settings": "/user/settings",
    "webhooks": "/user/webhooks",
    "keys": "/user/api",
    "import": "/user/import",
}
WAIT_MS = 60_000


class Command(BaseCommand):
    help = "Write docs/screens/*.png, taken from a running system of its own with the demo shops in it."

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            from playwright.sync_api import sync_playwright
        except ImportError as fault:
            raise CommandError("Screenshots need the development packages: pip install .[dev]") from fault
        program = find_browser()
        if program is None:
            raise CommandError("There is no browser. Install Chromium, or name one with BROWSER_PATH.")
        FOLDER.mkdir(parents=True, exist_ok=True)
        with (
            tempfile.TemporaryDirectory(prefix="recado-screens-", ignore_cleanup_errors=True) as folder,
            run_trial(data_dir=Path(folder) / "var", DEMO="1") as trial,
            sync_playwright() as playwright,
        ):
            browser = playwright.chromium.launch(executable_path=str(program), args=launch_arguments())
            for name in self._take(browser, trial):
                self.stdout.write(name)
            browser.close()

    def _take(self, browser: Browser, trial: Trial) -> Iterator[str]:
        shops = dict(line.strip().split(" / ") for line in trial.manage("demo").splitlines() if " / " in line)
        admin = next(name for name in shops if name == "admin")
        shop = next(name for name in shops if name != admin)
        full = _sign_in(browser, trial, shop, shops[shop])
        empty = _sign_up(browser, trial)
        _ask(browser, trial, full)
        sets = [
            ("", None, STRANGERS),
            ("", full, PAGES | {"chat": "/user/commercial/chat?last", "product": "/user/commercial/products?first"}),
            ("-empty", empty, PAGES),
            ("", _sign_in(browser, trial, admin, shops[admin]), {"admin": "/admin/dashboard"}),
        ]
        for suffix, state, pages in sets:
            for size, (width, height) in SIZES.items():
                for scheme in ("light", "dark"):
                    context = browser.new_context(
                        viewport={"width": width, "height": height},
                        color_scheme=scheme,
                        locale="es-CO",
                        storage_state=state,
                        reduced_motion="reduce",
                    )
                    page = context.new_page()
                    for name, path in pages.items():
                        _open(page, trial.url, path)
                        file = f"{name}{suffix}-{size}-{scheme}.png"
                        page.screenshot(path=str(FOLDER / file))
                        yield file
                    context.close()


def _open(page: Page, url: str, path: str) -> None:
    path, _, which = path.partition("?")
    page.goto(url + path + (f"?{which}" if "=" in which else ""))
    page.wait_for_load_state("networkidle")
    if which == "last":
        page.locator(".conversation-line a").first.evaluate("link => link.click()")
        page.wait_for_selector(".reply-by >> visible=true", timeout=WAIT_MS)
    elif which == "first":
        page.locator(".name-button").first.click()
    page.wait_for_load_state("networkidle")


def _sign_in(browser: Browser, trial: Trial, username: str, password: str) -> Any:
    page = browser.new_page()
    page.goto(f"{trial.url}/login")
    page.fill("[name=username]", username)
    page.fill("[name=password]", password)
    page.click("button[type=submit]")
    page.wait_for_url("**/dashboard")
    return _state(page)


def _sign_up(browser: Browser, trial: Trial) -> Any:
    page = browser.new_page(timezone_id="America/Bogota", locale="es-CO")
    page.goto(f"{trial.url}/register")
    page.fill("[name=username]", "tienda.nueva")
    page.fill("[name=password]", "una-clave-larga-7")
    page.click("button[type=submit]")
    page.wait_for_url("**/dashboard")
    return _state(page)


def _ask(browser: Browser, trial: Trial, state: Any) -> None:
    context = browser.new_context(storage_state=state)
    page = context.new_page()
    page.goto(f"{trial.url}/user/commercial/chat")
    page.wait_for_load_state("networkidle")
    page.fill("textarea", QUESTION)
    page.keyboard.press("Enter")
    page.wait_for_selector(".reply-by >> visible=true", timeout=WAIT_MS)
    context.close()


def _state(page: Page) -> Any:
    state = page.context.storage_state()
    page.context.close()
    return state
