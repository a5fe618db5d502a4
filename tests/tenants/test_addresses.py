"""Another address: asked for, confirmed, called off, taken back."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from tenants import addresses, second_factor
from tenants.models import EmailChange, Event, User
from tenants.scope import tenant_scope
from tests.conftest import PASSWORD
from tests.letters import letters_to, link_in, outbox  # noqa: F401
from tests.tenants.test_second_factor import turn_on, wrong

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("outbox")]

EMAIL = "/api/auth/email"
NEW = {"email": "Nueva@Example.com", "password": PASSWORD}


def ask(api, user: User, **fields: str):
    return api(user).post(EMAIL, NEW | fields)


def test_it_counts_once_the_letter_to_it_is_confirmed(api, alice):
    answer = ask(api, alice)
    assert answer.status_code == 202, answer.content
    assert answer.json()["email"] == "alice@example.com"
    assert answer.json()["pending"]["email"] == "nueva@example.com"
    to_new, to_old = letters_to(alice)
    assert (to_new.recipient, to_old.recipient) == ("nueva@example.com", "alice@example.com")
    assert "nueva@example.com" not in to_old.text
    assert "n•••@example.com" in to_old.text
    path = link_in(to_new)

    page = Client().get(path)  # a program that looks for junk opens it, too
    assert page.status_code == 200
    assert api(alice).get(EMAIL).json()["email"] == "alice@example.com"
    assert Client().post(path).status_code == 200
    answer = api(alice).get(EMAIL).json()
    assert (answer["email"], answer["verified"], answer["pending"]) == ("nueva@example.com", True, None)
    assert letters_to(alice)[-1].recipient == "alice@example.com"
    assert Client().post(path).status_code == 200  # twice is once
    assert len(letters_to(alice)) == 3
    with tenant_scope(alice):
        names = Event.objects.filter(name__startswith="email_").order_by("pk").values_list("name", flat=True)
        assert list(names) == ["email_change_asked", "email_changed"]


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"password": "no-es-esta-1"}, "password"),
        ({"email": "no es un correo"}, "email"),
        ({"email": "ALICE@example.com"}, "email"),
        ({"email": ""}, "email"),
    ],
)
def test_it_is_refused(api, alice, fields, named):
    answer = ask(api, alice, **fields)
    assert (answer.status_code, list(answer.json())) == (400, [named])
    assert letters_to(alice) == []


def test_an_account_with_a_second_factor_wants_its_code(api, alice):
    totp, codes = turn_on(alice)
    for given in ({}, {"otp": wrong(totp)}):
        answer = ask(api, alice, **given)
        assert (answer.status_code, list(answer.json())) == (400, ["otp"])
    assert not EmailChange.objects.exists()
    assert ask(api, alice, otp=codes[0]).status_code == 202
    assert second_factor.codes_left(alice) == 9


def test_nobody_learns_whether_an_address_has_an_account(api, alice, bob):
    taken, free = ask(api, alice, email="BOB@example.com"), ask(api, alice, email="libre@example.com")
    assert taken.status_code == free.status_code == 202
    told, other = taken.json(), free.json()
    assert told.keys() == other.keys()
    assert told["pending"]["email"] == "bob@example.com"
    (warned,) = letters_to(bob)
    assert (warned.kind, warned.recipient) == ("security", "bob@example.com")
    assert "alice" not in warned.text
    assert [one.recipient for one in letters_to(alice)] == ["libre@example.com", "alice@example.com"]


def test_an_address_that_was_taken_meanwhile_changes_nothing(api, alice, bob):
    ask(api, alice)
    User.objects.filter(pk=bob.pk).update(email="nueva@example.com")
    assert Client().post(link_in(letters_to(alice)[0])).status_code == 409
    assert User.objects.get(pk=alice.pk).email == "alice@example.com"
    with tenant_scope(alice):
        assert not Event.objects.filter(name="email_changed").exists()


def test_what_is_called_off_asked_anew_or_too_old_cannot_be_confirmed(api, alice):
    ask(api, alice)
    first = link_in(letters_to(alice)[0])
    ask(api, alice, email="otra@example.com")
    second = link_in(letters_to(alice)[2])
    assert Client().post(first).status_code == 404
    assert api(alice).delete(EMAIL).status_code == 204
    assert api(alice).get(EMAIL).json()["pending"] is None
    assert Client().get(second).status_code == Client().post(second).status_code == 404
    ask(api, alice)
    EmailChange.objects.filter(ended_at=None).update(asked_at=timezone.now() - timedelta(hours=25))
    assert Client().post(link_in(letters_to(alice)[4])).status_code == 404
    assert api(alice).get(EMAIL).json()["pending"] is None
    assert ask(api, alice).status_code == 202  # one that ran out is in nobody's way
    assert User.objects.get(pk=alice.pk).email == "alice@example.com"


def test_the_old_address_takes_it_back_with_all_that_followed(api, alice, browse):
    ask(api, alice)
    to_new, to_old = letters_to(alice)
    Client().post(link_in(to_new))
    ask(api, User.objects.get(pk=alice.pk), email="tercera@example.com")
    Client().post(link_in(letters_to(alice, kind="verification")[-1]))
    assert User.objects.get(pk=alice.pk).email == "tercera@example.com"
    intruder, bearer = browse(User.objects.get(pk=alice.pk)), api(User.objects.get(pk=alice.pk))

    owner = Client()
    assert owner.get(link_in(to_old)).status_code == 200
    assert User.objects.get(pk=alice.pk).email == "tercera@example.com"  # until the button
    answer = owner.post(link_in(to_old))
    alice.refresh_from_db()
    assert alice.email == "alice@example.com"
    assert answer["Location"].startswith("/password-reset/")
    assert intruder.get("/user/dashboard").status_code == 302
    assert bearer.get("/api/auth/me").status_code == 401
    assert api().post("/api/auth/login", {"username": "alice", "password": PASSWORD}).status_code == 401

    page = owner.get(answer["Location"], follow=True)
    new = {"new_password1": "otra-clave-larga-8", "new_password2": "otra-clave-larga-8"}
    assert owner.post(page.redirect_chain[-1][0], new).status_code == 302
    assert api().post("/api/auth/login", {"username": "alice", "password": "otra-clave-larga-8"}).status_code == 200
    for letter in letters_to(alice, kind="email_changed"):
        assert Client().post(link_in(letter)).status_code == 404  # once, and those of later changes are void, too


def test_whoever_took_back_and_closed_the_page_asks_for_a_letter(api, alice):
    ask(api, alice)
    Client().post(link_in(letters_to(alice)[1]))
    Client().post("/password-reset", {"email": "alice@example.com"})
    from tenants.tasks import send_reset_letter

    assert send_reset_letter(alice.pk) == "sent"
    assert letters_to(alice, kind="password_reset")


def test_after_a_week_it_cannot_be_taken_back(api, alice):
    ask(api, alice)
    to_new, to_old = letters_to(alice)
    Client().post(link_in(to_new))
    EmailChange.objects.update(confirmed_at=timezone.now() - timedelta(days=7, minutes=1))
    assert Client().post(link_in(to_old)).status_code == 404
    assert User.objects.get(pk=alice.pk).email == "nueva@example.com"


def test_an_address_that_was_never_proved_gets_no_way_back(api, alice):
    """It may be a stranger's, mistyped."""
    User.objects.filter(pk=alice.pk).update(email_verified_at=None)
    ask(api, User.objects.get(pk=alice.pk))
    assert [one.recipient for one in letters_to(alice)] == ["nueva@example.com"]


