"""The door's pages, where no browser is needed to see them."""

from __future__ import annotations

import re

import pytest
from django.core import mail
from django.test import Client

from tenants import resets, theme
from tenants.accounts import RESETS_BY_ACCOUNT
from tenants.models import User
from tests.conftest import PASSWORD

pytestmark = pytest.mark.django_db


def sign_in(client: Client, **fields: str):
    return client.post("/login", {"username": "alice", "password": PASSWORD} | fields)


@pytest.mark.parametrize(
    ("asked", "goes"),
    [
        ("", "/user/dashboard"),
        ("/user/settings", "/user/settings"),
        ("https://evil.example/", "/user/dashboard"),
        ("//evil.example/", "/user/dashboard"),
        ("/\\evil.example", "/user/dashboard"),
        ("javascript:alert(1)", "/user/dashboard"),
    ],
)
def test_next_leads_to_this_site_only(client, alice, asked, goes):
    assert sign_in(client, next=asked)["Location"] == goes


def test_each_role_goes_to_its_own_side(client, alice, root, browse):
    assert client.get("/")["Location"] == "/login"
    assert browse(alice).get("/")["Location"] == "/user/dashboard"
    assert browse(alice).get("/login")["Location"] == "/user/dashboard"
    assert browse(root).get("/register")["Location"] == "/admin/dashboard"
    assert client.get("/user/settings")["Location"] == "/login?next=/user/settings"


def test_too_many_failures_are_told_with_the_minutes_to_wait(client, alice, settings):
    settings.LIMITS = True
    for _ in range(10):
        assert sign_in(client, password="no-es").status_code == 400
    answer = sign_in(client)
    assert answer.status_code == 429
    assert re.search(r"Espera \d+ minutos", answer.content.decode())


def test_a_page_without_its_csrf_token_is_refused(alice):
    assert sign_in(Client(enforce_csrf_checks=True)).status_code == 403


def test_signing_out_takes_a_post(alice, browse):
    client = browse(alice)
    assert client.get("/logout").status_code == 405
    assert client.post("/logout")["Location"] == "/login"
    assert client.get("/user/settings").status_code == 302


def test_an_unknown_zone_falls_back_instead_of_failing(client):
    fields = {"username": "nueva", "password": PASSWORD, "timezone": "Marte/Olimpo"}
    assert client.post("/register", fields)["Location"] == "/user/dashboard"
    assert User.objects.get(username="nueva").timezone == "America/Bogota"


def test_the_answer_does_not_tell_whether_an_address_has_an_account(client, alice, bob, monkeypatch):
    answers = [client.post("/password-reset", {"email": address}) for address in (alice.email, "nadie@example.com")]
    assert {(answer.status_code, answer["Location"]) for answer in answers} == {(302, "/password-reset/done")}


def test_only_its_owner_gets_the_letter_and_only_so_often(alice, bob, settings, monkeypatch):
    asked: list[int] = []
    monkeypatch.setattr(resets, "enqueue", lambda task, user_id: asked.append(user_id))
    settings.LIMITS = True
    for n in range(RESETS_BY_ACCOUNT.times + 2):
        resets.ask(email=alice.email.upper(), address=f"10.0.0.{n}")
    resets.ask(email="", address="10.0.1.1")
    assert asked == [alice.pk] * RESETS_BY_ACCOUNT.times


def test_a_suspended_person_gets_no_letter(alice, monkeypatch):
    monkeypatch.setattr(resets, "enqueue", lambda task, user_id: pytest.fail("a letter was queued"))
    User.objects.filter(pk=alice.pk).update(is_active=False)
    resets.ask(email=alice.email, address="10.0.0.1")


def test_the_letter_names_the_site_and_not_the_host_of_a_request(client, alice, browse, settings):
    settings.SITE_URL = "https://recado.example"
    session = browse(alice)
    resets.write(user=alice)
    (letter,) = mail.outbox
    assert letter.to == [alice.email]
    link = re.search(r"https://recado\.example(/password-reset/\S+)", letter.body)[1]
    page = client.get(link, follow=True)
    twice = {"new_password1": "otra-larga-9x", "new_password2": "otra-larga-9x"}
    answer = client.post(page.redirect_chain[-1][0], twice)
    assert answer["Location"] == "/password-reset/complete"
    assert session.get("/user/settings").status_code == 302  # sessions of the old password ended
    assert "ya no sirve" in client.get(link, follow=True).content.decode()
    assert sign_in(client, password="otra-larga-9x").status_code == 302


@pytest.mark.parametrize("accent", ["#ffffff", "#000000", "#ffee00", "#0f766e", "#ff0000", "#7f7f7f"])
def test_every_accent_has_texts_that_can_be_read(client, accent):
    sheet = theme.style_sheet(accent=accent)
    colours = [
        tuple(int(found[n : n + 2], 16) for n in (0, 2, 4)) for found in re.findall(r"--accent-text:#(\w{6})", sheet)
    ]
    on_accent = re.search(r"--tblr-primary-fg:#(\w{6})", sheet)[1]
    light, dark = colours
    assert theme.contrast(light, theme.LIGHT_SURFACE) >= 4.5
    assert theme.contrast(dark, theme.DARK_SURFACE) >= 4.5
    accent_rgb, text_rgb = (tuple(int(c[n : n + 2], 16) for n in (0, 2, 4)) for c in (accent[1:], on_accent))
    assert theme.contrast(accent_rgb, text_rgb) >= 4.5
    answer = client.get(f"/theme/{accent[1:]}.css")
    assert answer["Content-Type"].startswith("text/css")
    assert "immutable" in answer["Cache-Control"]


@pytest.mark.parametrize("path", ["/theme/0f766.css", "/theme/0F766E.css", "/theme/red;}.css"])
def test_what_is_no_colour_has_no_style_sheet(client, path):
    assert client.get(path).status_code == 404
