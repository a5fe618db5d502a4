"""Everything that people read is there in Spanish, English and Portuguese, and stays so."""

from __future__ import annotations

import gettext
import importlib.util
import re
import shutil
from collections import Counter
from datetime import date
from difflib import SequenceMatcher
from functools import cache
from pathlib import Path

import pytest
from babel.dates import format_date
from babel.messages import Catalog, Message
from django.utils.formats import date_format
from django.utils.translation import override

from config import translations
from config.translations import BORROWED, DOMAINS, LANGUAGES, LOCALE, PLURALS, ROOT, compile_translations
from tests.guards.unwrapped import WORD, in_python, in_script, in_template, is_spanish, tables_in

CATALOGUES = [
    (language, domain) for language in LANGUAGES for domain in DOMAINS if (language, domain) != ("es", "djangojs")
]

# Files whose Spanish nobody is told, and why. What an assistant says itself stands in tables of all languages.
WHAT_PEOPLE_WRITE = (  # lists of words that are looked for in it
    "agenda/evaluations.py",
    "agenda/exchange/columns.py",
    "agenda/wording/",
    "assistants/builtin/agenda_understanding.py",
    "assistants/builtin/desk_understanding.py",
    "assistants/builtin/guests.py",
    "assistants/builtin/understanding.py",
    "assistants/grounding/",
    "assistants/intents/",
    "assistants/tools/agenda_rows.py",
    "messaging/whatsapp/opting.py",
    "tenants/exchange/columns.py",
)
WHAT_A_MODEL_READS = (
    "assistants/base.py",
    "assistants/commercial.py",
    "assistants/effects.py",
    "assistants/personal.py",
    "assistants/probes.py",
    "assistants/prompts.py",
    "assistants/tools/agenda_appointments.py",
    "assistants/tools/agenda_reading.py",
    "assistants/tools/agenda_tasks.py",
    "assistants/tools/calls.py",
    "assistants/tools/catalog.py",
    "assistants/tools/sales.py",
    "assistants/tools/visits.py",
    "assistants/turns.py",
)
SPANISH_ALONE = ("assistants/builtin/phrases.py",)  # «usted», which only Spanish has
MADE_UP = (  # shops and people that are invented
    "config/benchmarks/",
    "config/chaos/",
    "config/demo/",
    "config/example_values.py",
    "config/simulator/records.py",
)
NOT_FOR_GETTEXT = (*WHAT_PEOPLE_WRITE, *WHAT_A_MODEL_READS, *SPANISH_ALONE, *MADE_UP)
# What only Spanish writes, or writes otherwise: quotes stand like “this” in our English and Portuguese.
MARKUP = re.compile(r"%\(\w+\)s|<[^>]*>|{\w+}")
OTHER_SIGNS = {"en": re.compile("[¿¡ñ«»]"), "pt": re.compile("[¿¡ñ«»]")}
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
    "templates/config/settings_index.html": {"WhatsApp"},
    "templates/mail/signed_in.txt": {"/user/settings#password"},  # behind an address
    "agenda/details.py": {"%(name)s: %(told)s"},  # both are said elsewhere
    "messaging/inbox_serializers.py": {"As the template has it: `es`, `en_US`."},
    "templates/messaging/whatsapp.html": {"WhatsApp", "WhatsApp · Recado"},
    "templates/drf_spectacular/swagger_ui.html": {"API"},
    "tenants/sorting.py": {"áàâãäéèêëíìîïóòôõöúùûüñç"},  # folded for sorting
    # letters that it counts
    "tenants/exchange/sniffing.py": {
        "áéíóúñüÁÉÍÓÚÑÜçÇãõÃÕâêôÂÊÔàÀ",
        "¿¡°ºª€–—“”«»‘®™½¼²³·… ",
    },
    "templates/tenants/import_result.html": {"CSV"},
    "templates/tenants/export_menu.html": {"CSV", "Excel (.xlsx)"},
    "static/recado/pages/exports.js": {"Excel"},
    "templates/config/guide.html": {"API", "Webhooks"},
    "templates/messaging/webhooks.html": {
        "JavaScript",
        "Python",
        "aria-label=JavaScript",
        "aria-label=Python",
        "placeholder=https://example.com/recado",
    },
    "templates/tenants/keys.html": {"aria-label=curl"},
    "templates/tenants/import_errors.html": {"CSV"},
    "static/recado/pages/import.js": {"Files"},  # what browsers call dragged files
    "static/recado/pages/import-draft.js": {"Excel", "Mac Roman"},
    # examples of the API's documentation
    "tenants/exchange/import_api.py": {"Código", "Artículo", "Martillo de uña 16 oz", "csv, xlsx"},
    "agenda/exchange/appointment_rows.py": {"Carla Gómez <carla@example.com>"},
    "tenants/account_serializers.py": {"In plain words and my language: «Chrome en Android»."},
    "agenda/api.py": {"Reunión con Carla", "Clase de inglés", "dentista el jueves a las 4"},
    "catalog/api.py": {"Martillo de uña 16 oz"},  # an example of the API's documentation
    # languages by their own names
    "config/settings/framework.py": {"Español", "Português"},
    "tenants/preferences.py": {"Español", "Português"},
    # read by operators
    "config/metrics.py": {"the database does not answer or is not migrated"},
    "config/simulator/handler.py": {"too large", "The file is gone."},  # as WhatsApp's own server says them
}
# Tables by language that hold no texts to say: locales, and wordings that sentences to learn from are varied with.
NO_TABLES = {"catalog/amounts.py", "tenants/locales.py", "assistants/intents/variation.py"}
PRODUCT = re.compile(r"(?:· )?Recado(?: ·)?\Z")


