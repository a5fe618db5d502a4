"""Every page, wide and narrow, light and dark: nobody is kept out, nothing sticks out, nothing weighs too much."""

from __future__ import annotations

import functools
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.browser.conftest import PASSWORD, Person, make_person

MOST_BYTES = 200_000
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
SCHEMES = ["light", "dark"]


@pytest.fixture(scope="module")
def shop(system) -> Person:
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
    system.manage("shell", "-v", "0", "-c", f"from tests.browser.inbox_rows import fill; fill({shop.username!r})")
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


def settle(page: Page) -> None:
    page.wait_for_load_state("networkidle")
    expect(page.locator(".is-skeleton:visible")).to_have_count(0)


def examine(page: Page, where: str, *, thoroughly: bool = True) -> None:
    """Nothing sticks out and there is a heading; thoroughly: nothing of what axe knows keeps anybody out, either."""
    overflow = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert overflow <= 0, f"{where} is {overflow} pixels wider than the window"
    assert page.locator("h1:visible, h2:visible").count() >= 1, where
    if thoroughly:
        found = Axe().run(page).response["violations"]
        serious = [f"{v['id']}: {v['nodes'][0]['html']}" for v in found if v["impact"] in {"serious", "critical"}]
        assert serious == [], where


@pytest.mark.parametrize("scheme", SCHEMES)
def test_the_pages_before_the_door(visit, scheme):
    window = visit(width=360, height=740, color_scheme=scheme)
    window.expect_status(404)
    for path in STRANGERS:
        page = window.go(path)
        examine(page, path)
        assert page.locator("html").get_attribute("data-bs-theme") == scheme


@pytest.mark.parametrize(
    ("scheme", "width"),
    [("light", 360), ("dark", 360), ("light", 640), ("light", 1280), ("dark", 1280)],  # 640: 1280 at a zoom of 200 %
)
def test_the_pages_of_a_full_shop(visit, shop, scheme, width):
    # Colours hang on the scheme, and what there is on the width: each of both once.
    look = functools.partial(examine, thoroughly=(scheme, width) in {("light", 1280), ("dark", 360)})
    window = visit(shop, width=width, height=740, color_scheme=scheme)
    talk = shop.call("GET", "/api/user/chat/conversations")["results"][0]["id"]
    customer = shop.call("GET", "/api/user/inbox")["results"][0]["id"]
    more = [f"/user/commercial/chat?c={talk}", "/user/commercial/products?active=all&in_stock=true"]
    for path in [*TENANTS, *more, f"/user/inbox?conversation={customer}", "/user/inbox?tab=unanswered"]:
        page = window.go(path)
        settle(page)
        look(page, f"{path} {scheme} {width}")
    window.go("/user/commercial/products?new=1")
    expect(page.get_by_role("dialog").get_by_label("Nombre")).to_be_focused()
    look(page, f"the product dialog {scheme} {width}")
    page.keyboard.press("Escape")
    page.keyboard.press("Control+k")
    expect(page.get_by_role("dialog").get_by_role("option").first).to_be_visible()
    look(page, f"the search {scheme} {width}")
    for path, field in [
        ("/user/personal/agenda?new=1", "#appointment-name"),
        ("/user/personal/tasks?new=1", "#task-name"),
    ]:
        window.go(path)
        expect(page.locator(field)).to_be_focused()
        look(page, f"{path} {scheme} {width}")
    for view in ("month", "list") if scheme == "light" else ():
        window.go(f"/user/personal/agenda?view={view}")
        expect(page.locator(".fc-event").first).to_be_attached()
        look(page, f"the agenda by {view} {scheme} {width}")


@pytest.mark.parametrize("scheme", SCHEMES)
def test_the_pages_of_an_empty_shop(visit, person, scheme):
    window = visit(person, width=360, height=740, color_scheme=scheme)
    for path in TENANTS:
        page = window.go(path)
        settle(page)
        examine(page, f"{path} {scheme}, empty")


@pytest.mark.parametrize("accent", ["#ffffff", "#000000", "#ffee00", "#0f766e"])
def test_any_accent_colour_can_be_read(visit, person, accent):
    person.call("PATCH", "/api/user/preferences", {"accent_color": accent})
    for scheme in SCHEMES:
        window = visit(person, color_scheme=scheme)
        page = window.go("/user/commercial/products?new=1")
        settle(page)
        examine(page, f"{accent} {scheme}")


def test_touch_targets_are_large_enough(visit, shop):
    window = visit(shop, width=360, height=740, has_touch=True)
    for path in TENANTS:
        page = window.go(path)
        settle(page)
        small = page.evaluate(
            """() => [...document.querySelectorAll("main button, main select, main input, nav a, header button")]
                .filter((e) => e.checkVisibility({ visibilityProperty: true }) && !e.closest("dialog:not([open])"))
                .map((e) => (e.closest("label") && e.matches("[type=radio], [type=checkbox]") ? e.closest("label") : e))
                .filter((e) => !e.matches(".name-button, .visually-hidden") && !e.closest(".fc"))
                .map((e) => [e.getBoundingClientRect(), e.outerHTML.slice(0, 90)])
                .filter(([box]) => box.width && (box.height < 43.5 || box.width < 43.5))
                .map(([box, html]) => `${Math.round(box.width)}×${Math.round(box.height)} ${html}`)"""
        )
        assert small == [], path


def test_no_page_weighs_too_much(visit, shop):
    window = visit(shop)
    weights = {}
    for path in TENANTS:
        page = window.go(path)
        settle(page)
        weights[path] = page.evaluate(
            """() => performance.getEntriesByType("resource")
                .filter((r) => /\\.(js|css|svg)(\\?|$)/.test(new URL(r.name).pathname))
                .reduce((sum, r) => sum + r.encodedBodySize, 0)"""
        )
    assert max(weights.values()) < MOST_BYTES, weights
    assert min(weights.values()) > 50_000, weights  # they were really measured


def test_nothing_jumps_while_a_page_loads(visit, shop):
    window = visit(shop, width=1280)
    window.page.add_init_script(
        """window.shift = 0;
        new PerformanceObserver((list) => {
            for (const entry of list.getEntries()) if (!entry.hadRecentInput) window.shift += entry.value;
        }).observe({ type: "layout-shift", buffered: true });"""
    )
    for path in TENANTS:
        page = window.go(path)
        settle(page)
        shift = page.evaluate("window.shift")
        assert shift < 0.1, (path, shift)  # what the Web Vitals call good


def test_the_superadmins_pages(visit, system):
    system.manage(
        "createsuperuser", "--noinput", "--username=dueña", "--email=d@example.com", DJANGO_SUPERUSER_PASSWORD=PASSWORD
    )
    for scheme in SCHEMES:
        window = visit(Person("dueña", system.url, ""), color_scheme=scheme)
        page = window.page
        # Other tests of this system leave a turn or a message without its end on purpose, which is said here.
        expect(page.get_by_text("Todo funciona.").or_(page.get_by_role("alert"))).to_be_visible()
        expect(page.get_by_text("Responde el asistente incorporado, sin modelo")).to_be_visible()
        examine(page, f"the dashboard {scheme}")
        window.go("/user/dashboard")
        page.wait_for_url("**/admin/dashboard")
