"""The message catalogues: reads the texts from the code, and compiles what they say in other languages.

Babel does both: gettext's own programs are not on every machine.

    python -m config.translations            write the .mo files that are missing or older than their sources
    python -m config.translations extract    bring the .po files up to the code, and name what has no translation

Texts are Spanish in the code, so ``es`` holds only texts of other packages (BORROWED).
"""

from __future__ import annotations

import importlib.util
import os
import sys
from collections.abc import Iterable, Iterator
from io import BytesIO
from pathlib import Path

from babel.messages import Catalog, Message
from babel.messages.extract import DEFAULT_KEYWORDS, extract
from babel.messages.mofile import read_mo, write_mo
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).resolve().parent.parent
LOCALE = ROOT / "locale"
LANGUAGES = ("en", "es", "pt")
DOMAINS = ("django", "djangojs")
PLURALS = {"en": "(n != 1)", "es": "(n != 1)", "pt": "(n > 1)"}  # as Django's own en, es and pt_BR

KEYWORDS = DEFAULT_KEYWORDS | {
    "gettext_lazy": None,
    "gettext_noop": None,
    "ngettext_lazy": (1, 2),
    "pgettext_lazy": ((1, "c"), 2),
    "npgettext_lazy": ((1, "c"), 2, 3),
}

# Texts of Django and DRF that our people read and that we say in our own way: their Spanish says «usted», and some of
# their Portuguese is wrong. A pair is a text with its plural.
BORROWED: tuple[str | tuple[str, str], ...] = (
    '"{input}" is not a valid choice.',
    "A server error occurred.",
    "A valid integer is required.",
    "A valid number is required.",
    "Authentication credentials were not provided.",
    (
        "Ensure that there are no more than %(max)s decimal place.",
        "Ensure that there are no more than %(max)s decimal places.",
    ),
    (
        "Ensure that there are no more than %(max)s digit before the decimal point.",
        "Ensure that there are no more than %(max)s digits before the decimal point.",
    ),
    (
        "Ensure that there are no more than %(max)s digit in total.",
        "Ensure that there are no more than %(max)s digits in total.",
    ),
    "Ensure that there are no more than {max_decimal_places} decimal places.",
    "Ensure that there are no more than {max_digits} digits in total.",
    "Ensure that there are no more than {max_whole_digits} digits before the decimal point.",
    "Ensure this field has at least {min_length} characters.",
    "Ensure this field has at least {min_length} elements.",
    "Ensure this field has no more than {max_length} characters.",
    "Ensure this field has no more than {max_length} elements.",
    "Ensure this filename has at most {max_length} characters (it has {length}).",
    (
        "Ensure this value has at least %(limit_value)d character (it has %(show_value)d).",
        "Ensure this value has at least %(limit_value)d characters (it has %(show_value)d).",
    ),
    (
        "Ensure this value has at most %(limit_value)d character (it has %(show_value)d).",
        "Ensure this value has at most %(limit_value)d characters (it has %(show_value)d).",
    ),
    "Ensure this value is greater than or equal to %(limit_value)s.",
    "Ensure this value is greater than or equal to {min_value}.",
    "Ensure this value is less than or equal to %(limit_value)s.",
    "Ensure this value is less than or equal to {max_value}.",
    "Enter a list of values.",
    "Enter a number.",
    "Enter a valid date.",
    "Enter a valid date/time.",
    "Enter a valid email address.",
    "Enter a valid integer.",
    "Enter a valid time.",
    "Enter a valid URL.",
    "Enter a valid value.",
    "Enter a whole number.",
    "Enter the same password as before, for verification.",
    'Expected a list of items but got type "{input_type}".',
    "Expected available in {wait} second.",
    "Expected available in {wait} seconds.",
    "Invalid data. Expected a dictionary, but got {datatype}.",
    "Must be a valid boolean.",
    "Not a valid string.",
    "Not found.",
    "Request was throttled.",
    "Select a valid choice. %(value)s is not one of the available choices.",
    "Select a valid choice. That choice is not one of the available choices.",
    "Surrogate characters are not allowed: U+{code_point:X}.",
    "The password is too similar to the %(verbose_name)s.",
    "The submitted file is empty.",
    "This field cannot be blank.",
    "This field cannot be null.",
    "This field is required.",
    "This field may not be blank.",
    "This field may not be null.",
    "This list may not be empty.",
    'Unsupported media type "{media_type}" in request.',
    "You do not have permission to perform this action.",
    "Your password can’t be a commonly used password.",
    "Your password can’t be entirely numeric.",
    "Your password can’t be too similar to your other personal information.",
    (
        "Your password must contain at least %(min_length)d character.",
        "Your password must contain at least %(min_length)d characters.",
    ),
)

