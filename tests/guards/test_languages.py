"""Each page speaks the language of whoever reads it, and only that."""

from __future__ import annotations

import html
import json
import re
from decimal import Decimal
from functools import cache

import pytest
from django.core import mail
from django.core.exceptions import ValidationError
from django.core.validators import DecimalValidator
from django.db import models
from django.http import HttpResponse
from django.test import Client
from django.utils import translation
from rest_framework import serializers

from config import translations
from tenants import resets
from tenants.models import Preferences, User
from tenants.scope import tenant_scope

pytestmark = pytest.mark.django_db

BEFORE_THE_DOOR = [
    "/login",
    "/register",
    "/password-reset",
    "/password-reset/done",
    "/password-reset/complete",
    "/nowhere",
]
INSIDE = [
    "/user/dashboard",
    "/user/analytics",
    "/user/commercial/products",
    "/user/commercial/chat",
    "/user/settings",
    "/nowhere",
]
READERS = [("en", "en"), ("pt-BR,pt;q=0.9,en;q=0.5", "pt")]


def spanish_in(page: str, *, language: str) -> list[str]:
    """Texts of our catalogue that a page still says in Spanish, though its language says them otherwise."""
    page = html.unescape(re.sub(r"<script\b.*?</script>", "", page, flags=re.DOTALL))
    return [text for text in said_otherwise(language) if text in page]


@cache
def said_otherwise(language: str) -> list[str]:
    messages = translations.read_catalogue(translations.catalogue_path(language=language, domain="django"))
    return [m.id for m in messages if isinstance(m.id, str) and " " in m.id and m.id != m.string]


@pytest.mark.parametrize(("accepts", "language"), READERS)
@pytest.mark.parametrize("path", BEFORE_THE_DOOR)
def test_a_stranger_reads_pages_in_the_browsers_language(accepts, language, path):
    answer = Client().get(path, headers={"Accept-Language": accepts})
    page = answer.content.decode()
    assert f'<html lang="{language}"' in page
    assert spanish_in(page, language=language) == []


def test_a_page_in_spanish_is_noticed():
    page = Client().get("/login", headers={"Accept-Language": "es"}).content.decode()
    assert "Qué bueno verte" in spanish_in(page, language="en")


@pytest.mark.parametrize("language", ["en", "pt"])
@pytest.mark.parametrize("path", INSIDE)
def test_a_tenant_reads_pages_in_their_own_language(alice, bob, browse, language, path):
    User.objects.filter(pk=alice.pk).update(language=language)
    alice.refresh_from_db()
    answer = browse(alice).get(path, headers={"Accept-Language": "es"})
    page = answer.content.decode()
    assert f'<html lang="{language}"' in page
    assert path == "/nowhere" or f"/texts.js?{language}" in page
    assert spanish_in(page, language=language) == []
    assert '<html lang="es"' in browse(bob).get(path, headers={"Accept-Language": language}).content.decode()


@pytest.mark.parametrize(
    ("path", "titles"),
    [
        ("/user/dashboard", {"es": "Inicio", "en": "Home", "pt": "Início"}),
        ("/user/commercial/products", {"es": "Productos", "en": "Products", "pt": "Produtos"}),
        ("/user/settings", {"es": "Ajustes", "en": "Settings", "pt": "Ajustes"}),
    ],
)
def test_pages_have_titles_in_every_language(alice, browse, path, titles):
    for language, title in titles.items():
        User.objects.filter(pk=alice.pk).update(language=language)
        assert f"<title>{title} · Recado</title>" in browse(alice).get(path).content.decode()


@pytest.mark.parametrize("language", ["en", "pt"])
@pytest.mark.parametrize(
    "path", ["/admin/dashboard", "/admin/tenants/user/", "/admin/assistants/llmconfiguration/add/"]
)
def test_the_superadmin_reads_the_admin_in_their_own_language(root, browse, language, path):
    User.objects.filter(pk=root.pk).update(language=language)
    page = browse(root).get(path).content.decode()
    assert f'<html lang="{language}"' in page
    assert spanish_in(page, language=language) == []
    assert not re.search(r"palavra-passe|utilizador|Gravar", page)  # Portuguese, but not Brazil's


