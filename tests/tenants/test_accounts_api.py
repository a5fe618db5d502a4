from __future__ import annotations

import jwt
import pytest
from django.conf import settings as project_settings
from django.contrib.auth.hashers import identify_hasher
from django.core.management import call_command
from django.test import Client
from rest_framework.test import APIClient

from config.settings import PASSWORD_HASHERS
from tenants.accounts import change_password
from tenants.authentication import UsernameOrEmailBackend, issue_tokens
from tenants.models import Preferences, User
from tenants.scope import tenant_scope
from tests.conftest import PASSWORD

pytestmark = pytest.mark.django_db


def claims(token: str) -> dict[str, object]:
    return jwt.decode(token, project_settings.SECRET_KEY, algorithms=["HS256"])


def sign_up(client: APIClient, **fields: object):
    return client.post("/api/auth/register", {"username": "dora", "password": PASSWORD, **fields})


def login(client: APIClient, username: str, password: str = PASSWORD):
    return client.post("/api/auth/login", {"username": username, "password": password})


# --- signing up


def test_signing_up_makes_a_tenant_with_preferences(api):
    answer = sign_up(api(), email="Dora@Example.com", timezone="America/Lima", language="pt")
    assert answer.status_code == 201
    dora = User.objects.get(username="dora")
    assert {"id": dora.pk, "username": "dora", "role": "user"}.items() <= answer.json().items()
    assert answer.json()["created_at"]
    assert "password" not in answer.json()
    assert (dora.email, dora.timezone, dora.language, dora.is_admin) == (
        "dora@example.com",
        "America/Lima",
        "pt",
        False,
    )
    with tenant_scope(dora):
        assert Preferences.objects.get().currency == "PEN"


@pytest.mark.parametrize(
    ("accepts", "given", "language"),
    [
        ("en-GB,en", {}, "en"),
        ("pt-BR,pt;q=0.9,en;q=0.5", {}, "pt"),
        ("es-MX", {}, "es"),
        ("fr", {}, "es"),
        ("", {}, "es"),
        ("en", {"language": "pt"}, "pt"),
    ],
)
def test_the_language_of_a_new_account_is_the_browsers_where_it_says_none(api, accepts, given, language):
    body = {"username": "dora", "password": PASSWORD, **given}
    answer = api().post("/api/auth/register", body, headers={"Accept-Language": accepts})
    assert (answer.status_code, answer.json()["language"]) == (201, language)
    assert User.objects.get().language == language


def test_signing_up_never_grants_another_role(api):
    answer = sign_up(api(), role="superadmin", id=77, created_at="2020-01-01T00:00:00Z")
    assert answer.status_code == 201
    dora = User.objects.get()
    assert (dora.role, dora.pk == 77, dora.created_at.year == 2020) == ("user", False, False)


@pytest.mark.parametrize("field", ["is_admin", "is_staff", "is_superuser", "is_active", "groups"])
def test_signing_up_names_a_field_that_it_does_not_know(api, field):
    answer = sign_up(api(), **{field: True})
    assert (answer.status_code, list(answer.json())) == (400, [field])
    assert not User.objects.exists()


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("username", "ALICE"),
        ("email", "ALICE@example.com"),
        ("username", "con espacio"),
        ("username", "a@b"),
        ("username", ""),
        ("username", "x" * 61),
        ("email", "no es correo"),
        ("password", "corta"),
        ("password", "12345678901"),
        ("password", "dora-dora"),
        ("timezone", "America/Macondo"),
        ("language", "tlh"),
    ],
)
def test_signing_up_refuses_what_it_cannot_take(api, alice, field, value):
    body = {"username": "dora", "email": "", "password": PASSWORD, field: value}
    if value == "dora-dora":
        body["username"] = "dora-dora1"
    answer = api().post("/api/auth/register", body)
    assert (answer.status_code, list(answer.json())) == (400, [field])
    assert User.objects.count() == 1


def test_two_accounts_may_have_no_email(api):
    assert sign_up(api()).status_code == 201
    assert sign_up(api(), username="elsa").status_code == 201


def test_passwords_are_kept_by_argon2(api, settings):
    settings.PASSWORD_HASHERS = PASSWORD_HASHERS
    sign_up(api())
    assert identify_hasher(User.objects.get().password).algorithm == "argon2"


# --- signing in


@pytest.mark.parametrize("name", ["alice", "ALICE", "alice@example.com", "Alice@Example.com"])
def test_one_signs_in_by_username_or_email(api, alice, name):
    answer = login(api(), name)
    assert answer.status_code == 200
    assert answer.json()["redirect"] == "/user/dashboard"
    assert answer.json()["role"] == "user"
    found = claims(answer.json()["access"])
    assert {"sub": "alice", "user_id": alice.pk, "is_admin": False, "role": "user"}.items() <= found.items()


