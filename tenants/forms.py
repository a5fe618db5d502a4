"""The forms of the account pages."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.auth.forms import SetPasswordForm
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from tenants import accounts, proofs, second_factor
from tenants.models import User
from tenants.preferences import validate_timezone


class LoginForm(forms.Form):
    username = forms.CharField(
        label=_("Usuario o correo"),
        max_length=254,
        widget=forms.TextInput(attrs={"autocomplete": "username", "autocapitalize": "none", "spellcheck": "false"}),
    )
    password = forms.CharField(
        label=_("Contraseña"),
        max_length=200,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )


class RegistrationForm(forms.Form):
    username = forms.CharField(
        label=_("Usuario"),
        max_length=60,
        validators=User._meta.get_field("username").validators,
        help_text=_("Letras, números, punto y guion. Tus clientes lo verán como @usuario."),
        widget=forms.TextInput(attrs={"autocomplete": "username", "autocapitalize": "none", "spellcheck": "false"}),
    )
    email = forms.EmailField(
        label=_("Correo (opcional)"),
        required=False,
        help_text=_("Para recuperar tu contraseña."),
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
    )
    password = forms.CharField(
        label=_("Contraseña"),
        max_length=200,
        strip=False,
        help_text=_("Ocho caracteres o más."),
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )
    timezone = forms.CharField(required=False, max_length=64, widget=forms.HiddenInput(attrs={"data-timezone": ""}))

    def clean_username(self) -> str:
        """Free, whatever its case; said together with whatever else is wrong."""
        name = str(self.cleaned_data["username"])
        if User.objects.filter(username__iexact=name).exists():
            raise ValidationError(_("Ese usuario ya existe."))
        return name

    def clean_email(self) -> str:
        """Nobody else's, whatever its case."""
        email = str(self.cleaned_data["email"])
        if email and User.objects.filter(email__iexact=email).exists():
            raise ValidationError(_("Ese correo ya tiene una cuenta."))
        return email

    def clean_timezone(self) -> str:
        """The browser's zone; when it names none that we know, the default of the model."""
        zone = str(self.cleaned_data["timezone"])
        try:
            validate_timezone(zone)
        except ValidationError:
            return str(User._meta.get_field("timezone").default)
        return zone

    def clean(self) -> dict[str, Any]:
        fields = super().clean() or self.cleaned_data
        password = fields.get("password")
        if password:
            person = User(username=fields.get("username", ""), email=fields.get("email", ""))
            try:
                validate_password(password, person)
            except ValidationError as fault:
                self.add_error("password", fault)
        return fields


class PasswordResetForm(forms.Form):
    email = forms.EmailField(
        label=_("Correo"), max_length=254, widget=forms.EmailInput(attrs={"autocomplete": "email", "autofocus": ""})
    )


class NewPasswordForm(SetPasswordForm):
    """A new password twice. Saving it ends every session and token made with the old one."""

    def save(self, commit: bool = True) -> User:
        accounts.change_password(user=self.user, password=self.cleaned_data["new_password1"])
        return self.user


class CodeForm(forms.Form):
    """The code of the moment, or a recovery code."""

    code = forms.CharField(
        label=_("Código"),
        max_length=40,
        widget=forms.TextInput(
            attrs={
                "autocomplete": "one-time-code",
                "inputmode": "text",
                "autocapitalize": "none",
                "spellcheck": "false",
                "class": "numeric",
            }
        ),
    )


class ProofForm(forms.Form):
    password = forms.CharField(
        label=_("Contraseña"),
        max_length=200,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password", "autofocus": ""}),
    )


class TurnOffForm(CodeForm):
    password = forms.CharField(
        label=_("Contraseña"),
        max_length=200,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )
    field_order = ("password", "code")


class OwnPasswordForm(NewPasswordForm):
    """The password of now, and a new one twice; with the code, where there is a second factor.

    Who has to choose a new password gave the code a moment ago, to come in. Checking it raises limits.TooMany after too
    many failures.
    """

    current = forms.CharField(
        label=_("Contraseña actual"),
        max_length=200,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )
    code = CodeForm.base_fields["code"]
    field_order = ("current", "new_password1", "new_password2", "code")

    def __init__(self, user: User, *args: Any, **kwargs: Any) -> None:
        super().__init__(user, *args, **kwargs)
        if user.must_change_password or not second_factor.is_on(user):
            del self.fields["code"]

    def clean_current(self) -> str:
        given = str(self.cleaned_data["current"])
        if not accounts.check_password(user=self.user, password=given):
            raise ValidationError(_("No es tu contraseña actual."))
        return given

    def clean(self) -> dict[str, Any]:
        fields: dict[str, Any] = super().clean() or self.cleaned_data
        if "code" in fields and not self.errors:
            try:
                proofs.prove_code(user=self.user, otp=fields["code"])
            except ValidationError as fault:
                self.add_error("code", fault.message_dict["otp"])
        if "current" in fields and fields["current"] == fields.get("new_password1"):
            self.add_error("new_password1", _("Tiene que ser distinta de la actual."))
        return fields
