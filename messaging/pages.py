"""Pages of messages: thin shells over the public API."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from assistants.configuration import Configuration, current_configuration
from assistants.models import ProviderName
from messaging.models import AssistantType


@require_safe
@never_cache
@login_required
def commercial_chat(request: HttpRequest) -> HttpResponse:
    """Ask mine, as a customer would."""
    return _chat(request, AssistantType.COMMERCIAL)


@require_safe
@never_cache
@login_required
def personal_chat(request: HttpRequest) -> HttpResponse:
    """Ask mine about my own time."""
    return _chat(request, AssistantType.PERSONAL)


@require_safe
@never_cache
@login_required
def inbox(request: HttpRequest) -> HttpResponse:
    """Who is waiting?"""
    return render(request, "messaging/inbox.html")


def _chat(request: HttpRequest, assistant: AssistantType) -> HttpResponse:
    context = {"answering": who_answers(current_configuration()), "assistant": assistant.value}
    return render(request, "messaging/chat.html", context)


def who_answers(configuration: Configuration) -> str:
    """«Responde Claude (claude-haiku-5-5)»: which model the next turn asks."""
    if configuration.fault:
        return _("Responde el asistente incorporado: el modelo configurado no se puede usar.")
    if configuration.provider == ProviderName.BUILTIN:
        return _("Responde el asistente incorporado, sin modelo")
    name = _("Claude (%(model)s)") if configuration.provider == ProviderName.ANTHROPIC else "%(model)s"
    return _("Responde %(who)s") % {"who": name % {"model": configuration.model}}