@pytest.mark.parametrize(
    ("language", "texts"),
    [
        ("es", {}),
        ("en", {"Deshacer": "Undo", "%s producto": ["%s product", "%s products"]}),
        ("pt", {"Deshacer": "Desfazer", "%s producto": ["%s produto", "%s produtos"]}),
    ],
)
def test_scripts_get_their_texts_in_the_persons_language(alice, browse, language, texts):
    User.objects.filter(pk=alice.pk).update(language=language)
    script = browse(alice).get(f"/texts.js?{language}", headers={"Accept-Language": "de"}).content.decode()
    found = re.search(r"const newcatalog = ({.*?});\n", script, re.DOTALL)
    catalogue = json.loads(found[1]) if found else {}
    assert {text: catalogue.get(text) for text in texts} == texts
    assert language != "es" or catalogue == {}


@pytest.mark.parametrize(
    ("language", "currency", "locale"),
    [
        ("es", "COP", "es-CO"),
        ("es", "MXN", "es-MX"),
        ("en", "USD", "en-US"),
        ("pt", "BRL", "pt-BR"),
        ("pt", "COP", "pt-BR"),
    ],
)
def test_pages_write_money_and_dates_as_the_persons_country_does(alice, browse, language, currency, locale):
    User.objects.filter(pk=alice.pk).update(language=language)
    with tenant_scope(alice):
        Preferences.objects.update(currency=currency)
    page = browse(alice).get("/user/dashboard").content.decode()
    shell = json.loads(re.search(r'<script id="shell"[^>]*>(.*?)</script>', page)[1])
    assert (shell["locale"], shell["currency"]) == (locale, currency)


@pytest.mark.parametrize(
    ("language", "subject", "hello"),
    [
        ("es", "Tu contraseña de Recado", "Hola:"),
        ("en", "Your Recado password", "Hello:"),
        ("pt", "Sua senha do Recado", "Olá:"),
    ],
)
def test_the_letter_for_a_new_password_is_in_the_persons_language(alice, language, subject, hello):
    User.objects.filter(pk=alice.pk).update(language=language)
    alice.refresh_from_db()
    resets.write(user=alice)
    (letter,) = mail.outbox
    assert letter.subject == subject
    assert letter.body.startswith(hello)
    assert spanish_in(letter.body, language=language) == [] if language != "es" else True


@pytest.mark.parametrize(
    ("language", "one", "two"),
    [
        ("es", "Solo queda 1 unidad.", "Solo quedan 2 unidades."),
        ("en", "Only 1 unit is left.", "Only 2 units are left."),
        ("pt", "Só resta 1 unidade.", "Só restam 2 unidades."),
    ],
)
def test_plural_forms_come_out_in_answers(alice, api, language, one, two):
    User.objects.filter(pk=alice.pk).update(language=language)
    client = api(alice)
    for stock, said in ((1, one), (2, two)):
        product = client.post("/api/user/products", {"name": f"Martillo {stock}", "price": "1", "stock": stock}).json()
        answer = client.post(f"/api/user/products/{product['id']}/stock", {"delta": -3})
        assert answer.status_code == 409
        assert answer.json()["detail"] == said


# --- before there is a preference


def switch(client: Client, language: str, *, to: str = "/login") -> HttpResponse:
    return client.post("/language", {"language": language, "next": to})


@pytest.mark.parametrize("path", BEFORE_THE_DOOR)
def test_a_strangers_choice_comes_before_the_browsers_and_lasts(path):
    client = Client(headers={"Accept-Language": "en"})
    answer = switch(client, "pt", to=path)
    assert (answer.status_code, answer["Location"]) == (302, path)
    cookie = answer.cookies["recado_language"]
    assert (cookie.value, bool(cookie["httponly"]), cookie["samesite"]) == ("pt", True, "Lax")
    assert int(cookie["max-age"]) >= 60 * 60 * 24 * 180
    page = client.get(path)
    assert '<html lang="pt"' in page.content.decode()
    assert page["Content-Language"] == "pt"
    assert {"Accept-Language", "Cookie"} <= {name.strip() for name in page["Vary"].split(",")}


@pytest.mark.parametrize("path", BEFORE_THE_DOOR)
def test_pages_before_the_door_offer_every_language_and_mark_their_own(path):
    page = Client().get(path, headers={"Accept-Language": "en"}).content.decode()
    form = re.search(r'<form class="languages".*?</form>', page, re.DOTALL)[0]
    assert re.findall(r'lang="(\w+)"(?: aria-current="(\w+)")?>(\w+)<', form) == [
        ("es", "", "Español"),
        ("en", "true", "English"),
        ("pt", "", "Português"),
    ]
    assert f'name="next" value="{path}"' in form


