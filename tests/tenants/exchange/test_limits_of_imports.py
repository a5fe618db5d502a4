"""How much may be sent, and how long it is kept."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.conf import settings as django_settings
from django.utils import timezone

from catalog.models import Product
from tenants.exchange import keeping
from tenants.models import ImportJob, ImportPiece, ImportRow
from tenants.scope import tenant_scope
from tests.tenants.exchange.sheets import SHEET_HEAD, raw_workbook, upload

pytestmark = pytest.mark.django_db

IMPORTS, PRODUCTS = "/api/user/imports", "/api/user/products/import"
MEGABYTE = 1024 * 1024
DOORS = [
    IMPORTS,
    PRODUCTS,
    *(f"/api/user/{what}/import" for what in ("contacts", "personal/tasks", "personal/appointments")),
]


@pytest.fixture
def client(alice, api):
    return api(alice)


@pytest.mark.parametrize("path", DOORS)
def test_a_file_is_sent_as_a_form(client, path):
    json_body = client.post(path, {"file": "nombre;precio"}, format="json")
    assert json_body.status_code == 415
    broken = client.generic("POST", path, b"--x\r\nno end", "multipart/form-data; boundary=")
    assert broken.status_code == 400
    missing = client.post(path, {}, format="multipart")
    assert missing.status_code == 400
    assert "file" in missing.json()
    unknown = client.post(path, {"file": upload("a"), "user_id": "5"}, format="multipart")
    assert unknown.status_code == 400
    assert "user_id" in unknown.json()


def test_a_large_file_is_taken_here_and_nowhere_else(client, settings):
    rows = b"nombre;precio;detalle\n" + b"Martillo;5;" + b"x" * 4000 + b"\n"
    file = rows + (b"Clavo;6;" + b"y" * 4000 + b"\n") * 1000
    assert len(file) > settings.MAX_BODY_BYTES
    assert client.post(
        PRODUCTS, {"file": upload(file), "dry_run": "true"}, format="multipart", HTTP_PREFER="wait=0"
    ).status_code in (200, 202)
    other = client.generic("POST", "/api/user/products", b"x" * len(file), "application/json")
    assert other.status_code == 413


@pytest.mark.parametrize("path", [IMPORTS, PRODUCTS])
def test_a_file_past_the_limit_is_a_413(client, path, settings):
    settings.IMPORTS = settings.IMPORTS | {"FILE_MB": 1}
    answer = client.post(path, {"file": upload(b"a;b\n" * 400_000), "kind": "products"}, format="multipart")
    assert answer.status_code in (400, 413)  # the one-call door knows no kind
    if path == IMPORTS:
        assert answer.status_code == 413
        assert "1 MB" in answer.json()["detail"]
    told = client.generic("POST", path, b"", "multipart/form-data; boundary=x", CONTENT_LENGTH=str(2**31))
    assert told.status_code == 413
    assert "21 MB" in told.json()["detail"]


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("precios.csv", b"%PDF-1.7\n", "PDF"),
        ("precios.xlsx", b"nombre", None),  # what it is counts, not what it is called
        ("precios.csv", b"", "vac"),
        ("precios.csv", b"1;" * 100_000 + b"\n", "100000 columnas"),
        ("precios.csv", b"a;b\n" * 3000, "1000 filas"),
        ("precios.xlsx", raw_workbook([SHEET_HEAD, b"<row><c><v>1</v></c></row>" * 3000]), "1000 filas"),
    ],
    ids=["pdf", "called xlsx", "empty", "wide", "long", "long workbook"],
)
def test_every_file_gets_a_clear_answer(client, settings, name, content, said):
    settings.IMPORTS = settings.IMPORTS | {"ROWS": 1000}
    answer = client.post(IMPORTS, {"file": upload(content, name), "kind": "products"}, format="multipart")
    if said is None:
        assert answer.status_code == 201
        return
    assert answer.status_code == 400
    assert said in answer.json()["file"][0]
    assert client.get(IMPORTS).json()["count"] == 0


def test_a_calendar_is_no_list_of_products(client):
    answer = client.post(IMPORTS, {"file": upload("BEGIN:VCALENDAR\n"), "kind": "products"}, format="multipart")
    assert "calendario" in answer.json()["file"][0]


def test_files_go_after_a_week_rows_after_a_month_and_drafts_are_forgotten(client, alice, bob, api):
    content = "nombre;precio\nUno;5\nDos;gratis\n"
    draft = client.post(IMPORTS, {"file": upload(content), "kind": "products"}, format="multipart").json()
    done = client.post(PRODUCTS, {"file": upload(content)}, format="multipart").json()
    api(bob).post(PRODUCTS, {"file": upload(content)}, format="multipart")
    now = timezone.now()
    keeping.forget_old(now=now + timedelta(days=6))
    with tenant_scope(alice):
        assert ImportPiece.objects.count() == 2
    keeping.forget_old(now=now + timedelta(days=8))
    with tenant_scope(alice):
        assert not ImportPiece.objects.exists()
        assert list(ImportJob.objects.values_list("pk", flat=True)) == [done["id"]]
        assert ImportRow.objects.count() == 2
    assert client.get(f"{IMPORTS}/{done['id']}/preview").status_code == 400
    assert client.get(f"{IMPORTS}/{done['id']}/errors").status_code == 200
    assert client.get(f"{IMPORTS}/{draft['id']}").status_code == 404
    keeping.forget_old(now=now + timedelta(days=40))
    with tenant_scope(alice):
        assert not ImportRow.objects.exists()
        assert Product.objects.count() == 1
    keeping.forget_old(now=now + timedelta(days=400))
    for user in (alice, bob):
        with tenant_scope(user):
            assert not ImportJob.objects.exists()


def test_what_the_settings_say_fits_the_door():
    assert django_settings.IMPORTS["FILE_MB"] * MEGABYTE < min(django_settings.BODY_LIMITS.values())
