"""Pages of the agenda: thin shells over the public API."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from agenda.feeds import CalendarFeed


@require_safe
@never_cache
@login_required
def agenda(request: HttpRequest) -> HttpResponse:
    """When?"""
    return render(request, "agenda/agenda.html", {"feed": CalendarFeed.objects.first()})


@require_safe
@never_cache
@login_required
def tasks(request: HttpRequest) -> HttpResponse:
    """What next?"""
    return render(request, "agenda/tasks.html")
