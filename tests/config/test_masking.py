"""What a developer sees of what came in and of what went wrong: its shape, and nobody's words."""

from __future__ import annotations

import json
import traceback

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from config.oversight.masking import clean, first_line, mask_body, mask_person
from config.storage import without_values

WORDS = ("Carla", "Ruiz", "botas", "573001234567", "300 123 45 67", "+57 300 123 4567")


def test_a_body_keeps_its_shape_and_loses_numbers_names_and_texts():
    body = {
        "object": "whatsapp_business_account",
        "entry": [
            {
                "id": "102290129340398",
                "changes": [
                    {
                        "field": "messages",
                        "value": {
                            "messaging_product": "whatsapp",
                            "contacts": [{"profile": {"name": "Carla Ruiz"}, "wa_id": "573001234567"}],
                            "messages": [
                                {
                                    "from": "573001234567",
                                    "id": "wamid.HBgMNTczMDAxMjM0NTY3FQIAEhgU",
                                    "timestamp": "1700000000",
                                    "type": "text",
                                    "text": {"body": "Soy Carla, ¿tienen botas?"},
                                },
                                {"type": "location", "location": {"latitude": 4.7110, "longitude": -74.0721}},
                            ],
                        },
                    }
                ],
            }
        ],
        "Carla Ruiz": {"573001234567": 1},
    }
    shown = mask_body(json.dumps(body).encode())
    for word in (*WORDS, "wamid", "HBgM", "4.711", "74.07", "102290129340398"):
        assert word not in shown, word
    for kept in ('"object": "whatsapp_business_account"', '"type": "text"', '"timestamp": "1700000000"', "latitude"):
        assert kept in shown


@pytest.mark.parametrize("body", [b"", b"\xff\xfe", b"not json", b"[" * 100_000, b'{"a": "\\ud800"}'])
def test_a_body_that_is_no_json_is_told_by_its_size(body):
    assert isinstance(mask_body(body).encode("utf-8", "surrogatepass"), bytes)


words = st.text(alphabet="xyzw ", min_size=25, max_size=30).map(lambda text: f"¿{text}")


@settings(max_examples=50, suppress_health_check=[HealthCheck.too_slow])
@given(st.recursive(words, lambda s: st.lists(s) | st.dictionaries(words, s)))
def test_no_text_comes_through_a_mask_whatever_holds_it(value):
    shown = mask_body(json.dumps(value).encode())
    assert not set("xyzw") & set(shown)


def test_a_person_is_known_by_the_ends_of_the_number():
    assert mask_person("573001234567") == "57 ••••• 67"
    assert "USER" not in mask_person("CO.USER1234567")


def test_an_error_tells_its_kind_and_place_and_quotes_nobody():
    try:
        int("Soy Carla Ruiz")
    except ValueError as fault:
        line = first_line(f"{fault} : {traceback.format_exc()}")
    assert line.startswith("ValueError (test_masking:")
    assert "Carla" not in line
    said = 'duplicate key value violates unique constraint "contact_phone_unique"'
    trace = 'Traceback\n  File "/x/books.py", line 7, in f\ndjango.db.utils.IntegrityError: duplicate key'
    told = first_line(f"{said} : {trace}\nDETAIL: Key (phone)=(+573001234567)")
    assert "contact_phone_unique" in told
    assert "300" not in told
    assert first_line(None) == first_line("") == ""


def test_quotes_numbers_and_addresses_are_cleaned():
    cleaned = clean("no such person «Carla» at carla@example.com or +57 300 123 4567 or 'Ruiz'")
    for word in ("Carla", "carla", "300", "Ruiz"):
        assert word not in cleaned


@pytest.mark.parametrize(
    "query",
    [
        "SELECT * FROM m WHERE content = 'Soy Carla' AND id = 573001234567",
        "SELECT * FROM m WHERE content = E'it\\'s Carla\\\\' AND x = 'Ruiz'",
        "SELECT 'a\\' , 'Carla'",
        "SELECT * FROM m WHERE content = 'it''s Carla' AND y = 'Ru''iz' LIMIT 20",
        "INSERT INTO m VALUES ('Soy Carla que escribe una carta cortada por la mit",
        "SELECT $$Soy Carla$$, $tag$Ruiz$tag$",
    ],
)
def test_a_statement_is_shown_without_its_values(query):
    shown = without_values(query)
    for word in ("Carla", "Ruiz", "3001234", "cortada"):
        assert word not in shown, shown
    assert without_values("SELECT a1 FROM t2 WHERE b = $1") == "SELECT a1 FROM t2 WHERE b = $1"
