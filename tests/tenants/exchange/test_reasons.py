"""Why a row was refused is kept as a code, and said to each reader in their own language."""

from __future__ import annotations

import csv
import io
import re
from pathlib import Path

import pytest
from django.conf import settings
from django.utils import translation
from openpyxl import load_workbook

from agenda.exchange.faults import REASONS as OF_THE_AGENDA
from catalog.exchange import PRODUCTS
from tenants.contacts_exchange import CONTACTS
from tenants.exchange import reasons
from tenants.exchange.reasons import Reason, say
from tenants.models import ImportJob, ImportRow, User
from tenants.scope import tenant_scope
from tests.tenants.exchange.sheets import upload

pytestmark = pytest.mark.django_db

IMPORTS = "/api/user/imports"
PRICES = "Código;Artículo;Precio de venta;Cantidad\nA;Uno;gratis;1\nB;Dos;5;1,5\nC;;7;2\na;Otra;9;x\n"
MESSAGES = {
    "es": ["No es un precio.", "Tiene que ser un número entero.", "Falta este dato, y lo nuevo no se crea sin él."],
    "en": [
        "It is not a price.",
        "It has to be a whole number.",
        "This is missing, and nothing new is made without it.",
    ],
    "pt": ["Não é um preço.", "Tem que ser um número inteiro.", "Falta este dado, e nada novo é criado sem ele."],
}


def bring(client, content=PRICES, *, kind="products", **fields):
    path = {"products": "products", "contacts": "contacts"}.get(kind, f"personal/{kind}")
    file = upload(content, "lista.csv")
    return client.post(f"/api/user/{path}/import", {"file": file, **fields}, format="multipart").json()


def speak(user: User, language: str) -> None:
    User.objects.filter(pk=user.pk).update(language=language)


def kept(user: User) -> tuple[ImportJob, list[ImportRow]]:
    with tenant_scope(user):
        job = ImportJob.objects.latest("pk")
        return job, list(ImportRow.objects.filter(job=job, action="refused").order_by("number"))


def messages(client, job: dict) -> list[str]:
    return [error["message"] for error in client.get(f"{IMPORTS}/{job['id']}").json()["errors"]]


def report(client, job: dict, form: str) -> list[list[str]]:
    content = client.get(f"{IMPORTS}/{job['id']}/errors?format={form}").content
    if form == "xlsx":
        rows = load_workbook(io.BytesIO(content)).active.iter_rows(values_only=True)
        return [[str(cell or "") for cell in row] for row in rows]
    text = content.decode("utf-8-sig")
    return list(csv.reader(io.StringIO(text), delimiter=";" if ";" in text.splitlines()[0] else ","))


def test_the_same_import_is_read_in_each_language_by_who_reads_it(alice, api):
    job = bring(api(alice))
    held, rows = kept(alice)
    assert [(one["code"], one["params"], one["column"]) for one in held.errors[:3]] == [
        ("not_a_price", {}, "Precio de venta"), ("not_whole", {}, "Cantidad"), ("needed", {}, "Artículo"),
    ]  # fmt: skip
    assert not [one for one in [*held.errors, *rows[0].reasons] if "message" in one]
    for language, told in MESSAGES.items():
        speak(alice, language)
        assert messages(api(alice), job)[:3] == told, language
        for form in ("csv", "xlsx"):
            assert told[0] in report(api(alice), job, form)[1][-1], (language, form)
            assert report(api(alice), job, form)[1][-1].startswith("Precio de venta: ")  # as the file calls it


def test_two_people_of_two_languages_read_the_same_faults_each_in_their_own(alice, bob, api):
    speak(bob, "en")
    hers, his = bring(api(alice)), bring(api(bob))
    assert [one["message"] for one in hers["errors"]][:3] == MESSAGES["es"]
    assert [one["message"] for one in his["errors"]][:3] == MESSAGES["en"]
    assert [one["code"] for one in hers["errors"]] == [one["code"] for one in his["errors"]]
    (first, first_rows), (second, second_rows) = kept(alice), kept(bob)
    assert first.errors == second.errors  # nothing that is kept has a language
    assert [row.reasons for row in first_rows] == [row.reasons for row in second_rows]


def test_the_preview_names_the_column_as_the_file_does(alice, api):
    speak(alice, "en")
    sent = {"file": upload(PRICES), "kind": "products"}
    job = api(alice).post(IMPORTS, sent, format="multipart").json()
    (first, *_others) = api(alice).get(f"{IMPORTS}/{job['id']}/preview").json()["results"]
    assert first["errors"] == [
        {
            "row": 2, "column": "Precio de venta", "field": "price", "value": "gratis", "code": "not_a_price",
            "message": "It is not a price.",
        }
    ]  # fmt: skip


def test_columns_without_a_title_and_fields_without_a_column_have_a_name_in_each_language(alice, api):
    job = bring(api(alice), "A;gratis\nB;x\n", header_row="0", mapping='{"0": "sku", "1": "price"}')
    assert job["columns"][1]["name"] == "Columna B"
    assert {(one["column"], one["field"]) for one in job["errors"]} == {("Columna B", "price")}
    lacking = bring(api(alice), "sku;precio\nA;5\n")
    assert [(one["column"], one["field"]) for one in lacking["errors"]] == [("Nombre", "name")]
    speak(alice, "en")
    shown = api(alice).get(f"{IMPORTS}/{job['id']}").json()
    assert (shown["columns"][1]["name"], shown["errors"][0]["column"]) == ("Column B", "Column B")
    assert api(alice).get(f"{IMPORTS}/{lacking['id']}").json()["errors"][0]["column"] == "Name"


