"""What was made is there, can be changed, and is gone when it was removed: chains of requests along the links.

schemathesis walks from answer to request by the links that the description tells (``config/links.py``), with every
check that it has, also those which need a past: what was made can be read, what was removed cannot.
"""

from __future__ import annotations

from collections import Counter
from copy import deepcopy
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from schemathesis import GenerationMode
from schemathesis.specs.openapi.checks import ignored_auth, use_after_free

from tests.guards.described import checks_to_skip, load_description, load_schema

pytestmark = pytest.mark.django_db

SCENARIOS, STEPS = 8, 10
# What has to have worked at least once in each flow: made, read, listed, changed, removed.
FLOWS = {
    "/api/user/products": ["POST", "GET", "PATCH", "PUT", "DELETE"],
    "/api/user/contacts": ["POST", "GET", "PATCH", "DELETE"],
    "/api/user/personal/tasks": ["POST", "GET", "PATCH", "DELETE"],
    "/api/user/personal/appointments": ["POST", "GET", "PATCH", "DELETE"],
    "/api/user/keys": ["POST", "GET", "PATCH", "DELETE"],
    "/api/user/webhooks": ["POST", "GET", "PATCH", "DELETE"],
    "/api/user/imports": ["POST", "GET", "PATCH", "DELETE"],
    "/api/user/exports": ["POST", "GET", "DELETE"],
    "/api/user/quick-replies": ["POST", "GET", "PATCH", "DELETE"],
}
STAYS = {"/api/user/products"}  # a product that was withdrawn can still be read, as one that is not active


def examples_of_bodies() -> dict[str, Any]:
    """By operation, of those that take JSON or a form."""
    found = {}
    for path, operations in load_description()["paths"].items():
        for method, operation in operations.items():
            content = operation.get("requestBody", {}).get("content", {})
            media = content.get("application/json") or content.get("multipart/form-data")
            if media and "examples" in media:
                found[f"{method.upper()} {path}"] = next(iter(media["examples"].values()))["value"]
    return found


@pytest.mark.parametrize("path", FLOWS)
def test_what_is_made_can_be_read_changed_and_removed(path, bearer, alice, bob, one_connection, short_streams):
    schema = load_schema().include(path_regex=rf"^{path}(/\{{\w+\}})?$")
    schema.config.generation.update(modes=[GenerationMode.POSITIVE])
    done: Counter[str] = Counter()

    examples = examples_of_bodies()

    class Flow(schema.as_state_machine()):  # type: ignore[misc]
        def setup(self) -> None:
            self.calls: Counter[str] = Counter()

        def before_call(self, case: Any) -> None:
            """Every other time the description's own example is said: what is drawn alone is seldom all right."""
            label = case.operation.label
            self.calls[label] += 1
            if label in examples and self.calls[label] % 2:
                case.body = deepcopy(examples[label])
                case.headers.pop("If-Match", None)  # a version that nobody saw

        def get_call_kwargs(self, case: Any) -> dict[str, Any]:
            return {"headers": bearer}

        def validate_response(self, response: Any, case: Any, additional_checks: Any = None, **kwargs: Any) -> None:
            stays = [use_after_free] if path in STAYS else []
            case.validate_response(
                response,
                additional_checks=additional_checks,
                excluded_checks=[*checks_to_skip(case, response), ignored_auth, *stays],
                transport_kwargs=kwargs,
                recorder=self.recorder,
            )
            if response.status_code < 300:
                done[case.operation.label] += 1

    Flow.run(
        settings=settings(
            max_examples=SCENARIOS,
            stateful_step_count=STEPS,
            deadline=None,
            derandomize=True,
            database=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
    )
    wanted = {f"{method} {path}" if method == "POST" else f"{method} {path}/{{id}}" for method in FLOWS[path]}
    assert wanted <= set(done), done
