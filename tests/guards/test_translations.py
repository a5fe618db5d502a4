"""Everything that people read is there in Spanish, English and Portuguese, and stays so."""

from __future__ import annotations

import gettext
import importlib.util
import re
import shutil
from collections import Counter
from pathlib import Path

import pytest
from babel.messages import Catalog, Message

from config import translations
from config.translations import BORROWED, DOMAINS, LANGUAGES, LOCALE, PLURALS, ROOT, compile_translations
from tests.guards.unwrapped import in_python, in_script, in_template

CATALOGUES = [
    (language, domain) for language in LANGUAGES for domain in DOMAINS if (language, domain) != ("es", "djangojs")
]

# Written for a model, for a reader of logs and consoles, or spoken by an assistant, who knows its own languages.
NOT_FOR_GETTEXT = (
    "agenda/drafts.py",
    "agenda/evaluations.py",
    "agenda/phrases.py",
    "agenda/wording/",
    "assistants/base.py",
    "assistants/builtin/",
    "assistants/commercial.py",
    "assistants/consent.py",
    "assistants/effects.py",
    "assistants/grounding/",
    "assistants/intents/",
    "assistants/language.py",
    "assistants/moments.py",
    "assistants/offering.py",
    "assistants/opening.py",
    "assistants/personal.py",
    "assistants/probes.py",
    "assistants/prompts.py",
    "assistants/tools/",
    "assistants/turns.py",
    "catalog/ordering.py",
    "config/benchmarks/",
    "config/chaos/",
    "config/demo/",
    "messaging/whatsapp/opting.py",
)
# Names and examples that are the same for everybody.
SAME_EVERYWHERE = {
    "static/recado/frame.js": {"Enter"},  # a key
    "static/recado/pages/chat.js": {"Claude ( )"},
    "static/recado/pages/inbox.js": {"Escape"},
    "static/recado/pages/inbox-composer.js": {"Enter", "Escape", "Tab"},
    "static/recado/pages/analytics-charts.js": {"Web"},
    "templates/analytics/chart.html": {"CSV"},
    "templates/config/admin_dashboard_figures.html": {"JSON"},
    "static/recado/pages/activity.js": {"Edge", "Opera"},
    "templates/app.html": {"WhatsApp"},
    "templates/config/settings.html": {"WhatsApp"},
    "templates/messaging/whatsapp.html": {"WhatsApp", "WhatsApp · Recado"},
    "templates/drf_spectacular/swagger_ui.html": {"API"},
    "tenants/sorting.py": {"áàâãäéèêëíìîïóòôõöúùûüñç"},  # folded for sorting
    # examples of the API's documentation
    "agenda/api.py": {"Reunión con Carla", "Clase de inglés", "dentista el jueves a las 4"},
    "catalog/api.py": {"Martillo de uña 16 oz"},  # an example of the API's documentation
    "config/settings.py": {"Español"},
    "tenants/preferences.py": {"Español"},
}
PRODUCT = re.compile(r"(?:· )?Recado\Z")


@pytest.fixture(scope="module")
def code() -> dict[str, Catalog]:
    return translations.read_code()


def catalogue(language: str, domain: str) -> Catalog:
    return translations.read_catalogue(translations.catalogue_path(language=language, domain=domain))


def forms(message: Message) -> tuple[list[str], list[str]]:
    """What a message says in the code and in translation, one text a form."""
    ids = [message.id] if isinstance(message.id, str) else list(message.id)
    return ids, [message.string] if isinstance(message.string, str) else list(message.string or [])


def compiled_in(folder: Path, language: str, domain: str = "django") -> gettext.GNUTranslations:
    """A compiled catalogue, read anew; gettext.translation() remembers files by their names."""
    with (folder / language / "LC_MESSAGES" / f"{domain}.mo").open("rb") as file:
        return gettext.GNUTranslations(file)


def placeholders(text: str) -> Counter[str]:
    return Counter(re.findall(r"%\(\w+\)[sdr]|%[sd]|{\w+(?::\w+)?}", text))


