"""The superadmin's site: Django's own admin, entered by our own login page."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from django.contrib.admin import AdminSite
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, URLResolver, path, reverse
from django.utils import timezone
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from config.figures import Figures


class SuperadminSite(AdminSite):
    site_header = "Recado"
    site_title = "Recado"
    index_title = _("¿Está todo bien?")
    index_template = "config/admin_dashboard.html"

    def get_urls(self) -> list[URLResolver | URLPattern]:
        return [
            path("dashboard", self.admin_view(self.index), name="dashboard"),
            path("dashboard/live", self.admin_view(self.live), name="dashboard-live"),
            path("dashboard/figures", self.admin_view(self.figures), name="dashboard-figures"),
            *super().get_urls(),
        ]

    def login(self, request: HttpRequest, extra_context: dict[str, object] | None = None) -> HttpResponse:
        return HttpResponseRedirect(f"{reverse('login')}?next={request.path}")

    def password_change(  # type: ignore[override]
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """By the one page that also ends the sessions and tokens of the old password."""
        return HttpResponseRedirect(f"{reverse('account-password')}?next={reverse('admin:dashboard')}")

    def get_app_list(self, request: HttpRequest, app_label: str | None = None) -> list[Any]:
        """With names of our own for the queue's tables, which django-q2 names in English."""
        apps = super().get_app_list(request, app_label)
        for app in apps:
            app["name"] = _("Cola") if app["app_label"] == "django_q" else app["name"]
            for model in app["models"]:
                model["name"] = capfirst(getattr(self._registry[model["model"]], "plural", model["name"]))
        return apps

    def index(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> TemplateResponse:
        return super().index(request, {**_draw(_read(request)), **(extra_context or {})})

    def live(self, request: HttpRequest) -> TemplateResponse:
        """The figures alone, for the page that brings itself up to date."""
        return TemplateResponse(request, "config/admin_dashboard_figures.html", _draw(_read(request)))

    def figures(self, request: HttpRequest) -> JsonResponse:
        """The same as JSON."""
        return JsonResponse(asdict(_read(request)), json_dumps_params={"ensure_ascii": False})


def _read(request: HttpRequest) -> Figures:
    """What is heavy is of the last minute, unless somebody pressed «Actualizar»."""
    # Imported here because figures import models, which are not loaded yet when Django asks for this site.
    from config.figures import read_figures

    return read_figures(now=timezone.now(), keep=True, afresh="afresh" in request.GET)


def _draw(figures: Figures) -> dict[str, Any]:
    from config.dashboard import draw_sections
    from config.tiles import draw_tiles

    return {"figures": figures, "tiles": draw_tiles(figures), "sections": draw_sections(figures)}