@pytest.fixture(scope="module")
def code() -> dict[str, Catalog]:
    return translations.read_code()


@cache
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


def left_of(original: str, said: str) -> list[str]:
    """The longest row of words that a translation has taken over from the original as they were."""
    words, others = (re.findall(r"[^\W\d_]+", MARKUP.sub(" ", text.lower())) for text in (original, said))
    match = SequenceMatcher(None, words, others, autojunk=False).find_longest_match()
    return words[match.a : match.a + match.size]


def faults(message: Message, *, language: str = "") -> list[str]:
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
        if language in OTHER_SIGNS and OTHER_SIGNS[language].search(said):
            found.append(f"signs of another language: {said!r}")
        if language == "en" and len(left := left_of(original, said)) > 3 and is_spanish(" ".join(left)):
            found.append(f"left as it was: {' '.join(left)!r}")
    return found


# --- the catalogues


@pytest.mark.parametrize(("language", "domain"), CATALOGUES)
def test_every_text_of_the_code_is_translated_and_nothing_else(code, language, domain):
    """If this fails: `make messages`, then fill in what it names."""
    there = catalogue(language, domain)
    wanted = translations.wanted(language=language, domain=domain, code=code)
    assert set(translations.keys(there)) == set(translations.keys(wanted)), "run `make messages`"
    assert not there.obsolete
    wrong = {m.id: found for m in there if m.id and (found := faults(m, language=language))}
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
    assert faults(Message("¿Seguro?", "¿Sure?"), language="en") != []
    assert faults(Message("Abre «Más».", "Open «More»."), language="en") != []
    assert faults(Message("No acepta la clave de acceso.", "It takes no key no acepta la clave."), language="en") != []
    kept = Message("Usa Google Chrome o Microsoft Edge Beta %(a)s", "Take Google Chrome or Microsoft Edge Beta %(a)s")
    assert faults(kept, language="en") == []


def test_our_words_for_the_packages_texts_are_for_texts_that_they_have():
    places = [
        "rest_framework",
        "django.core.validators",
        "django.db.models.fields",
        "django.forms",
        "django.contrib.auth",
    ]
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


@pytest.mark.parametrize("language", ["es", "pt"])
def test_days_and_months_are_small_within_a_sentence(language):
    """Django's own Portuguese begins them with capitals; Babel's and the browsers' do not."""
    with override(language):
        for day in (date(2026, month, 7 + month) for month in range(1, 13)):
            for form in ("DATE_FORMAT", "l", "D", "F", "E", "N"):
                said = date_format(day, form)
                assert said == said.lower(), (form, said)
            babel = format_date(day, "EEEE d MMMM EEE MMM", locale=language)
            assert babel == babel.lower()


def test_compiled_catalogues_stay_out_of_the_repository():
    assert "locale/**/*.mo" in (ROOT / ".gitignore").read_text().splitlines()


# --- texts that nobody gave to gettext


@cache
def translated_in_scripts() -> frozenset[str]:
    """Texts that scripts say in another way to who reads English: «ayer» needs no capital to be one."""
    pairs = [pair for message in catalogue("en", "djangojs") for pair in zip(*forms(message), strict=False)]
    return frozenset(original for original, said in pairs if original != said and WORD.search(original))


def unwrapped(path: Path) -> list[str]:
    """Texts of a file that go past gettext."""
    name, source = path.relative_to(ROOT).as_posix(), path.read_text()
    if path.suffix == ".py":
        if name.startswith(NOT_FOR_GETTEXT) or "/migrations/" in name or "/management/" in name:
            return []
        found = in_python(source)
    elif path.suffix == ".js":
        found = in_script(source, known=translated_in_scripts())
    else:
        found = in_template(source, is_page=path.suffix == ".html")
    return [text for text in found if text not in SAME_EVERYWHERE.get(name, ()) and not PRODUCT.match(text)]


