"""Every route of the API says what it is to a program: its area, whether it may be asked twice, its examples."""

from __future__ import annotations

import json
import re
from functools import cache
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import override_settings
from jsonschema import Draft202012Validator, FormatChecker
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

from config.areas import CLOSED, OPEN, UNREPEATED, WAITING, areas
from config.descriptions import TAGS
from tenants.idempotency import KeptAnswer
from tenants.keys import AREAS
from tenants.models import User
from tenants.scope import tenant_scope
from tests.factories import ROWS
from tests.guards.description import description, generate
from tests.guards.test_bad_input import UNDESCRIBED
from tests.guards.test_isolation_matrix import ROUTES, Tenant, filled, routes

JSON = "application/json"
WHERE = "urn:description"


def operations() -> list[tuple[str, dict[str, Any]]]:
    return [
        (f"{method.upper()} {path}", operation)
        for path, methods in description()["paths"].items()
        for method, operation in methods.items()
    ]


def _pointing(part: Any) -> Any:
    if isinstance(part, dict):
        return {key: WHERE + value if key == "$ref" else _pointing(value) for key, value in part.items()}
    return [_pointing(inner) for inner in part] if isinstance(part, list) else part


@cache
def _registry() -> Registry[Any]:
    whole = Resource.from_contents(_pointing(description()), default_specification=DRAFT202012)
    return Registry().with_resource(WHERE, whole)


def faults(value: Any, schema: dict[str, Any]) -> list[str]:
    validator = Draft202012Validator(_pointing(schema), registry=_registry(), format_checker=FormatChecker())
    return [
        f"{'.'.join(map(str, fault.absolute_path))}: {fault.message}"[:200] for fault in validator.iter_errors(value)
    ]


# --- areas ----------------------------------------------------------------------------------------------------------
def test_every_route_has_an_area_or_is_closed_to_keys():
    listed = [*areas(), *OPEN, *CLOSED]
    served = {route for route in routes() if route.startswith("api/")}
    assert served - set(listed) == set(), "say in config/areas.py which area a key needs there, or why none is let in"
    assert set(listed) - served == set(), "config/areas.py lists routes that are not there"
    assert len(listed) == len(set(listed)), "a route stands in config/areas.py twice"
    assert set(areas().values()) <= set(AREAS)
    assert all(CLOSED.values())


def test_what_lets_people_in_is_closed():
    """Whatever else a route under these is called: a key that leaked must not make itself at home."""
    dangerous = re.compile(r"/(keys|password|second-factor|sessions?|deletion|link-phone|email)(/|$)|^api/auth/")
    found = {route for route in routes() if route.startswith("api/") and dangerous.search(route)}
    assert found - set(CLOSED) - {"api/auth/me"} == set()


# --- asked twice ----------------------------------------------------------------------------------------------------
def posts() -> list[str]:
    by_shape = {re.sub(r"<[^>]+>", "*", route): route for route in ROUTES}
    shapes = {re.sub(r"\{[^}]+\}", "*", name[6:]) for name, _ in operations() if name.startswith("POST /")}
    return sorted(by_shape[shape] for shape in shapes)


def test_every_post_may_be_asked_twice_or_says_why_not():
    assert set(UNREPEATED) <= set(posts()), "config/areas.py lists POST routes that are not there"
    assert set(posts()) >= WAITING
    assert all(UNREPEATED.values())
    named = {
        name[6:] for name, operation in operations() if _parameter(operation, "Idempotency-Key") and name[:4] == "POST"
    }
    assert len(named) == len(set(posts()) - set(UNREPEATED))


def _parameter(operation: dict[str, Any], name: str) -> bool:
    return any(parameter["name"] == name for parameter in operation.get("parameters", []))


@pytest.mark.django_db
@pytest.mark.parametrize("route", [route for route in posts() if isinstance(ROUTES[route], Tenant)])
def test_a_post_that_names_itself_is_answered_as_one_that_does_not_and_then_alike(route, alice, bob, api):
    """With the example of the description: it is right, so most of them succeed."""
    row = ROUTES[route].row

    def send(person: User, **headers: str) -> Any:
        with tenant_scope(person):
            path = filled(route, ROWS[row](person).pk if row else 0)
        return _post(api(person), path, kind, body, **headers), path

    name = next(name for name, _ in operations() if re.fullmatch(_pattern(route), name))
    kind, body = _example(dict(operations())[name])
    plain, _path = send(bob)
    named, path = send(alice, **{"Idempotency-Key": "una-vez"})
    assert named.status_code == plain.status_code
    again = _post(api(alice), path, kind, body, **{"Idempotency-Key": "una-vez"})
    kept = 200 <= named.status_code < 300 and route not in UNREPEATED
    assert (again.get("Idempotent-Replayed") == "true") == kept
    if kept:
        assert again.status_code == named.status_code
    with tenant_scope(alice):
        assert KeptAnswer.objects.count() == int(kept)