def test_a_superadmin_is_sent_to_the_admin(api, root):
    answer = login(api(), "root").json()
    assert answer["redirect"] == "/admin/dashboard"
    assert {"sub": "root", "is_admin": True, "role": "superadmin"}.items() <= claims(answer["access"]).items()


def test_createsuperuser_makes_a_superadmin(db):
    call_command("createsuperuser", username="boss", email="boss@example.com", interactive=False, verbosity=0)
    boss = User.objects.get(username="boss")
    assert (boss.role, boss.is_admin, boss.is_staff) == ("superadmin", True, True)


def test_is_admin_follows_the_role(alice):
    alice.role = User.Role.SUPERADMIN
    alice.save()
    alice.refresh_from_db()
    assert alice.is_admin is True


@pytest.mark.parametrize(("name", "password"), [("alice", "otra-clave-99"), ("nadie", PASSWORD), ("", PASSWORD)])
def test_a_wrong_name_and_a_wrong_password_answer_alike(api, alice, name, password):
    answer = login(api(), name, password)
    assert answer.status_code == (401 if name else 400)
    if name:
        assert answer["WWW-Authenticate"].startswith("Bearer")
        assert answer.json() == {"detail": "El usuario o la contraseña no coinciden.", "code": "wrong_credentials"}


def test_a_person_without_email_is_not_found_by_an_empty_one(api):
    sign_up(api())
    assert login(api(), " ").status_code == 400


def test_ten_wrong_passwords_close_the_account_for_a_while(api, alice, bob, settings):
    settings.LIMITS = True
    statuses = [login(api(), "Alice", "otra-clave-99").status_code for _ in range(11)]
    assert statuses == [401] * 10 + [429]
    refused = login(api(), "alice")
    assert refused.status_code == 429
    assert 0 < int(refused["Retry-After"]) <= 900
    assert login(api(), "bob").status_code == 200


@pytest.mark.parametrize("names", [["salsita", "ſalsita", "SALSıTA", " salsita "], ["salsita", "Salsa@Example.com"]])
def test_an_account_has_one_count_whatever_it_is_called(api, settings, names):
    settings.LIMITS = True
    sign_up(api(), username="salsita", email="salsa@example.com")
    statuses = [login(api(), names[turn % len(names)], "otra-clave-99").status_code for turn in range(11)]
    assert statuses == [401] * 10 + [429]


def test_guesses_at_the_same_moment_do_not_slip_past_the_count(api, alice, settings, monkeypatch):
    settings.LIMITS = True
    check = UsernameOrEmailBackend.authenticate

    def while_others_guess(*args, **named):
        monkeypatch.undo()
        for _ in range(10):
            login(api(), "alice", "otra-clave-99")
        return check(*args, **named)

    monkeypatch.setattr(UsernameOrEmailBackend, "authenticate", while_others_guess)
    settings.LIMITS = True
    assert login(api(), "alice").status_code == 429


def test_a_right_password_forgets_the_wrong_ones(api, alice, settings):
    settings.LIMITS = True
    for _ in range(3):
        assert {login(api(), "alice", "otra-clave-99").status_code for _ in range(9)} == {401}
        assert login(api(), "alice").status_code == 200


def test_many_wrong_passwords_close_the_address(api, alice, settings):
    settings.LIMITS = True
    for number in range(100):
        login(api(), f"nadie{number}", "otra-clave-99")
    assert login(api(), "alice").status_code == 429


# --- tokens


def test_a_refresh_token_is_good_once(api, alice):
    first = login(api(), "alice").json()["refresh"]
    answer = api().post("/api/auth/refresh", {"refresh": first})
    assert answer.status_code == 200
    assert claims(answer.json()["access"])["role"] == "user"
    again = api().post("/api/auth/refresh", {"refresh": first})
    assert again.status_code == 401
    assert api().post("/api/auth/refresh", {"refresh": answer.json()["refresh"]}).status_code == 200


def test_logging_out_ends_the_refresh_token(api, alice):
    tokens = login(api(), "alice").json()
    assert api(alice).post("/api/auth/logout", {"refresh": tokens["refresh"]}).status_code == 204
    assert api().post("/api/auth/refresh", {"refresh": tokens["refresh"]}).status_code == 401


def test_logging_out_without_a_token_ends_them_all(api, alice):
    tokens = [login(api(), "alice").json()["refresh"] for _ in range(2)]
    assert api(alice).post("/api/auth/logout").status_code == 204
    assert {api().post("/api/auth/refresh", {"refresh": token}).status_code for token in tokens} == {401}


def test_one_cannot_log_out_somebody_else(api, alice, bob):
    tokens = login(api(), "bob").json()
    assert api(alice).post("/api/auth/logout", {"refresh": tokens["refresh"]}).status_code == 400
    assert api().post("/api/auth/refresh", {"refresh": tokens["refresh"]}).status_code == 200


