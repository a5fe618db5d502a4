"""The letter about a sign-in from where nobody has signed in before: once for each browser and program."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone
from rest_framework.test import APIClient

from tenants import known_devices
from tenants.accounts import change_password
from tenants.events import Event
from tenants.models import User
from tenants.networks import network_of
from tenants.scope import tenant_scope
from tests.conftest import PASSWORD
from tests.letters import letters_to, outbox  # noqa: F401  (a fixture)
from tests.tenants.test_second_factor import turn_on

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("outbox")]

WINDOWS = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0 Safari/537.36"
PHONE = "Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0 Mobile Safari/537.36"
NEWER = WINDOWS.replace("130", "131")


class Browser(Client):
    """A browser that keeps its cookies, at one address."""

    def __init__(self, agent: str = WINDOWS, *, address: str = "203.0.113.7") -> None:
        super().__init__(headers={"User-Agent": agent}, REMOTE_ADDR=address)

    def enter(self, user: User, *, password: str = PASSWORD) -> Browser:
        answer = self.post("/login", {"username": user.username, "password": password})
        assert answer.status_code == 302, answer.content
        return self


def told(user: User) -> list[str]:
    return [letter.subject for letter in letters_to(user, kind="security") if "Entraste" in letter.subject]


def program(user: User, *, agent: str = "caja/2.1", address: str = "198.51.100.4") -> None:
    client = APIClient(headers={"User-Agent": agent}, REMOTE_ADDR=address)
    assert client.post("/api/auth/login", {"username": user.username, "password": PASSWORD}).status_code == 200


def test_the_first_time_after_the_registration_is_not_told_and_another_browser_is(alice):
    Browser().enter(alice)
    assert told(alice) == []
    Browser(PHONE, address="198.51.100.9").enter(alice)
    assert told(alice) == ["Entraste en Recado desde Chrome en Android"]
    (letter,) = letters_to(alice, kind="security")
    assert (letter.recipient, letter.status) == ("alice@example.com", "queued")
    for said in ("«alice»", "198.51.100.9", "/user/settings#sessions", "/user/settings#password"):
        assert said in letter.text
    assert "/user/settings#password" in letter.html


def test_a_known_browser_is_told_of_once_wherever_it_goes(alice):
    Browser().enter(alice)
    phone = Browser(PHONE)
    for address in ("198.51.100.9", "192.0.2.50", "2001:db8::5"):
        phone.defaults["REMOTE_ADDR"] = address
        phone.enter(alice).post("/logout")
    assert len(told(alice)) == 1


def test_a_browser_without_its_cookie_is_known_by_kind_and_network(alice):
    Browser().enter(alice)
    Browser(NEWER).enter(alice)
    Browser(address="2001:db8:1:2::3").enter(alice)
    assert len(told(alice)) == 1
    Browser(address="2001:db8:1:2:aaaa::9").enter(alice)
    assert len(told(alice)) == 1
    Browser(address="2001:db8:1:3::3").enter(alice)
    assert len(told(alice)) == 2


def test_somebody_elses_cookie_makes_nobody_known(alice, bob):
    shared = Browser().enter(bob)
    Browser(PHONE).enter(alice)
    shared.post("/logout")
    shared.enter(alice)
    assert len(told(alice)) == 1
    assert told(bob) == []


def test_a_program_is_known_by_its_name(alice):
    Browser().enter(alice)
    program(alice)
    assert told(alice) == ["Entraste en Recado desde caja"]
    program(alice, agent="caja/2.2", address="192.0.2.77")
    assert len(told(alice)) == 1
    program(alice, agent="python-requests/2.32")
    assert len(told(alice)) == 2


def test_a_program_that_calls_itself_a_browser_is_known_by_its_network_too(alice):
    Browser().enter(alice)
    program(alice, agent=WINDOWS, address="192.0.2.66")
    assert told(alice) == ["Entraste en Recado desde Chrome en Windows"]


def test_after_a_new_password_it_is_told_of_again(alice):
    Browser().enter(alice)
    phone = Browser(PHONE, address="198.51.100.9").enter(alice)
    change_password(user=alice, password="otra-clave-larga-8")
    for _ in range(2):
        phone.post("/logout")
        phone.enter(alice, password="otra-clave-larga-8")
    assert len(told(alice)) == 2


def test_a_program_that_signs_out_stays_known(alice):
    Browser().enter(alice)
    for _ in range(3):
        client = APIClient(headers={"User-Agent": "caja/2.1"})
        tokens = client.post("/api/auth/login", {"username": "alice", "password": PASSWORD}).json()
        client.post("/api/auth/logout", headers={"Authorization": f"Bearer {tokens['access']}"})
    assert len(told(alice)) == 1


def test_who_registers_by_the_page_is_known_in_that_browser_only():
    desk = Browser()
    body = {"username": "luz", "email": "luz@example.com", "password": PASSWORD, "timezone": "America/Lima"}
    assert desk.post("/register", body).status_code == 302
    luz = User.objects.get(username="luz")
    with tenant_scope(luz):
        assert Event.objects.get(name="login").data["method"] == "registration"
    desk.post("/logout")
    desk.enter(luz)
    assert told(luz) == []
    Browser(PHONE, address="198.51.100.9").enter(luz)
    assert len(told(luz)) == 1


def test_who_stays_signed_in_is_told_although_the_log_has_forgotten(alice):
    Browser().enter(alice)
    with tenant_scope(alice):
        Event.objects.filter(name="login").delete()
    Browser(PHONE).enter(alice)
    assert len(told(alice)) == 1


def test_the_password_alone_is_no_sign_in(alice):
    Browser().enter(alice)
    totp, _codes = turn_on(alice)
    phone = Browser(PHONE, address="198.51.100.9")
    assert phone.post("/login", {"username": "alice", "password": PASSWORD})["Location"] == "/login/code"
    assert told(alice) == []
    assert phone.post("/login/code", {"code": totp.now()}).status_code == 302
    assert len(told(alice)) == 1
    phone.post("/logout")
    Browser(PHONE, address="198.51.100.9").post("/login", {"username": "alice", "password": "wrong"})
    assert len(told(alice)) == 1


@pytest.mark.parametrize(
    ("language", "subject"),
    [("en", "You signed in to Recado from Chrome on Android"), ("pt", "Você entrou no Recado pelo Chrome no Android")],
)
def test_it_is_in_the_persons_language_and_clock(alice, language, subject):
    User.objects.filter(pk=alice.pk).update(language=language, timezone="Asia/Tokyo")
    Browser().enter(alice)
    client = Browser(PHONE, address="198.51.100.9")
    client.defaults["HTTP_ACCEPT_LANGUAGE"] = "es"
    client.enter(alice)
    (letter,) = letters_to(alice, kind="security")
    assert letter.subject == subject
    assert "Entraste" not in letter.text


def test_it_says_when_by_the_persons_clock(alice):
    now = timezone.now().replace(year=2026, month=11, day=23, hour=15, minute=32)
    with tenant_scope(alice):
        known_devices._write(user=alice, mark="", agent=WINDOWS, address="", since=None, now=now)
    (letter,) = letters_to(alice, kind="security")
    assert "23 de noviembre de 2026, 10:32" in letter.text  # in Bogotá
    assert "dirección" not in letter.text


def test_two_at_one_moment_are_told_of_once(alice):
    with tenant_scope(alice):
        for _ in range(2):
            known_devices._write(
                user=alice, mark="a" * 32, agent=PHONE, address="192.0.2.1", since=None, now=timezone.now()
            )
    assert len(told(alice)) == 1


def test_the_cookie_is_out_of_reach_and_only_its_hash_is_kept(alice):
    desk = Browser().enter(alice)
    cookie = desk.cookies[known_devices.COOKIE]
    assert cookie["httponly"]
    assert cookie["samesite"] == "Lax"
    assert cookie["max-age"] == timedelta(days=400).total_seconds()
    with tenant_scope(alice):
        device = Event.objects.get(name="login").data["device"]
    assert len(device) == 32
    assert cookie.value not in device
    before = cookie.value
    desk.enter(alice)
    assert desk.cookies[known_devices.COOKIE].value == before
    desk.cookies[known_devices.COOKIE] = "x; Path=/"
    desk.post("/logout")
    desk.enter(alice)
    assert desk.cookies[known_devices.COOKIE].value not in (before, "x")


def test_a_superadmin_and_who_has_no_address_get_none(root, alice):
    User.objects.filter(pk=alice.pk).update(email="")
    for person in (root, alice):
        Browser().enter(person)
        Browser(PHONE, address="198.51.100.9").enter(person)
    assert letters_to(alice) == []


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("203.0.113.7", "203.0.113.7"),
        ("::ffff:203.0.113.7", "203.0.113.7"),
        ("2001:db8:1:2:3:4:5:6%eth0", "2001:db8:1:2::/64"),
        ("", "unknown"),
        ("unix:", "unknown"),
    ],
)
def test_a_household_is_one_network(address, network):
    assert network_of(address) == network
