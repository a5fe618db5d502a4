from __future__ import annotations

import pytest

from tenants.scope import tenant_scope
from tests import factories

pytestmark = pytest.mark.django_db

PATH = "/api/user/contacts"


@pytest.fixture
def people(alice, bob, api):
    """Alice's client; Bob has a contact of the same phone, who must stay invisible."""
    theirs = api(bob)
    assert theirs.post(PATH, {"name": "Ajena", "phone": "+573001234567"}).status_code == 201
    yield api(alice)
    assert [one["name"] for one in theirs.get(PATH).json()["results"]] == ["Ajena"]


def _names(client, query: str = "") -> list[str]:
    return [one["name"] for one in client.get(f"{PATH}?{query}").json()["results"]]


def test_contacts_are_kept_found_changed_and_forgotten(people):
    made = people.post(PATH, {"name": "José", "phone": "+57 (300) 123-45.67", "email": "jose@example.com"}).json()
    assert (made["phone"], made["notes"]) == ("+573001234567", "")
    people.post(PATH, {"name": "Ángela"})
    assert _names(people) == ["Ángela", "José"]
    for search in ("jose", "JOSÉ", "EXAMPLE", "300123"):
        assert _names(people, f"search={search}") == ["José"]
    path = f"{PATH}/{made['id']}/"
    assert people.patch(path, {"notes": "Los lunes"}).json()["notes"] == "Los lunes"
    assert people.get(path).json()["name"] == "José"
    assert people.delete(path).status_code == 204
    assert people.get(path).status_code == 404
    assert people.delete(path).status_code == 404


@pytest.mark.parametrize(
    ("fields", "name"),
    [
        ({"phone": "3001234567"}, "phone"),
        ({"phone": "+0123"}, "phone"),
        ({"email": "nada"}, "email"),
        ({"notes": "x" * 2001}, "notes"),
    ],
)
def test_it_refuses_what_no_contact_can_be(people, fields, name):
    assert list(people.post(PATH, {"name": "José", **fields}).json()) == [name]
    made = people.post(PATH, {"name": "José"}).json()
    assert list(people.patch(f"{PATH}/{made['id']}", fields).json()) == [name]
    assert people.get(f"{PATH}/{made['id']}").json() == made


def test_a_phone_is_one_persons(people):
    people.post(PATH, {"name": "José", "phone": "+573001234567"})
    answer = people.post(PATH, {"name": "Otro", "phone": "+573001234567"})
    assert (answer.status_code, answer.json()) == (400, {"phone": ["Ya tienes un contacto con este teléfono."]})
    assert _names(people) == ["José"]


def test_an_appointment_keeps_the_name_of_a_contact_who_is_forgotten(people, alice):
    with tenant_scope(alice):
        carla = factories.contact(alice, name="Carla")
    made = people.post(
        "/api/user/personal/appointments",
        {"title": "Café", "start_datetime": "2126-11-21T15:30", "attendees": [{"contact": carla.pk}]},
    ).json()
    assert people.delete(f"{PATH}/{carla.pk}").status_code == 204
    (kept,) = people.get(f"/api/user/personal/appointments/{made['id']}").json()["attendees"]
    assert (kept["name"], kept["contact"]) == ("Carla", None)