def test_deactivation_ends_tokens_and_sessions_at_once(api, alice, browse):
    tokens, bearer, session = login(api(), "alice").json(), api(alice), browse(alice)
    User.objects.filter(pk=alice.pk).update(is_active=False)
    assert bearer.get("/api/auth/me").status_code == 401
    assert session.get("/api/auth/me").status_code == 401
    assert api().post("/api/auth/refresh", {"refresh": tokens["refresh"]}).status_code == 401
    assert login(api(), "alice").status_code == 401


def test_a_new_password_ends_tokens_and_sessions_at_once(api, alice, browse):
    tokens, bearer, session = login(api(), "alice").json(), api(alice), browse(alice)
    change_password(user=alice, password="otra-clave-larga-8")
    assert bearer.get("/api/auth/me").status_code == 401
    assert session.get("/api/auth/me").status_code == 401
    assert api().post("/api/auth/refresh", {"refresh": tokens["refresh"]}).status_code == 401
    assert login(api(), "alice", "otra-clave-larga-8").status_code == 200


def test_one_changes_ones_own_password_and_stays_signed_in_here(alice, api):
    here, elsewhere = Client(), Client()
    here.force_login(alice)
    elsewhere.force_login(alice)
    body = {"current": PASSWORD, "new": "otra-clave-larga-8"}
    answer = here.post("/api/auth/password", body, content_type="application/json")
    assert answer.status_code == 200
    assert here.get("/api/auth/me").status_code == 200
    assert elsewhere.get("/api/auth/me").status_code == 401
    bearer = {"Authorization": f"Bearer {answer.json()['access']}"}
    assert api().get("/api/auth/me", headers=bearer).status_code == 200


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"current": "no-es-esta-1", "new": "otra-clave-larga-8"}, "current"),
        ({"current": PASSWORD, "new": "corta"}, "new"),
    ],
)
def test_changing_the_password_refuses(api, alice, body, field):
    answer = api(alice).post("/api/auth/password", body)
    assert (answer.status_code, list(answer.json())) == (400, [field])


def test_a_refresh_token_opens_nothing(api, alice):
    refresh = str(issue_tokens(user=alice))
    assert api().get("/api/auth/me", headers={"Authorization": f"Bearer {refresh}"}).status_code == 401
    access = str(issue_tokens(user=alice).access_token)
    assert api().post("/api/auth/refresh", {"refresh": access}).status_code == 401


def forged(alice: User) -> dict[str, str]:
    body = claims(str(issue_tokens(user=alice).access_token))
    secret = project_settings.SECRET_KEY
    return {
        "alg none": jwt.encode(body, "", algorithm="none"),
        "another key": jwt.encode(body, "x" * 64, algorithm="HS256"),
        "another algorithm": jwt.encode(body, secret, algorithm="HS512"),
        "expired": jwt.encode(body | {"exp": 1}, secret, algorithm="HS256"),
        "nobody": jwt.encode(body | {"user_id": 10**9}, secret, algorithm="HS256"),
        "no number": jwt.encode(body | {"user_id": "x"}, secret, algorithm="HS256"),
        "too large": jwt.encode(body | {"user_id": 10**30}, secret, algorithm="HS256"),
        "a list": jwt.encode(body | {"user_id": [1]}, secret, algorithm="HS256"),
        "no person": jwt.encode({k: v for k, v in body.items() if k != "user_id"}, secret, algorithm="HS256"),
        "garbage": "a.b.c",
        "two words": "a b",
    }


FORGERIES = [
    "alg none",
    "another key",
    "another algorithm",
    "expired",
    "nobody",
    "no number",
    "too large",
    "a list",
    "no person",
    "garbage",
    "two words",
]


@pytest.mark.parametrize("kind", FORGERIES)
def test_a_forged_token_is_nobody(api, alice, kind):
    token = forged(alice)[kind]
    for path in ("/api/auth/me", "/api/user/preferences"):
        answer = api().get(path, headers={"Authorization": f"Bearer {token}"})
        assert answer.status_code == 401, path
        assert answer["WWW-Authenticate"].startswith("Bearer")


def test_the_role_of_a_token_does_not_outlive_the_accounts(api, alice):
    client = api(alice)
    User.objects.filter(pk=alice.pk).update(role=User.Role.SUPERADMIN)
    assert client.get("/api/user/preferences").status_code == 403


# --- preferences


