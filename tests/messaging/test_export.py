"""Conversations as rows: each reply after what it replies to, and whose word it was."""

from __future__ import annotations

import io
from datetime import UTC, datetime

import openpyxl
import pytest

from tenants.scope import tenant_scope
from tests import factories

pytestmark = pytest.mark.django_db
PATH = "/api/user/chat/conversations/export"
MONDAY, TUESDAY = datetime(2026, 11, 23, 15, tzinfo=UTC), datetime(2026, 11, 24, 15, tzinfo=UTC)


@pytest.fixture
def talks(alice, bob, api):
    """Alice's client: a customer's conversation on WhatsApp and one of her own; Bob's must stay invisible."""
    with tenant_scope(bob):
        factories.message(bob, content="Ajeno")
    with tenant_scope(alice):
        carla = factories.contact(alice, name="Carla", phone="+573001234567")
        talk = factories.conversation(
            alice, title="Carla", channel="whatsapp", audience="customer", contact=carla, phone_number_id="1"
        )
        question = factories.message(alice, conversation=talk, content="¿Precio?", status="done", created_at=MONDAY)
        factories.message(
            alice, conversation=talk, role="owner", status="done", content="Ya te digo", created_at=TUESDAY
        )
        factories.message(
            alice, conversation=talk, role="note", status="done", content="Cliente de siempre", created_at=TUESDAY
        )
        factories.message(
            alice,
            conversation=talk,
            role="assistant",
            status="done",
            content="$ 5.000",
            reply_to=question,
            created_at=TUESDAY,
        )
        own = factories.conversation(alice, title="Mía", assistant_type="personal")
        factories.message(alice, conversation=own, content="¿Qué tengo hoy?", created_at=MONDAY)
    return api(alice)


def rows(client, query: str = "") -> list[tuple]:
    answer = client.get(f"{PATH}?format=xlsx&{query}")
    assert answer.status_code == 200, answer.json()
    sheet = openpyxl.load_workbook(io.BytesIO(b"".join(answer.streaming_content))).active
    return list(sheet.iter_rows(values_only=True))


def test_each_message_is_a_row_with_its_day_and_whose_it_was(talks):
    head, *found = rows(talks)
    who, text = head.index("Quién"), head.index("Mensaje")
    assert [(row[who], row[text]) for row in found] == [
        ("Cliente", "¿Precio?"),
        ("Asistente", "$ 5.000"),
        ("Tú", "Ya te digo"),
        ("Nota interna", "Cliente de siempre"),
        ("Tú", "¿Qué tengo hoy?"),
    ]
    first = dict(zip(head, found[0], strict=True))
    assert (first["Contacto"], first["Teléfono"], first["Canal"]) == ("Carla", "+573001234567", "WhatsApp")
    assert first["Fecha y hora"].isoformat() == "2026-11-23T10:00:00"  # in Bogotá
    assert first["Estado"] == "respondido"


@pytest.mark.parametrize(
    ("query", "count"),
    [("audience=customer", 4), ("audience=owner", 1), ("channel=web", 1), ("from=2026-11-24", 3), ("to=2026-11-23", 2)],
)
def test_filters_choose_what_is_exported(talks, query, count):
    assert len(rows(talks, query)) == count + 1


def test_one_conversation_can_be_taken_alone(talks, bob):
    head, first, *_others = rows(talks)
    number = first[head.index("Conversación")]
    assert len(rows(talks, f"conversation={number}")) == 5
    with tenant_scope(bob):
        foreign = factories.conversation(bob).pk
    assert len(rows(talks, f"conversation={foreign}")) == 1
