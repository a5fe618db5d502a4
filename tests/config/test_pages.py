"""The pages over the whole house."""

from __future__ import annotations

import pytest
from django.utils import timezone

from assistants.models import LLMConfiguration, ModelKey
from config.assets import PACKAGED, PackageFinder
from config.figures import read_figures
from tenants.scope import tenant_scope
from tests.factories import ROWS

pytestmark = pytest.mark.django_db


def test_the_superadmins_first_page_counts_all_tenants_and_shows_no_text(alice, bob, root, browse):
    for person in (alice, bob):
        with tenant_scope(person):
            ROWS["catalog.Product"](person)
    figures = read_figures(now=timezone.now())
    assert (figures.tenants, figures.suspended, figures.products) == (2, 0, 2)
    assert figures.answering == "Responde el asistente incorporado, sin modelo"
    page = browse(root).get("/admin/dashboard").content.decode()
    assert "Negocios activos" in page
    assert "no da señales de vida" in page  # there is no worker in this test


def test_a_broken_model_configuration_is_an_alarm(root, settings):
    settings.LLM_PROVIDER = "no-such-provider"
    figures = read_figures(now=timezone.now())
    assert any("no se puede usar" in alarm for alarm in figures.alarms)


def test_the_chat_names_the_model_that_answers(alice, browse):
    LLMConfiguration.objects.create(provider="anthropic", model="claude-haiku-5-5")
    ModelKey.objects.create(provider="anthropic", secret="sk-ant-secret", ends="cret")
    page = browse(alice).get("/user/commercial/chat").content.decode()
    assert "Responde Claude (claude-haiku-5-5)" in page
    assert "sk-ant-secret" not in page


def test_pages_show_what_is_the_tenants_own_only(alice, bob, browse):
    from tenants.models import Preferences

    with tenant_scope(bob):
        Preferences.current(bob).change(business_name="La tienda de Bob")
    page = browse(alice).get("/user/dashboard").content.decode()
    assert "La tienda de Bob" not in page
    assert '"currency": "COP"' in page


def test_texts_for_scripts_come_in_the_persons_language(alice, browse):
    answer = browse(alice).get("/texts.js")
    assert answer["Content-Type"].startswith("text/javascript")
    assert "gettext" in answer.content.decode()


def test_only_the_files_that_pages_load_are_taken_from_packages():
    assert {path for path, _ in PackageFinder().list(None)} == set(PACKAGED)
    assert PackageFinder().find("vendor/tabler.js") == []
