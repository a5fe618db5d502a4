"""What every endpoint reads a text with."""

from __future__ import annotations

import pytest
from rest_framework.exceptions import ValidationError

from tenants.contract import NoSurrogates, Text


@pytest.mark.parametrize("half", ["\ud800", "Año \udfff", "\udc00" * 3])
def test_half_a_character_is_no_text(half):
    with pytest.raises(ValidationError) as refused:
        Text().run_validation(half)
    assert refused.value.get_codes() == ["surrogate_characters_not_allowed"]


@pytest.mark.parametrize("whole", ["", "Año", "\U0001f600", "\ufffd" * 3])
def test_whole_characters_are(whole):
    assert Text(allow_blank=True).run_validation(whole) == whole


def test_it_is_looked_for_all_at_once_in_copies_too():
    """A megabyte, character by character, holds up everybody else."""
    kinds = [type(check) for check in Text(max_length=9).__deepcopy__({}).validators]
    assert kinds.count(NoSurrogates) == 1
    assert not [kind for kind in kinds if kind is NoSurrogates.__base__]
