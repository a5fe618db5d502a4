"""Generated requests against every described operation: no server error, and only what the description promises."""

from __future__ import annotations

import json
from typing import Any

import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections
from drf_spectacular.generators import SchemaGenerator
from hypothesis import HealthCheck, Phase, given, settings
from rest_framework.utils.encoders import JSONEncoder
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from messaging import streams
from tenants.authentication import issue_tokens

pytestmark = pytest.mark.django_db

CHECKS = [
    not_a_server_error,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
]
UNTRIED = {"/api/schema", "/api/docs"}  # the description itself, and its page


def _operations() -> list[Any]:
    description = json.loads(json.dumps(SchemaGenerator().get_schema(request=None, public=True), cls=JSONEncoder))
    schema = schemathesis.openapi.from_dict(description)
    schema.app = get_wsgi_application()
    found = [result.ok() for result in schema.get_all_operations()]
    return [operation for operation in found if operation.path not in UNTRIED]


@pytest.fixture
def one_connection(db):
    """The test's own transaction lives on one connection, so requests must not close it (as Django's client does)."""
    signals = (request_started, request_finished)
    for signal in signals:
        signal.disconnect(close_old_connections)
    yield
    for signal in signals:
        signal.connect(close_old_connections)


@pytest.fixture
def short_streams(monkeypatch):
    """A stream without end would be read to its end."""
    monkeypatch.setattr(streams, "HEARTBEAT_SECONDS", 0.02)
    monkeypatch.setattr(streams, "STREAM_SECONDS", 0.05)


@pytest.mark.parametrize("operation", [pytest.param(found, id=found.label) for found in _operations()])
def test_it_keeps_what_the_description_promises(operation, alice, bob, one_connection, short_streams):
    headers = {"Authorization": f"Bearer {issue_tokens(user=alice).access_token}"}

    @settings(
        max_examples=15,
        deadline=None,
        derandomize=True,
        database=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy())
    def send(case: Any) -> None:
        case.call_and_validate(checks=CHECKS, headers=headers)

    send()
