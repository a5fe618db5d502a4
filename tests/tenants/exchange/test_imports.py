"""Imports through the API: seen as they are read, corrected, carried out, undone, and never half."""

from __future__ import annotations

import csv
import io
import json
from decimal import Decimal

import pytest
from django_q.models import OrmQ

from catalog import products, stock
from catalog.models import Product, StockMovement
from tenants.events import Event
from tenants.exchange import drafting
from tenants.exchange.importing import MOST_TOLD
from tenants.models import ImportJob, ImportMapping, ImportPiece, ImportRow, Preferences, User
from tenants.scope import tenant_scope
from tests import factories
from tests.tenants.exchange.sheets import upload, workbook

pytestmark = pytest.mark.django_db

IMPORTS, PRODUCTS = "/api/user/imports", "/api/user/products/import"
LIST = "Código;Artículo;Precio de venta;Cantidad\nMAR-1;Martillo;$ 45.900,50;12\nCLA-1;Clavos;1.200,00;300\n"


@pytest.fixture
def client(alice, bob, api):
    with tenant_scope(bob):
        factories.product(bob, name="Ajeno", sku="MAR-1")
    return api(alice)


def send(client, content=LIST, *, name="precios.csv", kind="products", **fields):
    return client.post(IMPORTS, {"file": upload(content, name), "kind": kind, **fields}, format="multipart")


def bring(client, content=LIST, *, name="precios.csv", path=PRODUCTS, **fields):
    return client.post(path, {"file": upload(content, name), **fields}, format="multipart")


def shelf(user: User) -> dict[str, Product]:
    with tenant_scope(user):
        return {product.sku or product.name: product for product in Product.objects.order_by("pk")}


def test_a_draft_shows_how_the_file_is_read_and_writes_no_product(client, alice):
    answer = send(client)
    assert answer.status_code == 201
    job = answer.json()
    assert (job["status"], job["format"], job["encoding"], job["delimiter"]) == ("draft", "csv", "utf-8", ";")
    assert (job["decimal"], job["header_row"], job["rows"], job["missing"]) == (",", 1, 2, [])
    assert [column["field"] for column in job["columns"]] == ["sku", "name", "price", "stock"]
    assert job["columns"][2]["samples"] == ["$ 45.900,50", "1.200,00"]
    assert shelf(alice) == {}


def test_the_preview_says_what_would_become_of_each_row(client, alice):
    with tenant_scope(alice):
        factories.product(alice, name="Clavos", sku="cla-1", price="1200.00", stock=300, category="Fijación")
    job = send(client, LIST + "X-1;;gratis;2\n").json()
    shown = client.get(f"{IMPORTS}/{job['id']}/preview").json()
    assert [(row["row"], row["action"]) for row in shown["results"]] == [(2, "create"), (3, "update"), (4, "refuse")]
    assert shown["results"][0]["values"] == {"sku": "MAR-1", "name": "Martillo", "price": "45900.50", "stock": 12}
    assert shown["results"][2]["errors"] == [
        {
            "row": 4, "column": "Precio de venta", "field": "price", "value": "gratis", "code": "not_a_price",
            "message": "No es un precio.",
        }
    ]  # fmt: skip
    assert shown["counts"] is None
    counted = client.get(f"{IMPORTS}/{job['id']}/preview?page_size=1&counts=true").json()
    assert counted["counts"] == {"create": 1, "update": 1, "unchanged": 0, "skip": 0, "refuse": 1}  # of all rows
    second = client.get(f"{IMPORTS}/{job['id']}/preview?page=2&page_size=2").json()
    assert [row["row"] for row in second["results"]] == [4]
    assert client.get(f"{IMPORTS}/{job['id']}/preview?page=0").status_code == 400


def test_rows_that_would_take_long_to_count_are_not_waited_for(client, alice, monkeypatch):
    job = send(client).json()
    monkeypatch.setattr(drafting, "COUNTING_SECONDS", -1.0)
    shown = client.get(f"{IMPORTS}/{job['id']}/preview?counts=true").json()
    assert (shown["counts"], len(shown["results"])) == (None, 2)


