"""The API's description and its page, both served by ourselves."""

from __future__ import annotations

from typing import Any

from drf_spectacular.renderers import (
    OpenApiJsonRenderer,
    OpenApiJsonRenderer2,
    OpenApiYamlRenderer,
    OpenApiYamlRenderer2,
)
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView
from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.renderers import JSONRenderer, TemplateHTMLRenderer


class SchemaView(SpectacularAPIView):
    """OpenAPI 3.1, as JSON unless YAML is asked for: JSON is YAML too."""

    renderer_classes = [OpenApiJsonRenderer2, OpenApiJsonRenderer, OpenApiYamlRenderer, OpenApiYamlRenderer2]


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
