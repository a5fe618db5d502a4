from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest
from django.db import connection, transaction

from tenants import contacts
from tenants.models import Contact
from tenants.scope import tenant_scope
from tests import factories

pytestmark = pytest.mark.django_db

PATH = "/api/user/contacts"
NOW = datetime(2026, 11, 23, 15, tzinfo=UTC)


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


def test_two_spellings_of_a_number_are_one_contact(people):
    assert people.post(PATH, {"name": "Rosa", "phone": "+52 1 55 1234 5678"}).status_code == 201
    answer = people.post(PATH, {"name": "Otra", "phone": "+52 55 1234 5678"})
    assert (answer.status_code, answer.json()) == (400, {"phone": ["Ya tienes un contacto con este teléfono."]})
    other = people.post(PATH, {"name": "Otra", "phone": "+52 55 1234 5679"}).json()
    answer = people.patch(f"{PATH}/{other['id']}", {"phone": "+5215512345678"})
    assert (answer.status_code, list(answer.json())) == (400, ["phone"])


def test_what_whatsapp_tells_of_a_contact_is_shown_and_not_changed(people):
    made = people.post(PATH, {"name": "Rosa", "opted_out_at": "2026-01-01T00:00:00Z", "language": "pt"}).json()
    assert (made["opted_out_at"], made["last_seen_at"], made["language"], made["profile_name"]) == (None, None, "", "")


class TestMeeting:
    """People who write on WhatsApp."""

    @pytest.fixture(autouse=True)
    def _alice(self, alice, bob):
        self.user = alice
        with tenant_scope(bob):
            theirs = factories.contact(bob, phone="+5215512345678", whatsapp_key="525512345678", bsuid="MX.1")
        with tenant_scope(alice):
            yield
        with tenant_scope(bob):
            assert [(one.pk, one.bsuid) for one in Contact.objects.all()] == [(theirs.pk, "MX.1")]

    def meet(self, **sender):
        return contacts.meet(user=self.user, now=NOW, **sender)

    def test_somebody_new_is_called_as_in_the_profile(self):
        contact = self.meet(wa_id="5215512345678", profile_name="  Rosa\nMaría ")
        assert (contact.name, contact.profile_name, contact.phone) == ("Rosa María", "Rosa María", "+5215512345678")
        assert (contact.whatsapp_key, contact.wa_id, contact.last_seen_at) == ("525512345678", "5215512345678", NOW)
        assert self.meet(wa_id="525512345678", profile_name="Rosita").pk == contact.pk
        contact.refresh_from_db()
        assert (contact.name, contact.profile_name, contact.wa_id) == ("Rosa María", "Rosita", "525512345678")

    def test_a_number_without_a_name_is_named_once_it_tells_one(self):
        assert self.meet(wa_id="573001234567").name == "+573001234567"
        assert self.meet(wa_id="573001234567", profile_name="Luz").name == "Luz"
        assert self.meet(bsuid="CO.1").name == "WhatsApp"

    def test_the_name_that_the_owner_gave_stays(self):
        own = contacts.add(user=self.user, name="Doña Luz", phone="+57 300 123 4567")
        assert self.meet(wa_id="573001234567", bsuid="CO.9", profile_name="luz_xoxo").pk == own.pk
        own.refresh_from_db()
        assert (own.name, own.profile_name, own.bsuid) == ("Doña Luz", "luz_xoxo", "CO.9")

    def test_a_contact_without_a_key_is_met_by_the_phone(self):
        own = factories.contact(self.user, phone="+5491123456789")
        assert self.meet(wa_id="5491123456789").pk == own.pk

    def test_who_hides_the_number_is_met_by_the_id(self):
        contact = self.meet(wa_id="573001234567", bsuid="CO.9")
        assert self.meet(bsuid="CO.9").pk == contact.pk
        assert self.meet(wa_id="573001234567", bsuid="CO.10").pk == contact.pk  # a new id of the same number
        assert self.meet(bsuid="CO.10").pk == contact.pk
        contact.refresh_from_db()
        assert (contact.bsuid, contact.whatsapp_key) == ("CO.10", "573001234567")

    def test_two_who_turn_out_to_be_one_are_met_as_one(self):
        by_phone, by_id = self.meet(wa_id="573001234567", profile_name="Luz"), self.meet(bsuid="CO.9")
        contacts.opt(contact=by_id, out=True, now=NOW)
        met = self.meet(wa_id="573001234567", bsuid="CO.9")
        assert (met.pk, met.opted_out_at) == (by_phone.pk, NOW)
        assert self.meet(bsuid="CO.9").pk == by_phone.pk
        assert Contact.objects.get(pk=by_id.pk).bsuid == ""

    def test_a_new_number_is_the_same_person(self):
        contact = self.meet(wa_id="573001234567", bsuid="CO.9", profile_name="Luz")
        contacts.renumber(contact=contact, wa_id="573009999999")
        assert self.meet(wa_id="573009999999", bsuid="CO.10").pk == contact.pk
        assert self.meet(wa_id="573001234567").pk != contact.pk  # whoever has the old one now

    def test_a_phone_that_the_owner_corrects_is_no_longer_that_number(self):
        contact = self.meet(wa_id="573001234567")
        contacts.alter(contact_id=contact.pk, phone="+57 300 765 4321")
        assert self.meet(wa_id="573007654321").pk == contact.pk
        assert self.meet(wa_id="573001234567").pk != contact.pk

    def test_nobody_is_nobody(self):
        with pytest.raises(ValueError, match="without"):
            self.meet()


@pytest.mark.django_db(transaction=True)
def test_the_first_two_messages_at_once_make_one_contact(alice):
    barrier = threading.Barrier(4)

    def meet(_n: int) -> int:
        try:
            with tenant_scope(alice):
                barrier.wait(timeout=30)
                with transaction.atomic():
                    return contacts.meet(user=alice, wa_id="573001234567", bsuid="CO.9", now=NOW).pk
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        assert len(set(pool.map(meet, range(4)))) == 1
    with tenant_scope(alice):
        assert Contact.objects.count() == 1