def _post(client: Any, path: str, kind: str, body: Any, **headers: str) -> Any:
    if kind != "multipart/form-data":
        return client.post(path, body, content_type=kind, headers=headers)
    sheet = SimpleUploadedFile("precios.csv", body["file"].encode(), "text/csv")
    return client.post(path, {**body, "file": sheet}, format="multipart", headers=headers)


def _pattern(route: str) -> str:
    return "POST /" + re.sub(r"<[^>]+>", r"{[^}]+}", route).replace(".", r"\.")


def _example(operation: dict[str, Any]) -> tuple[str, Any]:
    content = operation.get("requestBody", {}).get("content", {JSON: {"examples": {"request": {"value": {}}}}})
    kind = JSON if JSON in content else next(iter(content))
    value = next(iter(content[kind]["examples"].values()))["value"]
    return kind, json.dumps(value) if kind == JSON else value


# --- what is told ---------------------------------------------------------------------------------------------------
def test_the_description_is_made_without_a_warning():
    assert generate().warnings == ()


@pytest.mark.parametrize(("name", "operation"), operations(), ids=[name for name, _ in operations()])
def test_every_operation_says_what_it_is_and_shows_an_example(name, operation):
    assert 0 < len(operation["summary"]) <= 80
    assert operation.get("description", "").strip(), "give the view's method a docstring"
    assert set(operation["tags"]) <= set(TAGS)
    contents = [
        content
        for told in (operation.get("requestBody", {}), *operation["responses"].values())
        for content in told.get("content", {}).values()
    ]
    assert contents
    assert all(content.get("examples") or "example" in content for content in contents)


@pytest.mark.parametrize(("name", "operation"), operations(), ids=[name for name, _ in operations()])
def test_every_example_is_of_its_schema(name, operation):
    wrong = []
    for part, told in {"request": operation.get("requestBody", {}), **operation["responses"]}.items():
        for kind, content in told.get("content", {}).items():
            for one in content.get("examples", {}).values():
                found = faults(one["value"], content.get("schema", {}))
                wrong += [f"{part} {kind}: {fault}" for fault in found]
    assert wrong == [], "mend it in config/example_values.py (OF, VALUES or WHOLE)"


def test_every_text_of_an_example_says_something():
    assert generate().untold == set(), "say in VALUES or OF of config/example_values.py what such a field holds"


def test_it_is_openapi_31_with_three_ways_in():
    told = description()
    assert told["openapi"].startswith("3.1")
    assert set(told["components"]["securitySchemes"]) == {"bearer", "key", "session"}
    assert all(scheme["description"] for scheme in told["components"]["securitySchemes"].values())
    assert [tag["name"] for tag in told["tags"]] == list(TAGS)
    assert all(tag["description"] for tag in told["tags"])
    assert {tag for _, operation in operations() for tag in operation["tags"]} <= set(TAGS)
    assert "nullable" not in json.dumps(told)


@pytest.mark.django_db
def test_the_scope_that_is_told_is_the_one_that_is_asked_for(alice, api):
    made = api(alice).post("/api/user/keys", {"name": "Nada", "scopes": ["contacts:read"]}).json()
    client = api()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {made['key']}")
    for name, operation in operations():
        method, path = name.split(" ")
        if path in UNDESCRIBED:
            continue
        shown = next((one["key"] for one in operation.get("security", []) if "key" in one), None)
        answer = client.generic(method, re.sub(r"\{[^}]+\}", "987654321", path), "{}", content_type=JSON)
        if shown is None and "bearer" in {key for one in operation.get("security", []) for key in one}:
            assert (answer.status_code, answer.json()["code"]) == (403, "key_not_allowed"), name
        elif shown and not shown[0].startswith("contacts:"):
            assert (answer.status_code, answer.json()["scope"]) == (403, shown[0]), name


@pytest.mark.django_db
@override_settings(LIMITS=True)
def test_a_key_that_is_refused_is_counted(alice, api):
    made = api(alice).post("/api/user/keys", {"name": "Nada", "scopes": ["contacts:read"]}).json()
    client = api()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {made['key']}")
    assert "RateLimit" in client.get("/api/user/products")