def test_why_nothing_went_in_and_what_undoing_left_are_told_in_the_readers_language(alice, api):
    failed = bring(api(alice), all_or_nothing="true")
    assert failed["detail"] == "No importamos nada: 4 filas tienen errores."
    done = bring(api(alice), "sku;nombre;precio\nZ;Zeta;5\n")
    with tenant_scope(alice):
        PRODUCTS.write(user=alice, rows=[])
        from catalog.models import Product

        Product.objects.filter(sku="Z").update(version=9)
    undone = api(alice).post(f"{IMPORTS}/{done['id']}/undo").json()
    assert undone["left"] == [{"row": 2, "code": "changed_since", "message": "Cambió después: lo dejamos como está."}]
    speak(alice, "en")
    assert "4 rows have errors" in api(alice).get(f"{IMPORTS}/{failed['id']}").json()["detail"]
    listed = {one["id"]: one["detail"] for one in api(alice).get(IMPORTS).json()["results"]}
    assert "4 rows have errors" in listed[failed["id"]]
    assert "Cambió" not in api(alice).get(f"{IMPORTS}/{done['id']}").json()["left"][0]["message"]


def test_what_was_kept_in_words_before_is_shown_as_it_stands(alice, api):
    job = bring(api(alice))
    old = {"row": 2, "column": "Precio", "field": "price", "value": "gratis", "message": "No es un precio, de antes."}
    with tenant_scope(alice):
        left = [{"row": 3, "message": "Cambió después."}]
        ImportJob.objects.update(errors=[old], left=left, detail="Falló entonces.", why=None)
        reason = {"column": "Precio", "field": "price", "message": "No es un precio, de antes."}
        ImportRow.objects.update(reasons=[reason])
    speak(alice, "en")
    shown = api(alice).get(f"{IMPORTS}/{job['id']}").json()
    assert shown["errors"] == [{**old, "code": ""}]
    assert shown["left"] == [{"row": 3, "code": "", "message": "Cambió después."}]
    assert shown["detail"] == "Falló entonces."
    assert report(api(alice), job, "csv")[1][-1] == "Precio: No es un precio, de antes."


def test_the_agendas_own_rules_are_told_in_the_readers_language_and_name_the_column(alice, api):
    wrong = ["Uno;2027-02-03 10:00;2027-02-03 09:00;", "Dos;3500-01-01 10:00;;", "Tres;2027-02-03 10:00;;x"]
    rows = "\n".join(["Motivo;Inicio;Final;Avisos", *wrong, ""])
    job = bring(api(alice), rows, kind="appointments")
    assert [(one["column"], one["message"]) for one in job["errors"]] == [
        ("Final", "Debe terminar después de empezar."),
        ("Inicio", "El año debe estar entre 1970 y 2398."),
        ("Avisos", "Escribe los minutos con números: 15; 60."),
    ]
    speak(alice, "en")
    told = messages(api(alice), job)
    assert "1970" in told[1]
    assert not set(told) & {one["message"] for one in job["errors"]}


def test_a_choice_is_said_in_the_readers_words(alice, api):
    job = bring(api(alice), "Tarea;Prioridad\nPagar;enorme\n", kind="tasks")
    assert job["errors"][0]["message"] == "Tiene que ser una de estas palabras: alta, media, baja."
    speak(alice, "en")
    assert "high, medium, low" in messages(api(alice), job)[0]


def test_a_calendar_says_what_is_wrong_with_an_event_in_the_readers_language(alice, api):
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:x", "BEGIN:VEVENT", "UID:1", "SUMMARY:Sin hora", "END:VEVENT"]
    file = upload("\r\n".join([*lines, "END:VCALENDAR", ""]), "agenda.ics")
    answer = api(alice).post("/api/user/personal/appointments/import", {"file": file}, format="multipart")
    assert [one["message"] for one in answer.json()["errors"]] == ["No dice cuándo empieza."]
    speak(alice, "en")
    assert "No dice" not in messages(api(alice), answer.json())[0]


def test_words_that_changed_since_do_not_break_the_report():
    with translation.override("es"):
        assert say({"code": "too_long", "params": {}}) == "Pasa de %(n)d letras."
        assert say({"code": "no longer known", "params": {"n": 3}}) == "Este valor no se puede usar."
        assert str(Reason("too_long", {"n": 200})) == "Pasa de 200 letras."


def test_every_code_has_its_words():
    """A code that is misspelt would tell nobody anything."""
    known = {*reasons.WORDS, *PRODUCTS.reasons, *CONTACTS.reasons, *OF_THE_AGENDA}
    used = set()
    rooms = ("tenants", "catalog", "agenda")
    for path in (path for room in rooms for path in Path(settings.BASE_DIR, room).rglob("*.py")):
        text = path.read_text()
        if "tenants.exchange" in text:
            used |= set(re.findall(r'\b(?:NotSo|Unreadable|Reason)\(\s*"([a-z_]+)"', text))
            used |= set(re.findall(r'^    \(\(?b?"[^\n]*, "([a-z_]+)"\),$', text, re.MULTILINE))
    assert len(used) > 50
    assert used - {"rule"} <= known
