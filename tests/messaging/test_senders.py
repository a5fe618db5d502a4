"""Who is writing: owners, customers, and people who belong to no shop yet."""

from __future__ import annotations

import json
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection

from messaging import inbound
from messaging.models import InboundUpdate, Message, PhoneLink, StrangerReply, WebhookBody
from messaging.whatsapp import reach
from messaging.whatsapp.opting import wants_in, wants_out
from messaging.whatsapp.senders import WHICH_SHOP, Sender, Unplaced
from tenants.models import Contact, Preferences, User
from tenants.scope import all_tenants, tenant_scope
from tests import factories
from tests.messaging.whatsapp_people import NOW, SHARED, answers, choice, incoming, know, platform_answers

pytestmark = pytest.mark.django_db

PHONE, OTHER = "573001234567", "573007654321"


@pytest.fixture(autouse=True)
def _shared_number(settings):
    settings.WHATSAPP = settings.WHATSAPP | {"PHONE_NUMBER_ID": SHARED, "TOKEN": "EAAG"}


@pytest.fixture
def shop(alice):
    with tenant_scope(alice):
        Preferences.objects.update(business_name="Panadería Luz")
        yield factories.channel(alice)


def owner_of(user: User, phone: str = PHONE, **fields) -> PhoneLink:
    with tenant_scope(user):
        return factories.phone_link(user, phone_key=phone, wa_id=phone, used_at=NOW - timedelta(days=9), **fields)


def contacts_of(user: User) -> list[Contact]:
    with tenant_scope(user):
        return list(Contact.objects.order_by("pk"))


class TestOwnNumber:
    def test_everybody_is_a_customer(self, alice, bob, shop):
        found = know(incoming("¿Tienen laptops?"), channel=shop)
        assert isinstance(found, Sender)
        assert (found.user, found.role, found.text, found.link) == (alice, "customer", "¿Tienen laptops?", None)
        assert (found.contact.name, found.contact.wa_id, found.contact.last_seen_at) == ("Carla", PHONE, NOW)
        assert contacts_of(alice) == [found.contact]
        assert contacts_of(bob) == []

    def test_a_customers_language_is_the_one_of_their_last_clear_words(self, alice, shop):
        for text, language in (("ok", ""), ("Do you have laptops?", "en"), ("ok", "en"), ("¿Cuánto cuesta?", "es")):
            know(incoming(text), channel=shop)
            assert contacts_of(alice)[0].language == language, text
        know(incoming("STOP"), channel=shop)
        assert "no te escribirá más" in answers(alice)[0]

    def test_but_the_owner_from_the_linked_phone(self, alice, shop):
        link = owner_of(alice)
        found = know(incoming("¿qué tengo mañana?", bsuid="CO.1"), channel=shop)
        assert (found.role, found.link, found.contact, found.user) == ("owner", link, None, alice)
        with tenant_scope(alice):
            link.refresh_from_db()
        assert link.last_seen_at == NOW
        assert contacts_of(alice) == []

    def test_the_owner_of_another_shop_is_a_customer_here(self, alice, bob, shop):
        owner_of(bob)
        found = know(incoming("¿qué citas tiene el dueño mañana?"), channel=shop)
        assert (found.user, found.role) == (alice, "customer")

    def test_the_owners_phone_in_another_spelling_is_the_owners(self, alice, shop):
        owner_of(alice, "525512345678")
        assert know(incoming(phone="5215512345678"), channel=shop).role == "owner"

    def test_an_owner_who_hides_the_number_is_known_by_the_id(self, alice, shop):
        owner_of(alice, bsuid="CO.1")
        assert know(incoming(phone="", bsuid="CO.1"), channel=shop).role == "owner"
        # Who shows another number is somebody else, whatever id stands beside it.
        assert know(incoming(phone=OTHER, bsuid="CO.1"), channel=shop).role == "customer"

    def test_what_a_tenant_could_sign_does_not_give_an_id_to_a_proved_link(self, alice, shop):
        link = owner_of(alice)
        know(incoming(bsuid="CO.of-somebody-else"), channel=shop)
        with tenant_scope(alice):
            link.refresh_from_db()
        assert link.bsuid == ""

    def test_a_mention_means_nothing_on_an_own_number(self, alice, bob, shop):
        found = know(incoming("@bob ¿hay pan?"), channel=shop)
        assert (found.user, found.text) == (alice, "@bob ¿hay pan?")

    def test_who_writes_to_a_suspended_shop_is_known_all_the_same(self, alice, shop):
        User.objects.filter(pk=alice.pk).update(is_active=False)
        found = know(incoming(), channel=shop)
        assert (found.user, found.role) == (alice, "customer")

    def test_who_has_neither_number_nor_id_is_nobody(self, shop):
        assert know(incoming(phone=""), channel=shop) == Unplaced("no sender")

    def test_numbers_that_change_are_the_same_contact(self, alice, shop):
        contact = know(incoming(bsuid="CO.1"), channel=shop).contact
        change = {"type": "user_changed_number", "body": "…", "wa_id": OTHER}
        assert know(incoming(type="system", system=change, bsuid="CO.1"), channel=shop) == Unplaced("changed number")
        assert know(incoming(phone=OTHER, bsuid="CO.2"), channel=shop).contact == contact
        change = {"type": "user_changed_user_id", "body": "…", "user_id": "CO.3"}
        know(incoming(type="system", system=change, phone=OTHER), channel=shop)
        assert know(incoming(phone="", bsuid="CO.3"), channel=shop).contact == contact
        assert len(contacts_of(alice)) == 1


