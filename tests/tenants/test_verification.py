"""Proving an address by the link in a letter."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core import signing
from django.test import Client
from django.utils import timezone

from messaging.channels import Mail
from tenants import accounts, verification
from tenants.models import Event, User
from tenants.scope import tenant_scope
from tests.conftest import PASSWORD
from tests.letters import letters_to, link_in, outbox  # noqa: F401

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("outbox")]

AGAIN = "/api/auth/email/verification"


@pytest.fixture
def carla(db) -> User:
    """A tenant who signed up just now and gave an address."""
    return accounts.sign_up(username="carla", password=PASSWORD, email="carla@example.com")


def test_whoever_signs_up_with_an_address_gets_a_letter_and_opens_its_link(api, carla):
    answer = api(carla).get("/api/auth/email").json()
    assert (answer["email"], answer["verified"], answer["pending"]) == ("carla@example.com", False, None)
    (letter,) = letters_to(carla)
    assert (letter.kind, letter.recipient) == ("verification", "carla@example.com")
    page = Client().get(link_in(letter))
    assert page.status_code == 200
    assert "carla@example.com" in page.content.decode()
    answer = api(carla).get("/api/auth/email").json()
    assert answer["verified"]
    assert answer["verified_at"]
    with tenant_scope(carla):
        assert Event.objects.filter(name="email_verified").count() == 1


def test_the_link_opened_again_changes_nothing(carla):
    path = link_in(letters_to(carla)[0])
    Client().get(path)
    first = User.objects.get(pk=carla.pk).email_verified_at
    assert Client().get(path).status_code == 200
    assert User.objects.get(pk=carla.pk).email_verified_at == first
    with tenant_scope(carla):
        assert Event.objects.filter(name="email_verified").count() == 1


def test_who_gives_no_address_gets_no_letter_and_has_nothing_to_prove(api, db):
    user = accounts.sign_up(username="sin.correo", password=PASSWORD)
    assert letters_to(user) == []
    assert api(user).post(AGAIN).status_code == 409
    page = browse_home(user)
    assert "Confirma tu correo" not in page


def test_signing_up_by_the_api_and_by_the_page_writes_the_letter(api, db):
    body = {"username": "por.api", "password": PASSWORD, "email": "API@Example.com"}
    assert api().post("/api/auth/register", body).status_code == 201
    assert Client().post("/register", body | {"username": "por.pagina", "email": "p@example.com"}).status_code == 302
    for name, address in (("por.api", "api@example.com"), ("por.pagina", "p@example.com")):
        (letter,) = letters_to(User.objects.get(username=name))
        assert letter.recipient == address


@pytest.mark.parametrize("broken", ["0", "x:y:z", "forged", "old", "other address", "other purpose", "suspended"])
def test_a_link_that_is_none_of_ours_proves_nothing(carla, broken, monkeypatch):
    token = link_in(letters_to(carla)[0]).rsplit("/", 1)[1]
    if broken == "forged":
        token = signing.dumps([carla.pk, carla.email], salt=verification._SALT, key="x" * 50)
    elif broken == "old":
        monkeypatch.setattr(verification, "LASTS", timedelta(seconds=-1))
    elif broken == "other address":
        User.objects.filter(pk=carla.pk).update(email="otra@example.com")
    elif broken == "other purpose":
        token = signing.dumps([carla.pk, carla.email], salt="recado.email.confirm")
    elif broken == "suspended":
        User.objects.filter(pk=carla.pk).update(is_active=False)
    else:
        token = broken
    answer = Client().get(f"/account/email/verify/{token}")
    assert answer.status_code == 404
    assert User.objects.get(pk=carla.pk).email_verified_at is None


def test_looking_at_the_head_alone_proves_nothing(carla):
    assert Client().head(link_in(letters_to(carla)[0])).status_code == 405
    assert User.objects.get(pk=carla.pk).email_verified_at is None


def test_the_letter_is_sent_again_three_times_in_an_hour(api, carla, settings):
    settings.LIMITS = True
    client = api(carla)
    assert [client.post(AGAIN).status_code for _ in range(4)] == [202, 202, 202, 429]
    assert len(letters_to(carla)) == 4
    Client().get(link_in(letters_to(carla)[-1]))
    assert client.post(AGAIN).status_code == 409


def test_a_new_password_by_letter_proves_the_address_too(api, carla):
    Client().post("/password-reset", {"email": carla.email})
    from tenants.tasks import send_reset_letter

    send_reset_letter(carla.pk)
    client = Client()
    page = client.get(link_in(letters_to(carla, kind="password_reset")[0]), follow=True)
    path = page.redirect_chain[-1][0]
    answer = client.post(path, {"new_password1": "otra-clave-larga-8", "new_password2": "otra-clave-larga-8"})
    assert answer.status_code == 302
    assert User.objects.get(pk=carla.pk).email_verified_at is not None


def test_reminders_go_to_a_new_address_for_a_week_and_then_only_to_a_proved_one(carla, settings):
    settings.MAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    with tenant_scope(carla):
        assert Mail().reaches(carla)
        carla.created_at = timezone.now() - timedelta(days=8)
        assert not carla.gets_mail
        assert not Mail().reaches(carla)
        carla.email_verified_at = timezone.now()
        assert Mail().reaches(carla)


def test_a_banner_asks_for_it_on_every_page_until_then(carla, browse):
    for path in ("/user/dashboard", "/user/commercial/products", "/user/settings"):
        page = browse(carla).get(path).content.decode()
        assert "Confirma tu correo" in page
        assert "carla@example.com" in page
    Client().get(link_in(letters_to(carla)[0]))
    assert "Confirma tu correo: te mandamos" not in browse(carla).get("/user/dashboard").content.decode()


def test_whoever_was_made_by_somebody_who_knows_them_has_nothing_to_prove(alice):
    assert alice.email_verified_at is not None
    assert letters_to(alice) == []


def test_an_address_that_a_superadmin_types_is_to_be_proved(alice, root, browse):
    client = browse(root)
    session = client.session
    session["proved_at"] = int(timezone.now().timestamp())
    session.save()
    body = {
        "username": "alice",
        "email": "nueva@example.com",
        "language": "es",
        "timezone": "America/Bogota",
        "plan": "",
    }
    assert client.post(f"/admin/tenants/user/{alice.pk}/change/", body).status_code == 302
    alice.refresh_from_db()
    assert (alice.email, alice.email_verified_at) == ("nueva@example.com", None)
    assert letters_to(alice)[0].recipient == "nueva@example.com"


def browse_home(user: User) -> str:
    client = Client()
    client.force_login(user)
    return client.get("/user/dashboard").content.decode()
