"""Which language a person writes in, in one message and over a talk."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from assistants.intents.sentences import read_sentences
from assistants.language import Language, detect_language, follow_language, follow_talk, hear_language, name_language

LANGUAGES: tuple[Language, ...] = ("es", "en", "pt")
WRITTEN = Path(__file__).parent / "data" / "languages.txt"  # what people write to shops and to their own assistant


def written() -> list[tuple[str, str]]:
    lines = WRITTEN.read_text(encoding="utf-8").splitlines()
    return [(language, text) for language, _, text in (line.partition(" | ") for line in lines)]


@pytest.mark.parametrize("default", LANGUAGES)
def test_it_tells_the_language_of_what_people_write_whatever_is_assumed(default: Language):
    wanted = [(default if language == "??" else language, text) for language, text in written()]
    assert [(detect_language(text, default=default), text) for _, text in wanted] == wanted


def test_names_numbers_and_addresses_tell_no_language():
    assert {text: name_language(text) for language, text in written() if language == "??"} == {
        text: None for language, text in written() if language == "??"
    }
    assert name_language("no") is name_language("") is name_language("@tienda.de.la.esquina") is None


def test_a_message_in_the_assumed_language_is_not_taken_for_another():
    total, right = Counter[str](), Counter[str]()
    for sentence in read_sentences():
        total[sentence.language] += 1
        right[sentence.language] += detect_language(sentence.text, default=sentence.language) == sentence.language  # type: ignore[arg-type]
    assert min(total.values()) > 500
    assert {language: right[language] / total[language] > 0.99 for language in total} == dict.fromkeys(LANGUAGES, True)


@pytest.mark.parametrize("text", ["ok", "ok gracias", "gracias", "no", "hola", "2", "iPhone", "precio?", "👍", "si"])
@pytest.mark.parametrize("known", ["en", "pt"])
def test_what_everybody_knows_how_to_say_changes_nobodys_language(text: str, known: Language):
    assert hear_language(text, known=known) == known


@pytest.mark.parametrize(
    ("text", "language"),
    [("¿cuánto cuesta?", "es"), ("how much?", "en"), ("quanto custa?", "pt"), ("não, obrigado", "pt")],
)
def test_a_few_words_of_another_language_change_it(text: str, language: Language):
    for known in LANGUAGES:
        assert hear_language(text, known=known) == language


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("in English, please", "en"),
        ("¿hablas inglés?", "en"),
        ("Puedes responder en inglés por favor?", "en"),
        ("english?", "en"),
        ("mejor en español", "es"),
        ("can you speak Spanish?", "es"),
        ("em português, por favor", "pt"),
        ("do you speak portuguese", "pt"),
    ],
)
def test_who_asks_for_a_language_gets_it(text: str, language: Language):
    for known in LANGUAGES:
        assert hear_language(text, known=known) == detect_language(text, default=known) == language


@pytest.mark.parametrize("text", ["¿tienen libros en inglés?", "clase de inglés mañana", "quiero aprender portugués"])
def test_things_in_a_language_are_none_that_is_asked_for(text: str):
    assert detect_language(text, default="es") == "es"


def test_a_talk_keeps_its_language_until_another_is_spoken():
    talk = ["Hi @latienda", "do you have hammers?", "2", "ok", "Bosch", "gracias"]
    assert [follow_language(talk[:end], known="es") for end in range(1, 7)] == ["en"] * 6
    assert follow_language([*talk, "mejor en español, ¿cuánto vale?"], known="es") == "es"


def test_the_first_word_that_tells_decides_only_for_who_was_not_heard_before():
    assert follow_language(["obrigado"], known="es") == "pt"
    assert follow_language(["obrigado"], known="es", heard=True) == "es"


def test_a_yes_or_no_to_a_question_tells_nothing():
    assert follow_talk(["cancela mis citas de mañana", "yes"], known="pt") == "es"
    assert follow_talk(["yes"], known="es") == "en"


def test_a_very_long_message_is_heard_at_its_beginning():
    assert detect_language("quiero un martillo para la casa " * 40 + "the " * 100_000) == "es"
