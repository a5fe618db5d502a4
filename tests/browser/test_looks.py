"""Every page, wide and narrow, light and dark: nobody is kept out, nothing sticks out, nothing weighs too much."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Page, expect

from tests.browser.conftest import DRAWN, Person, Visit, make_person

MOST_BYTES = 200_000
DRAW_SECONDS = 30  # charts and all, where nothing but a busy processor draws
STRANGERS = ["/login", "/register", "/password-reset", "/password-reset/done", "/password-reset/x/y", "/no-such-page"]
AGENDAS = ["/user/personal/agenda", "/user/personal/tasks", "/user/personal/chat"]
TENANTS = [
    "/user/dashboard",
    "/user/inbox",
    "/user/analytics",
    "/user/commercial/products",
    "/user/commercial/chat",
    "/user/settings",
    "/user/whatsapp",
    "/user/import",
    *AGENDAS,
]
DECIDING = ["/user/analytics", *AGENDAS[:2]]  # these ask how wide the window is, and only at first
SCHEMES = ["light", "dark"]
SHEET_RULE = "css-orientation-lock"  # asks the style sheets alone, and reads them all anew for that
_sheets: set[str] = set()  # that were asked already
COLOUR_RULES = ["color-contrast", "link-in-text-block"]  # all of axe's rules that look at colours


@pytest.fixture(scope="module")
def shop(system, console) -> Person:
    """A shop with everything in it: products of every kind, long names, a conversation."""
    shop = make_person(system)
    shop.call("PATCH", "/api/user/preferences", {"business_name": "Ferretería El Tornillo Feliz de la Calle Larga"})
    for n in range(12):
        shop.add_product(
            name=f"Producto con un nombre bastante largo para una sola línea, modelo {n}", sku=f"SKU-LARGO-{n:04}",
            category="Herramientas eléctricas y accesorios", price=f"{n * 123456.78:.2f}", stock=n * (n - 1),
        )  # fmt: skip
    shop.add_product(name="Sinespaciosniguionesdeningunaclaseparaverquépasaconlaslíneas" * 2, price="1")
    fill_agenda(shop)
    content = "¿Cuánto cuesta el producto modelo 3? " + "palabramuylargasinespacios" * 4
    body = {"content": content, "assistant_type": "commercial"}
    sent = shop.call("POST", "/api/user/chat/message", body)
    shop.call("GET", f"/api/user/chat/messages/{sent['message_id']}")
    console.call("tests.browser.inbox_rows.fill", shop.username)
    return shop


def fill_agenda(shop: Person) -> None:
    """Appointments that cross, repeat, are over and take whole days; tasks of every kind; all with long names."""
    today = datetime.now(ZoneInfo("America/Bogota")).date()
    long = "Una cita con un nombre bastante largo para una sola línea"
    booked: list[tuple[int, str, dict[str, Any]]] = [
        (0, "00:00", {"all_day": True}),
        (0, "00:05", {"location": "Sinespaciosniguionesdeningunaclase" * 3}),
        (1, "10:00", {}),
        (1, "10:30", {"attendees": ["Carla", "Pedro"]}),
        (1, "11:00", {"rrule": "FREQ=DAILY;COUNT=9"}),
    ]
    for days, clock, fields in booked:
        body = {"title": f"{long} {clock}", "start_datetime": f"{today + timedelta(days=days)}T{clock}", **fields}
        shop.call("POST", "/api/user/personal/appointments", body)
    due: list[tuple[int, dict[str, Any]]] = [
        (-3, {"priority": "high"}),
        (0, {"status": "in_progress"}),
        (1, {"rrule": "FREQ=WEEKLY"}),
        (9, {"status": "completed"}),
    ]
    for days, fields in due:
        body = {"title": f"{long}, tarea {days}", "due_date": str(today + timedelta(days=days)), "category": "Trámites"}
        shop.call("POST", "/api/user/personal/tasks", body | fields)


def examine(page: Page, where: str, *, thoroughly: bool = True) -> None:
    """Nothing sticks out and there is a heading; thoroughly: nothing of what axe knows keeps anybody out, either."""
    overflow = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    deadline = time.monotonic() + DRAW_SECONDS
    while (wider := page.evaluate(overflow)) > 0:  # charts grow into another width in their own time
        assert time.monotonic() < deadline, f"{where} is {wider} pixels wider than the window"
        page.evaluate(DRAWN)
    assert page.locator("h1:visible, h2:visible").count() >= 1, where
    if thoroughly:
        assert kept_out(page) == [], where


def kept_out(page: Page, *, rules: list[str] | None = None) -> list[str]:
    """What axe finds on the page that keeps somebody out, by all of its rules or by these."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE_SCRIPT)
    asked: dict[str, Any] = {"resultTypes": ["violations"]}
    sheets = page.evaluate("[...document.styleSheets].map((one) => one.href).join()")
    if rules is not None:
        asked |= {"runOnly": {"type": "rule", "values": rules}, "preload": False}
    else:
        if sheets in _sheets:
            asked |= {"rules": {SHEET_RULE: {"enabled": False}}, "preload": {"assets": ["media"]}}
        _sheets.add(sheets)
    found = page.evaluate(
        """async (asked) => (await axe.run(asked)).violations
            .filter((one) => ["serious", "critical"].includes(one.impact))
            .map((one) => `${one.id}: ${one.nodes[0].html}`)""",
        asked,
    )
    return list(found)


