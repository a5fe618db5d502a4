"""What a personal reply says of dates, hours, titles and deeds, against what the turn has read."""

from __future__ import annotations

import time

import pytest

from assistants.grounding import SentenceGate
from assistants.grounding.moments import MomentReader
from tests.assistants import moments_apart
from tests.assistants.moments_cases import INVENTED, TRUE, Case, facts_of, measure

SECONDS = 5.0  # of this process' own time
SLOW = [
    "a las 3 ",
    "el lunes ",
    "15:30 ",
    "1 ",
    "mañana y ",
    "«a» ",
    "**a** ",
    "reunión con Carla ",
    "Ana ",
    "$1 ",
    ".",
    "de 4 a 6 ",
]


def test_it_catches_inventions_and_lets_true_replies_through():
    true, invented = (*TRUE, *moments_apart.TRUE), (*INVENTED, *moments_apart.INVENTED)
    held, missed = measure(true, invented)
    assert len(held) / len(true) <= 0.02, [case.reply for case in held]
    assert len(missed) / len(invented) <= 0.02, [case.reply for case in missed]


@pytest.mark.parametrize("piece", SLOW)
def test_a_reply_made_to_be_slow_is_checked_in_time(piece):
    facts = facts_of(Case(""))
    text = f"a {piece * 4000}"[:3999] + "b"
    began = time.process_time()
    gate = SentenceGate(facts=facts, release=lambda _: None, reader=MomentReader(facts=facts))
    for start in range(0, len(text), 8):
        gate.feed(text[start : start + 8])
    gate.finish()
    assert time.process_time() - began < SECONDS


def test_a_line_belongs_to_the_day_above_it():
    facts = facts_of(Case(""))

    def read(*units: str) -> list[str]:
        reader = MomentReader(facts=facts)
        return [violation.said for unit in units for violation in reader.read(unit)]

    assert read("Lunes 23 de noviembre:\n", "- 9:00 Dentista\n") == []
    assert read("Jueves 26 de noviembre:\n", "- 9:00 Dentista\n") != []
