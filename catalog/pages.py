"""Pages of the catalogue: thin shells over the public API."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

# Those behind «Filtros»: with one of them in the address the page opens with all of them, and nothing jumps.
MORE_FILTERS = ("in_stock", "active", "min_price", "max_price", "ordering")


@require_safe
@never_cache
@login_required
def products(request: HttpRequest) -> HttpResponse:
    """What I sell, at what price, is there any?"""
    filtered = any(request.GET.get(name) for name in MORE_FILTERS)
    return render(request, "catalog/products.html", {"filtered": filtered})
