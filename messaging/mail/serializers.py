"""Shapes of what a person gets by e-mail."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _
from rest_framework import serializers

from agenda.filters import Filters
from messaging.mail import failing
from messaging.mail.letters import Letter, Status
from messaging.mail.mailboxes import Mailbox
from tenants.contract import StrictFields, YesNo
from tenants.mail import CHOICES
from tenants.models import User


class FailingSerializer(serializers.Serializer[Any]):
    """Why an address gets no more letters."""

    since = serializers.DateTimeField()
    code = serializers.IntegerField(allow_null=True, help_text="The mail server's.")
    said = serializers.CharField(help_text="What the mail server said.")


class MailKindSerializer(serializers.Serializer[Any]):
    """One kind of letter that a person may do without."""

    kind = serializers.ChoiceField(choices=[str(kind) for kind in CHOICES])
    label = serializers.CharField(help_text="In the person's language.")  # type: ignore[assignment]
    wanted = serializers.BooleanField()


class MailSerializer(serializers.Serializer[Any]):
    """What comes by e-mail, and whether it arrives."""

    address = serializers.CharField(allow_blank=True)
    status = serializers.ChoiceField(
        choices=["ok", "failing", "unproved", "none"],
        help_text="`failing`: letters came back, and no more are sent. `unproved`: it was not confirmed in time;"
        " only what is about the account itself goes there. `none`: no address.",
    )
    failing = FailingSerializer(allow_null=True)
    goes_out = serializers.BooleanField(help_text="Whether this installation has a mail server.")
    kinds = MailKindSerializer(many=True)


class WantedSerializer(StrictFields):
    """Of each kind whether it is wanted; those that are not named stay as they are."""

    def get_fields(self) -> dict[str, Any]:
        return {str(kind): YesNo(required=False) for kind in CHOICES}


class MailChangeSerializer(StrictFields):
    """Which letters are wanted."""

    kinds = WantedSerializer(required=False)


class LetterSerializer(serializers.ModelSerializer[Letter]):
    """One letter to this account, and what became of it."""

    label = serializers.CharField(source="kind_label", read_only=True)  # type: ignore[assignment]
    reason = serializers.SerializerMethodField(help_text="Why it did not go out, or waits; empty where all is well.")

    class Meta:
        model = Letter
        fields = ["id", "kind", "label", "recipient", "subject", "status", "reason", "created_at", "sent_at"]
        read_only_fields = fields

    def get_reason(self, letter: Letter) -> str:
        return say_reason(letter)


class LetterFilters(Filters):
    status = serializers.ChoiceField(choices=Status.choices, required=False)


def say_reason(letter: Letter) -> str:
    """Why a letter did not go out, or waits, in the language of whoever asks."""
    if letter.status == Status.SENT or not (letter.detail or letter.status == Status.UNKNOWN):
        return ""
    if letter.status == Status.UNKNOWN:
        return _("Se cortó la conexión mientras salía, y no sabemos si llegó. No se envía otra vez para no repetirlo.")
    known = {
        failing.CODE: _("La dirección rechazó un correo antes, y no le escribimos más."),
        "address": _("La dirección no sirve para correo."),
        "too_late": _("Ya no servía cuando pudo salir."),
        "no_mail_server": _("El servidor de correo no responde; se intenta otra vez."),
        "mail_broke_off": _("Se cortó la conexión antes de entregarlo."),
        "unwanted": _("Ya no quieres correos de este tipo."),
        "suspended": _("La cuenta estaba suspendida."),
        "interrupted": _("Se interrumpió varias veces antes de salir."),
        "fault": _("Algo falló de nuestro lado."),
    }
    if letter.detail in known:
        return known[letter.detail]
    return _("El servidor dijo: %(said)s") % {"said": f"{letter.code or ''} {letter.detail}".strip()}


def show_mail(*, user: User, box: Mailbox, goes_out: bool) -> dict[str, Any]:
    """What ``MailSerializer`` shows."""
    fails = box.fails(user.email)
    status = "none" if not user.email else "failing" if fails else "ok" if user.gets_mail else "unproved"
    why = {"since": box.failing_since, "code": box.failing_code, "said": box.failing_reason}
    data = {
        "address": user.email,
        "status": status,
        "failing": why if fails else None,
        "goes_out": goes_out,
        "kinds": [{"kind": str(kind), "label": str(kind.label), "wanted": box.wants(kind)} for kind in CHOICES],
    }
    return dict(MailSerializer(data).data)
