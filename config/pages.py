"""Pages that look at every part of the house, and the texts of their scripts."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import cache_control, never_cache
from django.views.decorators.http import require_safe
from django.views.i18n import JavaScriptCatalog

from assistants.configuration import current_configuration
from messaging.pages import who_answers
from tenants import second_factor
from tenants.authentication import person_of
from tenants.models import Preferences
from tenants.preferences import COUNTRIES, CURRENCIES, LANGUAGES

# gettext() and its kin for our modules, in the language of the person who asks; the page's address names it too.
# Naming one app keeps the admin's own texts out; the catalogues in LOCALE_PATHS are always in.
texts = require_safe(cache_control(private=True, max_age=3600)(JavaScriptCatalog.as_view(packages=["config"])))


@require_safe
@never_cache
@login_required
def dashboard(request: HttpRequest) -> HttpResponse:
    """What needs me now?"""
    return render(request, "config/dashboard.html")


@require_safe
@never_cache
@login_required
def simulator(request: HttpRequest) -> HttpResponse:
    """A phone beside the shop's inbox, to try WhatsApp without an account of Meta's."""
    return render(request, "config/simulator.html")


@require_safe
@never_cache
@login_required
def settings(request: HttpRequest) -> HttpResponse:
    """What the business is, how its assistant speaks, when it works, how it is reminded, and the password."""
    return render(
        request,
        "config/settings.html",
        {
            "answering": who_answers(current_configuration()),
            "channels": Preferences.Channel.choices,
            "codes_left": second_factor.codes_left(person_of(request)),
            "countries": COUNTRIES,
            "currencies": CURRENCIES,
            "has_second_factor": second_factor.is_on(person_of(request)),
            "languages": LANGUAGES,
            "tones": Preferences.Tone.choices,
        },
    )