def test_no_visible_text_goes_past_gettext():
    found = {path.relative_to(ROOT).as_posix(): texts for path in translations.sources() if (texts := unwrapped(path))}
    assert found == {}


def test_every_exemption_is_still_wanted():
    """So that the lists stay as short as they can be."""
    texts = {path.relative_to(ROOT).as_posix(): path for path in translations.sources()}
    idle = [
        exempt
        for exempt in NOT_FOR_GETTEXT
        if not any(in_python(path.read_text()) for name, path in texts.items() if name.startswith(exempt))
    ]
    assert idle == []
    assert [name for name in SAME_EVERYWHERE if name not in texts] == []


def test_what_assistants_say_themselves_is_there_in_every_language():
    """In tables {"es": …, "en": …, "pt": …}: every language, as many texts in each, with the same places to fill."""
    wrong = {}
    for path in translations.sources():
        name = path.relative_to(ROOT).as_posix()
        if path.suffix == ".py" and name not in NO_TABLES:
            for table in tables_in(path.read_text()):
                if found := table_faults(table):
                    wrong.setdefault(name, []).append(found)
    assert wrong == {}


def table_faults(table: dict[str, list[str]]) -> str:
    spanish = table.get("es", [])
    if set(table) != {"es", "en", "pt"}:
        return f"languages: {sorted(table)}: {spanish[:1]}"
    if len({len(texts) for texts in table.values()}) != 1:
        return f"not as many in each: {spanish[:1]}"
    for texts in table.values():
        for text, original in zip(texts, spanish, strict=True):
            if bool(text) != bool(original) or placeholders(text) != placeholders(original):
                return f"{original!r}: {text!r}"
    return ""


def test_a_faulty_table_is_noticed():
    def faults_of(source: str) -> list[str]:
        return [found for table in tables_in(source) if (found := table_faults(table))]

    assert not faults_of('A = {"hi": {"es": "¡Hola {n}!", "en": "Hi {n}!", "pt": "Olá {n}!"}}')
    assert not faults_of(
        'A = {"es": ("un día", "{n} días"), "en": ("one day", "{n} days"), "pt": ("um dia", "{n} dias")}'
    )
    assert faults_of('A = {"es": "Hola", "en": "Hi"}')
    assert faults_of('A = {"en": "Hi", "pt": "Olá"}')
    assert faults_of('A = {"es": "Hola {name}", "en": "Hi", "pt": "Olá {name}"}')
    assert faults_of('A = {"es": "Hola", "en": "", "pt": "Olá"}')
    assert faults_of('A = {"es": ("un día", "{n} días"), "en": ("one day",), "pt": ("um dia", "{n} dias")}')


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


def test_a_word_that_is_translated_elsewhere_is_found_in_a_script():
    assert {"ayer", "hoy"} <= translated_in_scripts()
    assert in_script('const day = "ayer";', known=translated_in_scripts()) == ["ayer"]
    assert not in_script('const day = gettext("ayer");', known=translated_in_scripts())


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
        'return Response({"detail": "Try again later."}, status=409)',
        'SAYS = {"es": "Falta el año.", "en": "The year is missing."}',
        'SAYS = {"title": "Não encontrado"}',
    ],
)
def test_a_text_planted_in_python_is_found(source):
    assert in_python(source)


def test_translated_texts_and_docstrings_in_python_are_none():
    assert not in_python(
        '"""Así es."""\nraise ValidationError(_("Falta el año."))\n'
        'x = ngettext("%d día", "%d días", n) % n\nlogger.warning("no answer in time")\n'
        'raise ValidationError({"delta": gettext("Son demasiadas unidades.")})\n'
        'return Response({"detail": _("Ya no está.")})\nre.search(r"\\bel año\\b", text)\n'
        'SAYS = {"es": "Falta el año.", "en": "The year is missing.", "pt": "Falta o ano."}\n'
        'make_spec("search", "Busca lo que hay.", q={"description": "Qué se busca."})'
    )


def test_the_extractor_misses_no_call():
    """Babel reads scripts and templates in its own way; a plain count of the calls says whether it read them all."""
    calls = {".js": r"\bn?gettext\(", ".html": r"{%\s*(?:block)?translate\b", ".txt": r"{%\s*(?:block)?translate\b"}
    for path in translations.sources():
        if path.suffix in calls:
            counted = len(re.findall(calls[path.suffix], path.read_text()))
            assert (path.name, len(list(translations.read_texts(path)))) == (path.name, counted)
