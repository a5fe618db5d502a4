"""Every operation of the API × every kind of bad input: a 4xx in JSON that names what is wrong, and nothing written.

Operations, fields and parameters come from the API's own description, so new ones are covered by being described; a
route under ``/api/`` that is not described fails.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

import pytest
from django.apps import apps
from django.test import Client

from tests.databases import look
from tests.guards.description import description
from tests.guards.test_isolation_matrix import ROUTES, routes

pytestmark = pytest.mark.django_db

JSON = "application/json"
MEGABYTE = 1024 * 1024
DEEP = 100_000
UNDESCRIBED = {"/api/schema", "/api/docs"}  # the description itself, and its page

# What no JSON text of ours may be, whatever the operation.
BROKEN_BODIES = {
    "cut off": b'{"name": ',
    "no JSON": b"name=Martillo",
    "Latin-1": '{"name": "Año"}'.encode("latin-1"),
    "not UTF-8": b'{"name": "\xff\xfe"}',
    "an encoded surrogate": b'{"name": "\xed\xa0\x80"}',
    "a lone surrogate": b'{"name": "\\ud800"}',
    "a lone surrogate in a key": b'{"\\udfff": 1}',
    "NUL": b'{"name": "a\\u0000b"}',
    "NUL in a key": b'{"a\\u0000b": 1}',
    "NUL itself": b'{"name": "a\x00b"}',
    "NaN": b'{"price": NaN}',
    "Infinity": b'{"price": -Infinity}',
    "a number without end": b'{"price": ' + b"9" * 10_000 + b"}",
    "deep lists": b"[" * DEEP,
    "closed deep lists": b"[" * DEEP + b"]" * DEEP,
    "deep objects": b'{"a":' * DEEP + b"1" + b"}" * DEEP,
    "a deep field": b'{"name": ' + b"[" * DEEP + b"]" * DEEP + b"}",
    "a byte-order mark": b'\xef\xbb\xbf{"name": 1}',
    "a list": b"[]",
    "a list of objects": b"[{}]",
    "a string": b'"Martillo"',
    "a number": b"1",
    "null": b"null",
    "true": b"true",
    "an unknown field": b'{"no_such_field": 1}',
}
WRONG_IDS = ["abc", "-1", "1.5", "1e3", "9" * 30, "9" * 5000, "%00", "ñ", "%FF", "1%0A", "%20", "0x1", "١", "..", "0"]
WRONG_TYPES = [
    "text/plain",
    "application/x-www-form-urlencoded",
    "multipart/form-data; boundary=x",
    "application/xml",
    "x",
]

# Words of English that no Spanish sentence of ours holds.
ENGLISH = re.compile(
    r"\b(the|this|is|are|must|not|valid|required|ensure|expecting|value|field|invalid|may|found)\b", re.IGNORECASE
)


@dataclass(frozen=True)
class Operation:
    method: str
    path: str  # as in the description: /api/user/products/{id}
    body: dict[str, Any] | None  # the schema of its JSON body
    parameters: tuple[dict[str, Any], ...]  # of its query

    @property
    def route(self) -> str:
        return next(route for route in ROUTES if _shape("/" + route) == _shape(self.path))

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


def _shape(path: str) -> str:
    return re.sub(r"<[^>]+>|\{[^}]+\}", "*", path)


def _resolved(schema: dict[str, Any]) -> dict[str, Any]:
    """The schema with its references followed, one level deep."""
    schema = dict(schema)
    for part in schema.pop("allOf", []):
        schema = _resolved(part) | schema
    if "$ref" in schema:
        found = description()["components"]["schemas"][schema.pop("$ref").rsplit("/", 1)[1]]
        schema = _resolved(found) | schema
    return schema


@cache
def operations() -> tuple[Operation, ...]:
    return tuple(_operations())


def _operations() -> Iterator[Operation]:
    for path, methods in description()["paths"].items():
        for method, operation in methods.items():
            content = operation.get("requestBody", {}).get("content", {})
            yield Operation(
                method.upper(),
                path,
                _resolved(content[JSON]["schema"]) if JSON in content else None,
                tuple(part for part in operation.get("parameters", []) if part["in"] == "query"),
            )


def _kinds(schema: dict[str, Any]) -> set[str]:
    """The JSON types that a value of ``schema`` may have."""
    kinds = schema.get("type", [])
    found = {kinds} if isinstance(kinds, str) else set(kinds)
    for part in (*schema.get("oneOf", []), *schema.get("anyOf", [])):
        found |= _kinds(_resolved(part))
    return found


def _choices(schema: dict[str, Any]) -> list[Any]:
    found = list(schema.get("enum", []))
    for part in (*schema.get("oneOf", []), *schema.get("anyOf", [])):
        found += _choices(_resolved(part))
    return found


def wrong_values(schema: dict[str, Any]) -> Iterator[Any]:
    """JSON values that a field of ``schema`` must refuse. ``Raw`` ones cannot be written by Python's json."""
    kinds, text = _kinds(schema), "string" in _kinds(schema)
    yield from ([] if "array" in kinds else [[], [1]])
    yield from ([] if "object" in kinds else [{}, {"a": 1}])
    yield from ([] if "null" in kinds else [None])
    yield from ([] if "boolean" in kinds else [True, False])
    numeric = schema.get("format") in {"decimal", "double", "float"}
    if text and not numeric:
        yield from (123, 1.5, "x" * MEGABYTE)
        if "maxLength" in schema:
            yield "x" * (schema["maxLength"] + 1)
    if "integer" in kinds or "number" in kinds or numeric:
        yield from ("abc", "", "1,5", "NaN", "Infinity", "1e400", "1_0", 10**30, -(10**30), Raw("1e400"), Raw("-1e400"))
        if "minimum" in schema:
            yield schema["minimum"] - 1
        if "maximum" in schema:
            yield schema["maximum"] + 1
    if "integer" in kinds:
        yield 1.5
    if numeric:
        yield from (-1, "-0.01", "1.234", "١")
    if "boolean" in kinds:
        yield from ("maybe", 7, "")
    if _choices(schema):
        yield "no such choice"
    if "array" in kinds or "object" in kinds:
        yield from ([] if text else ["x"])
        yield from ([] if kinds & {"integer", "number"} else [1])


