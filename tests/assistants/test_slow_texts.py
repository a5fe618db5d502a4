"""Texts that are made to be slow to read: one message must not keep every other shop's turns waiting."""

from __future__ import annotations

import time
from datetime import UTC, datetime

import pytest

from assistants.builtin.agenda_understanding import understand_agenda
from assistants.builtin.understanding import understand
from assistants.grounding import Facts, SentenceGate, check

SECONDS = 5.0  # of this process' own time; unguarded, these took from ten seconds to minutes
SLOW = [
    "1 1 ",
    "$1",
    "½",
    "1-1",
    "5 x 5 ",
    "hay 5 ",
    "mil ",
    "la sierra cuesta 5 pesos ",
    " \u00a0",
    ".",
    "`",
    "\t.",
    "a1",
]
ROW = {"id": 1, "name": "Sierra circular 7¼", "price": "329900.00", "currency": "COP", "stock": 4, "sku": "SC-1"}


def _facts() -> Facts:
    return Facts(currency="COP", products=[ROW | {"id": n, "name": f"{ROW['name']} {n}"} for n in range(50)], texts=[])


@pytest.mark.parametrize("piece", SLOW)
def test_a_message_made_to_be_slow_is_read_in_time(piece):
    began = time.process_time()
    understand(f"a{piece * 4000}"[:3999] + "b", currency="COP")
    assert time.process_time() - began < SECONDS


@pytest.mark.parametrize("piece", [*SLOW, "pasa la cita ", "marca ", "mañana a las 3 ", "y ya ", "tengo que "])
def test_a_message_to_the_personal_assistant_is_read_in_time(piece):
    text = f"a{piece * 4000}"[:3999] + "b"
    began = time.process_time()
    understand_agenda(text, language="es", now=datetime(2026, 11, 22, 19, 40, tzinfo=UTC), timezone="America/Bogota")
    assert time.process_time() - began < SECONDS


@pytest.mark.parametrize("piece", SLOW)
def test_a_reply_made_to_be_slow_is_checked_in_time(piece):
    text = f"a{piece * 4000}"[:3999] + "b"
    began = time.process_time()
    check(text, facts=_facts())
    gate = SentenceGate(facts=_facts(), release=lambda _: None)
    for start in range(0, len(text), 8):
        gate.feed(text[start : start + 8])
    gate.finish()
    assert time.process_time() - began < SECONDS


def test_what_is_too_dense_to_be_a_sentence_is_refused():
    assert check("1 " * 61, facts=_facts())
    assert check("a" * 1401, facts=_facts())