def test_an_account_without_an_address_gets_one(api, alice):
    User.objects.filter(pk=alice.pk).update(email="", email_verified_at=None)
    assert ask(api, User.objects.get(pk=alice.pk)).status_code == 202
    (letter,) = letters_to(alice)
    assert Client().post(link_in(letter)).status_code == 200
    assert User.objects.get(pk=alice.pk).email == "nueva@example.com"


def test_a_superadmin_changes_theirs_too(api, root):
    assert ask(api, root).status_code == 202
    change = EmailChange.objects.get()
    path = addresses._link("email-confirm", change, addresses._CONFIRM)
    assert Client().post(path.split("8000", 1)[-1] if "8000" in path else path).status_code == 200
    assert User.objects.get(pk=root.pk).email == "nueva@example.com"


def test_five_an_hour_are_enough(api, alice, settings):
    settings.LIMITS = True
    client = api(alice)
    answers = [client.post(EMAIL, NEW | {"email": f"n{n}@example.com"}) for n in range(6)]
    assert [one.status_code for one in answers] == [202] * 5 + [429]
    assert answers[-1]["Retry-After"]


def test_old_changes_are_forgotten(api, alice):
    from tenants.email_changes import forget_old

    ask(api, alice)
    assert forget_old(now=timezone.now() + timedelta(days=29)) == 0
    assert forget_old(now=timezone.now() + timedelta(days=31)) == 1