def paint(window: Visit, scheme: str) -> Page:
    """The same page in the other colours, as when the system goes from day to night."""
    window.page.emulate_media(color_scheme=scheme)
    html = window.page.locator("html")
    if html.get_attribute("data-bs-theme"):  # the superadmin's pages leave it to their style sheet
        expect(html).to_have_attribute("data-bs-theme", scheme, timeout=DRAW_SECONDS * 1000)
    return window.settle()


def examine_in_both(window: Visit, where: str) -> None:
    """Thoroughly in the colours that it was drawn in; then what colours decide in the others, which stay."""
    drawn = SCHEMES[bool(window.page.evaluate("matchMedia('(prefers-color-scheme: dark)').matches"))]
    examine(window.page, f"{where} {drawn}")
    other = SCHEMES[drawn == "light"]
    examine(paint(window, other), f"{where} {other}", thoroughly=False)
    assert kept_out(window.page, rules=COLOUR_RULES) == [], f"{where} {other}"


def tour(window: Visit, shop: Person) -> Iterator[str]:
    """Go to every page of a shop, and to what opens over them."""
    page = window.page
    talk = shop.call("GET", "/api/user/chat/conversations")["results"][0]["id"]
    customer = shop.call("GET", "/api/user/inbox")["results"][0]["id"]
    more = [f"/user/commercial/chat?c={talk}", "/user/commercial/products?active=all&in_stock=true"]
    for path in [*TENANTS, *more, f"/user/inbox?conversation={customer}", "/user/inbox?tab=unanswered"]:
        window.go(path)
        window.settle()
        yield path
    window.go("/user/commercial/products?new=1")
    expect(page.get_by_role("dialog").get_by_label("Nombre")).to_be_focused()
    window.settle()
    yield "the product dialog"
    page.keyboard.press("Escape")
    page.keyboard.press("Control+k")
    expect(page.get_by_role("dialog").get_by_role("option").first).to_be_visible()
    window.settle()
    yield "the search"
    for path, field in [
        ("/user/personal/agenda?new=1", "#appointment-name"),
        ("/user/personal/tasks?new=1", "#task-name"),
    ]:
        window.go(path)
        expect(page.locator(field)).to_be_focused()
        window.settle()
        yield path
    for view in ("month", "list"):
        window.go(f"/user/personal/agenda?view={view}")
        expect(page.locator(".fc-event").first).to_be_attached()
        window.settle()
        yield f"the agenda by {view}"


def test_the_pages_before_the_door(visit):
    window = visit(width=360, height=740, color_scheme="light")
    window.expect_status(404)
    for n, path in enumerate(STRANGERS):
        page = window.go(path)
        assert page.locator("html").get_attribute("data-bs-theme") == SCHEMES[n % 2]  # it was left in the other
        window.settle()
        examine_in_both(window, path)


