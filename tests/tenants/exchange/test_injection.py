"""No file that leaves holds a formula, whatever people wrote and through whichever door it leaves."""

from __future__ import annotations

import csv
import io
import zipfile

import pytest

from tenants.scope import tenant_scope
from tests import factories
from tests.tenants.exchange.sheets import upload

pytestmark = pytest.mark.django_db

BAD = "=+-@\t\r\n\x00＝＋－＠"
LISTS = ["products", "contacts", "personal/tasks", "personal/appointments", "chat/conversations"]
WORST = '=HYPERLINK("http://127.0.0.1/?x="&A1;"ver")'


@pytest.fixture
def client(alice, api):
    """Alice's, whose every text is a formula."""
    with tenant_scope(alice):
        factories.product(alice, name=WORST, description="@SUM(A1)", sku="+A1", category="-2+3")
        factories.product(alice, name="＝1+1", description="\n=1", sku="-B2", category="'=1")
        contact = factories.contact(alice, name=WORST, phone="+573001234567", email="", notes="\t=1+1")
        factories.task(alice, title=WORST, description="\r=1+1", category="@x")
        appointment = factories.appointment(alice, title=WORST, description="＠x", location="+1")
        factories.attendee(alice, appointment=appointment, name="=2+5+cmd|' /C calc'!A0")
        talk = factories.conversation(alice, title="=1+1", channel="whatsapp", audience="customer", contact=contact)
        factories.message(alice, conversation=talk, content=WORST)
        factories.unanswered_question(alice, question="＝1+1")
    return api(alice)


def rows_of(data: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(data.decode("utf-8-sig"), newline=""), delimiter=";"))


def assert_no_formula(rows: list[list[str]]) -> None:
    assert len(rows) > 1
    cells = [cell for row in rows for cell in row]
    assert [cell for cell in cells if cell.startswith(tuple(BAD))] == []
    assert any(cell.startswith("'") for cell in cells)


@pytest.mark.parametrize("path", LISTS)
def test_no_list_holds_one(client, path):
    answer = client.get(f"/api/user/{path}/export?format=csv")
    assert_no_formula(rows_of(b"".join(answer.streaming_content)))
    answer = client.get(f"/api/user/{path}/export?format=xlsx")
    with zipfile.ZipFile(io.BytesIO(b"".join(answer.streaming_content))) as book:
        pages = [book.read(name) for name in book.namelist()]
    assert any(b"HYPERLINK" in page for page in pages)
    assert not any(b"<f>" in page or b"<f " in page or b"<hyperlink" in page for page in pages)


def test_no_file_of_refused_rows_holds_one(client):
    """Not even in its titles, which come out of the file that somebody sent."""
    sheet = f"Producto;Precio;+Nota\n{WORST.replace(';', ',')};=1+gratis;@x\n"
    job = client.post("/api/user/products/import", {"file": upload(sheet)}, format="multipart").json()
    assert job["refused"] == 1
    rows = rows_of(client.get(f"/api/user/imports/{job['id']}/errors?format=csv").content)
    assert_no_formula(rows)
    assert [cell[:2] for cell in rows[1][:2]] == ["'=", "'="]


def test_no_table_of_analytics_holds_one(client):
    assert_no_formula(rows_of(client.get("/api/user/analytics/export?table=missing").content))
