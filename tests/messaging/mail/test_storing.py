"""Letters are rows in the transaction of what they tell of; old ones go."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.core.mail import EmailMessage, EmailMultiAlternatives, send_mail
from django.db import connection, transaction
from django_q.models import OrmQ

from messaging import bell
from messaging.mail import outbox
from messaging.mail.storing import WrongLetter, store
from messaging.models import Letter, PlatformLetter
from tenants.models import User
from tenants.scope import NotATenant, all_tenants, current_tenant, lent_scope, tenant_scope
from tests import factories
from tests.messaging.mail.posting import drain, later, letters, post

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("bobs")]


class TestStoring:
    def test_a_letter_is_a_row_of_whoever_it_goes_to_whatever_scope_is_open(self, alice, bob, root):
        with tenant_scope(bob), transaction.atomic():
            post(alice)
            assert current_tenant() == bob
            assert Letter.objects.filter(user=alice).count() == 0
            assert Letter.objects.count() == 1  # his own
        with all_tenants(), transaction.atomic():
            post(alice)
            assert Letter.objects.count() == 3
        post(alice)
        assert len(letters(alice)) == 3
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM messaging_letter")
            assert cursor.fetchone() == (0,)

    def test_it_is_rolled_back_with_what_it_tells_of(self, alice):
        with transaction.atomic():
            post(alice)
            transaction.set_rollback(True)
        assert letters(alice) == []
        assert OrmQ.objects.count() == 0

    def test_it_rings_when_it_is_there(self, alice):
        post(alice)
        assert [task.func() for task in OrmQ.objects.all()] == ["messaging.tasks.send_mail"]

    def test_a_superadmins_letter_is_no_tenants(self, alice, root):
        with tenant_scope(alice), transaction.atomic():
            post(root)
            assert not PlatformLetter.objects.exists()
        with all_tenants():
            assert [(row.person, row.recipient) for row in PlatformLetter.objects.all()] == [(root, root.email)]

    def test_so_is_one_to_an_address_that_is_nobodys_and_a_tenants_is_known_by_it(self, alice):
        send_mail("Hola", "texto", None, ["nadie@example.com", "ALICE@example.com"])
        with all_tenants():
            assert [row.person for row in PlatformLetter.objects.all()] == [None]
        [letter] = letters(alice)
        assert (letter.kind, letter.recipient) == ("other", "ALICE@example.com")

    def test_two_with_the_same_key_are_one(self, alice, bob):
        assert post(alice, key="alert:1")
        assert post(alice, key="alert:1")
        assert len(letters(alice)) == 1

    def test_who_wants_none_of_a_kind_gets_none(self, alice):
        with tenant_scope(alice):
            factories.mailbox(alice, muted=["alert"])
        assert not post(alice)
        assert not post(alice, kind="webhook_disabled")
        assert post(alice, kind="security")
        assert [letter.kind for letter in letters(alice)] == ["security"]

    def test_nor_does_who_has_no_address_or_never_proved_it(self, alice):
        User.objects.filter(pk=alice.pk).update(created_at=later(days=-400), email_verified_at=None)
        alice.refresh_from_db()
        assert not post(alice)
        assert post(alice, kind="security")
        User.objects.filter(pk=alice.pk).update(email="")
        alice.refresh_from_db()
        assert not post(alice, kind="security")

    def test_its_texts_are_encrypted_at_rest(self, alice):
        post(alice)
        with tenant_scope(alice), connection.cursor() as cursor:
            cursor.execute("SELECT text, html FROM messaging_letter")
            stored = cursor.fetchone()
        assert not any("Algo anda mal" in text for text in stored)
        [letter] = letters(alice)
        assert "Algo anda mal" in letter.text
        assert "<h1" in letter.html

    @pytest.mark.parametrize(
        "recipient", ["nadie", "a@b@c", "", "ana@example.com\nBcc: todos@example.com", "<>", "a b@example.com"]
    )
    def test_what_is_no_address_is_refused_at_once(self, recipient):
        message = EmailMessage("Hola", "texto", None, [recipient] if recipient else [" "])
        with pytest.raises(WrongLetter), transaction.atomic():
            store(message)

    def test_so_is_a_file_or_another_form_than_text_and_html(self, alice):
        letter = EmailMultiAlternatives("Hola", "texto", None, [alice.email])
        letter.attach("datos.csv", "a;b", "text/csv")
        with pytest.raises(WrongLetter), transaction.atomic():
            letter.send()
        letter = EmailMultiAlternatives("Hola", "texto", None, [alice.email])
        letter.attach_alternative("{}", "application/json")
        with pytest.raises(WrongLetter), transaction.atomic():
            letter.send()

    def test_a_scope_is_lent_to_tenants_alone(self, root):
        with pytest.raises(NotATenant), lent_scope(root):
            pass


def test_old_texts_go_and_far_older_letters_too(alice, root, settings):
    now = datetime.now(UTC)
    with tenant_scope(alice):
        for days, status in ((29, "sent"), (31, "sent"), (31, "unknown"), (366, "failed")):
            factories.letter(alice, status=status, created_at=now - timedelta(days=days), html="<p>x</p>")
    with all_tenants():
        fields = {"recipient": root.email, "text": "x", "kind": "security", "name": "x", "useful_until": now}
        PlatformLetter.objects.create(person=root, status="sent", created_at=now - timedelta(days=400), **fields)
    assert outbox.forget(now=now) == 2
    assert [(bool(one.text), bool(one.html)) for one in letters(alice)] == [
        (True, True),
        (False, False),
        (False, False),
    ]
    assert outbox.forget(now=now) == 0


def test_an_alert_is_a_letter_in_the_same_transaction(alice, server):
    with tenant_scope(alice), transaction.atomic():
        bell.alert(user=alice, title="Se acabó tu plan", body="Hasta el lunes…", url="/user/settings#plan", now=later())
    assert drain() == {"sent": 1}
    [arrived] = server.letters
    assert arrived.subject == "Se acabó tu plan"
    assert "/user/settings#plan" in arrived.text
