"""An example for every request and answer of the API's description, put together from ``config.example_values``."""

from __future__ import annotations

from typing import Any

from config.example_values import ERRORS, EVENT, OF, PLAIN, TEXTS, VALUES, WHOLE
from config.example_values import NOW as MOMENT

JSON = "application/json"
_by_format = {
    "date-time": MOMENT,
    "date": MOMENT[:10],
    "time": "09:00",
    "uri": "https://recado.example/calendar/7-x.ics",
    "email": "hola@eltornillo.example",
    "decimal": "38500.00",
    "double": 0.5,
    "binary": "…",
}
_plain = {"integer": 7, "number": 0.5, "boolean": False, "object": {}, "array": []}


class Examples:
    """Examples for one description. ``untold`` are the texts of which ``config.example_values`` says nothing."""

    def __init__(self, components: dict[str, Any]) -> None:
        self.components = components
        self.untold: set[str] = set()

    def add(self, operation: dict[str, Any]) -> None:
        """Give the body and each answer of ``operation`` an example, where they have none."""
        for content in operation.get("requestBody", {}).get("content", {}).items():
            self._put(operation, *content, name="request")
        for status, response in operation["responses"].items():
            for content in response.get("content", {}).items():
                self._put(operation, *content, name="answer", status=status)

    def _put(self, operation: dict[str, Any], kind: str, media: dict[str, Any], *, name: str, status: str = "") -> None:
        if "example" in media or "examples" in media:
            return
        media["examples"] = {name: {"value": self._value(operation, kind, media.get("schema", {}), status=status)}}

    def _value(self, operation: dict[str, Any], kind: str, schema: dict[str, Any], *, status: str) -> Any:
        if (operation["operationId"], kind) in PLAIN and status.startswith("2"):
            return PLAIN[operation["operationId"], kind]
        if schema.get("$ref", "").endswith(("/Error", "/NotSignedIn")):
            return ERRORS.get(status, ERRORS["409"])
        if kind == "text/event-stream":
            return EVENT if schema.get("type") == "object" else f"event: {EVENT['event']}\ndata: {EVENT['data']}\n\n"
        if kind in TEXTS:
            return TEXTS[kind]
        return self.of(schema)

    def of(self, schema: dict[str, Any], *, name: str = "", kind: str = "") -> Any:
        """A value of ``schema``, which is the field ``name`` of an object of ``kind``."""
        if "$ref" in schema:
            return self._component(schema["$ref"].rsplit("/", 1)[1], name=name, kind=kind)
        said = OF.get(base_of(kind), {}).get(name, VALUES.get(name, _nothing)) if name else _nothing
        if said is not _nothing and self._fits(said, schema):
            return said
        for part in (*schema.get("allOf", []), *schema.get("oneOf", []), *schema.get("anyOf", [])):
            if part.get("type") != "null" and (found := self.of(part, name=name, kind=kind)) not in ("", None):
                return found
        if "enum" in schema:
            return next((choice for choice in schema["enum"] if choice != ""), schema["enum"][0])
        return self._of_type(schema, name=name, kind=kind)

    def _of_type(self, schema: dict[str, Any], *, name: str, kind: str) -> Any:
        types = _types(schema)
        if "properties" in schema:
            return {key: self.of(part, name=key, kind=kind) for key, part in schema["properties"].items()}
        if "array" in types and "items" in schema:
            return [self.of(schema["items"], name=_singular(name), kind=kind)]
        if schema.get("format") in _by_format:
            return _by_format[schema["format"]]
        if "string" in types:
            self.untold.add(f"{kind}.{name}")
            return "texto"
        found = next((_plain[one] for one in types if one in _plain), None)
        least, most = schema.get("minimum", found), schema.get("maximum", found)
        return max(least, min(most, found)) if isinstance(found, int | float) and not isinstance(found, bool) else found

    def _component(self, component: str, *, name: str, kind: str) -> Any:
        schema = self.components[component]
        if component in WHOLE:
            return WHOLE[component]
        if "properties" not in schema:
            return self.of(schema, name=name, kind=kind)
        if component.startswith("Paginated"):
            rows = self.of(schema["properties"]["results"])
            return {"count": len(rows), "next": None, "previous": None, "results": rows}
        properties = schema["properties"]
        if component.startswith("Patched"):
            properties = dict(list(properties.items())[:2])
        return {key: self.of(part, name=key, kind=component) for key, part in properties.items()}

    def _fits(self, value: Any, schema: dict[str, Any]) -> bool:
        """Whether ``value`` may stand in a field of ``schema``, roughly: a guard test looks exactly."""
        parts = (*schema.get("oneOf", []), *schema.get("anyOf", []))
        if parts:
            return any(self._fits(value, self._resolved(part)) for part in parts)
        schema = self._resolved(schema)
        for part in schema.get("allOf", []):
            if not self._fits(value, self._resolved(part)):
                return False
        if "enum" in schema:
            return value in schema["enum"]
        types = _types(schema)
        return not types or _type_of(value) in types or (_type_of(value) == "integer" and "number" in types)

    def _resolved(self, schema: dict[str, Any]) -> dict[str, Any]:
        return self.components[schema["$ref"].rsplit("/", 1)[1]] if "$ref" in schema else schema


_nothing = object()


def base_of(component: str) -> str:
    """What a component is a form of: of ``PatchedProductRequest`` that is ``Product``."""
    return component.removeprefix("Patched").removesuffix("Request") if component.endswith("Request") else component


def _types(schema: dict[str, Any]) -> list[str]:
    found = schema.get("type", [])
    return [found] if isinstance(found, str) else list(found)


def _type_of(value: Any) -> str:
    if value is None:
        return "null"
    names = {bool: "boolean", int: "integer", float: "number", str: "string", list: "array", dict: "object"}
    return names[type(value)]


def _singular(name: str) -> str:
    return name.removesuffix("s")