def test_one_call_creates_updates_and_tells_once(client, alice):
    with tenant_scope(alice):
        factories.product(alice, name="Clavos viejos", sku="cla-1", price="900.00", stock=1)
    answer = bring(client)
    assert answer.status_code == 200
    job = answer.json()
    assert (job["status"], job["created"], job["updated"], job["refused"]) == ("done", 1, 1, 0)
    found = shelf(alice)
    assert found["MAR-1"].price == Decimal("45900.50")
    nails = found["CLA-1"]
    assert (nails.name, nails.price, nails.stock, nails.version) == ("Clavos", Decimal("1200.00"), 300, 2)
    with tenant_scope(alice):
        assert list(StockMovement.objects.order_by("stock_after").values_list("delta", flat=True)) == [12, 299]
        (event,) = Event.objects.filter(name="data_imported")
        assert event.data == {"what": "products", "format": "csv", "created": 1, "updated": 1, "refused": 0}
        assert not Event.objects.filter(name__startswith="product_").exists()
    assert OrmQ.objects.exists()  # the new words want vectors
    again = bring(client).json()
    assert (again["created"], again["updated"], again["unchanged"]) == (0, 0, 2)


def test_another_tenants_product_is_neither_found_nor_touched(client, alice, bob):
    bring(client)
    (other,) = shelf(bob).values()
    assert (other.name, other.version) == ("Ajeno", 1)
    assert set(shelf(alice)) == {"MAR-1", "CLA-1"}


def test_columns_that_name_an_id_or_a_tenant_do_nothing(client, alice, bob):
    (other,) = shelf(bob).values()
    rows = f"id,user_id,tenant,user,SKU,Nombre,Precio\n{other.pk},{bob.pk},bob,bob,A-1,Taladro,5\n"
    job = bring(client, rows).json()
    assert [column["field"] for column in job["columns"]] == [None, None, None, None, "sku", "name", "price"]
    assert (job["status"], job["created"]) == ("done", 1)
    assert list(shelf(alice)) == ["A-1"]
    assert list(shelf(bob)) == ["MAR-1"]
    refused = bring(client, rows, mapping='{"1": "user_id"}')
    assert refused.status_code == 400
    assert "user_id" in refused.json()["mapping"][0]


def test_rows_that_are_refused_say_why_and_the_others_go_in(client, alice):
    rows = (
        "sku;nombre;precio;existencias\nA;Uno;1;1\nB;Dos;gratis;1\nC;;3;1\nD;Cuatro;4;1,5\na;Cinco;5;1\nE;Seis;6;-2\n"
    )
    job = bring(client, rows).json()
    assert (job["status"], job["created"], job["refused"]) == ("done", 1, 5)
    assert [(one["row"], one["field"], one["value"]) for one in job["errors"]] == [
        (3, "price", "gratis"),
        (4, "name", ""),
        (5, "stock", "1,5"),
        (6, "sku", "a"),
        (7, "stock", "-2"),
    ]
    assert job["errors"][3]["message"] == "Es el mismo que el de la fila 2 de este archivo."
    assert list(shelf(alice)) == ["A"]


def test_all_or_nothing_writes_nothing_when_one_row_is_wrong(client, alice):
    job = bring(client, LIST + "X;Equis;gratis;1\n", all_or_nothing="true").json()
    assert (job["status"], job["mode"], job["created"], job["refused"]) == ("failed", "all_or_nothing", 0, 1)
    assert job["detail"] == "No importamos nada: 1 fila tiene errores."
    assert shelf(alice) == {}
    good = bring(client, mode="all_or_nothing").json()
    assert (good["status"], good["created"], good["rows"], good["done"]) == ("done", 2, 2, 2)


def test_all_or_nothing_writes_nothing_when_the_database_refuses_a_row(client, alice, monkeypatch):
    """A row that looks right and cannot be written: somebody else took its SKU in between."""
    from catalog.exchange import PRODUCTS as KIND
    from tenants.exchange.kinds import Refused
    from tenants.exchange.reasons import Reason

    write = type(KIND).write

    def refuse_last(self, *, user, rows):
        return [*write(self, user=user, rows=rows[:-1]), Refused(Reason("gone_meanwhile"), "sku")]

    monkeypatch.setattr(type(KIND), "write", refuse_last)
    job = bring(client, all_or_nothing="true").json()
    assert (job["status"], job["created"], job["refused"]) == ("failed", 0, 1)
    assert shelf(alice) == {}
    assert job["errors"][0]["message"] == "Se borró mientras tanto."


