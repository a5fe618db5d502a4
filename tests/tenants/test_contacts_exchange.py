"""Contacts out of a spreadsheet, back into one, and taken back."""

from __future__ import annotations

from datetime import timedelta
from io import BytesIO
from typing import Any

import pytest
from django.utils import timezone, translation

from tenants import contacts
from tenants.dialling import international
from tenants.exchange import drafting, running
from tenants.exchange.kinds import kind_of
from tenants.exchange.writers import Column, write_csv
from tenants.models import Contact, Event, ImportJob, User
from tenants.scope import tenant_scope

pytestmark = pytest.mark.django_db

SHEET = """Cliente;Celular;Correo electrónico;Observaciones
José Peña;300 123 4567;jose@example.com;Paga a 30 días
Ángela;+52 1 55 1234 5678;;
Don Luis;;luis@example.com;
Doña Ana;;;Sin teléfono
"""


@pytest.fixture
def tenant(alice, bob) -> User:
    """Alice, in Colombia, whose scope is open; Bob has a contact of the same phone, who must stay invisible."""
    with tenant_scope(bob):
        contacts.add(user=bob, name="Ajena", phone="+573001234567")
    with tenant_scope(alice), timezone.override(alice.timezone), translation.override("es"):
        yield alice
    with tenant_scope(bob):
        assert Contact.objects.get().name == "Ajena"


def bring(user: User, said: str | bytes, **how: Any) -> ImportJob:
    data = said.encode() if isinstance(said, str) else said
    job = drafting.begin(
        user=user, kind=kind_of("contacts"), file=BytesIO(data), name="lista.csv", size=len(data), **how
    )
    return done(user, running.start(user=user, job=job, now=timezone.now()))


def done(user: User, job: ImportJob) -> ImportJob:
    running.run(user=user, job_id=job.pk)
    job.refresh_from_db()
    return job


def counts(job: ImportJob) -> tuple[int, int, int, int]:
    return job.created, job.updated, job.unchanged, job.refused


def sheet_of(user: User) -> bytes:
    kind, file = kind_of("contacts"), BytesIO()
    columns = [Column(field.name, str(field.label), field.type) for field in kind.columns]
    rows = [[row[field.name] for field in kind.columns] for row in kind.export(user=user, filters={})]
    write_csv(file=file, columns=columns, rows=rows, language="es", zone=timezone.get_current_timezone())
    return file.getvalue()


@pytest.mark.parametrize(
    ("written", "country", "number"),
    [
        ("300 123 4567", "CO", "+573001234567"),
        ("57 300 123 4567", "CO", "+573001234567"),
        ("+57 (300) 123-45.67", "", "+573001234567"),
        ("0057 300 123 4567", "MX", "+573001234567"),
        ("55 1234 5678", "MX", "+525512345678"),
        ("0987654321", "EC", "+593987654321"),
        ("(11) 91234-5678", "BR", "+5511912345678"),
        ("300 123 4567", "", ""),
        ("123", "CO", ""),
        ("000", "CO", ""),
    ],
)
def test_a_phone_gets_the_code_of_its_country(written, country, number):
    assert international(written, country=country) == number


def test_a_sheet_of_contacts_becomes_contacts(tenant):
    job = bring(tenant, SHEET)
    assert (job.status, counts(job), job.errors) == ("done", (4, 0, 0, 0), [])
    jose, angela, luis, ana = Contact.objects.order_by("pk")
    assert (jose.name, jose.phone, jose.whatsapp_key, jose.notes) == (
        "José Peña", "+573001234567", "573001234567", "Paga a 30 días",
    )  # fmt: skip
    assert (angela.phone, angela.whatsapp_key) == ("+5215512345678", "525512345678")
    assert (luis.email, ana.notes) == ("luis@example.com", "Sin teléfono")
    assert [event.name for event in Event.objects.all()] == ["data_imported"]  # and not one for each contact


