"""Pages of the superadmin's site that look at tenants' rows, which no scope of a single tenant shows together.

The scope is opened around the whole view, where no transaction is begun yet, and after it is known who asks; the page
is rendered before it closes, for lists are only read then.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import TYPE_CHECKING, Any

from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern

from tenants.scope import all_tenants

if TYPE_CHECKING:
    from django.contrib import admin

    _Base = admin.ModelAdmin[Any]
else:
    _Base = object


class PlatformAdmin(_Base):
    """Mixed in before a ModelAdmin of tenants' rows, or of the platform's secured ones: its pages see all of them."""

    def get_urls(self) -> list[URLPattern]:
        """Its own and those of ``get_more_urls``, all in the scope of all tenants."""
        found = [*self.get_more_urls(), *super().get_urls()]
        for pattern in found:
            pattern.callback = self._in_scope(pattern.callback)
        return found

    def get_more_urls(self) -> list[URLPattern]:
        """More pages, each behind ``self.admin_site.admin_view``."""
        return []

    def _in_scope(self, view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
        @wraps(view)
        def run(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if not self.admin_site.has_permission(request):
                return view(request, *args, **kwargs)
            with all_tenants():
                answer = view(request, *args, **kwargs)
                return answer.render() if isinstance(answer, TemplateResponse) else answer

        return run
