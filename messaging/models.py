"""What was said: conversations, their messages, and the text of a reply while it is being written."""

from __future__ import annotations

from typing import Any, ClassVar, Self

from django.db import models
from django.db.models import F, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django_scopes import ScopedManager

from messaging.attachments import Attachment
from messaging.deliveries import Delivery
from messaging.mail.letters import Letter, PlatformLetter
from messaging.mail.mailboxes import Mailbox
from messaging.notifications import Notification
from messaging.questions import QuickReply, UnansweredQuestion
from messaging.webhooks.models import WebhookDelivery, WebhookEndpoint
from messaging.whatsapp.bodies import InboundUpdate, WebhookBody
from messaging.whatsapp.channels import Channel, SharedNumber
from messaging.whatsapp.links import LinkCode, PhoneLink
from messaging.whatsapp.strangers import StrangerReply
from tenants.models import Contact, TenantOwned

__all__ = [
    "AssistantType",
    "Attachment",
    "Channel",
    "Conversation",
    "Delivery",
    "InboundUpdate",
    "Letter",
    "LinkCode",
    "Mailbox",
    "Message",
    "MessageDelta",
    "Notification",
    "PhoneLink",
    "PlatformLetter",
    "QuickReply",
    "SharedNumber",
    "StrangerReply",
    "UnansweredQuestion",
    "WebhookBody",
    "WebhookDelivery",
    "WebhookEndpoint",
]

TITLE_LENGTH = 80
_turn = Coalesce("reply_to_id", "id")


class AssistantType(models.TextChoices):
    COMMERCIAL = "commercial", _("comercial")
    PERSONAL = "personal", _("personal")


class ConversationQuerySet(models.QuerySet["Conversation"]):
    def of_customers(self) -> Self:
        return self.filter(audience=Conversation.Audience.CUSTOMER)

    def unread(self) -> Self:
        """Those in which the owner has not seen everything."""
        return self.filter(unread__gt=0)

    def newest_first(self) -> Self:
        return self.order_by("-updated_at", "-id")

    def with_last_message(self) -> Self:
        """Each with ``last_message_id``."""
        latest = Message.objects.filter(conversation=OuterRef("pk")).order_by("-id").values("pk")[:1]
        return self.annotate(last_message_id=Subquery(latest))