def test_a_dry_run_counts_and_writes_nothing(client, alice):
    job = bring(client, LIST + "X;Equis;gratis;1\n", dry_run="true").json()
    assert (job["status"], job["dry_run"], job["created"], job["refused"], job["rows"]) == ("draft", True, 2, 1, 3)
    assert shelf(alice) == {}
    started = client.post(f"{IMPORTS}/{job['id']}/start").json()
    assert (started["status"], started["created"], started["refused"], started["can_undo"]) == ("done", 2, 1, True)
    assert client.post(f"{IMPORTS}/{job['id']}/start").status_code == 409


def test_what_is_there_may_be_left_as_it_is(client, alice):
    with tenant_scope(alice):
        factories.product(alice, name="Clavos viejos", sku="CLA-1", price="900.00")
    job = bring(client, on_match="skip").json()
    assert (job["created"], job["updated"], job["skipped"]) == (1, 0, 1)
    assert shelf(alice)["CLA-1"].name == "Clavos viejos"


def test_a_mapping_is_remembered_for_the_same_header_and_nobody_else(client, alice, bob, api):
    strange = "Kol1;Kol2;Kol3\nA-1;Taladro;5\nA-2;Sierra;6\n"
    job = send(client, strange).json()
    assert [column["field"] for column in job["columns"]] == [None, None, None]
    assert job["missing"] == ["Nombre", "Precio"]
    assert client.post(f"{IMPORTS}/{job['id']}/start").status_code == 409
    changed = client.patch(f"{IMPORTS}/{job['id']}", {"mapping": {"0": "sku", "1": "name", "2": "price"}})
    assert changed.status_code == 200
    assert changed.json()["missing"] == []
    again = send(client, strange.replace("Taladro", "Otro")).json()
    assert [column["field"] for column in again["columns"]] == ["sku", "name", "price"]
    assert [column["field"] for column in send(api(bob), strange).json()["columns"]] == [None, None, None]
    with tenant_scope(alice):
        assert ImportMapping.objects.count() == 1


def test_a_field_moves_when_another_column_is_it(client):
    job = send(client).json()
    changed = client.patch(f"{IMPORTS}/{job['id']}", {"mapping": {"0": "name"}}).json()
    assert [column["field"] for column in changed["columns"]] == ["name", None, "price", "stock"]
    for wrong in ({"0": "sku", "1": "sku"}, {"0": "price_key"}, {"9": "sku"}, {"x": "sku"}, {"0": 1}, [], "x"):
        assert client.patch(f"{IMPORTS}/{job['id']}", {"mapping": wrong}).status_code == 400, wrong


def test_how_a_file_is_read_can_be_corrected(client):
    job = send(client, "nombre;precio\nUno;1.234\nDos;5.678\n").json()
    assert job["decimal"] == ","
    path = f"{IMPORTS}/{job['id']}"
    assert client.get(f"{path}/preview").json()["results"][0]["values"]["price"] == "1234.00"
    assert client.patch(path, {"decimal": "."}).json()["decimal"] == "."
    assert client.get(f"{path}/preview").json()["results"][0]["action"] == "refuse"  # three decimals
    one_column = client.patch(path, {"delimiter": "|"}).json()
    assert len(one_column["columns"]) == 1
    bare = client.patch(path, {"delimiter": ";", "header_row": 0}).json()
    assert (bare["header_row"], bare["rows"], bare["columns"][0]["name"]) == (None, 3, "Columna A")
    for wrong in ({"encoding": "rot13"}, {"delimiter": "x"}, {"decimal": ";"}, {"header_row": -1}, {"unknown": 1}):
        assert client.patch(path, wrong).status_code == 400, wrong


def test_refused_rows_come_back_as_a_file_that_can_be_sent_again(client, alice):
    rows = 'Código;Artículo;Precio\nA;Uno;1\nB;Dos;gratis\nC;"Tres; =raro";tres\n'
    job = bring(client, rows).json()
    for form in ("csv", "xlsx"):
        answer = client.get(f"{IMPORTS}/{job['id']}/errors?format={form}")
        assert answer.status_code == 200
        assert f"precios-errores.{form}" in answer["Content-Disposition"]
        if form == "csv":
            table = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig")), delimiter=";"))
            assert table[0] == ["Código", "Artículo", "Precio", "Por qué no se importó"]
            assert table[1] == ["B", "Dos", "gratis", "Precio: No es un precio."]
            corrected = answer.content.decode("utf-8-sig").replace("gratis", "2").replace(";tres;", ";3;").encode()
    assert client.get(f"{IMPORTS}/{job['id']}/errors?format=pdf").status_code == 400
    again = bring(client, corrected).json()
    assert (again["created"], again["refused"]) == (2, 0)
    assert shelf(alice)["C"].name == "Tres; =raro"


