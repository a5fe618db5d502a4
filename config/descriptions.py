"""What the API's description says of every operation beside what its view says: area, key, repetition, examples."""

from __future__ import annotations

import re
from typing import Any

from config.areas import CLOSED, OPEN, areas
from config.examples import Examples
from config.programs import HEADER, READING, takes_names
from tenants.contract import Pages
from tenants.idempotency import LONGEST_KEY
from tenants.keys import READ, WRITE

TAGS = {
    "account": "Signing up and in, tokens, the password, keys of the API, and what is left of the limits.",
    "catalog": "Products, their stock and search, and the orders that customers leave.",
    "agenda": "Appointments, tasks, free time, reminders, and the calendar that other programs read.",
    "chat": "Talking to one's own assistants: send, wait or stream, read again.",
    "inbox": "Conversations with customers on every channel, notices, and messages by WhatsApp.",
    "contacts": "Customers, suppliers, friends.",
    "analytics": "Figures, charts as numbers, the log of what happened, and what it cost.",
    "webhooks": "Having other systems told of what happens, signed after the Standard Webhooks specification.",
    "imports": "Sheets in and out.",
    "preferences": "What the business says of itself, and its WhatsApp numbers.",
    "meta": "What WhatsApp calls. Nobody else does.",
    "description": "This description.",
}
_SUMMARIES = {
    "me": "Say who I am",
    "draft": "Read an appointment or a task in words",
    "user_limits_retrieve": "Read limits",
    "schema_retrieve": "Read this description",
    "whatsapp_verify_retrieve": "Answer Meta's handshake",
    "whatsapp_webhook_retrieve": "Answer Meta's handshake at the webhook",
    "whatsapp_webhook_create": "Take in what Meta sends",
}
_repetition = {
    "name": HEADER,
    "in": "header",
    "required": False,
    "description": (
        "Makes it safe to send this again: the same key and body have one effect and one answer for 24 hours, told by"
        " `Idempotent-Replayed: true`. Another body under the same key, or the first still in course, is a 409."
    ),
    "schema": {"type": "string", "minLength": 1, "maxLength": LONGEST_KEY, "pattern": "^[!-~]+$"},
    "example": "3f6c1a1e-5a36-4a0f-9a4e-0d6a6a2b7c11",
}
LARGEST_ASKED = 10**18 - 1  # tenants.contract.Whole reads no more digits
_error = {"$ref": "#/components/schemas/Error"}


def describe(result: dict[str, Any], **_context: Any) -> dict[str, Any]:
    """The hook of drf-spectacular: after it nothing of the description is left to say."""
    _say_null(result)
    result["tags"] = [{"name": name, "description": text} for name, text in TAGS.items()]
    _refuse_unknown(result)
    examples = Examples(result["components"]["schemas"])
    routes = _routes()
    for path, operations in result["paths"].items():
        route = routes.get(_shape(path), path.strip("/"))
        for method, operation in operations.items():
            _classify(operation, route=route, method=method.upper())
            if method == "post" and takes_names(route=route):
                _allow_repetition(operation)
            _say_bounds(operation)
            _want_file(operation)
            examples.add(operation)
    return result


def _say_null(part: Any) -> None:
    """Say as OpenAPI 3.1 does what may be null; DRF's pages still say it as 3.0 did."""
    for inner in part.values() if isinstance(part, dict) else part if isinstance(part, list) else ():
        _say_null(inner)
    if isinstance(part, dict) and part.get("nullable") is True and isinstance(part.get("type"), str):
        part["type"] = [part["type"], "null"]
        del part["nullable"]


def _refuse_unknown(result: dict[str, Any]) -> None:
    """No body may hold a field that is not described (``tenants.contract.StrictFields``)."""
    components = result["components"]["schemas"]
    for operations in result["paths"].values():
        for operation in operations.values():
            for content in operation.get("requestBody", {}).get("content", {}).values():
                component = components.get(content.get("schema", {}).get("$ref", "").rsplit("/", 1)[-1], {})
                if "properties" in component:
                    component["additionalProperties"] = False


def _say_bounds(operation: dict[str, Any]) -> None:
    """What every list takes alike: pages from 1, at most 200 rows; an empty text is as good as none."""
    for parameter in operation.get("parameters", []):
        schema = parameter["schema"]
        if parameter["in"] == "query" and parameter["name"] in ("page", "page_size"):
            schema |= {"minimum": 1, "maximum": 10**9 if parameter["name"] == "page" else Pages.max_page_size}
        if parameter["in"] == "query" and schema.get("maximum", 0) >= LARGEST_ASKED:
            schema["maximum"] = LARGEST_ASKED
        if parameter["in"] == "query" and schema.get("type") == "string":
            schema.pop("minLength", None)


def _want_file(operation: dict[str, Any]) -> None:
    """A body that is a file cannot be left out; of fields drf-spectacular sees itself whether one is wanted."""
    body = operation.get("requestBody", {})
    if body and not {"application/json", "multipart/form-data"} & set(body["content"]):
        body["required"] = True


def _routes() -> dict[str, str]:
    return {_shape(f"/{route}"): route for route in (*areas(), *OPEN, *CLOSED)}


def _shape(path: str) -> str:
    return re.sub(r"<[^>]+>|\{[^}]+\}", "*", path)


def tag_of(route: str) -> str:
    """The area of a route, or what else it is about."""
    if route in areas():
        return areas()[route]
    if route in ("api/schema", "api/docs"):
        return "description"
    return "meta" if route in ("api/whatsapp/webhook", "api/whatsapp/verify") else "account"


def _classify(operation: dict[str, Any], *, route: str, method: str) -> None:
    operation["tags"] = [tag_of(route)]
    name = operation["operationId"]
    operation["summary"] = _SUMMARIES.get(name, name.replace("_", " ").capitalize())
    scope, about = "", "No key of the API is let in."
    if route in areas():
        scope = f"{areas()[route]}:{READ if method in READING else WRITE}"
        about = f"A key of the API needs `{scope}`."
    elif route in OPEN:
        about = "Every key of the API is let in."
    security = operation.get("security", [])
    if any("key" in one for one in security):
        operation["description"] = f"{operation.get('description', '').strip()}\n\n{about}"
        shown = [one for one in security if "key" not in one]
        if scope or route in OPEN:
            shown.insert(1, {"key": [scope] if scope else []})
        operation["security"] = shown


def _allow_repetition(operation: dict[str, Any]) -> None:
    operation.setdefault("parameters", []).append(dict(_repetition))
    responses = operation["responses"]
    told = "The same key named something else, or the first request is still in course."
    conflict = responses.setdefault("409", {"description": told})
    media = conflict.setdefault("content", {}).setdefault("application/json", {"schema": _error})
    if media["schema"] != _error:
        media["schema"] = {"anyOf": [media["schema"], _error]}
    bad = {"description": "A field or a parameter is wrong.", "content": {"application/json": {"schema": _error}}}
    responses.setdefault("400", bad)
    operation["responses"] = dict(sorted(responses.items()))