class TestOptingOut:
    @pytest.mark.parametrize("text", ["BAJA", "stop", " Stop. ", "¡Darme de baja!", "cancelar suscripción", "parar"])
    def test_only_these_words_alone_are_orders(self, text):
        assert wants_out(text)
        assert not wants_in(text)

    @pytest.mark.parametrize(
        "text", ["¿Baja el precio?", "baja 2", "no pares", "stop it", "cancelar", "parar de fumar", "", "🛑", "alta"]
    )
    def test_others_are_not(self, text):
        assert not wants_out(text)

    def test_baja_silences_and_alta_returns(self, alice, bob, shop):
        out = know(incoming("BAJA"), channel=shop)
        assert (out.is_answered, out.stays_silent, out.contact.opted_out_at) == (True, True, NOW)
        [confirmation] = answers(alice)
        assert "Panadería Luz no te escribirá más" in confirmation

        for text in ("BAJA", "¿Tienen pan?"):
            silent = know(incoming(text), channel=shop)
            assert (silent.is_answered, silent.stays_silent) == (False, True)
        assert len(answers(alice)) == 1

        back = know(incoming("alta"), channel=shop)
        assert (back.is_answered, back.stays_silent, back.contact.opted_out_at) == (True, False, None)
        assert len(answers(alice)) == 2
        again = know(incoming("alta"), channel=shop)
        assert (again.is_answered, again.stays_silent) == (False, False)  # only a word now
        assert answers(bob) == []

    def test_the_owner_cannot_be_opted_out(self, alice, shop):
        owner_of(alice)
        found = know(incoming("BAJA"), channel=shop)
        assert (found.role, found.is_answered) == ("owner", False)


