"""The superadmin's site: Django's own admin, entered by our own login page."""

from __future__ import annotations

from typing import Any

from django.contrib.admin import AdminSite
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, URLResolver, path, reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class SuperadminSite(AdminSite):
    site_header = "Recado"
    site_title = "Recado"
    index_title = _("¿Está todo bien?")
    index_template = "config/admin_dashboard.html"

    def get_urls(self) -> list[URLResolver | URLPattern]:
        return [path("dashboard", self.admin_view(self.index), name="dashboard"), *super().get_urls()]

    def login(self, request: HttpRequest, extra_context: dict[str, object] | None = None) -> HttpResponse:
        return HttpResponseRedirect(f"{reverse('login')}?next={request.path}")

    def index(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> TemplateResponse:
        # Imported here because figures import models, which are not loaded yet when Django asks for this site.
        from config.figures import read_figures

        return super().index(request, {"figures": read_figures(now=timezone.now()), **(extra_context or {})})