class Raw(str):
    """JSON text as it is."""


def _written(fields: dict[str, Any]) -> bytes:
    told = [
        (json.dumps(field), value if isinstance(value, Raw) else json.dumps(value)) for field, value in fields.items()
    ]
    return f"{{{', '.join(f'{field}: {value}' for field, value in told)}}}".encode()


@cache
def _counts() -> str:
    models = [model._meta for model in apps.get_models() if model._meta.managed and not model._meta.proxy]
    return " UNION ALL ".join(
        f"SELECT '{model.label}', count(*), md5(string_agg(t::text, '|' ORDER BY t::text)) FROM \"{model.db_table}\" t"
        for model in models
    )


def _rows() -> list[tuple[Any, ...]]:
    """How many rows each table holds, and a digest of them."""
    return look(_counts())


def _faults(answer: Any, *, statuses: set[int], names: str = "") -> list[str]:
    """What is wrong with an answer that should be a refusal."""
    if answer.status_code not in statuses:
        return [f"{answer.status_code} {answer.content[:200]!r}"]
    if answer["Content-Type"] != JSON:
        return [f"{answer['Content-Type']}"]
    told = answer.json()
    if not isinstance(told, dict) or not told:
        return [f"says nothing: {told!r}"]
    found = []
    if names and names not in told:
        found.append(f"does not name {names}: {told!r}"[:300])
    if ENGLISH.search(" ".join(_sentences(told))):
        found.append(f"in English: {told!r}"[:300])
    return found


def _sentences(told: Any) -> Iterator[str]:
    if isinstance(told, str):
        yield told
    for part in told.values() if isinstance(told, dict) else told if isinstance(told, list) else ():
        yield from _sentences(part)