class TestSharedNumber:
    @pytest.fixture(autouse=True)
    def _shops(self, alice, bob):
        for user, name in ((alice, "Panadería Luz"), (bob, "Ferretería Bob")):
            with tenant_scope(user):
                Preferences.objects.update(business_name=name)

    def test_the_shops_name_ties_until_another_is_named(self, alice, bob):
        found = know(incoming("Hola @alice, ¿hay pan?"))
        assert (found.user, found.role, found.text) == (alice, "customer", "Hola , ¿hay pan?")
        assert know(incoming("¿y café?")).user == alice
        found = know(incoming("@BOB. ¿hay clavos?"), now=NOW + timedelta(hours=1))
        assert (found.user, found.text) == (bob, "¿hay clavos?")
        assert know(incoming("¿y tornillos?")).user == bob
        assert [one.name for one in contacts_of(alice)] == [one.name for one in contacts_of(bob)] == ["Carla"]

    def test_an_address_is_no_shop(self, alice):
        know(incoming("@alice hola"))
        found = know(incoming("mi correo es carla@bob.com"))
        assert (found.user, found.text) == (alice, "mi correo es carla@bob.com")

    def test_the_name_alone_is_greeted(self, alice):
        found = know(incoming("@alice"))
        assert (found.is_answered, found.text) == (True, "")
        assert "Le escribes a Panadería Luz" in answers(alice)[0]

    def test_an_unknown_shop_is_told_kindly_and_nobody_learns_which_there_are(self, alice, bob):
        assert know(incoming("@panaderia hola")) == Unplaced("unknown_shop")
        User.objects.filter(pk=bob.pk).update(is_active=False)
        assert know(incoming("@bob hola")) == Unplaced("unknown_shop")
        first, second = platform_answers()
        assert first.replace("@panaderia.", "@bob.") == second  # suspended and absent are the same
        assert "alice" not in first
        assert "Luz" not in first

    def test_a_stranger_is_asked_and_the_question_answered_after_the_choice(self, alice):
        with all_tenants():
            body = WebhookBody.objects.create(body=b"{}", digest=b"1" * 32)
            held, answered, others = (
                InboundUpdate.objects.create(
                    body=body, kind="message", key=key, phone_number_id=SHARED, sender=sender, status="done",
                    note=note, received_at=NOW - timedelta(minutes=1), done_at=NOW,
                )
                for key, sender, note in (
                    ("wamid.a", PHONE, WHICH_SHOP), ("wamid.b", PHONE, "unknown_shop"), ("wamid.c", OTHER, WHICH_SHOP),
                )
            )  # fmt: skip
        assert know(incoming("¿Tienen pan?")) == Unplaced(WHICH_SHOP)
        assert "Abre el enlace" in platform_answers()[0]
        found = know(incoming("@alice"))
        assert (found.user, found.releases, found.is_answered) == (alice, True, True)
        assert answers(alice) == []  # their question is answered instead of a greeting
        with all_tenants():
            states = {one.pk: one.status for one in InboundUpdate.objects.all()}
        assert states == {held.pk: "pending", answered.pk: "done", others.pk: "done"}

    def test_who_wrote_before_picks_among_those_shops_only(self, alice, bob, root):
        know(incoming("@alice hola"), now=NOW)
        know(incoming("@bob hola"), now=NOW + timedelta(minutes=1))
        User.objects.filter(pk=bob.pk).update(is_active=False)
        assert know(incoming("¿hay pan?")) == Unplaced(WHICH_SHOP)
        with all_tenants():
            rows = StrangerReply.objects.get().payload["interactive"]["action"]["sections"][0]["rows"]
        assert [(row["id"], row["title"]) for row in rows] == [(f"shop:{alice.pk}", "Panadería Luz")]
        for foreign in (bob.pk, root.pk, 987_654_321):
            assert isinstance(know(choice(f"shop:{foreign}")), Unplaced)
        # An id is good only for who was offered it.
        assert isinstance(know(choice(f"shop:{alice.pk}", phone=OTHER)), Unplaced)
        found = know(choice(f"shop:{alice.pk}"), now=NOW + timedelta(hours=1))
        assert (found.user, found.role, found.is_answered) == (alice, "customer", True)
        assert know(incoming("¿hay pan?")).user == alice

    def test_the_owner_is_the_owner_until_another_shop_is_named(self, alice, bob):
        link = owner_of(alice)
        assert know(incoming("¿qué tengo mañana?")).link == link
        found = know(incoming("@bob ¿hay clavos?"))
        assert (found.user, found.role) == (bob, "customer")
        assert know(incoming("¿y tornillos?")).user == bob
        found = know(incoming("@alice ¿qué tengo mañana?"), now=NOW + timedelta(hours=1))
        assert (found.user, found.role, found.text) == (alice, "owner", "¿qué tengo mañana?")
        assert know(incoming("¿y el jueves?"), now=NOW + timedelta(hours=2)).role == "owner"

    def test_a_phone_that_only_its_tenant_vouches_for_is_no_owner_here(self, alice):
        owner_of(alice, is_proved=False)
        assert know(incoming("¿qué tengo mañana?")) == Unplaced(WHICH_SHOP)

    def test_opting_out_concerns_the_shop_that_one_is_tied_to(self, alice, bob):
        know(incoming("@bob hola"), now=NOW)
        found = know(incoming("@alice BAJA"), now=NOW + timedelta(minutes=1))
        assert (found.user, found.stays_silent, found.is_answered) == (alice, True, True)
        assert "Panadería Luz no te escribirá más" in answers(alice)[0]
        assert know(incoming("@alice")).stays_silent
        assert len(answers(alice)) == 1  # no greeting either
        assert not know(incoming("@bob hola"), now=NOW + timedelta(hours=1)).stays_silent

    def test_a_new_number_keeps_the_shop(self, alice):
        contact = know(incoming("@alice hola", bsuid="CO.1")).contact
        change = {"type": "user_changed_number", "body": "…", "wa_id": OTHER}
        know(incoming(type="system", system=change, bsuid="CO.1"))
        assert know(incoming("¿y café?", phone=OTHER)).contact == contact
        assert isinstance(know(incoming("hola")), Unplaced)  # who has the old number now is somebody else

    def test_who_hides_the_number_is_tied_by_the_id(self, alice):
        contact = know(incoming("@alice hola", phone="", bsuid="CO.1")).contact
        assert know(incoming("¿y café?", phone="", bsuid="CO.1")).contact == contact
        assert know(incoming("¿y pan?", bsuid="CO.1")).contact == contact  # and shows it now
        assert know(incoming("¿y té?")).contact == contact
        with tenant_scope(alice):
            assert PhoneLink.objects.count() == 1

    def test_it_writes_only_to_those_who_wrote_to_it(self, alice, shop):
        contact = know(incoming("@alice hola", bsuid="CO.1")).contact
        whom = {"user": alice, "contact": contact, "is_bsuid": False}
        with tenant_scope(alice):
            assert reach.may_reach(recipient=PHONE, **whom)
        # Over a number of her own alice could sign that the contact has the phone of somebody else.
        assert know(incoming(phone=OTHER, bsuid="CO.1"), channel=shop).contact == contact
        change = {"type": "user_changed_number", "body": "…", "wa_id": OTHER}
        know(incoming(type="system", system=change, phone=OTHER, bsuid="CO.1"), channel=shop)
        with tenant_scope(alice):
            assert not reach.may_reach(recipient=OTHER, **whom)
            assert reach.may_reach(recipient=PHONE, **whom)
            factories.phone_link(alice, phone_key=OTHER, is_proved=False)
            assert not reach.may_reach(user=alice, contact=None, recipient=OTHER, is_bsuid=False)

    def test_strangers_do_not_make_us_write_without_end(self):
        for _n in range(9):
            know(incoming("hola"))
        assert len(platform_answers()) == 6
        know(incoming("hola", phone=OTHER))
        assert len(platform_answers()) == 7

    def test_the_same_message_again_is_answered_once(self, alice):
        same = incoming("@alice")
        know(same)
        know(same)
        assert len(answers(alice)) == 1


