"""Generated requests against every described operation, right ones and wrong ones, with every check there is.

Three kinds for each operation: its examples, every boundary and fault of its schema one at a time (schemathesis calls
that coverage), and a few by chance. The budget is bounded: what is covered is fixed by the description, and chance has
``CHANCE`` tries. A longer hunt is ``HUNT=200 pytest tests/guards/test_schemathesis.py``.
"""

from __future__ import annotations

import json
import os
from typing import Any

import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections
from drf_spectacular.generators import SchemaGenerator
from hypothesis import HealthCheck, Phase, settings
from rest_framework.utils.encoders import JSONEncoder
from schemathesis.specs.openapi.checks import ignored_auth, negative_data_rejection, positive_data_acceptance

from messaging import streams
from tenants.authentication import issue_tokens

pytestmark = pytest.mark.django_db

CHANCE = int(os.environ.get("HUNT", "3"))
UNTRIED = {"/api/schema", "/api/docs"}  # the description itself, and its page


# Fields and parameters whose form is right, and which may be refused all the same, each with its rule.
_moment = "a moment with or without its zone, or a day: no format of JSON Schema is all of these"
_own = "one for each of a tenant's rows"
TOLD_BY_NO_SCHEMA = {
    "accent_color": "dark enough to be read on",
    "channel": "a number that the tenant has",
    "contact": "somebody whom the tenant knows",
    "content": "not blank",
    "cursor": "only what a list wrote into its own links",
    "email": _own,
    "end_datetime": _moment,
    "events": "each once",
    "external_id": _own,
    "file": "what is in it is read, whatever its name and kind",
    "filters": "those of the list that is written",
    "format": "not every list is written in every format",
    "from": _moment,
    "limit": "some lists give more at once than others",
    "mapping": "JSON in a form",
    "name": "not blank",
    "non_field_errors": "a few exports at a time",
    "page": "a preview ends sooner than a list",
    "password": "the account's own",
    "phone": "a number that somebody may have, and one contact for each",
    "phone_number_id": _own,
    "price": "not negative, and not a point alone",
    "quiet_hours": "two hours of the day",
    "refresh": "a token that is still good",
    "reminder_channels": "each once",
    "reminder_minutes": "each once, and a few",
    "rrule": "RFC 5545",
    "sku": "one active product for each",
    "start": _moment,
    "start_datetime": _moment,
    "template": "one that WhatsApp has approved",
    "text": "not blank",
    "timezone": "one of the world's",
    "title": "not blank",
    "to": "after from, and not too long after; of a message, a number",
    "url": "public, and by https",
    "username": "one for each account",
    "version": "the same as If-Match says",
    "what": "a list that can be written",
    "working_hours": "in order, and not one over the other",
}
# Operations that take more than they describe.
_booleans = "0 and 1 are taken for no and yes"
LENIENT = {
    "PATCH /api/user/mail": _booleans,
    "PUT /api/user/preferences": _booleans,
    "PATCH /api/user/preferences": _booleans,
    "POST /api/user/products": _booleans,
    "PUT /api/user/products/{id}": _booleans,
    "PATCH /api/user/products/{id}": _booleans,
}


def _schema() -> Any:
    description = json.loads(json.dumps(SchemaGenerator().get_schema(request=None, public=True), cls=JSONEncoder))
    description["paths"] = {path: told for path, told in description["paths"].items() if path not in UNTRIED}
    schema = schemathesis.openapi.from_dict(description)
    schema.app = get_wsgi_application()
    schema.config.generation.update(allow_x00=False)  # PostgreSQL holds none: tests/guards/test_bad_input.py sends them
    return schema


schema = _schema()


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


@pytest.fixture
def headers(alice) -> dict[str, str]:
    return {"Authorization": f"Bearer {issue_tokens(user=alice).access_token}"}


_locked: set[str] = set()  # operations that were seen to let nobody in without a token


def checks_to_skip(case: Any, response: Any) -> list[Any]:
    """None, but for what was seen already and what no schema tells."""
    skipped = [ignored_auth] if case.operation.label in _locked else []
    if response.status_code == 400 and set(response.json()) <= set(TOLD_BY_NO_SCHEMA):
        skipped.append(positive_data_acceptance)
    empty = "" in dict(case.query or {}).values()  # which is as good as none
    if empty or case.operation.label in LENIENT:
        skipped.append(negative_data_rejection)
    return skipped


@schema.parametrize()
@settings(
    max_examples=CHANCE,
    deadline=None,
    derandomize=True,
    database=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
def test_it_keeps_what_the_description_promises(case, headers, alice, bob, one_connection, short_streams):
    response = case.call(headers=headers)
    case.validate_response(
        response,
        headers=headers,
        transport_kwargs={"headers": headers},
        excluded_checks=checks_to_skip(case, response),
    )
    if response.status_code < 300:
        _locked.add(case.operation.label)
