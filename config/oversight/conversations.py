"""Conversations: a list without a word of them, and the words of one only after a stated reason.

The entry in the audit is the permission itself: it holds for whoever wrote it, for that conversation, for half an hour.
The tenant reads in their own log that support looked, why, and until when.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, cast

from django import forms
from django.contrib import admin
from django.db import transaction
from django.db.models import Count, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from config.oversight.pages import ACCOUNT, WatchAdmin, column
from messaging.models import Conversation, Message
from tenants.audit import AuditEntry, audit
from tenants.events import Event, acting, record
from tenants.models import User
from tenants.scope import tenant_scope

OPEN_FOR = timedelta(minutes=30)
ACTION = "conversation_opened"
PAGE = 100


UPDATED = column("updated_at", _("lo último"))
AUDIENCE = column("audience", _("con"))
UNREAD = column("unread", _("sin leer"))


class ReasonForm(forms.Form):
    reason = forms.CharField(
        label=_("Motivo"),
        min_length=10,
        max_length=300,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("Queda en la auditoría, y la persona lo lee en su historial."),
    )


@admin.register(Conversation)
class ConversationAdmin(WatchAdmin):
    list_display = ("id", UPDATED, ACCOUNT, "channel", AUDIENCE, "assistant_type", "held", UNREAD, "look")
    list_display_links = None
    list_filter = ("channel", "audience", "assistant_type", "updated_at")
    search_fields = ("user__username__iexact",)
    list_select_related = ("user",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        inside = Message.objects.filter(user_id=OuterRef("user_id"), conversation=OuterRef("pk")).order_by()
        counted = inside.values("conversation").annotate(n=Count("pk")).values("n")
        rows: QuerySet[Any] = super().get_queryset(request)
        return rows.defer("title").annotate(_held=Coalesce(Subquery(counted), 0))

    @admin.display(description=_("mensajes"))
    def held(self, conversation: Any) -> int:
        return int(conversation._held)

    @admin.display(description=_("leer"))
    def look(self, conversation: Conversation) -> SafeString:
        url = reverse("admin:messaging_conversation_messages", args=[conversation.pk])
        return format_html('<a href="{}">{}</a>', url, _("Con un motivo…"))

    def change_view(self, request: HttpRequest, object_id: str, *args: Any, **kwargs: Any) -> HttpResponse:
        return HttpResponseRedirect(reverse("admin:messaging_conversation_changelist"))

    def get_more_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.messages_view)
        return [path("<int:pk>/messages/", view, name="messaging_conversation_messages")]

    def messages_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """The messages, newest page first, to whoever gave a reason within the last half hour; else the question."""
        conversation = Conversation.objects.select_related("user").defer("title").filter(pk=pk).first()
        if conversation is None:
            raise Http404
        by, now = cast(User, request.user), timezone.now()
        form = ReasonForm(request.POST if request.method == "POST" else None)
        if request.method == "POST" and form.is_valid():
            open_conversation(conversation=conversation, by=by, reason=form.cleaned_data["reason"], now=now)
            return HttpResponseRedirect(request.path)
        until = opened_until(conversation=conversation, by=by, now=now)
        shown = _read(conversation, before=request.GET.get("before", "")) if until is not None else []
        context = {
            **self.admin_site.each_context(request),
            "title": _("Conversación %(n)d de %(who)s") % {"n": pk, "who": conversation.user.username},
            "opts": self.opts,
            "conversation": conversation,
            "form": form,
            "until": until,
            "shown": shown,
            "older": shown[0].pk if len(shown) == PAGE else None,
        }
        return TemplateResponse(request, "config/admin_conversation.html", context)


def open_conversation(*, conversation: Conversation, by: User, reason: str, now: datetime) -> None:
    """Let ``by`` read the conversation for a while, and let audit and tenant know. In no transaction."""
    owner = conversation.user
    # The audit keeps what its target is called, and a conversation is called after somebody's words.
    named = Conversation(pk=conversation.pk, user=owner, title=f"#{conversation.pk} ({owner.username})")
    with tenant_scope(owner), transaction.atomic(), acting(Event.Actor.SUPERADMIN, by.pk):
        audit(actor=by, action=ACTION, target=named, reason=reason)
        record("account_viewed", reason=reason, until=now + OPEN_FOR)


def opened_until(*, conversation: Conversation, by: User, now: datetime) -> datetime | None:
    """Until when ``by`` may read the conversation; None when they may not."""
    last = (
        AuditEntry.objects.filter(
            actor_id=by.pk,
            action=ACTION,
            target_type=Conversation._meta.label_lower,
            target_id=str(conversation.pk),
            at__gt=now - OPEN_FOR,
        )
        .order_by("-at")
        .first()
    )
    return last.at + OPEN_FOR if last is not None else None


def _read(conversation: Conversation, *, before: str) -> list[Message]:
    rows = Message.objects.filter(user_id=conversation.user_id, conversation=conversation)
    if before.isascii() and before.isdigit() and len(before) < 19:
        rows = rows.filter(pk__lt=int(before))
    return list(reversed(rows.order_by("-pk")[:PAGE]))
