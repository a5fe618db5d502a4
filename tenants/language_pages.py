"""In which language pages speak: the person's own choice, else what this browser was told, else what it asks for."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import check_for_language
from django.views.decorators.http import require_POST

from tenants.models import Preferences, User
from tenants.scope import own_scope


@require_POST
def choose_language(request: HttpRequest) -> HttpResponse:
    """Speak ``language`` from now on: to this browser until somebody signs in, and to whoever is signed in already.

    Back to ``next`` when it is a path of ours; a language that we do not have changes nothing.
    """
    asked = request.POST.get("next", "")
    ours = url_has_allowed_host_and_scheme(asked, {request.get_host()}, require_https=request.is_secure())
    answer = HttpResponseRedirect(asked if ours and asked.startswith("/") else "/")
    language = request.POST.get("language", "")
    if language not in dict(settings.LANGUAGES) or not check_for_language(language):
        return answer
    if isinstance(request.user, User):
        _keep(user=request.user, language=language)
    answer.set_cookie(
        settings.LANGUAGE_COOKIE_NAME,
        language,
        max_age=settings.LANGUAGE_COOKIE_AGE,
        secure=settings.LANGUAGE_COOKIE_SECURE,
        httponly=settings.LANGUAGE_COOKIE_HTTPONLY,
        samesite="Lax",
    )
    return answer


def _keep(*, user: User, language: str) -> None:
    with own_scope(user):
        if user.is_tenant:
            Preferences.current(user).change(person={"language": language})
        else:
            user.language = language
            user.save(update_fields=["language"])
