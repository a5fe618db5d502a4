"""The superadmin's pages in a browser: the first page, wide, narrow and dark; an export with its progress; a reason."""

from __future__ import annotations

import itertools
import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import PASSWORD, Person, Visit, make_person
from tests.browser.test_looks import examine

_numbers = itertools.count(1)
FILL = """
from datetime import timedelta
from decimal import Decimal
from django.utils import timezone
from assistants.models import TurnUsage
from messaging.models import WebhookBody
from tenants.models import User
from tenants.scope import all_tenants, tenant_scope
from tests import factories
user = User.objects.get(username={username!r})
now = timezone.now()
with tenant_scope(user):
    for n in range(40):
        TurnUsage.objects.create(
            user=user, assistant_type="commercial", audience="customer", provider="anthropic", model="claude",
            outcome="fallback" if n % 9 == 0 else "answered", reason="timeout" if n % 9 == 0 else "",
            input_tokens=1500 + n, output_tokens=90, latency_ms=400 + n * 30, cost=Decimal("0.0042"),
            created_at=now - timedelta(hours=8 * n),
        )
    for status in ("sent", "delivered", "read", "read", "failed"):
        factories.delivery(user, status=status, code=131047 if status == "failed" else None)
    talk = factories.conversation(user, channel="whatsapp", audience="customer", title="Soy Carla Ruiz")
    factories.message(user, conversation=talk, content="Soy Carla Ruiz, ¿tienen botas?")
with all_tenants():
    for n in range(30):
        WebhookBody.objects.create(
            body=b"{{}}", digest=f"{username}{{n}}".encode().ljust(32)[:32], received_at=now - timedelta(minutes=2 * n)
        )
"""


@pytest.fixture
def shop(system) -> Person:
    shop = make_person(system)
    system.manage("shell", "-v", "0", "-c", FILL.format(username=shop.username))
    return shop


@pytest.fixture
def root(system) -> Person:
    name = f"jefa{next(_numbers)}"
    make = f"from tenants.models import User; User.objects.create_superuser({name!r}, '', {PASSWORD!r})"
    system.manage("shell", "-v", "0", "-c", make)
    return Person(name, system.url, "")


def settle(window: Visit, path: str) -> Page:
    page = window.go(path)
    page.wait_for_load_state("networkidle")
    return page


@pytest.mark.parametrize(("scheme", "width"), [("light", 1280), ("dark", 360)])
def test_the_first_page_is_read_on_any_screen(visit, root, shop, scheme, width):
    page = settle(visit(root, width=width, height=780, color_scheme=scheme), "/admin/dashboard")
    examine(page, f"/admin/dashboard {scheme} {width}")
    expect(page.locator("#part-tiles dt", has_text="Tareas en la cola")).to_be_visible()
    page.get_by_role("link", name="Actualizar").click()  # else it may be a minute old
    expect(page.locator("#part-tenants th", has_text=shop.username)).to_be_visible()
    expect(page.locator("#part-webhook svg rect")).to_have_count(61)
    summary = page.locator("#part-days summary")
    summary.click()
    expect(page.locator("#part-days tbody tr")).to_have_count(14)
    assert "Carla" not in page.content()


def test_it_brings_itself_up_to_date_until_it_is_paused(visit, root, system):
    window = visit(root)
    window.page.clock.install()
    page = settle(window, "/admin/dashboard")
    page.locator("#part-days summary").click()
    make = "from tenants.jobs import enqueue; from django_q.models import OrmQ; from django.utils import timezone;"
    queue = "OrmQ.objects.create(key='nobodys', payload='x', lock=timezone.now())"
    system.manage("shell", "-v", "0", "-c", f"{make} {queue}")
    with page.expect_response(re.compile("/admin/dashboard/live")):
        page.clock.run_for(31_000)
    expect(page.locator("#part-tiles div", has_text="Tareas en la cola").locator("dd").first).not_to_have_text("0")
    expect(page.locator("#part-days details")).to_have_attribute("open", "")  # what was unfolded stays so
    pause = page.get_by_role("button", name="Pausar")
    pause.click()
    expect(pause).to_have_attribute("aria-pressed", "true")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.clock.run_for(120_000)
    assert [url for url in asked if "live" in url] == []
    with page.expect_response(re.compile("/admin/dashboard/live")):
        page.get_by_role("link", name="Actualizar").click()
    page.reload()
    expect(page.get_by_role("button", name="Pausar")).to_have_attribute("aria-pressed", "true")  # it is remembered
    system.manage("shell", "-v", "0", "-c", f"{make} OrmQ.objects.filter(key='nobodys').delete()")


def test_a_conversation_is_read_after_a_reason(visit, root, shop):
    window = visit(root, width=360, height=740)
    page = settle(window, f"/admin/messaging/conversation/?q={shop.username}")
    assert "Carla" not in page.content()
    page.get_by_role("link", name="Con un motivo…").click()
    examine(page, "the question for a reason")
    assert "Carla" not in page.content()
    page.get_by_label("Motivo").fill("La dueña pide ayuda con una respuesta")
    page.get_by_role("button", name="Abrir la conversación").click()
    expect(page.get_by_text("¿tienen botas?")).to_be_visible()
    examine(page, "the conversation")


def test_an_export_shows_its_progress_and_can_be_taken(visit, root, shop):
    window = visit(root)
    page = settle(window, f"/admin/config/datajob/add/?account={shop.username}")
    examine(page, "asking for an export")
    page.get_by_label("Motivo").fill("Lo pidió por carta")
    page.get_by_role("button", name="Pedir").click()
    expect(page.get_by_text("Terminado", exact=True).first).to_be_visible(timeout=60_000)
    examine(page, "the export")
    with page.expect_download() as taken:
        page.get_by_role("link", name="Descargar").click()
    assert taken.value.suggested_filename == f"recado-{shop.username}.zip"