@pytest.mark.django_db(transaction=True)
def test_first_messages_at_once_make_one_contact_and_one_tie(alice):
    barrier = threading.Barrier(4)

    def write(_n: int) -> int:
        try:
            barrier.wait(timeout=30)
            return know(incoming("@alice ¿hay pan?", bsuid="CO.1")).contact.pk
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        assert len(set(pool.map(write, range(4)))) == 1
    with tenant_scope(alice):
        assert (Contact.objects.count(), PhoneLink.objects.count()) == (1, 1)


def test_the_question_from_before_the_choice_is_taken_in_and_waits_for_its_answer(alice, bob):
    def arrive(wamid: str, text: str) -> None:
        item = {"id": wamid, "from": PHONE, "type": "text", "text": {"body": text}}
        data = json.dumps({"value": {"contacts": [{"wa_id": PHONE, "profile": {"name": "Carla"}}]}, "item": item})
        with all_tenants():
            body, _new = WebhookBody.objects.get_or_create(body=b"{}", digest=b"2" * 32)
            InboundUpdate.objects.create(
                body=body, kind="message", key=wamid, phone_number_id=SHARED, sender=PHONE, data=data.encode()
            )
        inbound.drain()

    arrive("wamid.first", "¿Tienen pan?")
    assert "no sabemos a cuál" in platform_answers()[0]
    arrive("wamid.second", "Hola @alice")
    with tenant_scope(alice):
        said = list(Message.objects.filter(role="user").order_by("pk").values_list("content", "status"))
    assert ("¿Tienen pan?", "pending") in said
    assert len(said) == 2
    with tenant_scope(bob):
        assert not Message.objects.exists()
