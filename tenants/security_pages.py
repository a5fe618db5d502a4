"""Pages that guard an account: the code after the password, the second factor, a new password, one more proof."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.auth.mixins import LoginRequiredMixin
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views import View
from django.views.decorators.http import require_POST

from tenants import accounts, entrance, limits, second_factor, sessions, viewing
from tenants.authentication import person_of
from tenants.forms import CodeForm, OwnPasswordForm, ProofForm, TurnOffForm
from tenants.models import User
from tenants.pages import AccountPage, wait


class CodePage(AccountPage):
    """The second step of signing in. The password is not asked again: the session knows whose it was."""

    template = "tenants/login_code.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        return self.show(request, CodeForm()) if entrance.half_in(request=request) else redirect("login")

    def post(self, request: HttpRequest) -> HttpResponse:
        user, form = entrance.half_in(request=request), CodeForm(request.POST)
        if user is None:
            return redirect("login")
        if not form.is_valid():
            return self.show(request, form, status=400)
        try:
            return entrance.let_in_with_code(request=request, user=user, code=form.cleaned_data["code"])
        except (second_factor.WrongCode, second_factor.CodeRequired):
            form.add_error("code", _("El código no es el de ahora, o ya se usó."))
            return self.show(request, form, status=400)
        except limits.TooMany as fault:
            form.add_error(None, wait(fault))
            return self.show(request, form, status=429)


class OwnPage(LoginRequiredMixin, View):
    """A page about one's own account, for either role."""

    template: str

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        answer = super().dispatch(request, *args, **kwargs)
        answer["Cache-Control"] = "no-store"
        return answer

    def show(self, request: HttpRequest, status: int = 200, **context: Any) -> HttpResponse:
        context |= {"next": self.next_of(request), "home": person_of(request).home}
        return render(request, self.template, context, status=status)

    def next_of(self, request: HttpRequest) -> str:
        """Where the person was going: a path of ours, else home."""
        asked = request.POST.get("next") or request.GET.get("next") or ""
        ours = url_has_allowed_host_and_scheme(asked, {request.get_host()}, require_https=request.is_secure())
        return asked if ours else person_of(request).home


class ProofPage(OwnPage):
    """The password once more, before an act that cannot be taken back."""

    template = "tenants/proof.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        return self.show(request, form=ProofForm())

    def post(self, request: HttpRequest) -> HttpResponse:
        form = ProofForm(request.POST)
        if not form.is_valid():
            return self.show(request, 400, form=form)
        try:
            is_right = accounts.check_password(user=person_of(request), password=form.cleaned_data["password"])
        except limits.TooMany as fault:
            form.add_error(None, wait(fault))
            return self.show(request, 429, form=form)
        if not is_right:
            form.add_error("password", _("No es tu contraseña."))
            return self.show(request, 400, form=form)
        sessions.note_proof(request=request, now=timezone.now())
        return redirect(self.next_of(request))


class OwnPasswordPage(OwnPage):
    """A new password, of one's own will or because the superadmin wants it."""

    template = "tenants/own_password.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        return self.show(request, form=OwnPasswordForm(person_of(request)))

    def post(self, request: HttpRequest) -> HttpResponse:
        user = person_of(request)
        form = OwnPasswordForm(user, request.POST)
        try:
            is_valid = form.is_valid()
        except limits.TooMany as fault:
            form = OwnPasswordForm(user)
            return self.show(request, 429, form=form, trouble=wait(fault))
        if not is_valid:
            return self.show(request, 400, form=form)
        form.save()
        sessions.keep(request=request, user=user)
        sessions.note_proof(request=request, now=timezone.now())
        return redirect(self.next_of(request))


class SecondFactorPage(OwnPage):
    """Turn the second factor on, renew the recovery codes, turn it off."""

    template = "tenants/second_factor.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        if not second_factor.is_on(person_of(request)):
            return self._offer(request)
        return self.show(request, **self._state(request))

    def post(self, request: HttpRequest) -> HttpResponse:
        act = {"confirm": self._confirm, "renew": self._renew, "off": self._turn_off}.get(request.POST.get("act", ""))
        return act(request) if act else redirect("second-factor")

    def _offer(self, request: HttpRequest, form: CodeForm | None = None, status: int = 200) -> HttpResponse:
        return _offered(request, self, form or CodeForm(), status)

    def _state(self, request: HttpRequest, **forms: Any) -> dict[str, Any]:
        known = {"renewing": CodeForm(prefix="renew"), "off": TurnOffForm(prefix="off")}
        return {"is_on": True, "left": second_factor.codes_left(person_of(request)), **known, **forms}

    def _confirm(self, request: HttpRequest) -> HttpResponse:
        user, form = person_of(request), CodeForm(request.POST)
        if second_factor.is_on(user):
            return redirect("second-factor")
        if not form.is_valid():
            return self._offer(request, form, 400)
        try:
            codes = second_factor.confirm(
                user=user, code=form.cleaned_data["code"], address=accounts.client_address(request)
            )
        except second_factor.WrongCode:
            form.add_error("code", _("El código no es el de ahora. Revisa la hora de tu teléfono y escribe el nuevo."))
            return self._offer(request, form, 400)
        except limits.TooMany as fault:
            form.add_error(None, wait(fault))
            return self._offer(request, form, 429)
        sessions.keep(request=request, user=user)
        return self.show(request, codes=codes, is_new=True)

    def _renew(self, request: HttpRequest) -> HttpResponse:
        user, form = person_of(request), CodeForm(request.POST, prefix="renew")
        if status := self._check(user, form):
            return self.show(request, status, **self._state(request, renewing=form))
        return self.show(request, codes=second_factor.renew_codes(user=user))

    def _turn_off(self, request: HttpRequest) -> HttpResponse:
        user, form = person_of(request), TurnOffForm(request.POST, prefix="off")
        if status := self._check(user, form):
            return self.show(request, status, **self._state(request, off=form))
        second_factor.turn_off(user=user, address=accounts.client_address(request))
        sessions.keep(request=request, user=user)
        return redirect("second-factor")

    def _check(self, user: User, form: forms.Form) -> int:
        """0 when password (where the form asks for it) and code are right; else the status to answer with."""
        if not form.is_valid():
            return 400
        try:
            password = form.cleaned_data.get("password")
            if password is not None and not accounts.check_password(user=user, password=password):
                form.add_error("password", _("No es tu contraseña."))
                return 400
            second_factor.check(user=user, code=form.cleaned_data["code"])
        except second_factor.WrongCode:
            form.add_error("code", _("El código no es el de ahora, o ya se usó."))
            return 400
        except limits.TooMany as fault:
            form.add_error(None, wait(fault))
            return 429
        return 0


@sessions.proof_required
def _offered(request: HttpRequest, page: SecondFactorPage, form: CodeForm, status: int) -> HttpResponse:
    """The secret to scan, for somebody who gave the password a short while ago."""
    user = person_of(request)
    factor = second_factor.prepare(user=user)
    picture = second_factor.draw(factor=factor, name=user.username)
    groups = " ".join(factor.secret[place : place + 4] for place in range(0, len(factor.secret), 4))
    return page.show(request, status, form=form, picture=picture, secret=groups)


@require_POST
def stop_viewing(request: HttpRequest) -> HttpResponse:
    """The superadmin goes back to their own side, to the person whose pages they saw."""
    tenant_id = viewing.end(request=request)
    if tenant_id is None:
        return redirect("home")
    return HttpResponseRedirect(f"/admin/tenants/user/{tenant_id}/change/")
