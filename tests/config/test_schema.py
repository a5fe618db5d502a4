"""The API's description as it is served: made once, in each of our languages."""

from __future__ import annotations

import pytest
from django.utils.translation import get_language

from config import schema


@pytest.fixture
def made(monkeypatch):
    """The languages in which it was made, of which each takes seconds."""
    languages: list[str] = []

    class Generator:
        def get_schema(self, *, request: None, public: bool) -> dict[str, str]:
            assert public
            languages.append(get_language())
            return {"openapi": "3.1.0"}

    monkeypatch.setattr(schema, "SchemaGenerator", Generator)
    schema._describe.cache_clear()
    yield languages
    schema._describe.cache_clear()


@pytest.mark.django_db
def test_it_is_made_once_for_each_language_however_often_it_is_asked_for(api, made):
    asked = ["", "?lang=pt", "?lang=en", "?lang=pt", "?lang=xx", "?lang=" + "y" * 3000, "?version=9", "?format=yaml"]
    for query in asked:
        answer = api().get(f"/api/schema{query}")
        assert answer.status_code == 200, query
        assert "3.1.0" in answer.text
    assert sorted(made) == ["en", "es", "pt"]