# Our ``pt`` is Brazilian, that of the packages Portuguese: what they say in Brazil goes under our own catalogue.
# Of Spanish only the days and months are taken.
BASES = {"pt": "pt_BR", "es": "es"}
PACKAGES = (
    "django.conf",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.postgres",
    "django_filters",
    "rest_framework",
)

# Days and months as Django names them: Spanish and Portuguese write them small within a sentence, and of Django's not
# all are.
_DAYS_AND_MONTHS = (
    "January February March April May June July August September October November December"
    " Jan. Feb. Aug. Sept. Oct. Nov. Dec. Mon Tue Wed Thu Fri Sat Sun"
    " Monday Tuesday Wednesday Thursday Friday Saturday Sunday"
)
_SMALL = frozenset(_DAYS_AND_MONTHS.split())

Key = tuple[str | None, str | tuple[str, ...] | list[str]]  # context, and the text (with its plural)


def compile_translations(folder: Path) -> list[Path]:
    """Write a .mo beside every .po under `folder` that is older than what it is made of. Answers the files written."""
    written = []
    for source in sorted(folder.glob("*/LC_MESSAGES/*.po")):
        target = source.with_suffix(".mo")
        below = list(_bases(language=source.parent.parent.name, domain=source.stem))
        newest = max(path.stat().st_mtime_ns for path in (source, Path(__file__), *below))
        if target.exists() and target.stat().st_mtime_ns > newest:
            continue
        catalogue = read_catalogue(source)
        language = source.parent.parent.name
        for base in below:
            with base.open("rb") as file:
                said = read_mo(file)
            for message in said:
                context = message.context.decode() if isinstance(message.context, bytes) else message.context
                is_small = source.stem == "django" and str(message.id) in _SMALL
                if message.id and (is_small or language != "es") and not catalogue.get(message.id, context):
                    said_so = str(message.string).lower() if is_small else message.string
                    catalogue.add(message.id, said_so, context=context)
        content = BytesIO()
        write_mo(content, catalogue)
        fresh = target.with_suffix(f".{os.getpid()}.new")  # two processes may do this at once
        fresh.write_bytes(content.getvalue())
        fresh.replace(target)
        written.append(target)
    return written


def read_catalogue(path: Path) -> Catalog:
    """A .po file. Its folder names the language."""
    with path.open("rb") as file:
        return read_po(file, locale=path.parent.parent.name)


def sources() -> Iterator[Path]:
    """The modules, templates and scripts whose texts people read."""
    for app in ROOT.glob("*/apps.py"):
        yield from (path for path in app.parent.rglob("*.py") if path != Path(__file__))
    yield from (path for path in (ROOT / "templates").rglob("*") if path.suffix in {".html", ".txt"})
    yield from (ROOT / "static" / "recado").rglob("*.js")


def read_code() -> dict[str, Catalog]:
    """The texts that the code has gettext look up, by domain, with the files that they are in."""
    found = {domain: Catalog() for domain in DOMAINS}
    for path in sorted(sources()):
        domain = "djangojs" if path.suffix == ".js" else "django"
        for _line, texts, comments, context in read_texts(path):
            found[domain].add(
                texts, locations=[(path.relative_to(ROOT).as_posix(), 0)], auto_comments=comments, context=context
            )
    return found


