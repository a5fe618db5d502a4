"""The API's description as schemathesis reads it, and the rules that no description can tell."""

from __future__ import annotations

from copy import deepcopy
from functools import cache
from typing import Any

import schemathesis
from django.core.wsgi import get_wsgi_application
from schemathesis.python._constants.orchestrator import make_constants_value_source
from schemathesis.specs.openapi.checks import negative_data_rejection, positive_data_acceptance

from tests.guards.description import generate

UNTRIED = {"/api/schema", "/api/docs"}  # the description itself, and its page

# Fields and parameters whose form is right, and which may be refused all the same, each with its rule.
_moment = "a day and an hour that there are, of a year that calendars know"
_own = "one for each of a tenant's rows"
TOLD_BY_NO_SCHEMA = {
    "attendees": "contacts of one's own",
    "channel": "a number that the tenant has",
    "cursor": "only what a list wrote into its own links",
    "due_date": _moment,
    "email": _own,
    "events": "each once",
    "expires_at": "in the next ten years",
    "file": "what is in it is read, whatever its name and kind",
    "from": _moment,
    "limit": "some lists give more at once than others",
    "mapping": "JSON in a form",
    "non_field_errors": "a few exports at a time",
    "password": "the account's own",
    "phone": "a number that somebody may have, and one contact for each",
    "phone_number_id": _own,
    "quiet_hours": "two hours of the day",
    "refresh": "a token that is still good",
    "reminder_channels": "each once",
    "sku": "one active product for each",
    "start_datetime": _moment,
    "text": "not blank",
    "timezone": "one of the world's",
    "title": "not blank",
    "to": "after from, and not too long after; of a message, a number",
    "url": "public, and by https",
    "username": "one for each account",
    "version": "the same as If-Match says",
    "what": "a list that can be written",
    "working_hours": "in order, and not one over the other",
    # Chance alone meets these, in a longer hunt: the ordinary budget does without them.
    "accent_color": "dark enough to be read on",
    "contact": "somebody whom the tenant knows",
    "end_datetime": _moment,
    "external_id": _own,
    "filters": "those of the list that is written",
    "rrule": "RFC 5545",
    "start": _moment,
}

# Operations whose body is no JSON, and is looked into.
FILES = {"POST /api/user/personal/calendar": "a calendar file, or none"}


@cache
def load_description() -> dict[str, Any]:
    """What ``/api/schema`` answers, but for what is not tried."""
    found = generate().told()
    found["paths"] = {path: told for path, told in found["paths"].items() if path not in UNTRIED}
    return found


@cache
def load_schema() -> Any:
    """The same, bound to our application. Read in once: whoever wants a part of it takes ``include``."""
    schema = schemathesis.openapi.from_dict(deepcopy(load_description()))
    schema.app = get_wsgi_application()
    schema.config.generation.update(allow_x00=False)  # PostgreSQL holds none: tests/guards/test_bad_input.py sends them
    make_constants_value_source(schema)  # of our sources: its parts have them then, and look for none
    return schema


def labels() -> list[str]:
    """Every operation, as schemathesis calls it: GET /api/user/products."""
    paths = load_description()["paths"].items()
    return [f"{method.upper()} {path}" for path, operations in paths for method in operations]


def checks_to_skip(case: Any, response: Any) -> list[Any]:
    """None, but for what no schema tells."""
    skipped: list[Any] = []
    wrong = set(response.json()) if response.status_code == 400 else set()
    if wrong and (case.operation.label in FILES or wrong <= set(TOLD_BY_NO_SCHEMA)):
        skipped.append(positive_data_acceptance)
    if "" in dict(case.query or {}).values():  # which is as good as none
        skipped.append(negative_data_rejection)
    return skipped