def faults(message: Message) -> list[str]:
    """What is wrong with a translation."""
    ids, strings = forms(message)
    found = []
    if not translations.is_complete(message) or len(strings) != len(ids):
        found.append("no translation, or not of every form")
    for said, original in zip(strings, ids, strict=False):
        if placeholders(said) != placeholders(original):
            found.append(f"other placeholders: {said!r}")
        if (said[:1].isspace(), said[-1:].isspace()) != (original[:1].isspace(), original[-1:].isspace()):
            found.append(f"other space around it: {said!r}")
        if re.search(r"[.…:?!]\Z", said.strip("»”\"'")) is None and re.search(r"[.…:?]\Z", original):
            found.append(f"no mark at its end: {said!r}")
    return found


# --- the catalogues


@pytest.mark.parametrize(("language", "domain"), CATALOGUES)
def test_every_text_of_the_code_is_translated_and_nothing_else(code, language, domain):
    """If this fails: `make messages`, then fill in what it names."""
    there = catalogue(language, domain)
    wanted = translations.wanted(language=language, domain=domain, code=code)
    assert set(translations.keys(there)) == set(translations.keys(wanted)), "run `make messages`"
    assert not there.obsolete
    wrong = {message.id: faults(message) for message in there if message.id and faults(message)}
    assert wrong == {}


@pytest.mark.parametrize(("language", "domain"), CATALOGUES)
def test_plural_forms_are_those_of_the_language(language, domain):
    assert (catalogue(language, domain).num_plurals, catalogue(language, domain).plural_expr) == (2, PLURALS[language])


def test_a_faulty_translation_is_noticed():
    assert faults(Message("Quedan %s.", "%s left.")) == []
    assert faults(Message("Quedan %s.", "")) != []
    assert faults(Message("Quedan %s.", "%s left.", flags={"fuzzy"})) != []
    assert faults(Message("Quedan %s.", "Some left.")) != []
    assert faults(Message("%(n)d de %(m)d", "%(n)d of %(n)d")) != []
    assert faults(Message(("Queda %s", "Quedan %s"), ("%s left", ""))) != []
    assert faults(Message("Tú: ", "You:")) != []


def test_our_words_for_the_packages_texts_are_for_texts_that_they_have():
    places = ["rest_framework", "django.core.validators", "django.forms", "django.contrib.auth"]
    known = set()
    for place in places:
        origin = Path(importlib.util.find_spec(place).origin)
        files = [origin] if origin.name != "__init__.py" else origin.parent.rglob("*.py")
        for path in files:
            known |= {
                text if isinstance(text, str) else tuple(text) for _line, text, _c, _x in translations.read_texts(path)
            }
    assert [text for text in BORROWED if text not in known] == []


def test_compiled_catalogues_say_what_their_sources_say(tmp_path):
    folder = shutil.copytree(LOCALE, tmp_path / "locale", ignore=shutil.ignore_patterns("*.mo"))
    assert len(compile_translations(folder)) == len(CATALOGUES)
    assert compile_translations(folder) == []
    for language, domain in CATALOGUES:
        compiled = compiled_in(folder, language, domain)
        for message in catalogue(language, domain):
            if isinstance(message.id, str) and message.id:
                assert compiled.gettext(message.id) == message.string
            elif message.id:
                assert [compiled.ngettext(*message.id, n) for n in (1, 2)] == list(message.string)
    source = folder / "en" / "LC_MESSAGES" / "django.po"
    source.write_text(source.read_text().replace('"Save"', '"Keep"'))
    assert compile_translations(folder) == [source.with_suffix(".mo")]
    assert compiled_in(folder, "en").gettext("Guardar") == "Keep"


def test_portuguese_is_that_of_brazil_in_the_packages_too(tmp_path):
    folder = shutil.copytree(LOCALE / "pt", tmp_path / "pt", ignore=shutil.ignore_patterns("*.mo")).parent
    compile_translations(folder)
    pt = compiled_in(folder, "pt")
    assert pt.gettext("This password is too common.") == "Esta senha é muito comum."
    assert pt.gettext("Save and continue editing") == "Salvar e continuar editando"


def test_compiled_catalogues_stay_out_of_the_repository():
    assert "locale/**/*.mo" in (ROOT / ".gitignore").read_text().splitlines()


# --- texts that nobody gave to gettext