def read_texts(path: Path) -> Iterator[tuple[int, str | tuple[str, ...], list[str], str | None]]:
    """Line, text (with its plural), comments and context of each call of gettext in a module, template or script."""
    content, method = path.read_text(encoding="utf-8"), "python"
    if path.suffix == ".js":
        method = "javascript"
    elif path.suffix != ".py":
        # Imported here: everything else in this module also works where only Babel is installed.
        from django.utils.translation.template import templatize

        # What is left of the page around the calls is no Python, least of all its indentation.
        content = "\n".join(line.lstrip() for line in templatize(content, origin=str(path)).splitlines())
    file = BytesIO(content.encode())
    options = {"encoding": "utf-8", "parse_template_string": True}
    yield from extract(method, file, keywords=KEYWORDS, comment_tags=("Translators:",), options=options)


def wanted(*, language: str, domain: str, code: dict[str, Catalog] | None = None) -> Catalog:
    """What the catalogue of a language has to hold, without translations."""
    made = Catalog()
    if language != "es":
        for message in (code or read_code())[domain]:
            if message.id:
                made[message.id] = message
    if domain == "django":
        for text in BORROWED if language != "en" else ():
            made.add(text)
    return made


def renew(*, language: str, domain: str, code: dict[str, Catalog]) -> tuple[Catalog, list[Key]]:
    """The catalogue of a language as the code wants it, with the translations that are there, and what it drops."""
    path = catalogue_path(language=language, domain=domain)
    before = read_catalogue(path) if path.exists() else Catalog()
    after = wanted(language=language, domain=domain, code=code)
    for message in after:
        known = before.get(message.id, message.context) if message.id else None
        if known and known.pluralizable == message.pluralizable:
            message.string, message.user_comments = known.string, known.user_comments
            if known.fuzzy:
                message.flags.add("fuzzy")
    gone = [key for key in keys(before) if key not in set(keys(after))]
    return after, gone


def keys(catalogue: Iterable[Message]) -> list[Key]:
    return [(message.context, message.id) for message in catalogue if message.id]


def catalogue_path(*, language: str, domain: str) -> Path:
    return LOCALE / language / "LC_MESSAGES" / f"{domain}.po"


def is_complete(message: Message) -> bool:
    """Whether every form of the message is translated, and by a person who was sure of it."""
    forms = message.string if isinstance(message.string, list | tuple) else [message.string]
    return bool(forms) and all(forms) and not message.fuzzy


def write_catalogue(path: Path, catalogue: Catalog, *, language: str) -> None:
    """As a .po file without dates and line numbers, so that it changes only when a text does."""
    content = BytesIO()
    write_po(content, catalogue, width=110, include_lineno=False, sort_by_file=True, omit_header=True)
    head = (
        'msgid ""\nmsgstr ""\n'
        f'"Language: {language}\\n"\n'
        '"Content-Type: text/plain; charset=utf-8\\n"\n'
        '"Content-Transfer-Encoding: 8bit\\n"\n'
        f'"Plural-Forms: nplurals=2; plural={PLURALS[language]};\\n"\n\n'
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(head + content.getvalue().decode().strip() + "\n", encoding="utf-8")


def extract_messages() -> list[str]:
    """Bring every .po file up to the code. Answers what is left to do, one line each."""
    code, left = read_code(), []
    for language in LANGUAGES:
        for domain in DOMAINS:
            path = catalogue_path(language=language, domain=domain)
            catalogue, gone = renew(language=language, domain=domain, code=code)
            if not keys(catalogue):
                path.unlink(missing_ok=True)
                continue
            write_catalogue(path, catalogue, language=language)
            place = path.relative_to(ROOT)
            left += [f"{place}: dropped {text!r}" for _context, text in gone]
            left += [f"{place}: no translation of {m.id!r}" for m in catalogue if m.id and not is_complete(m)]
    return left


def _bases(*, language: str, domain: str) -> Iterator[Path]:
    for package in PACKAGES if language in BASES else ():
        spec = importlib.util.find_spec(package)
        for folder in (spec.submodule_search_locations or ()) if spec else ():
            path = Path(folder) / "locale" / BASES[language] / "LC_MESSAGES" / f"{domain}.mo"
            if path.exists():
                yield path


def main() -> None:
    if sys.argv[1:] == ["extract"]:
        left = extract_messages()
        sys.stdout.write("".join(f"{line}\n" for line in left) or "Every text has its translations.\n")
    compile_translations(LOCALE)


if __name__ == "__main__":
    main()