def test_the_pages_of_a_full_shop_on_a_wide_screen(visit, shop):
    """In the light, thoroughly. In the dark, with a zoom of 200 % (640 pixels), nothing sticks out.

    Nor does it where things move and the window shrinks.
    """
    window = visit(shop, width=1280, height=740, color_scheme="light")
    page = window.page
    page.add_init_script(
        """window.shift = 0;
        new PerformanceObserver((list) => {
            for (const entry of list.getEntries()) if (!entry.hadRecentInput) window.shift += entry.value;
        }).observe({ type: "layout-shift", buffered: true });"""
    )
    weights = {}
    for where in tour(window, shop):
        if where in TENANTS:
            shift = page.evaluate("window.shift")
            assert shift < 0.1, (where, shift)  # what the Web Vitals call good
            weights[where] = page.evaluate(
                """() => performance.getEntriesByType("resource")
                    .filter((r) => /\\.(js|css|svg)(\\?|$)/.test(new URL(r.name).pathname))
                    .reduce((sum, r) => sum + r.encodedBodySize, 0)"""
            )
        examine(page, f"{where} light 1280")
        examine(paint(window, "dark"), f"{where} dark 1280", thoroughly=False)
        page.set_viewport_size({"width": 640, "height": 740})
        examine(window.settle(), f"{where} dark 640", thoroughly=False)
        page.set_viewport_size({"width": 1280, "height": 740})
        page.emulate_media(color_scheme="light")
    assert max(weights.values()) < MOST_BYTES, weights
    assert min(weights.values()) > 50_000, weights  # they were really measured
    page.set_viewport_size({"width": 640, "height": 740})
    page.emulate_media(reduced_motion="no-preference")
    for path in DECIDING:
        window.go(path)
        examine(window.settle(), f"{path} from 640 on", thoroughly=False)
        page.set_viewport_size({"width": 360, "height": 740})
        examine(window.settle(), f"{path} from 640 to 360", thoroughly=False)
        page.set_viewport_size({"width": 640, "height": 740})


def test_the_pages_of_a_full_shop_on_a_phone(visit, shop):
    """In the dark, thoroughly, and every target is large enough for a thumb. In the light nothing sticks out."""
    window = visit(shop, width=360, height=740, color_scheme="dark", has_touch=True)
    for where in tour(window, shop):
        examine(window.page, f"{where} dark 360")
        if where in TENANTS:
            assert small_targets(window.page) == [], where
        examine(paint(window, "light"), f"{where} light 360", thoroughly=False)
        window.page.emulate_media(color_scheme="dark")


def small_targets(page: Page) -> list[str]:
    return list(
        page.evaluate(
            """() => [...document.querySelectorAll("main button, main select, main input, nav a, header button")]
                .filter((e) => e.checkVisibility({ visibilityProperty: true }) && !e.closest("dialog:not([open])"))
                .map((e) => (e.closest("label") && e.matches("[type=radio], [type=checkbox]") ? e.closest("label") : e))
                .filter((e) => !e.matches(".name-button, .visually-hidden") && !e.closest(".fc"))
                .map((e) => [e.getBoundingClientRect(), e.outerHTML.slice(0, 90)])
                .filter(([box]) => box.width && (box.height < 43.5 || box.width < 43.5))
                .map(([box, html]) => `${Math.round(box.width)}×${Math.round(box.height)} ${html}`)"""
        )
    )


def test_the_pages_of_an_empty_shop(visit, person):
    window = visit(person, width=360, height=740)
    for path in TENANTS:
        window.go(path)
        window.settle()
        examine_in_both(window, f"{path}, empty,")


def test_any_accent_colour_can_be_read(visit, person):
    window = visit(person)
    for accent in ("#ffffff", "#000000", "#ffee00", "#0f766e"):
        person.call("PATCH", "/api/user/preferences", {"accent_color": accent})
        window.go("/user/commercial/products?new=1")
        window.settle()
        assert window.page.locator("#accent").get_attribute("href") == f"/theme/{accent[1:]}.css"
        examine_in_both(window, accent)


def test_the_superadmins_pages(visit, superadmin):
    window = visit(superadmin)
    page = window.go("/admin/dashboard")
    # Other tests of this system leave a turn or a message without its end on purpose, which is said here.
    expect(page.get_by_text("Todo funciona.").or_(page.get_by_role("alert"))).to_be_visible()
    expect(page.get_by_text("Responde el asistente incorporado, sin modelo")).to_be_visible()
    window.settle()
    examine_in_both(window, "the dashboard")
    window.go("/user/dashboard")
    page.wait_for_url("**/admin/dashboard")
