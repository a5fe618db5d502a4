"""A phone becomes the owner's by sending a code; nobody takes it otherwise."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError

from messaging.models import Conversation, LinkCode, Notification, PhoneLink, SharedNumber
from messaging.whatsapp import linking
from messaging.whatsapp.senders import Sender, Unplaced
from tenants.limits import TooMany
from tenants.scope import all_tenants, tenant_scope
from tests import factories
from tests.conftest import PASSWORD
from tests.messaging.whatsapp_people import NOW, SHARED, answers, incoming, know, platform_answers

pytestmark = pytest.mark.django_db

PHONE, OTHER = "573001234567", "573007654321"


@pytest.fixture(autouse=True)
def _shared_number(settings, db):
    settings.WHATSAPP = settings.WHATSAPP | {"PHONE_NUMBER_ID": SHARED, "TOKEN": "EAAG"}
    SharedNumber.objects.create(phone_number_id=SHARED, display_phone_number="+57 1 555 0000")


def ask(user, phone: str = "+57 300 123 4567", *, password: str | None = None, now=NOW):
    with tenant_scope(user):
        return linking.ask(user=user, phone=phone, password=password, now=now)


def owners() -> dict[str, str]:
    """Whose phone is whose."""
    with all_tenants():
        return {link.phone_key: link.user.username for link in PhoneLink.objects.filter(role="owner")}


def send(code: str, **options):
    now = options.pop("now", NOW)
    channel = options.pop("channel", None)
    return know(incoming(f"VINCULAR {code}", **options), channel=channel, now=now)


def test_the_phone_that_sends_the_code_becomes_the_owners(alice, bob):
    asked = ask(alice)
    assert asked.wa_me == f"https://wa.me/5715550000?text=VINCULAR%20{asked.code}"
    assert asked.expires_at == NOW + timedelta(minutes=10)
    assert len(asked.code) == 8
    with all_tenants():
        row = LinkCode.objects.get()
    assert asked.code not in row.code_hash
    found = send(asked.code)
    assert isinstance(found, Sender)
    assert (found.user, found.role, found.is_answered, found.link.wa_id) == (alice, "owner", True, PHONE)
    assert owners() == {PHONE: "alice"}
    assert "quedó vinculado" in answers(alice)[0]
    assert know(incoming("¿qué tengo mañana?")).role == "owner"
    assert answers(bob) == []


@pytest.mark.parametrize("write", ["vincular {}", "  Vincular:  «{}» ", "LINK {}", '"VINCULAR {}"', "*vincular* {}"])
def test_it_is_read_as_people_write_it(alice, write):
    code = ask(alice).code
    spaced = f"{code[:4].lower()} {code[4:]}"
    assert isinstance(know(incoming(write.format(spaced))), Sender)


@pytest.mark.parametrize(
    "text",
    ["VINCULAR", "vincular mi cuenta por favor", "link del catálogo", "quiero VINCULAR AAAACCCC", "AAAACCCC", ""],
)
def test_other_words_are_no_code(text):
    assert linking.read_code(text) == ""


def test_a_code_is_good_once_for_ten_minutes_and_for_its_phone_only(alice):
    asked = ask(alice)
    assert isinstance(send(asked.code, phone=OTHER), Unplaced)  # somebody read it over a shoulder
    assert send(asked.code, now=NOW + timedelta(minutes=10)) == Unplaced("wrong code")
    assert isinstance(send(asked.code), Sender)
    assert send(asked.code, phone=PHONE) == Unplaced("wrong code")
    assert owners() == {PHONE: "alice"}


def test_a_new_code_ends_the_one_before(alice):
    first, second = ask(alice), ask(alice)
    assert isinstance(send(first.code), Unplaced)
    assert isinstance(send(second.code), Sender)


def test_five_wrong_codes_lock_the_phone_and_the_account(alice, bob):
    asked = ask(alice)
    for _n in range(5):
        assert send("AAAACCCC") == Unplaced("wrong code")
    assert send(asked.code) == Unplaced("locked")  # the right one comes too late
    with pytest.raises(TooMany):
        ask(alice, "+573005555555", now=NOW + timedelta(minutes=30))
    others = ask(bob, now=NOW + timedelta(minutes=1))  # the same phone, asked for by another tenant
    assert send(others.code, now=NOW + timedelta(minutes=2)) == Unplaced("locked")
    assert owners() == {}
    later = NOW + timedelta(hours=1, minutes=1)
    assert isinstance(send(ask(alice, now=later).code, now=later), Sender)


def test_wrong_codes_are_counted_on_one_code_however_many_wait(alice, bob):
    ask(alice), ask(bob)
    send("AAAACCCC")
    with all_tenants():
        assert sorted(LinkCode.objects.values_list("tries", flat=True)) == [0, 1]


def test_two_tenants_claim_one_number_and_only_who_proves_it_has_it(alice, bob):
    mine, theirs = ask(alice), ask(bob)
    assert owners() == {}
    assert isinstance(send(mine.code), Sender)
    assert owners() == {PHONE: "alice"}
    # Bob's code was asked for without a password: it does not take the phone of somebody who has it.
    assert send(theirs.code) == Unplaced("unconfirmed")
    assert owners() == {PHONE: "alice"}
    assert "otra cuenta" in platform_answers()[-1]


def test_asking_does_not_tell_that_another_has_the_phone(alice, bob):
    send(ask(alice).code)
    assert ask(bob).wa_me  # as for a phone that nobody has


def test_a_phone_goes_over_with_the_password_and_its_owner_is_told(alice, bob):
    link = send(ask(alice).code).link
    with tenant_scope(alice):
        talk = factories.conversation(alice, channel="whatsapp", link=link, phone_number_id=SHARED)
    found = send(ask(bob, password=PASSWORD).code)
    assert isinstance(found, Sender)
    assert owners() == {PHONE: "bob"}
    with tenant_scope(alice):
        alert = Notification.objects.get()
        assert (alert.kind, alert.url) == ("alert", "/user/whatsapp")
        assert f"+{PHONE}" in alert.title
        assert "bob" not in alert.title + alert.body
        assert Conversation.objects.get(pk=talk.pk).link is None  # what was said stays
    assert know(incoming("¿qué tengo mañana?")).user == bob


def test_another_phone_wants_the_password(alice):
    send(ask(alice).code)
    with pytest.raises(ValidationError) as refused:
        ask(alice, "+57 300 765 4321")
    assert list(refused.value.message_dict) == ["password"]
    with pytest.raises(ValidationError) as refused:
        ask(alice, "+57 300 765 4321", password="otra-cosa")
    assert list(refused.value.message_dict) == ["password"]
    assert isinstance(send(ask(alice, "+57 300 765 4321", password=PASSWORD).code, phone=OTHER), Sender)
    assert owners() == {PHONE: "alice", OTHER: "alice"}


@pytest.mark.parametrize("phone", ["", "300 123 4567", "hola", "+", "+1234", "+" + "9" * 30])
def test_it_wants_a_number_with_its_country(alice, phone):
    with pytest.raises(ValidationError) as refused:
        ask(alice, phone)
    assert list(refused.value.message_dict) == ["phone"]


class TestOwnNumber:
    """A tenant has the secret of its own number, and could sign whatever it likes: that proves nothing to others."""

    def test_a_code_counts_for_its_own_tenant_alone(self, alice, bob):
        with tenant_scope(alice):
            own = factories.channel(alice)
        link = send(ask(alice).code, channel=own).link
        assert not link.is_proved
        assert know(incoming(), channel=own).role == "owner"
        assert isinstance(know(incoming()), Unplaced)  # on the shared number nothing is proved
        assert isinstance(send(ask(bob).code), Sender)
        assert know(incoming()).user == bob
        assert know(incoming(), channel=own).role == "owner"  # still, on alice's own number

    def test_it_takes_no_phone_from_another_tenant(self, alice, bob):
        send(ask(bob).code)
        with tenant_scope(alice):
            own = factories.channel(alice)
        send(ask(alice, password=PASSWORD).code, channel=own)
        assert know(incoming()).user == bob
        with tenant_scope(bob):
            assert not Notification.objects.exists()

    def test_the_code_of_another_tenant_is_a_customers_word(self, alice, bob):
        with tenant_scope(alice):
            own = factories.channel(alice)
        asked = ask(bob)
        found = send(asked.code, channel=own)
        assert (found.user, found.role, found.is_answered) == (alice, "customer", False)
        assert isinstance(send(asked.code), Sender)

    def test_invented_tries_lock_nobody_else(self, alice, bob):
        with tenant_scope(alice):
            own = factories.channel(alice)
        ask(alice)
        for _n in range(7):
            send("AAAACCCC", channel=own)
        assert send(ask(bob).code, channel=None).user == bob
        with pytest.raises(TooMany):
            ask(alice, "+573005555555")

    def test_proved_later_it_counts_everywhere(self, alice):
        with tenant_scope(alice):
            own = factories.channel(alice)
        send(ask(alice).code, channel=own)
        assert send(ask(alice, password=PASSWORD).code).link.is_proved
        assert know(incoming()).user == alice


def test_unlinking_keeps_what_was_said(alice):
    link = send(ask(alice).code).link
    with tenant_scope(alice):
        talk = factories.conversation(alice, channel="whatsapp", link=link, phone_number_id=SHARED)
        linking.unlink(link=PhoneLink.objects.get())
        assert Conversation.objects.filter(pk=talk.pk, link=None).exists()
    assert isinstance(know(incoming()), Unplaced)


def test_a_suspended_tenant_links_nothing(alice):
    asked = ask(alice)
    type(alice).objects.filter(pk=alice.pk).update(is_active=False)
    assert isinstance(send(asked.code), Unplaced)
    assert owners() == {}


def test_codes_that_are_long_over_go(alice):
    ask(alice)
    assert linking.forget(now=NOW) == 0
    assert linking.forget(now=NOW + timedelta(days=2)) == 1