def unwrapped(path: Path) -> list[str]:
    name, source = path.relative_to(ROOT).as_posix(), path.read_text()
    if path.suffix == ".py":
        if name.startswith(NOT_FOR_GETTEXT) or "/migrations/" in name or "/management/" in name:
            return []
        found = in_python(source)
    elif path.suffix == ".js":
        found = in_script(source)
    else:
        found = in_template(source, is_page=path.suffix == ".html")
    return [text for text in found if text not in SAME_EVERYWHERE.get(name, ()) and not PRODUCT.match(text)]


def test_no_visible_text_goes_past_gettext():
    found = {path.relative_to(ROOT).as_posix(): texts for path in translations.sources() if (texts := unwrapped(path))}
    assert found == {}


@pytest.mark.parametrize(
    "source",
    [
        "<p>Guardar</p>",
        "<p>{% if x %}Sin existencias{% endif %}</p>",
        '<button aria-label="Cerrar"></button>',
        '<input placeholder="{{ x }} productos">',
        '<img alt="Foto" src="x">',
        '<input type="submit" value="Entrar">',
        "<span x-text=\"ready ? 'Listo' : ''\"></span>",
        '{{ name|default:"Sin nombre" }}',
        '{% include "icon.html" with label="Más acciones" %}',
    ],
)
def test_a_text_planted_in_a_template_is_found(source):
    assert in_template(source)


def test_translated_texts_keys_and_code_in_a_template_are_none():
    assert not in_template(
        '{% load i18n %}<p title="{% translate \'Más\' %}">{% translate "Guardar" %} {{ name }} <kbd>Enter</kbd></p>'
        "{% blocktranslate count n=n %}{{ n }} día{% plural %}{{ n }} días{% endblocktranslate %}{# Una nota #}"
        "<a class=\"btn\" href=\"{% url 'products' %}\" :class=\"open ? 'is-open' : ''\"></a>"
        "<script>const x = 'Sí';</script>"
    )


@pytest.mark.parametrize(
    "source",
    [
        'notify({ text: "Listo" });',
        "const a = 'No se pudo guardar';",
        "const a = `Quedan ${n} unidades`;",
        'gettext("Sí"); alert("Más");',
        "const a = `${gettext('Sí')} ${ok ? 'Más' : ''}`;",
        'f(gettext("Sí"), "¿Seguro?")',
    ],
)
def test_a_text_planted_in_a_script_is_found(source):
    assert in_script(source)


def test_translated_texts_and_names_in_a_script_are_none():
    assert not in_script(
        'import { get } from "./api.js"; // Así es\n'
        'notify({ text: interpolate(ngettext("Queda %s", "Quedan %s", n(1)), [n]), kind: "bad" });\n'
        'fetch(`/api/user/${id}`, { headers: { "Content-Type": "application/json" } }); x = /¿[a-z]/.test("ArrowDown");'
    )


@pytest.mark.parametrize(
    "source",
    [
        'raise ValidationError("Falta el nombre.")',
        'raise ValidationError({"sku": ["Ya existe"]})',
        'form.add_error(None, f"Espera {n} minutos")',
        'models.CharField(verbose_name="nombre corto")',
        'TITLE = "Contraseña"',
        'taken = {"username": (rows, "Ese usuario existe.")}',
        'words = _("Sí") + "No se puede por ahora"',
    ],
)
def test_a_text_planted_in_python_is_found(source):
    assert in_python(source)


def test_translated_texts_and_docstrings_in_python_are_none():
    assert not in_python(
        '"""Así es."""\nraise ValidationError(_("Falta el año."))\n'
        'x = ngettext("%d día", "%d días", n) % n\nlogger.warning("no answer in time")\n'
        'raise ValidationError({"delta": gettext("Son demasiadas unidades.")})'
    )


def test_the_extractor_misses_no_call():
    """Babel reads scripts and templates in its own way; a plain count of the calls says whether it read them all."""
    calls = {".js": r"\bn?gettext\(", ".html": r"{%\s*(?:block)?translate\b", ".txt": r"{%\s*(?:block)?translate\b"}
    for path in translations.sources():
        if path.suffix in calls:
            counted = len(re.findall(calls[path.suffix], path.read_text()))
            assert (path.name, len(list(translations.read_texts(path)))) == (path.name, counted)
