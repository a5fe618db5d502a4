"""Addresses that letters come back from, and servers that want to be spoken to in confidence."""

from __future__ import annotations

import pytest
from django.core import mail as django_mail
from django.db import transaction

from messaging import bell
from messaging.channels import Mail
from messaging.models import Mailbox, Notification
from tenants.models import User
from tenants.scope import tenant_scope
from tests.messaging.mail.posting import drain, later, letters, post, use
from tests.standins.certificates import make_certificate
from tests.standins.smtp_server import SMTPServer

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("bobs")]


class TestFailingAddresses:
    @pytest.fixture(autouse=True)
    def _failed(self, alice, server) -> None:
        server.behaviour = "reject"
        post(alice)
        drain()
        server.behaviour = "accept"

    def test_no_more_letters_go_there_but_those_that_are_asked_for(self, alice, server):
        assert not post(alice)
        assert not post(alice, kind="security")
        assert drain() == {}
        assert [letter.detail for letter in letters(alice)][1:] == ["address_failing"] * 2
        assert post(alice, kind="password_reset")
        assert drain() == {"sent": 1}
        with tenant_scope(alice):
            assert not Mailbox.current(alice).fails(alice.email)  # it was taken
        assert post(alice)

    def test_the_bell_says_it_once_however_often_it_comes_back(self, alice, server):
        server.behaviour = "reject"
        post(alice, kind="password_reset")
        drain()
        with tenant_scope(alice):
            assert Notification.objects.count() == 1

    def test_another_address_of_theirs_is_written_to(self, alice, server):
        User.objects.filter(pk=alice.pk).update(email="otra@example.com")
        alice.refresh_from_db()
        assert post(alice)

    def test_reminders_take_the_next_channel(self, alice):
        with tenant_scope(alice):
            assert not Mail().reaches(alice)


class TestTLS:
    @pytest.fixture
    def certificate(self, tmp_path):
        return make_certificate(tmp_path / "server.pem")

    @pytest.mark.parametrize("implicit", [False, True])
    def test_it_speaks_tls_with_whom_it_trusts(self, alice, settings, certificate, monkeypatch, implicit):
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
        with SMTPServer(certificate=certificate, implicit=implicit) as server:
            server.password = "secreta"
            name = "EMAIL_USE_SSL" if implicit else "EMAIL_USE_TLS"
            use(settings, server, EMAIL_HOST_USER="recado", EMAIL_HOST_PASSWORD="secreta", **{name: True})
            settings.EMAIL_HOST = "localhost"
            post(alice)
            assert drain() == {"sent": 1}
            assert len(server.letters) == 1

    @pytest.mark.parametrize("implicit", [False, True])
    def test_and_with_nobody_else(self, alice, settings, certificate, implicit):
        with SMTPServer(certificate=certificate, implicit=implicit) as server:
            use(settings, server, **{"EMAIL_USE_SSL" if implicit else "EMAIL_USE_TLS": True})
            settings.EMAIL_HOST = "localhost"
            post(alice)
            assert drain() == {}
            assert (server.letters, letters(alice)[0].detail) == ([], "no_mail_server")

    def test_nor_without_it_where_it_is_wanted(self, alice, settings, server):
        settings.EMAIL_USE_TLS = True
        post(alice)
        assert drain() == {}
        assert server.letters == []

    def test_a_wrong_password_is_no_letters_fault(self, alice, settings, server):
        server.password = "secreta"
        use(settings, server, EMAIL_HOST_USER="recado", EMAIL_HOST_PASSWORD="otra")
        post(alice)
        assert drain() == {}
        assert letters(alice)[0].status == "queued"


def test_letters_that_are_only_printed_are_for_who_asks(alice, settings):
    settings.MAIL_BACKEND = "django.core.mail.backends.console.EmailBackend"
    with tenant_scope(alice), transaction.atomic():
        bell.alert(user=alice, title="Se acabó tu plan", body="", url="/user/settings#plan", now=later())
    assert letters(alice) == []


def test_files_and_memory_take_one_letter_each(alice, settings, tmp_path):
    settings.MAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
    settings.EMAIL_FILE_PATH = str(tmp_path)
    post(alice)
    post(alice)
    assert drain() == {"sent": 2}
    assert len(list(tmp_path.iterdir())) == 2
    settings.MAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    post(alice)
    assert drain() == {"sent": 1}
    assert len(django_mail.outbox) == 1
