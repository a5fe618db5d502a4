"""The API's description and its page, both served by ourselves."""

from __future__ import annotations

from functools import cache
from threading import Lock
from typing import Any

from django.conf import settings
from django.utils.translation import get_language, override
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.renderers import (
    OpenApiJsonRenderer,
    OpenApiJsonRenderer2,
    OpenApiYamlRenderer,
    OpenApiYamlRenderer2,
)
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView
from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.renderers import JSONRenderer, TemplateHTMLRenderer
from rest_framework.request import Request
from rest_framework.response import Response

_describing = Lock()  # who comes meanwhile waits instead of doing the same


@cache
def _describe(language: str) -> dict[str, Any]:
    with override(language):
        return dict(SchemaGenerator().get_schema(request=None, public=True))


def describe(*, language: str | None) -> dict[str, Any]:
    """The description in one of our languages, in the house's for any other. Nobody changes it.

    Made once in a process: it takes seconds, and anybody may ask.
    """
    ours = language if language in dict(settings.LANGUAGES) else settings.LANGUAGE_CODE
    with _describing:
        return _describe(str(ours))


class SchemaView(SpectacularAPIView):
    """OpenAPI 3.1, as JSON unless YAML is asked for: JSON is YAML too."""

    renderer_classes = [OpenApiJsonRenderer2, OpenApiJsonRenderer, OpenApiYamlRenderer, OpenApiYamlRenderer2]

    def _get_schema_response(self, request: Request) -> Response:
        name = self._get_filename(request, None)
        told = describe(language=get_language())
        return Response(told, headers={"Content-Disposition": f'inline; filename="{name}"'})


class _HtmlForGet(DefaultContentNegotiation):
    """The page as HTML; every error, and OPTIONS, as JSON like everything under ``/api/``."""

    def select_renderer(self, request: Any, renderers: Any, format_suffix: str | None = None) -> Any:
        html, json = renderers
        chosen = html if request.method in {"GET", "HEAD"} else json
        return chosen, chosen.media_type


class DocsView(SpectacularSwaggerSplitView):
    """Swagger UI without anything inline, so that the pages' CSP holds here too."""

    renderer_classes = [TemplateHTMLRenderer, JSONRenderer]
    content_negotiation_class = _HtmlForGet


class BearerScheme(OpenApiAuthenticationExtension):
    target_class = "tenants.authentication.BearerAuthentication"
    name = "bearer"

    def get_security_definition(self, auto_schema: Any) -> dict[str, Any]:
        return {
            "type": "http",
            "scheme": "bearer",
            "bearerFormat": "JWT",
            "description": "The `access` token of `POST /api/auth/login`, good for 30 minutes.",
        }


class KeyScheme(OpenApiAuthenticationExtension):
    target_class = "tenants.keys_authentication.KeyAuthentication"
    name = "key"

    def get_security_definition(self, auto_schema: Any) -> dict[str, Any]:
        return {
            "type": "http",
            "scheme": "bearer",
            "bearerFormat": "rck_…",
            "description": (
                "A key of the API, which a person makes under Ajustes › Avanzado › API with the scopes that it needs."
                " Each operation names the one that lets a key in; `read` and `write` stand for those of every area."
            ),
        }


class SessionScheme(OpenApiAuthenticationExtension):
    target_class = "tenants.authentication.PageSessionAuthentication"
    name = "session"

    def get_security_definition(self, auto_schema: Any) -> dict[str, Any]:
        return {
            "type": "apiKey",
            "in": "cookie",
            "name": settings.SESSION_COOKIE_NAME,
            "description": "The session of a page; what changes something needs the header X-CSRFToken too.",
        }


ERROR = {
    "type": "object",
    "description": "Either ``detail`` says what is wrong, or each wrong field or parameter has a list of sentences.",
    "properties": {"detail": {"type": "string"}},
    "additionalProperties": True,
}
NOT_SIGNED_IN = {
    "type": "object",
    "description": "Why nobody is let in: ``detail`` in words, ``code`` for programs.",
    "properties": {"detail": {"type": "string"}, "code": {"type": "string"}},
    "required": ["detail", "code"],
}


def add_errors(result: dict[str, Any], **_context: Any) -> dict[str, Any]:
    """Give each operation the errors that the contract gives every operation of its kind."""
    result["components"]["schemas"] |= {"Error": ERROR, "NotSignedIn": NOT_SIGNED_IN}
    for path, operations in result["paths"].items():
        for operation in operations.values():
            errors = _errors(path, operation)
            if _names_rows(operation, result["components"]["schemas"]):
                errors["404"] = "The body names something that is not there, or is somebody else's."
            for status, description in errors.items():
                shape = "NotSignedIn" if status == "401" else "Error"
                content = {"application/json": {"schema": {"$ref": f"#/components/schemas/{shape}"}}}
                operation["responses"].setdefault(status, {"description": description, "content": content})
            operation["responses"] = dict(sorted(operation["responses"].items()))
    return result


def _names_rows(operation: dict[str, Any], schemas: dict[str, Any]) -> bool:
    body = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema", {})
    described = schemas.get(body.get("$ref", "").rsplit("/", 1)[-1], body)
    return any(name.endswith("_id") for name in described.get("properties", {}))


def _errors(path: str, operation: dict[str, Any]) -> dict[str, str]:
    parameters = {parameter["name"] for parameter in operation.get("parameters", [])}
    errors = {"429": "Too many requests; Retry-After and RateLimit say when to come again."}
    if "requestBody" in operation:
        errors |= {"400": "Something in the body is wrong.", "413": "The body is too large.", "415": "It is no JSON."}
    if "requestBody" in operation or parameters:
        errors |= {"400": "A field or a parameter is wrong."}
    if {} not in operation.get("security", [{}]):
        errors |= {"401": "Nobody is signed in.", "403": "This is not for your role."}
    if "{" in path or "page" in parameters:
        errors |= {"404": "There is no such thing, or it is somebody else's."}
    if path.startswith("/api/auth/"):
        errors |= {"401": "The credentials are not right.", "429": "Too many attempts; Retry-After says when."}
    return errors