@pytest.fixture
def sender(world) -> Client:
    client = world.client("owner")
    client.raise_request_exception = False
    return client


@pytest.fixture
def address(world):
    """``address(operation)`` is its path with the id of a row of the sender's."""

    def fill(operation: Operation) -> str:
        if "{" not in operation.path:
            return operation.path
        return re.sub(r"\{[^}]+\}", str(world.rows[ROUTES[operation.route].row]), operation.path)

    return fill


def _all(*, when: Any = lambda operation: True) -> Any:
    return pytest.mark.parametrize("operation", [pytest.param(o, id=str(o)) for o in operations() if when(o)])


def test_every_route_is_described():
    described = {_shape(operation.path) for operation in operations()}
    assert {_shape("/" + route) for route in routes() if route.startswith("api/")} - UNDESCRIBED <= described


@_all(when=lambda operation: operation.body)
def test_a_body_that_is_broken_is_refused(operation, sender, address):
    path = address(operation)
    before, found = _rows(), {}
    for name, body in BROKEN_BODIES.items():
        answer = sender.generic(operation.method, path, body, JSON)
        found[name] = _faults(answer, statuses={400})
    assert not {name: faults for name, faults in found.items() if faults}
    assert _rows() == before


@_all(when=lambda operation: operation.body)
def test_a_field_of_a_wrong_type_is_named(operation, sender, address):
    """Wrong values of several fields go together; one that is not named among the others is sent again alone."""
    path = address(operation)
    schemas = {field: _resolved(told) for field, told in operation.body.get("properties", {}).items()}
    wrong = {field: list(wrong_values(schema)) for field, schema in schemas.items() if not schema.get("readOnly")}

    def send(fields: dict[str, Any]) -> Any:
        return sender.generic(operation.method, path, _written(fields), JSON)

    before, found = _rows(), []
    for together in _together(wrong):
        answer = send(together)
        refused = set() if _faults(answer, statuses={400}) else set(answer.json())
        for field, value in together.items():
            faults = [] if field in refused else _faults(send({field: value}), statuses={400}, names=field)
            found += [f"{field} = {value!r:.40}: {fault}" for fault in faults]
    assert not found
    assert _rows() == before


def _together(wrong: dict[str, list[Any]]) -> Iterator[dict[str, Any]]:
    """Each value of each field once, as many fields at a time as a body may be large."""
    for number in range(max(map(len, wrong.values()), default=0)):
        body: dict[str, Any] = {}
        for field, values in wrong.items():
            if number < len(values):
                if sum(len(value) for value in body.values() if isinstance(value, str)) >= MEGABYTE:
                    yield body
                    body = {}
                body[field] = values[number]
        yield body


@_all(when=lambda operation: operation.body and operation.body.get("required"))
def test_a_field_that_is_missing_is_named(operation, sender, address):
    path = address(operation)
    before = _rows()
    for body in (b"", b"{}"):
        answer = sender.generic(operation.method, path, body, JSON)
        assert _faults(answer, statuses={400}) == []
        writable = [
            name for name in operation.body["required"] if not operation.body["properties"][name].get("readOnly")
        ]
        assert set(answer.json()) == set(writable)
    assert _rows() == before


@_all(when=lambda operation: operation.body)
def test_a_body_that_is_no_json_or_too_large_is_refused(operation, sender, address, settings):
    path = address(operation)
    before, found = _rows(), []
    for kind in WRONG_TYPES:
        answer = sender.generic(operation.method, path, b'{"name": "Martillo", "price": 1}', kind)
        found += [f"{kind}: {fault}" for fault in _faults(answer, statuses={415})]
    answer = sender.generic(operation.method, path, b'"' + b"x" * settings.MAX_BODY_BYTES + b'"', JSON)
    found += _faults(answer, statuses={413})
    assert not found
    assert _rows() == before


