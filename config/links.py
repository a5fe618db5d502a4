"""What can be done next with what an operation made, as OpenAPI's links: from its answer to its row's addresses."""

from __future__ import annotations

import re
from typing import Any

# Where what is made stands elsewhere than below the address that makes it: by path, its key in the answer and its own.
_ELSEWHERE = {
    "/api/user/chat/message": ("message_id", "/api/user/chat/messages"),
    "/api/user/products/import": ("id", "/api/user/imports"),
    "/api/user/contacts/import": ("id", "/api/user/imports"),
    "/api/user/personal/tasks/import": ("id", "/api/user/imports"),
    "/api/user/personal/appointments/import": ("id", "/api/user/imports"),
    "/api/whatsapp/send": ("delivery_id", "/api/user/deliveries"),
}
_below = re.compile(r"/\{(\w+)\}(/[a-z-]+)?")
_MADE = ("200", "201", "202")


def link(result: dict[str, Any], **_context: Any) -> dict[str, Any]:
    """A hook of drf-spectacular. Give each POST that answers a row the links to what reads, changes and removes it."""
    paths, schemas = result["paths"], result["components"]["schemas"]
    for path, operations in paths.items():
        key, home = _ELSEWHERE.get(path, ("id", path))
        if "post" not in operations or "{" in path:
            continue
        links = _links(paths, home=home, key=key)
        for status in _MADE:
            answer = operations["post"]["responses"].get(status)
            if links and answer and _has(answer, key, schemas):
                answer["links"] = links
    return result


def _links(paths: dict[str, Any], *, home: str, key: str) -> dict[str, Any]:
    """By name: every operation at the address of one row of ``home``, and one step below."""
    found: dict[str, Any] = {}
    for path, operations in paths.items():
        place = _below.fullmatch(path, len(home)) if path.startswith(home) else None
        for operation in operations.values() if place else ():
            name = operation["operationId"]
            found[name] = {"operationId": name, "parameters": {place[1]: f"$response.body#/{key}"}}  # type: ignore[index]
    return found


def _has(answer: dict[str, Any], key: str, schemas: dict[str, Any]) -> bool:
    schema = answer.get("content", {}).get("application/json", {}).get("schema", {})
    return key in schemas.get(schema.get("$ref", "").rsplit("/", 1)[-1], schema).get("properties", {})
