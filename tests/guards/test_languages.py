"""Each page speaks the language of whoever reads it, and only that."""

from __future__ import annotations

import html
import json
import re

import pytest
from django.core import mail
from django.test import Client

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
    messages = translations.read_catalogue(translations.catalogue_path(language=language, domain="django"))
    texts = [m.id for m in messages if isinstance(m.id, str) and " " in m.id and m.id != m.string]
    return [text for text in texts if text in page]


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