def test_refused_rows_of_a_file_without_titles_come_back_with_some(client, alice):
    job = send(client, "A;Taladro;gratis\nB;Sierra;6\n", header_row="0").json()
    assert job["header_row"] is None
    client.patch(f"{IMPORTS}/{job['id']}", {"mapping": {"0": "sku", "1": "name", "2": "price"}})
    client.post(f"{IMPORTS}/{job['id']}/start")
    report = client.get(f"{IMPORTS}/{job['id']}/errors").content.decode("utf-8-sig")
    assert report.splitlines()[0] == "SKU;Nombre;Precio;Por qué no se importó"
    assert bring(client, report.replace("gratis", "5")).json()["created"] == 1
    assert set(shelf(alice)) == {"A", "B"}


def test_undoing_takes_back_all_but_what_was_changed_since(client, alice):
    with tenant_scope(alice):
        factories.product(alice, name="Clavos viejos", sku="CLA-1", price="900.00", stock=7)
        factories.product(alice, name="Pala vieja", sku="PAL-1", price="100.00", stock=1)
    job = bring(client, LIST + "PAL-1;Pala;200;1\nTAL-1;Taladro;300;4\n").json()
    found = shelf(alice)
    with tenant_scope(alice):
        stock.move(product_id=found["TAL-1"].pk, delta=-1)
        products.change(product_id=found["PAL-1"].pk, price=Decimal(250))
    undone = client.post(f"{IMPORTS}/{job['id']}/undo").json()
    assert (undone["status"], undone["undone"], undone["can_undo"]) == ("undone", 2, False)
    assert [one["row"] for one in undone["left"]] == [5, 4]
    assert "Cambió después" in undone["left"][0]["message"]
    after = shelf(alice)
    assert "MAR-1" not in after
    assert (after["CLA-1"].name, after["CLA-1"].price, after["CLA-1"].stock) == ("Clavos viejos", Decimal(900), 7)
    assert (after["PAL-1"].price, after["TAL-1"].stock) == (Decimal(250), 3)
    assert client.post(f"{IMPORTS}/{job['id']}/undo").status_code == 409
    with tenant_scope(alice):
        assert Event.objects.filter(name="import_undone").count() == 1
        ledger = StockMovement.objects.filter(product=after["CLA-1"]).order_by("pk").values_list("delta", flat=True)
        assert list(ledger) == [293, -293]


def test_what_an_order_names_is_withdrawn_and_not_deleted(client, alice):
    job = bring(client).json()
    with tenant_scope(alice):
        factories.order_line(alice, product=shelf(alice)["MAR-1"])
    assert client.post(f"{IMPORTS}/{job['id']}/undo").json()["undone"] == 2
    found = shelf(alice)
    assert "CLA-1" not in found
    assert not found["MAR-1"].active


def test_an_import_is_forgotten_with_its_file(client, alice):
    job = bring(client).json()
    assert client.get(IMPORTS).json()["results"][0]["id"] == job["id"]
    assert client.delete(f"{IMPORTS}/{job['id']}").status_code == 204
    assert client.get(f"{IMPORTS}/{job['id']}").status_code == 404
    with tenant_scope(alice):
        assert not ImportPiece.objects.exists()
        assert not ImportRow.objects.exists()
        assert Product.objects.count() == 2


def test_a_job_repeats_a_hundred_errors_and_its_file_holds_all(client):
    rows = "nombre;precio\n" + "".join(f"P{n};gratis\n" for n in range(150))
    job = bring(client, rows).json()
    assert (job["refused"], len(job["errors"])) == (150, MOST_TOLD)
    report = client.get(f"{IMPORTS}/{job['id']}/errors").content.decode("utf-8-sig")
    assert len(report.splitlines()) == 151


def test_a_price_list_of_another_country_is_read_as_that_country_writes(client, alice):
    with tenant_scope(alice):
        Preferences.objects.update(currency="MXN")
    job = send(client, 'nombre,precio\nUno,"1,234"\n').json()
    assert job["decimal"] == "."
    assert client.get(f"{IMPORTS}/{job['id']}/preview").json()["results"][0]["values"]["price"] == "1234.00"