@pytest.mark.parametrize("given", ["de", "", "../../etc", "es-CO", "EN"])
def test_a_language_that_we_do_not_have_changes_nothing(given):
    client = Client(headers={"Accept-Language": "en"})
    assert "recado_language" not in switch(client, given).cookies
    client.cookies["recado_language"] = given
    assert '<html lang="e' in client.get("/login").content.decode()


@pytest.mark.parametrize("to", ["https://example.com/", "//example.com", "javascript:alert(1)", "", "login\r\nX: y"])
def test_the_switch_leads_nowhere_else(to):
    assert switch(Client(), "en", to=to)["Location"] == "/"


def test_the_switch_only_takes_what_a_page_of_ours_sends():
    assert Client().get("/language").status_code == 405
    assert Client(enforce_csrf_checks=True).post("/language", {"language": "en"}).status_code == 403


def test_a_persons_preference_comes_before_what_the_browser_was_told(alice, browse):
    client = browse(alice)
    client.cookies["recado_language"] = "pt"
    answer = client.get("/user/dashboard", headers={"Accept-Language": "en"})
    assert '<html lang="es"' in answer.content.decode()
    assert answer["Content-Language"] == "es"


def test_who_is_signed_in_and_switches_has_chosen(alice, bob, root, browse):
    for person in (alice, root):
        assert switch(browse(person), "pt").status_code == 302
        person.refresh_from_db()
        assert person.language == "pt"
    bob.refresh_from_db()
    assert bob.language == "es"


def test_who_registers_keeps_the_language_of_the_page(django_user_model):
    client = Client(headers={"Accept-Language": "en"})
    switch(client, "pt", to="/register")
    answer = client.post("/register", {"username": "nova", "password": "uma senha bem longa"})
    assert answer.status_code == 302, answer.content.decode()
    assert django_user_model.objects.get(username="nova").language == "pt"


# --- the API


@pytest.mark.parametrize(("accepts", "language"), [("en-GB,en;q=0.8", "en"), ("pt-BR", "pt"), ("de", "es"), ("", "es")])
def test_an_error_of_the_api_is_in_the_language_that_is_asked_for(accepts, language):
    answer = Client().post(
        "/api/auth/login", {"username": "x"}, content_type="application/json", headers={"Accept-Language": accepts}
    )
    assert (answer.status_code, answer["Content-Language"]) == (400, language)
    said = {"es": "Este campo es obligatorio.", "en": "This field is required.", "pt": "Este campo é obrigatório."}
    assert answer.json()["password"] == [said[language]]
    assert "Accept-Language" in answer["Vary"]


def test_an_error_of_the_api_is_in_the_persons_language_whatever_is_asked_for(alice, api):
    User.objects.filter(pk=alice.pk).update(language="pt")
    alice.refresh_from_db()
    answer = api(alice).post("/api/user/products", {}, headers={"Accept-Language": "en"})
    assert (answer.status_code, answer["Content-Language"]) == (400, "pt")
    assert answer.json()["name"] == ["Este campo é obrigatório."]


def test_what_is_refused_at_the_door_says_its_language(settings):
    settings.MAX_BODY_BYTES = 10
    answer = Client().post(
        "/api/auth/login", {"username": "a" * 100}, content_type="application/json", headers={"Accept-Language": "pt"}
    )
    assert (answer.status_code, answer["Content-Language"]) == (413, "pt")
    assert "Accept-Language" in answer["Vary"]


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("es", ["Usa hasta 14 cifras en total.", "Pon al menos 1.", "Este campo no puede quedar en blanco."]),
        ("pt", ["Use até 14 dígitos no total.", "Inclua pelo menos 1.", "Este campo não pode ficar em branco."]),
        (
            "en",
            [
                "Ensure that there are no more than 14 digits in total.",
                "Ensure this field has at least 1 elements.",
                "This field cannot be blank.",
            ],
        ),
    ],
)
def test_what_the_packages_refuse_is_said_in_the_houses_words(language, words):
    refusals = [
        lambda: DecimalValidator(14, 2)(Decimal("1" * 15)),
        lambda: serializers.ListField(min_length=1).run_validation([]),
        lambda: models.CharField(max_length=5).clean("", None),
    ]
    said = []
    for refuse in refusals:
        with translation.override(language), pytest.raises((ValidationError, serializers.ValidationError)) as refusal:
            refuse()
        with translation.override(language):
            told = refusal.value
            said.append(told.messages[0] if isinstance(told, ValidationError) else str(told.detail[0]))
    assert said == words
