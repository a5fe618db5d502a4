"""The API's description, generated once for all tests of a process: it takes seconds."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from typing import Any
from unittest.mock import patch

from drf_spectacular.drainage import GENERATOR_STATS
from drf_spectacular.generators import SchemaGenerator
from rest_framework.utils.encoders import JSONEncoder

from config import descriptions
from config.examples import Examples


@dataclass(frozen=True)
class Generated:
    """``told`` is what /api/schema answers, as programs read it; the rest is what was noticed meanwhile."""

    text: str
    warnings: tuple[str, ...]
    untold: frozenset[str]  # fields for whose examples nobody has said what such a field holds

    def told(self) -> dict[str, Any]:
        """A copy of one's own."""
        return dict(json.loads(self.text))


@cache
def generate() -> Generated:
    """The description, and what its making complains of."""
    made: list[Examples] = []

    class Watched(Examples):
        def __init__(self, components: dict[str, Any]) -> None:
            super().__init__(components)
            made.append(self)

    GENERATOR_STATS.reset()
    with patch.object(descriptions, "Examples", Watched):
        told = SchemaGenerator().get_schema(request=None, public=True)
    warnings = (*GENERATOR_STATS._warn_cache, *GENERATOR_STATS._error_cache)
    return Generated(json.dumps(told, cls=JSONEncoder), warnings, frozenset(made[0].untold))


@cache
def description() -> dict[str, Any]:
    """What everybody reads and nobody changes."""
    return generate().told()