@_all(when=lambda operation: "{" in operation.path)
def test_an_id_of_the_wrong_form_is_not_there(operation, sender):
    before, found = _rows(), []
    for wrong in WRONG_IDS:
        answer = sender.generic(operation.method, re.sub(r"\{[^}]+\}", wrong, operation.path), b"{}", JSON)
        statuses = {404, 405} if wrong == ".." else {404}
        found += [f"{wrong[:40]}: {fault}" for fault in _faults(answer, statuses=statuses)]
    assert not found
    assert _rows() == before


@_all(when=lambda operation: operation.parameters and operation.path not in UNDESCRIBED)
def test_a_parameter_that_cannot_be_is_named(operation, sender, address):
    path = address(operation)
    found = []
    for parameter in operation.parameters:
        schema, name = _resolved(parameter["schema"]), parameter["name"]
        for value in _wrong_parameters(schema):
            answer = sender.generic(operation.method, f"{path}?{name}={value}")
            found += [f"{name}={value[:40]}: {fault}" for fault in _faults(answer, statuses={400}, names=name)]
    assert not found


@_all(when=lambda operation: operation.method == "GET")
def test_a_query_that_is_not_utf8_is_refused(operation, sender, address):
    answer = sender.get(address(operation), QUERY_STRING="search=%FF")
    assert _faults(answer, statuses={400}) == []


def _wrong_parameters(schema: dict[str, Any]) -> Iterator[str]:
    if "integer" in _kinds(schema):
        yield from ("abc", "1.5", "-1", "9" * 30, "9" * 5000, "%00", "1e3", "%D9%A1")
    elif schema.get("format") == "decimal":
        yield from ("abc", "NaN", "-1", "1e400", "Infinity", "%00", "1,5", "9" * 5000)
    elif _choices(schema):
        yield from ("no-such-choice", "%00", "x" * 5000)
    else:
        yield from ("%00", "a%00b", "x" * 5000)


@pytest.mark.parametrize("path", sorted({operation.path for operation in operations()}))
def test_a_method_that_is_not_there_is_refused(path, sender, address):
    offered = {operation.method: operation for operation in operations() if operation.path == path}
    filled = address(next(iter(offered.values())))
    before, found = _rows(), []
    for method in {"GET", "POST", "PUT", "PATCH", "DELETE", "TRACE", "COPY", "ÑANDÚ"} - set(offered):
        found += [
            f"{method}: {fault}" for fault in _faults(sender.generic(method, filled, b"{}", JSON), statuses={405})
        ]
    assert not found
    assert _rows() == before


@pytest.mark.parametrize(
    "path",
    [
        "/api",
        "/api/",
        "/api/nada",
        "/api/user/nada",
        "/api/user/productos",
        "/api/%00",
        "/api//user/products",
        "/api/user/products/1/nada",
    ],
)
def test_a_path_that_is_not_there_is_told_in_json(path, sender, api):
    for client in (sender, api()):
        assert _faults(client.get(path), statuses={404}) == []


@_all()
def test_odd_headers_do_no_harm(operation, sender, address):
    path = address(operation)
    for headers in (
        {"Accept": "text/html"},
        {"Accept": "\xff\x00"},
        {"Accept-Language": "x" * 5000},
        {"Accept-Language": "tlh, *;q=abc"},
        {"X-Forwarded-For": "'; --"},
        {"Cookie": "sessionid=\xff; csrftoken=%00"},
        {"If-Match": "abc"},
        {"Prefer": "wait=NaN"},
    ):
        answer = sender.generic(operation.method, path, b'{"no_such_field": 1}', JSON, headers=headers)
        assert answer.status_code < 500
        assert answer.status_code < 400 or answer["Content-Type"] == JSON


@pytest.mark.parametrize(
    "token",
    ["", "x", "Bearer", "Bearer x", "Bearer a.b.c", "Bearer \xff", "Bearer x y", "Basic YTpi", "Bearer " + "x" * 9000],
)
def test_a_token_that_is_none_is_told_so(token, api):
    client = api()
    client.raise_request_exception = False
    answer = client.get("/api/user/preferences", headers={"Authorization": token})
    assert _faults(answer, statuses={401}) == []
    assert answer["WWW-Authenticate"].startswith("Bearer")
