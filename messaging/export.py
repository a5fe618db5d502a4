"""Conversations as files: one row for each message, for whoever keeps or studies what was said."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, ClassVar

from django.db.models.functions import Coalesce
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from rest_framework import serializers

from agenda.filters import WindowFilters
from messaging.models import AssistantType, Conversation, Message
from tenants.contract import Whole
from tenants.exchange.sources import Filters, Source
from tenants.exchange.writers import Column
from tenants.models import User

PAGE = 2000  # rows that are read at once


class ConversationExportFilters(WindowFilters):
    channel = serializers.ChoiceField(choices=Conversation.Channel.choices, required=False)
    audience = serializers.ChoiceField(choices=Conversation.Audience.choices, required=False)
    conversation = Whole(min_value=1, required=False, help_text="This one alone, by its id.")


class ConversationSource(Source):
    name: ClassVar[str] = "conversations"
    label: ClassVar[str | Promise] = gettext_lazy("Conversaciones")
    filters: ClassVar[type[serializers.Serializer[Any]]] = ConversationExportFilters

    def columns(self) -> list[Column]:
        return [
            Column("conversation", _("Conversación"), "integer"),
            Column("title", _("Título")),
            Column("contact", _("Contacto")),
            Column("phone", _("Teléfono"), "phone"),
            Column("channel", _("Canal")),
            Column("assistant", _("Asistente")),
            Column("at", _("Fecha y hora"), "datetime"),
            Column("who", _("Quién")),
            Column("kind", _("Tipo")),
            Column("text", _("Mensaje")),
            Column("status", _("Estado")),
        ]

    def count(self, *, user: User, filters: Filters, form: str) -> int:
        return int(_found(filters).count())

    def rows(self, *, user: User, filters: Filters) -> Iterator[Sequence[Any]]:
        channels, kinds = dict(Conversation.Channel.choices), dict(Message.Kind.choices)
        assistants, statuses = dict(AssistantType.choices), dict(Message.Status.choices)
        rows = _found(filters).annotate(of=Coalesce("reply_to_id", "id"))
        columns = (
            *("conversation_id", "conversation__title", "conversation__contact__name", "conversation__contact__phone"),
            *("conversation__channel", "conversation__audience", "conversation__assistant_type"),
            *("assistant_type", "created_at", "role", "kind", "content", "status"),
        )
        # Each reply after what it replies to, as the pages show it.
        ordered = rows.order_by("conversation_id", "of", "-role", "id").values_list(*columns)
        for row in ordered.iterator(chunk_size=PAGE):
            conversation, title, contact, number, channel, audience, usual, assistant, at, role, kind, text, state = row
            yield (
                conversation,
                title,
                contact or "",
                number or "",
                str(channels.get(channel, channel)),
                str(assistants.get(assistant or usual, "")),
                at,
                _who(role, audience),
                str(kinds.get(kind, kind)),
                text,
                str(statuses.get(state, state)) if role == Message.Role.USER else "",
            )


def _found(filters: Filters) -> Any:
    found = Message.objects.all()
    if "from" in filters:
        found = found.filter(created_at__gte=filters["from"])
    if "to" in filters:
        found = found.filter(created_at__lt=filters["to"])
    for name in ("channel", "audience"):
        if name in filters:
            found = found.filter(**{f"conversation__{name}": filters[name]})
    if "conversation" in filters:
        found = found.filter(conversation_id=filters["conversation"])
    return found


def _who(role: str, audience: str) -> str:
    """Who said it, as the tenant calls them."""
    if role == Message.Role.USER:
        return _("Cliente") if audience == Conversation.Audience.CUSTOMER else _("Tú")
    return {Message.Role.OWNER: _("Tú"), Message.Role.NOTE: _("Nota interna")}.get(Message.Role(role), _("Asistente"))


CONVERSATIONS = ConversationSource()
