"""Ending letters of one kind, from the letter itself: without signing in, by a link that says whose and which."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import translation
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from messaging.mail.choosing import choose
from messaging.mail.mailboxes import Mailbox
from tenants.mail import WrongToken, read_unsubscribe
from tenants.models import User
from tenants.scope import tenant_scope


# A mail program sends its one click (RFC 8058) with no session and no cookie; the signed link is the proof.
@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def unsubscribe(request: HttpRequest, token: str) -> HttpResponse:
    """GET asks, for programs that look for junk open every link; POST ends the letters, or with ``again`` brings them
    back."""
    try:
        user_id, kind = read_unsubscribe(token)
    except WrongToken:
        return _over(request)
    user = User.objects.tenants().filter(pk=user_id).first()
    if user is None:
        return _over(request)
    with tenant_scope(user), translation.override(user.language):
        if request.method == "POST":
            box = choose(user=user, wanted={kind: "again" in request.POST})
        else:
            box = Mailbox.current(user)
        context = {
            "kind": kind.label,
            "username": user.username,
            "wanted": box.wants(kind),
            "done": request.method == "POST",
        }
        answer = render(request, "messaging/unsubscribe.html", context)
        answer["Content-Language"] = user.language
        answer["Referrer-Policy"] = "no-referrer"
        return answer


def _over(request: HttpRequest) -> HttpResponse:
    context = {
        "status": 404,
        "title": _("Este enlace no sirve"),
        "detail": _("Está incompleto, o la cuenta ya no existe. Qué correos te llegan lo eliges también en Ajustes."),
    }
    return render(request, "error.html", context, status=404)