def test_the_same_sheet_again_changes_nothing_whatever_people_are_known_by(tenant):
    bring(tenant, SHEET)
    assert counts(bring(tenant, SHEET)) == (0, 0, 4, 0)
    newer = SHEET.replace("Paga a 30 días", "Paga al contado").replace("Sin teléfono", "Vive cerca")
    assert counts(bring(tenant, newer)) == (0, 2, 2, 0)
    assert Contact.objects.count() == 4


def test_who_wrote_on_whatsapp_before_is_met_again(tenant):
    known = contacts.meet(user=tenant, wa_id="573001234567", profile_name="Pepe", now=timezone.now())
    job = bring(tenant, "Código;Nombre;Teléfono\nC-1;José Peña;3001234567\n")
    assert counts(job) == (0, 1, 0, 0)
    known.refresh_from_db()
    assert (known.name, known.wa_id, known.external_id) == ("José Peña", "573001234567", "C-1")
    moved = bring(tenant, "Código;Nombre;Teléfono\nC-1;José Peña;3109999999\n")
    assert counts(moved) == (0, 1, 0, 0)
    known.refresh_from_db()
    assert (known.phone, known.whatsapp_key, known.wa_id) == ("+573109999999", "573109999999", "")


def test_what_no_contact_can_be_is_refused_and_the_others_come(tenant):
    contacts.add(user=tenant, name="De antes", phone="+573009999999", external_id="C-9")
    said = """Código;Nombre;Teléfono;Correo
C-1;A;12;
C-2;B;;no es un correo
C-3;;3001111111;
C-4;D;3009999999;
C-5;E;3002222222;e@example.com
C-5;F;3003333333;
"""
    job = bring(tenant, said)
    assert counts(job) == (1, 0, 0, 5)
    assert {(error["row"], error["field"]) for error in job.errors} == {
        (2, "phone"), (3, "email"), (4, "name"), (5, "phone"), (7, "external_id"),
    }  # fmt: skip
    assert Contact.objects.get(external_id="C-5").name == "E"


def test_an_export_is_imported_as_it_is(tenant):
    bring(tenant, SHEET)
    contacts.add(user=tenant, name="=SUMA(A1)", notes="'+57 «así»", external_id="X;1")
    data = sheet_of(tenant)
    assert counts(bring(tenant, data)) == (0, 0, 5, 0)
    Contact.objects.all().delete()
    assert counts(bring(tenant, data)) == (5, 0, 0, 0)
    assert sorted(sheet_of(tenant).splitlines()) == sorted(data.splitlines())


def test_undoing_leaves_alone_who_changed_or_wrote_since(tenant):
    before = contacts.add(user=tenant, name="Ángela Ruiz", phone="+5215512345678", notes="De antes")
    job = bring(tenant, SHEET)
    assert counts(job) == (3, 1, 0, 0)
    luis = Contact.objects.get(name="Don Luis")
    contacts.alter(contact_id=luis.pk, notes="Llamó")
    contacts.meet(user=tenant, wa_id="573001234567", now=timezone.now() + timedelta(minutes=1))
    job = done(tenant, running.undo(job=job, now=timezone.now()))
    assert (job.status, job.undone, sorted(one["row"] for one in job.left)) == ("undone", 2, [2, 4])
    before.refresh_from_db()
    assert (before.name, before.notes) == ("Ángela Ruiz", "De antes")
    assert sorted(Contact.objects.values_list("name", flat=True)) == ["Don Luis", "José Peña", "Ángela Ruiz"]


def test_thousands_take_few_statements(tenant, django_assert_max_num_queries):
    rows = "\n".join(f"Cliente {n};3{n:09d};c{n}@example.com" for n in range(400))
    with django_assert_max_num_queries(80):
        assert counts(bring(tenant, f"Nombre;Teléfono;Correo\n{rows}\n")) == (400, 0, 0, 0)
