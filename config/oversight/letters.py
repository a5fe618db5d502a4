"""Letters of everybody: to whom about, of which kind, and what became of them; never what they say."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from config.oversight.masking import clean, mask_address
from config.oversight.pages import ACCOUNT, ATTEMPTS, CREATED, STATUS, ListAdmin, column
from messaging.models import Letter, PlatformLetter

SENT = column("sent_at", _("enviado"))
NEXT = column("next_at", _("próximo intento"))
CODE = column("code", _("código"))


class AnyLetterAdmin(ListAdmin):
    list_filter = ("status", "kind", "code")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).defer("subject", "text", "html", "headers")

    @admin.display(description=_("tipo"), ordering="kind")
    def about(self, letter: Letter | PlatformLetter) -> str:
        return letter.kind_label

    @admin.display(description=_("para"))
    def to(self, letter: Letter | PlatformLetter) -> str:
        return mask_address(letter.recipient)

    @admin.display(description=_("lo que dijo el servidor"))
    def said(self, letter: Letter | PlatformLetter) -> str:
        return clean(letter.detail) or "—"


@admin.register(Letter)
class LetterAdmin(AnyLetterAdmin):
    list_display = ("id", CREATED, ACCOUNT, "about", "to", STATUS, CODE, "said", ATTEMPTS, NEXT, SENT)
    search_fields = ("user__username__iexact",)
    list_select_related = ("user",)


@admin.register(PlatformLetter)
class PlatformLetterAdmin(AnyLetterAdmin):
    list_display = (
        *("id", CREATED, column("person", _("persona")), "about", "to", STATUS, CODE, "said"),
        *(ATTEMPTS, NEXT, SENT),
    )
    search_fields = ("person__username__iexact",)
    list_select_related = ("person",)
