"""An import is told once, however many rows it has: in the log, to webhooks, and when it is taken back."""

from __future__ import annotations

import pytest

from messaging.models import WebhookDelivery
from tenants.events import EVENTS, Event, record, told_as_one
from tenants.scope import tenant_scope
from tests.messaging.webhooks.rows import add
from tests.tenants.exchange.sheets import upload

pytestmark = pytest.mark.django_db

ROWS = 40
SHEETS = {
    "products": ("products", "SKU;Nombre;Precio", "S-{n};Producto {n};{value}"),
    "contacts": ("contacts", "Identificador;Nombre;Notas", "c-{n};Persona {n};Nota {value}"),
    "tasks": ("personal/tasks", "Identificador;Título;Estado", "t-{n};Tarea {n};{state}"),
    "appointments": (
        "personal/appointments",
        "Identificador;Título;Inicio;Repetición",
        "a-{n};Cita {n};{start};{rule}",
    ),
}


def sheet(kind: str, *, value: int) -> str:
    _path, head, line = SHEETS[kind]
    told = {"value": value, "state": "hecha" if value > 1 else "pendiente", "start": f"2027-02-0{value} 10:00"}
    rules = ["FREQ=DAILY;COUNT=3" if n == 1 else "" for n in range(ROWS)]
    return "\n".join([head, *(line.format(n=n, rule=rules[n], **told) for n in range(ROWS)), ""])


@pytest.mark.parametrize("kind", SHEETS)
def test_rows_that_are_made_changed_and_taken_back_are_told_as_one(kind, alice, api):
    add(alice, "https://example.com/", *[name for name, told in EVENTS.items() if told.told])
    client, path = api(alice), f"/api/user/{SHEETS[kind][0]}/import"
    made = client.post(path, {"file": upload(sheet(kind, value=1))}, format="multipart").json()
    changed = client.post(path, {"file": upload(sheet(kind, value=2))}, format="multipart").json()
    assert (made["created"], changed["updated"], made["refused"] + changed["refused"]) == (ROWS, ROWS, 0)
    client.post(f"/api/user/imports/{changed['id']}/undo")
    with tenant_scope(alice):
        events = list(Event.objects.order_by("pk"))
        assert [event.name for event in events] == ["webhook_added", "data_imported", "data_imported", "import_undone"]
        assert events[1].data == {"what": kind, "format": "csv", "created": ROWS, "updated": 0, "refused": 0}
        assert WebhookDelivery.objects.count() == 3


def test_what_happens_beside_an_import_is_told_as_always(alice):
    with tenant_scope(alice):
        with told_as_one():
            record("contact_created", contact=1, channel="web")
        record("contact_created", contact=2, channel="web")
        assert [event.data["contact"] for event in Event.objects.all()] == [2]
