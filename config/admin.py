"""The superadmin's site: Django's own admin, entered by our own login page."""

from __future__ import annotations

from django.contrib.admin import AdminSite
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, URLResolver, path, reverse


class SuperadminSite(AdminSite):
    site_header = "Recado"
    site_title = "Recado"

    def get_urls(self) -> list[URLResolver | URLPattern]:
        return [path("dashboard", self.admin_view(self.index), name="dashboard"), *super().get_urls()]

    def login(self, request: HttpRequest, extra_context: dict[str, object] | None = None) -> HttpResponse:
        return HttpResponseRedirect(f"{reverse('login')}?next={request.path}")