def test_preferences_are_read_and_changed(api, alice, bob):
    client = api(alice)
    assert client.get("/api/user/preferences").json()["currency"] == "COP"
    changes = {"business_name": "Ferretería Ñandú 🔨", "tone": "brief", "timezone": "America/Lima", "language": "en"}
    answer = client.patch("/api/user/preferences", changes)
    assert answer.status_code == 200
    assert changes.items() <= client.get("/api/user/preferences").json().items()
    alice.refresh_from_db()
    assert (alice.timezone, alice.language) == ("America/Lima", "en")
    assert api(bob).get("/api/user/preferences").json()["business_name"] == ""


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("timezone", "America/Macondo"),
        ("timezone", None),
        ("timezone", ["America/Lima"]),
        ("language", "tlh"),
        ("currency", "XXX"),
        ("tone", 3),
        ("accent_color", "red; background: url(x)"),
        ("business_facts", "x" * 4001),
        ("business_name", "x" * 121),
        ("user", 1),
        ("id", 1),
    ],
)
def test_preferences_refuse_what_they_do_not_know(api, alice, field, value):
    before = api(alice).get("/api/user/preferences").json()
    answer = api(alice).patch(
        "/api/user/preferences", {field: value, "tone": "formal"} if field != "tone" else {field: value}
    )
    assert (answer.status_code, list(answer.json())) == (400, [field])
    assert api(alice).get("/api/user/preferences").json() == before


@pytest.mark.parametrize(
    ("language", "unknown", "not_blank", "too_long", "not_found"),
    [
        (
            "es",
            "No conocemos este campo.",
            "Este campo no puede quedar en blanco.",
            "Escribe hasta 120 caracteres.",
            "No encontramos lo que buscas.",
        ),
        (
            "en",
            "We don’t know this field.",
            "This field may not be blank.",
            "Ensure this field has no more than 120 characters.",
            "Not found.",
        ),
        (
            "pt",
            "Não conhecemos este campo.",
            "Este campo não pode ficar em branco.",
            "Escreva até 120 caracteres.",
            "Não encontramos o que você procura.",
        ),
    ],
)
def test_errors_are_in_the_persons_language(api, alice, language, unknown, not_blank, too_long, not_found):
    """Our own words and those of the packages alike, whatever the browser prefers."""
    User.objects.filter(pk=alice.pk).update(language=language)
    client = api(alice)

    def change(**fields: object) -> dict[str, object]:
        return client.patch("/api/user/preferences", fields, headers={"Accept-Language": "fr, it"}).json()

    assert change(nope=1) == {"nope": [unknown]}
    assert change(timezone="") == {"timezone": [not_blank]}
    assert change(business_name="x" * 121) == {"business_name": [too_long]}
    assert client.get("/api/user/products/999999").json() == {"detail": not_found}


@pytest.mark.parametrize(
    ("accepts", "text"),
    [
        ("pt-BR,pt;q=0.9,en;q=0.8", "Usuário ou senha não conferem."),
        ("en-US", "The username or password is wrong."),
        ("es-MX", "El usuario o la contraseña no coinciden."),
        ("de", "El usuario o la contraseña no coinciden."),
    ],
)
def test_a_stranger_is_answered_in_the_browsers_language(api, accepts, text):
    answer = api().post("/api/auth/login", {"username": "x", "password": "y"}, headers={"Accept-Language": accepts})
    assert answer.json() == {"detail": text, "code": "wrong_credentials"}


def test_what_is_too_large_is_refused_in_the_browsers_language(api, settings):
    settings.MAX_BODY_BYTES = 10
    for accepts, text in (("pt-BR", "O envio passa de 0 MB."), ("en", "That is more than 0 MB.")):
        answer = api().post("/api/auth/login", {"username": "x" * 20}, headers={"Accept-Language": accepts})
        assert (answer.status_code, answer.json()) == (413, {"detail": text})


# --- both at once


@pytest.mark.parametrize("header", ["Basic Zm9vOmJhcg==", "Token abc", "Digest x"])
def test_a_session_counts_whatever_a_proxys_own_authorization_says(browse, alice, root, header):
    for path in ("/api/user/preferences", "/api/user/products", "/user/dashboard"):
        assert browse(alice).get(path, headers={"Authorization": header}).status_code == 200
    assert browse(root).get("/user/dashboard", headers={"Authorization": header})["Location"] == "/admin/dashboard"
    assert browse(alice).get("/admin/", headers={"Authorization": header})["Location"] == "/user/dashboard"


def test_many_unknown_fields_are_not_all_named(api, alice):
    body = {f"campo{number}" + "x" * 300: 1 for number in range(1000)}
    answer = api(alice).post("/api/user/products", body)
    assert answer.status_code == 400
    assert len(answer.json()) == 20
    assert len(answer.content) < 4000


def test_a_body_of_unsaid_length_is_refused_and_not_read_as_empty(api):
    answer = api().generic("POST", "/api/auth/login", headers={"Transfer-Encoding": "chunked"})
    assert (answer.status_code, list(answer.json())) == (411, ["detail"])
