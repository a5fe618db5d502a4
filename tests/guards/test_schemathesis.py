"""Generated requests against every described operation, right ones and wrong ones, with every check there is.

Three kinds for each operation: its examples, every boundary and fault of its schema one at a time (schemathesis calls
that coverage), and a few by chance. The budget is bounded: what is covered is fixed by the description, and chance has
``CHANCE`` tries. A longer hunt is ``HUNT=200 pytest tests/guards/test_schemathesis.py``.
"""

from __future__ import annotations

import os
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from schemathesis.checks import load_all_checks
from schemathesis.generation.hypothesis.builder import InvalidHeadersExampleMark, MissingPathParameters
from schemathesis.pytest.lazy import get_all_tests
from schemathesis.specs.openapi.checks import ignored_auth

from tests.guards.described import FILES, TOLD_BY_NO_SCHEMA, checks_to_skip, labels, load_description, load_schema

pytestmark = pytest.mark.django_db

CHANCE = int(os.environ.get("HUNT", "3"))

_locked: set[str] = set()  # operations that were seen to let nobody in without a token


@settings(
    max_examples=CHANCE,
    deadline=None,
    derandomize=True,
    database=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
def _keep(case: Any, bearer: dict[str, str]) -> None:
    response = case.call(headers=bearer)
    seen = [ignored_auth] if case.operation.label in _locked else []
    case.validate_response(
        response,
        headers=bearer,
        transport_kwargs={"headers": bearer},
        excluded_checks=[*checks_to_skip(case, response), *seen],
    )
    if response.status_code < 300:
        _locked.add(case.operation.label)


@pytest.mark.parametrize("label", labels())
def test_it_keeps_what_the_description_promises(label, bearer, alice, bob, one_connection, short_streams):
    """What to send is worked out here, by who sends it: for all operations it takes longer than to collect the rest."""
    load_all_checks()
    method, path = label.split(" ")
    schema = load_schema().include(method=method, path=path)
    [found] = get_all_tests(schema=schema, test_func=_keep, settings=None, given_kwargs=None)
    operation, keep = found.ok()
    assert operation.label == label
    keep(bearer=bearer)
    assert not [mark for mark in (InvalidHeadersExampleMark, MissingPathParameters) if mark.is_set(keep)]


def test_every_rule_that_no_schema_tells_is_somebodys():
    """A field or parameter that is gone, or an operation, is no excuse any more."""
    names: set[str] = {"non_field_errors"}
    description = load_description()
    for component in description["components"]["schemas"].values():
        names |= set(component.get("properties", {}))
    operations = [one for path in description["paths"].values() for one in path.values()]
    names |= {parameter["name"] for one in operations for parameter in one.get("parameters", [])}
    assert set(TOLD_BY_NO_SCHEMA) <= names
    assert set(FILES) <= set(labels())