class Conversation(TenantOwned):  # type: ignore[django-manager-missing]
    """Messages in one thread with one assistant.

    ``lease_until`` and ``fence`` belong to whoever answers it now (``messaging.claims``): one at a time.

    On WhatsApp there is one for each customer (``contact``) or phone of the owner (``link``) and number. There the
    assistant may change from message to message; the conversation's is the one that answered last.
    """

    class Channel(models.TextChoices):
        WEB = "web", _("web")
        WHATSAPP = "whatsapp", _("WhatsApp")

    class Audience(models.TextChoices):
        OWNER = "owner", _("dueño")
        CUSTOMER = "customer", _("cliente")

    assistant_type = models.CharField(_("asistente"), max_length=12, choices=AssistantType)
    channel = models.CharField(_("canal"), max_length=12, choices=Channel, default=Channel.WEB)
    audience = models.CharField(max_length=8, choices=Audience, default=Audience.OWNER)
    number = models.ForeignKey("messaging.Channel", on_delete=models.SET_NULL, null=True, related_name="+")
    phone_number_id = models.CharField(max_length=32, blank=True)  # people write to
    contact = models.ForeignKey(Contact, on_delete=models.CASCADE, null=True, related_name="+")
    link = models.ForeignKey(PhoneLink, on_delete=models.CASCADE, null=True, related_name="+")
    window_until = models.DateTimeField(null=True, editable=False)  # free text may be sent on WhatsApp
    quiet_until = models.DateTimeField(null=True, editable=False)  # the person may still be writing
    unread = models.PositiveIntegerField(default=0, editable=False)  # by the owner, in the inbox
    taken_over_at = models.DateTimeField(null=True, editable=False)
    taken_over_until = models.DateTimeField(null=True, editable=False)  # null beside taken_over_at: until handed back
    handover_at = models.DateTimeField(null=True, editable=False)  # they ask for the owner, who has not come yet
    title = models.CharField(_("título"), max_length=TITLE_LENGTH, blank=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    updated_at = models.DateTimeField(default=timezone.now, editable=False)
    lease_until = models.DateTimeField(null=True, editable=False)
    fence = models.PositiveBigIntegerField(default=0, editable=False)

    objects: ClassVar[Any] = ScopedManager(
        _manager_class=models.Manager.from_queryset(ConversationQuerySet), user="user"
    )

    class Meta:
        verbose_name = _("conversación")
        verbose_name_plural = _("conversaciones")
        constraints = [
            models.CheckConstraint(
                condition=Q(assistant_type__in=AssistantType.values), name="conversation_assistant_known"
            ),
            models.CheckConstraint(condition=Q(audience__in=["owner", "customer"]), name="conversation_audience_known"),
            models.CheckConstraint(
                condition=~Q(audience="customer") | Q(assistant_type="commercial"),
                name="conversation_customers_are_sold_to",
            ),
            models.UniqueConstraint(
                fields=["user", "phone_number_id", "contact"],
                condition=Q(channel="whatsapp", contact__isnull=False),
                name="conversation_once_with_a_contact",
            ),
            models.UniqueConstraint(
                fields=["user", "phone_number_id", "link"],
                condition=Q(channel="whatsapp", link__isnull=False),
                name="conversation_once_with_the_owner",
            ),
        ]
        indexes = [
            models.Index(fields=["user", "-updated_at", "-id"], name="conversation_by_update"),
            models.Index(
                fields=["user", "lease_until"],
                condition=Q(lease_until__isnull=False),
                name="conversation_being_answered",
            ),
            models.Index(fields=["user", "-updated_at"], condition=Q(unread__gt=0), name="conversation_unread"),
        ]

    def __str__(self) -> str:
        return self.title


class MessageQuerySet(models.QuerySet["Message"]):
    def questions(self) -> Self:
        """What people wrote: each wants one reply."""
        return self.filter(role=Message.Role.USER)

    def pending(self) -> Self:
        return self.filter(status=Message.Status.PENDING)

    def finished(self) -> Self:
        return self.filter(status=Message.Status.DONE)

    def said(self) -> Self:
        """What both sides have read: no notes of the owner's."""
        return self.exclude(role=Message.Role.NOTE)

    def in_order(self) -> Self:
        """Each reply after what it replies to, however late it came."""
        return self.alias(turn=_turn).order_by("turn", "-role", "id")  # "user" before "assistant"

    def before(self, message_id: int) -> Self:
        """Whole turns before that of a person's message."""
        return self.alias(turn=_turn).filter(turn__lt=message_id)


class Message(TenantOwned):  # type: ignore[django-manager-missing]
    """One message. A person's is pending until its reply is there; an assistant's points to what it replies to.

    What is written in one breath is answered once: the earlier ones are done, with ``joined_to`` the last of them.
    """

    class Role(models.TextChoices):
        USER = "user", _("persona")
        ASSISTANT = "assistant", _("asistente")
        OWNER = "owner", _("dueño")  # the tenant's own word to a customer, from the inbox or from the phone
        NOTE = "note", _("nota interna")  # for the tenant alone

    class Kind(models.TextChoices):
        TEXT = "text", _("texto")
        CHOICE = "choice", _("opción elegida")  # a button or a row of a list
        IMAGE = "image", _("imagen")
        AUDIO = "audio", _("audio")
        VIDEO = "video", _("video")
        DOCUMENT = "document", _("documento")
        STICKER = "sticker", _("sticker")
        LOCATION = "location", _("ubicación")
        CONTACTS = "contacts", _("contactos")
        ORDER = "order", _("pedido")
        UNSUPPORTED = "unsupported", _("no entendido")

    class Status(models.TextChoices):
        PENDING = "pending", _("pendiente")
        DONE = "done", _("respondido")
        FAILED = "failed", _("sin respuesta")

    class Reason(models.TextChoices):
        """Why a message got no reply."""

        INTERRUPTED = "interrupted", _("Nos interrumpieron varias veces antes de terminar la respuesta.")
        FAULT = "fault", _("Algo falló de nuestro lado al responder.")

    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="messages")
    role = models.CharField(max_length=10, choices=Role)
    content = models.TextField(_("texto"))
    status = models.CharField(max_length=10, choices=Status, default=Status.DONE)
    reason = models.CharField(max_length=20, choices=Reason, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0, editable=False)
    reply_to = models.ForeignKey("self", on_delete=models.CASCADE, null=True, related_name="replies")
    joined_to = models.ForeignKey("self", on_delete=models.CASCADE, null=True, related_name="burst")
    kind = models.CharField(max_length=12, choices=Kind, default=Kind.TEXT)
    assistant_type = models.CharField(max_length=12, choices=AssistantType, blank=True)  # blank: the conversation's
    payload = models.JSONField(default=dict)  # of a choice its id, of an order its lines, of a reply its options
    wamid = models.CharField(max_length=200, blank=True)  # WhatsApp's id of what came in
    quoted_wamid = models.CharField(max_length=200, blank=True)
    tools = models.JSONField(default=list)
    sources = models.JSONField(default=list)
    provider = models.CharField(max_length=12, blank=True)
    model = models.CharField(max_length=120, blank=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    objects: ClassVar[Any] = ScopedManager(_manager_class=models.Manager.from_queryset(MessageQuerySet), user="user")

    class Meta:
        verbose_name = _("mensaje")
        verbose_name_plural = _("mensajes")
        constraints = [
            models.CheckConstraint(
                condition=Q(role__in=["user", "assistant", "owner", "note"]), name="message_role_known"
            ),
            models.CheckConstraint(condition=Q(status__in=["pending", "done", "failed"]), name="message_status_known"),
            models.CheckConstraint(condition=~Q(content=""), name="message_not_empty"),
            models.CheckConstraint(
                condition=Q(role="user", reply_to=None)
                | Q(role="assistant", status="done")
                | Q(role__in=["owner", "note"], status="done", reply_to=None),
                name="message_only_people_wait",
            ),
            models.CheckConstraint(condition=~Q(reply_to=F("id")), name="message_replies_to_another"),
            models.UniqueConstraint(fields=["user", "reply_to"], name="message_one_reply"),
            models.UniqueConstraint(fields=["user", "wamid"], condition=~Q(wamid=""), name="message_taken_in_once"),
        ]
        indexes = [
            models.Index(fields=["user", "conversation", "id"], name="message_by_conversation"),
            # What waits for an answer, over all tenants: a handful of rows however many messages there are.
            models.Index(fields=["user", "conversation", "id"], condition=Q(status="pending"), name="message_pending"),
        ]

    def __str__(self) -> str:
        return self.content[:TITLE_LENGTH]

    @property
    def error(self) -> str | None:
        """Why there is no reply, in the language of whoever asks; None when nothing went wrong."""
        return str(self.get_reason_display()) if self.reason else None

    @property
    def reply(self) -> Message | None:
        """The reply to a person's message, once it is there. Prefetch ``replies`` where many are read."""
        return next(iter(self.replies.all()), None)


class MessageDelta(TenantOwned):
    """A checked piece of the reply to ``message`` while it is being written; ``reset`` takes back all before it.

    The table is unlogged: a crash of the database empties it, and the reply itself is a message.
    """

    message = models.ForeignKey(Message, on_delete=models.CASCADE, related_name="deltas")
    text = models.TextField()
    reset = models.BooleanField(default=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        verbose_name = _("texto en curso")
        verbose_name_plural = _("textos en curso")
        indexes = [models.Index(fields=["user", "message", "id"], name="delta_by_message")]
