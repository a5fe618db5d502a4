"""Pages of accounts: thin shells over the same public API that everyone else uses."""

from __future__ import annotations

from math import ceil
from typing import Any

from django.contrib.auth import views
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse_lazy
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _
from django.views import View
from django.views.decorators.http import require_POST, require_safe

from tenants import accounts, known_devices, limits, resets, sessions, verification, viewing
from tenants.entrance import enter, let_in
from tenants.forms import LoginForm, NewPasswordForm, PasswordResetForm, RegistrationForm
from tenants.locales import locale_tag
from tenants.models import Preferences, User
from tenants.scope import current_tenant
from tenants.theme import DEFAULT_ACCENT, style_sheet


def shell(request: HttpRequest) -> dict[str, Any]:
    """What every page's frame shows: whose it is, and how that person's language writes money and dates."""
    person = current_tenant()
    if person is None:
        return {"accent": DEFAULT_ACCENT.lstrip("#")}
    preferences = Preferences.current(person)
    return {
        "accent": preferences.accent_color.lstrip("#").lower(),
        "business_name": preferences.business_name or person.username,
        "viewing": getattr(request, "viewing", None),
        "account_note": _account_note(person),
        "shell": {
            "person": person.username,
            "locale": locale_tag(language=person.language, currency=preferences.currency),
            "currency": preferences.currency,
            "timezone": person.timezone,
        },
    }


def _account_note(person: User) -> str:
    """What stands above every page while something of the account wants to be done."""
    if person.is_leaving:
        return "leaving"
    return "unproved" if person.email and person.email_verified_at is None else ""


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """To one's own side, or to the door."""
    return redirect(request.user.home if isinstance(request.user, User) else "login")


@require_safe
def theme(request: HttpRequest, accent: str) -> HttpResponse:
    """The style sheet of an accent colour. Its address holds all it depends on, so it never goes stale."""
    answer = HttpResponse(style_sheet(accent=f"#{accent}"), content_type="text/css; charset=utf-8")
    answer["Cache-Control"] = "public, max-age=31536000, immutable"
    return answer


class AccountPage(View):
    """A form in front of the door; who is inside already goes home."""

    template: str

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if isinstance(request.user, User):
            return redirect(self.after(request, request.user))
        answer = super().dispatch(request, *args, **kwargs)
        answer["Cache-Control"] = "no-store"
        return answer

    def after(self, request: HttpRequest, user: User) -> str:
        """Where to go from here: ``next`` when it is a path of ours, else home."""
        asked = request.POST.get("next") or request.GET.get("next") or ""
        ours = url_has_allowed_host_and_scheme(asked, {request.get_host()}, require_https=request.is_secure())
        return asked if ours else user.home

    def show(self, request: HttpRequest, form: Any, status: int = 200) -> HttpResponse:
        asked = request.POST.get("next") or request.GET.get("next") or ""
        return render(request, self.template, {"form": form, "next": asked}, status=status)


class LoginPage(AccountPage):
    template = "tenants/login.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        return self.show(request, LoginForm())

    def post(self, request: HttpRequest) -> HttpResponse:
        form = LoginForm(request.POST)
        if not form.is_valid():
            return self.show(request, form, status=400)
        try:
            user = accounts.prove(request=request, **form.cleaned_data)
        except accounts.AccountInactive:
            form.add_error(None, _("Tu cuenta está suspendida. Escribe a quien administra el sistema."))
            return self.show(request, form, status=400)
        except accounts.WrongCredentials:
            form.add_error(None, _("El usuario o la contraseña no coinciden."))
            return self.show(request, form, status=400)
        except limits.TooMany as fault:
            form.add_error(None, wait(fault))
            return self.show(request, form, status=429)
        return let_in(request=request, user=user, goes_to=self.after(request, user))


class RegisterPage(AccountPage):
    template = "tenants/register.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        return self.show(request, RegistrationForm())

    def post(self, request: HttpRequest) -> HttpResponse:
        form = RegistrationForm(request.POST)
        try:
            limits.hit(limit=accounts.REGISTRATIONS_BY_ADDRESS, who=accounts.client_address(request))
        except limits.TooMany as fault:
            form.add_error(None, wait(fault))
            return self.show(request, form, status=429)
        if not form.is_valid():
            return self.show(request, form, status=400)
        try:
            user = accounts.sign_up(**form.cleaned_data, language=(get_language() or "es")[:2])
        except ValidationError as fault:
            for field, messages in fault.message_dict.items():
                form.add_error(field if field in form.fields else None, messages)
            return self.show(request, form, status=400)
        known_devices.note_entry(
            user=user,
            request=request,
            address=accounts.client_address(request),
            method="registration",
            now=timezone.now(),
            by_page=True,
        )
        return enter(request=request, user=user, goes_to=self.after(request, user))


@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    viewing.end(request=request)
    sessions.end(request)
    return redirect("login")


class PasswordResetPage(AccountPage):
    """Ask for the letter. The answer is the same whether the address has an account or not."""

    template = "tenants/password_reset.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        return self.show(request, PasswordResetForm())

    def post(self, request: HttpRequest) -> HttpResponse:
        form = PasswordResetForm(request.POST)
        if not form.is_valid():
            return self.show(request, form, status=400)
        try:
            resets.ask(email=form.cleaned_data["email"], address=accounts.client_address(request))
        except limits.TooMany as fault:
            form.add_error(None, wait(fault))
            return self.show(request, form, status=429)
        return redirect("password-reset-done")


@require_safe
def password_reset_done(request: HttpRequest) -> HttpResponse:
    return render(request, "tenants/password_reset_done.html")


class PasswordResetConfirmPage(views.PasswordResetConfirmView):
    """Behind the letter's link. The link works once: the new password makes its token void."""

    template_name = "tenants/password_reset_confirm.html"
    form_class = NewPasswordForm
    success_url = reverse_lazy("password-reset-complete")

    def form_valid(self, form: Any) -> HttpResponse:
        answer: HttpResponse = super().form_valid(form)
        verification.note(user=form.user, now=timezone.now())  # who read the letter has the address
        return answer


@require_safe
def password_reset_complete(request: HttpRequest) -> HttpResponse:
    return render(request, "tenants/password_reset_complete.html")


def wait(fault: limits.TooMany) -> str:
    """«Espera 3 minutos»: when somebody who came too often may come again."""
    minutes = ceil(fault.retry_after / 60)
    text = ngettext(
        "Hubo demasiados intentos. Espera %(n)d minuto y vuelve a probar.",
        "Hubo demasiados intentos. Espera %(n)d minutos y vuelve a probar.",
        minutes,
    )
    return text % {"n": minutes}
