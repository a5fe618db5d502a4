"""What came from WhatsApp: bodies with their shape alone, and what became of each update in them."""

from __future__ import annotations

from typing import Any, cast

from django.contrib import admin, messages
from django.db import transaction
from django.db.models import Count, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce, Length
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from config.oversight.masking import mask_body
from config.oversight.pages import ATTEMPTS, KIND, STATUS, ListAdmin, WatchAdmin, column
from messaging import inbound
from messaging.models import Channel, InboundUpdate, WebhookBody
from messaging.whatsapp import replays
from messaging.whatsapp.signatures import Refused
from tenants.audit import audit
from tenants.auditing import audits_itself
from tenants.models import User

RECEIVED = column("received_at", gettext_lazy("cuándo llegó"))
TIMES = column("times", gettext_lazy("veces"))
FAULT = column("fault", gettext_lazy("falla"))
NOTE = column("note", gettext_lazy("qué pasó"))
DONE = column("done_at", gettext_lazy("atendida"))


@admin.register(WebhookBody)
class WebhookBodyAdmin(WatchAdmin):
    list_display = ("id", RECEIVED, "owner", "size", "held", TIMES, FAULT)
    list_filter = ("received_at",)
    fields = (RECEIVED, "owner", TIMES, FAULT, "shape")
    readonly_fields = fields
    actions = ("replay",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows: QuerySet[Any] = super().get_queryset(request)
        inside = InboundUpdate.objects.filter(body=OuterRef("pk")).order_by().values("body")
        signer = Channel.objects.filter(pk=OuterRef("channel_id")).values("user__username")[:1]
        return rows.defer("body").annotate(
            _size=Length("body"),
            _held=Coalesce(Subquery(inside.annotate(n=Count("pk")).values("n")), 0),
            _owner=Subquery(signer),
        )

    @admin.display(description=gettext_lazy("número de"))
    def owner(self, body: Any) -> str:
        if body.channel_id is None:
            return _("la plataforma")
        return body._owner or _("un número que ya no está")

    @admin.display(description=gettext_lazy("bytes"))
    def size(self, body: Any) -> int:
        return int(body._size)

    @admin.display(description=gettext_lazy("novedades"))
    def held(self, body: Any) -> SafeString:
        url = reverse("admin:messaging_inboundupdate_changelist")
        return format_html('<a href="{}?body__id__exact={}">{}</a>', url, body.pk, body._held)

    @admin.display(description=gettext_lazy("forma"))
    def shape(self, body: WebhookBody) -> SafeString:
        """Its keys and kinds; numbers, names and texts are replaced."""
        return format_html('<pre class="shape">{}</pre>', mask_body(bytes(body.body)))

    @audits_itself
    @admin.action(description=gettext_lazy("Repasar: lo que no se atendió vuelve a esperar"))
    def replay(self, request: HttpRequest, queryset: QuerySet[WebhookBody]) -> None:
        again = added = 0
        for body in queryset.order_by("pk"):
            try:
                found = replays.replay(body_id=body.pk, everything=False, now=timezone.now())
            except (Refused, replays.NoSuchBody) as fault:
                said = _("%(body)s no se pudo repasar: %(why)s") % {"body": body, "why": type(fault).__name__}
                self.message_user(request, said, messages.ERROR)
                continue
            changes = {"again": [None, found.again], "added": [None, found.added]}
            audit(actor=cast(User, request.user), action="body_replayed", target=body, changes=changes)
            again, added = again + found.again, added + found.added
        said = _("Vuelven a esperar: %(again)d. Se agregaron: %(added)d.") % {"again": again, "added": added}
        self.message_user(request, said)


@admin.register(InboundUpdate)
class InboundUpdateAdmin(ListAdmin):
    list_display = ("id", RECEIVED, KIND, STATUS, "tenant", ATTEMPTS, NOTE, "body_link", DONE)
    list_filter = ("status", "kind", "received_at")
    actions = ("retry",)

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest | None = None) -> bool:
        return lookup == "body__id__exact" or super().lookup_allowed(lookup, value, request)  # type: ignore[arg-type]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows: QuerySet[Any] = super().get_queryset(request)
        owner = User.objects.filter(pk=OuterRef("tenant_id")).values("username")[:1]
        return rows.defer("data", "sender", "key").annotate(_tenant=Subquery(owner))

    @admin.display(description=gettext_lazy("cuenta"))
    def tenant(self, update: Any) -> str:
        return update._tenant or "—"

    @admin.display(description=gettext_lazy("cuerpo"))
    def body_link(self, update: InboundUpdate) -> SafeString:
        url = reverse("admin:messaging_webhookbody_change", args=[update.body_id])
        return format_html('<a href="{}">{}</a>', url, update.body_id)

    @audits_itself
    @admin.action(description=gettext_lazy("Reintentar las fallidas"))
    def retry(self, request: HttpRequest, queryset: QuerySet[InboundUpdate]) -> None:
        retried = 0
        with transaction.atomic():
            failed = queryset.filter(status=InboundUpdate.Status.FAILED).select_for_update(of=("self",))
            for update in failed.order_by("pk"):
                InboundUpdate.objects.filter(pk=update.pk).update(
                    status=InboundUpdate.Status.PENDING, attempts=0, next_at=timezone.now(), note="", done_at=None
                )
                audit(
                    actor=cast(User, request.user),
                    action="update_retried",
                    target=update,
                    changes={"note": [update.note, ""]},
                )
                retried += 1
            if retried:
                inbound.ring()
        said = ngettext("Se reintenta %(n)d novedad.", "Se reintentan %(n)d novedades.", retried)
        self.message_user(request, said % {"n": retried})
