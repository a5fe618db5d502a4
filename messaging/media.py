"""Files that come with messages: fetched by a task of their own, checked, kept in the database, and listened to.

The turn of a message waits for its pictures and voice notes as it waits for the end of a burst, and not for ever.
"""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from assistants.providers.base import ProviderError
from assistants.transcription import can_transcribe, transcribe
from messaging import answering, inbox_events
from messaging.filetypes import FAMILIES, read_type
from messaging.models import Attachment, Conversation, Message
from messaging.whatsapp.errors import GraphError, TooLarge
from messaging.whatsapp.gateway import Gateway
from messaging.whatsapp.origins import NotConnected, find_origin
from messaging.whatsapp.payloads import Incoming
from tenants.jobs import enqueue
from tenants.models import Preferences, User
from tenants.scope import all_tenants, release_connection, tenant_scope

logger = logging.getLogger(__name__)

WAITED_FOR = timedelta(seconds=20)  # by the turn
MAX_ATTEMPTS = 3
AGAIN_AFTER = timedelta(seconds=60)
TASK_SECONDS = 80

Status = Attachment.Status


def expect(*, message: Message, incoming: Incoming, now: datetime) -> bool:
    """Note the file of a stored message and have it fetched. Returns whether the turn is to wait for it.

    In the tenant's scope and the transaction of the message.
    """
    media = incoming.media
    if media is None:
        return False
    family = FAMILIES.get(message.kind)
    attachment = Attachment.objects.create(
        user=message.user,
        message=message,
        media_id=media.id,
        kind=message.kind,
        mime_type=media.mime_type[:120],
        filename=media.filename[:240],
        status=Status.PENDING if family else Status.REFUSED,
        detail="" if family else "type",
        created_at=now,
    )
    if family is None:
        return False
    enqueue("messaging.tasks.fetch_media", message.user.pk, attachment.pk, timeout=TASK_SECONDS)
    return message.kind in (Message.Kind.IMAGE, Message.Kind.AUDIO)


def fetch(*, user: User, attachment_id: int) -> str:
    """What the queue's task does: fetch one file, keep it, write down what is said in it. Returns what was done.

    Outside of every scope and transaction. Running it again, or twice at once, changes nothing.
    """
    with tenant_scope(user):
        begun = _begin(user, attachment_id)
    if isinstance(begun, str):
        return begun
    attachment, gateway = begun
    release_connection()
    status, detail, content, mime_type = _download(attachment, gateway)
    transcript = ""
    if status == Status.STORED and attachment.kind == "audio":
        transcript = _listen(attachment, content, mime_type)
    with tenant_scope(user), transaction.atomic():
        _keep(attachment, status=status, detail=detail, content=content, mime_type=mime_type, transcript=transcript)
    return status


def sweep(*, now: datetime) -> int:
    """Have fetched again what was not, a while after it came. For the clock. Returns how many."""
    with all_tenants():
        waiting = Attachment.objects.filter(status=Status.PENDING, created_at__lt=now - AGAIN_AFTER)
        found = list(waiting.order_by("id").values_list("user_id", "pk", "attempts", "created_at")[:100])
        given_up = [pk for _user, pk, attempts, _at in found if attempts >= MAX_ATTEMPTS]
        Attachment.objects.filter(pk__in=given_up).update(status=Status.FAILED, detail="no_answer")
    again = [
        (user_id, pk)
        for user_id, pk, attempts, at in found
        if attempts < MAX_ATTEMPTS and now - at > (attempts + 1) * AGAIN_AFTER
    ]
    with transaction.atomic():
        for user_id, pk in again:
            enqueue("messaging.tasks.fetch_media", user_id, pk, timeout=TASK_SECONDS)
    return len(again)


def _begin(user: User, attachment_id: int) -> tuple[Attachment, Gateway] | str:
    with transaction.atomic():
        locked = Attachment.objects.select_for_update(of=("self",)).select_related("message__conversation")
        attachment = locked.filter(pk=attachment_id).first()
        if attachment is None or attachment.status != Status.PENDING:
            return "nothing to fetch"
        attachment.attempts += 1
        conversation = attachment.message.conversation
        try:
            origin = find_origin(
                user=user, channel_id=conversation.number_id, phone_number_id=conversation.phone_number_id
            )
        except NotConnected:
            attachment.status, attachment.detail = Status.FAILED, "not_connected"
            attachment.save(update_fields=["attempts", "status", "detail"])
            _wake(conversation)
            return "not connected"
        attachment.save(update_fields=["attempts"])
    return attachment, origin.gateway()


def _download(attachment: Attachment, gateway: Gateway) -> tuple[str, str, bytes, str]:
    """(status, detail, content, type). Pending when it may go better another time."""
    family = FAMILIES[attachment.kind]
    try:
        content, claimed = gateway.download(attachment.media_id, max_bytes=family.most_bytes)
    except TooLarge:
        return Status.REFUSED, "too_large", b"", ""
    except GraphError as fault:
        logger.warning("attachment %s could not be fetched: %s", attachment.pk, type(fault).__name__)
        last = attachment.attempts >= MAX_ATTEMPTS
        return (Status.FAILED if last else Status.PENDING), "no_answer", b"", ""
    mime_type = read_type(content, claimed=claimed or attachment.mime_type)
    if mime_type not in family.types:
        return Status.REFUSED, "type", b"", ""
    return Status.STORED, "", content, mime_type


def _listen(attachment: Attachment, content: bytes, mime_type: str) -> str:
    if not can_transcribe():
        return ""
    ending = {"audio/ogg": "ogg", "audio/mpeg": "mp3", "audio/mp4": "m4a", "audio/amr": "amr", "audio/aac": "aac"}
    release_connection()
    try:
        return transcribe(content=content, filename=f"audio.{ending[mime_type]}", mime_type=mime_type)
    except ProviderError as fault:
        logger.warning("attachment %s could not be transcribed: %s", attachment.pk, fault)
        return ""


def _keep(attachment: Attachment, *, status: str, detail: str, content: bytes, mime_type: str, transcript: str) -> None:
    # The conversation first, as everybody does who writes into it.
    conversation = Conversation.objects.select_for_update(of=("self",)).get(pk=attachment.message.conversation_id)
    row = Attachment.objects.select_for_update().filter(pk=attachment.pk, status=Status.PENDING).first()
    if row is None:
        return
    row.status, row.detail, row.transcript = status, detail, transcript
    if status == Status.STORED:
        row.content, row.size, row.mime_type = content, len(content), mime_type
    row.save()
    if transcript:
        message = Message.objects.select_for_update().get(pk=row.message_id)
        message.content, message.payload = transcript, message.payload | {"words": transcript}
        message.save(update_fields=["content", "payload"])
    _wake(conversation)
    inbox_events.tell(conversation.user_id, conversation.pk)


def _wake(conversation: Conversation) -> None:
    """When no file is on its way any more, let the turn wait for the end of the burst alone."""
    waiting = Message.objects.filter(conversation=conversation).pending()
    last = waiting.order_by("-id").values_list("created_at", flat=True).first()
    if last is None or Attachment.objects.filter(message__in=waiting, status=Status.PENDING).exists():
        return
    until = max(timezone.now(), last + timedelta(seconds=Preferences.current(conversation.user).burst_seconds))
    Conversation.objects.filter(pk=conversation.pk, quiet_until__gt=until).update(quiet_until=until)
    answering.ring()
