"""Pages behind the links in letters about an account's address. Who opens them need not be signed in.

Programs that look for junk open every link, too: what changes something wants a button to be pressed, but for the proof
of an address, of which the account has no other and which gives nobody anything.
"""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.views import View

from tenants import addresses, verification
from tenants.models import User


class LinkPage(View):
    """A page that is nobody else's to see or to keep."""

    template: str
    http_method_names = ["get", "head", "post", "options"]

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        try:
            answer = super().dispatch(request, *args, **kwargs)
        except verification.WrongLink:
            context = {
                "status": 404,
                "title": _("Este enlace ya no sirve"),
                "detail": _("Se usó, caducó o quedó sin efecto. Si lo necesitas, pide otro en Ajustes › Seguridad."),
            }
            answer = render(request, "error.html", context, status=404)
        except addresses.Taken:
            context = {
                "status": 409,
                "title": _("Ese correo ya tiene una cuenta"),
                "detail": _("No cambiamos nada. Usa otro correo, o entra con la otra cuenta."),
            }
            answer = render(request, "error.html", context, status=409)
        # The address goes to nobody else: the site's policy is «same-origin», and with less a form has no origin.
        answer["Cache-Control"] = "no-store"
        return answer

    def show(self, request: HttpRequest, user: User, **context: Any) -> HttpResponse:
        with translation.override(user.language):
            answer = render(request, self.template, {"account": user, **context})
            answer["Content-Language"] = user.language
            return answer


class VerifyPage(LinkPage):
    """The address is proved as soon as the link is opened."""

    template = "tenants/email_verified.html"
    http_method_names = ["get", "options"]

    def get(self, request: HttpRequest, token: str) -> HttpResponse:
        return self.show(request, verification.verify(token=token, now=timezone.now()))


class ConfirmPage(LinkPage):
    """The new address becomes the account's by a button."""

    template = "tenants/email_confirm.html"

    def get(self, request: HttpRequest, token: str) -> HttpResponse:
        change = addresses.read_confirmation(token=token, now=timezone.now())
        return self.show(request, change.account, change=change, is_done=change.confirmed_at is not None)

    def post(self, request: HttpRequest, token: str) -> HttpResponse:
        user = addresses.confirm(token=token, now=timezone.now())
        return self.show(request, user, is_done=True)


class TakeBackPage(LinkPage):
    """The old address takes the change back, and chooses a new password at once."""

    template = "tenants/email_take_back.html"

    def get(self, request: HttpRequest, token: str) -> HttpResponse:
        change = addresses.read_taking_back(token=token, now=timezone.now())
        return self.show(request, change.account, change=change)

    def post(self, request: HttpRequest, token: str) -> HttpResponse:
        return redirect(addresses.take_back(token=token, now=timezone.now()))