def test_an_excel_file_is_read_with_what_its_formulas_came_to(client, alice):
    rows = [
        ["Ferretería El Tornillo"],
        [],
        ["SKU", "Producto", "Precio", "Existencias"],
        [7702001234567, "Martillo", "=B2*2", 3],
        ["'=X", '=HYPERLINK("http://evil")', 45900.333333, "4"],
    ]
    content = workbook(rows, formulas={"=B2*2": 1250.5})
    job = bring(client, content, name="lista.xlsx").json()
    assert (job["format"], job["sheet"], job["header_row"], job["status"]) == ("xlsx", "Hoja1", 3, "done")
    found = shelf(alice)
    assert found["7702001234567"].price == Decimal("1250.50")
    assert found["=X"].name == '=HYPERLINK("http://evil")'  # text, as it says
    assert found["=X"].price == Decimal("45900.33")


def test_a_file_in_the_persons_language_and_errors_in_it(client, alice):
    User.objects.filter(pk=alice.pk).update(language="en")
    job = bring(client, 'Name,Price,Stock\nHammer,free,2\nSaw,"1,250.50",3\n').json()
    assert (job["created"], job["refused"], job["errors"][0]["field"]) == (1, 1, "price")


def test_withdrawn_products_do_not_come_back_and_are_found_when_meant(client, alice):
    with tenant_scope(alice):
        gone = factories.product(alice, name="Viejo", sku="V-1", price="5.00", active=False)
    job = bring(client, "sku;nombre;precio\nV-1;Nuevo;6\n").json()
    assert job["created"] == 1
    job = bring(client, "sku;nombre;precio;activo\nV-1;Viejo;7;no\n").json()
    assert (job["created"], job["updated"]) == (0, 1)
    with tenant_scope(alice):
        gone.refresh_from_db()
    assert (gone.price, gone.active) == (Decimal(7), False)


def test_empty_cells_clear_texts_and_keep_everything_else(client, alice):
    with tenant_scope(alice):
        factories.product(alice, name="Uno", sku="A", price="5.00", stock=9, description="Larga", category="Cosas")
    bring(client, "sku;nombre;precio;descripción;existencias\nA;;;;\n")
    one = shelf(alice)["A"]
    assert (one.name, one.price, one.stock, one.description, one.category) == ("Uno", Decimal(5), 9, "", "Cosas")


def test_products_without_a_sku_are_known_by_name_each_by_its_turn(client, alice):
    rows = "nombre;precio;sku\nCamiseta;10;\nCamiseta;20;\nGorra;5;\n"
    assert bring(client, rows).json()["created"] == 3
    again = bring(client, rows.replace("20", "25")).json()
    assert (again["created"], again["updated"], again["unchanged"]) == (0, 1, 2)
    with tenant_scope(alice):
        assert list(Product.objects.order_by("pk").values_list("price", flat=True)) == [10, 25, 5]


def test_a_running_import_cannot_be_changed_or_deleted_and_can_be_stopped(client, alice):
    job = send(client).json()
    with tenant_scope(alice):
        ImportJob.objects.filter(pk=job["id"]).update(status="running")
    path = f"{IMPORTS}/{job['id']}"
    assert client.patch(path, {"decimal": "."}).status_code == 409
    assert client.delete(path).status_code == 409
    stopped = client.post(f"{path}/cancel").json()
    assert (stopped["status"], stopped["can_undo"]) == ("cancelled", False)
    assert client.post(f"{path}/cancel").status_code == 409


def test_the_wait_is_what_the_request_prefers(client, alice, settings):
    rows = "nombre;precio\n" + "".join(f"P{n};5\n" for n in range(600))
    answer = client.post(PRODUCTS, {"file": upload(rows)}, format="multipart", HTTP_PREFER="wait=0")
    assert answer.status_code == 202
    assert answer["Preference-Applied"] == "wait=0"
    assert (answer.json()["status"], answer.json()["rows"]) == ("running", 600)


def test_mapping_comes_as_json_in_a_form(client, alice):
    job = bring(client, "a;b\nTaladro;5\n", mapping=json.dumps({"0": "name", "1": "price"}), header_row="1").json()
    assert job["status"] == "done"
    assert list(shelf(alice)) == ["Taladro"]
    answer = bring(client, "a;b\nTaladro;5\n", mapping="{")
    assert answer.status_code == 400
    unknown = bring(client, "x;y\nTaladro;Sierra\n")
    assert unknown.status_code == 400
    assert "mapping" in unknown.json()
