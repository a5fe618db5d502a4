"""Customers' conversations for the browser's tests, made in the running system by ``manage.py shell``."""

from __future__ import annotations

import struct
import zlib
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from catalog.orders import Order, OrderLine
from messaging import inbox_events
from messaging.models import Attachment, Conversation, Delivery, Message, QuickReply, SharedNumber
from messaging.questions import note_unanswered
from tenants import contacts
from tenants.models import Contact, User
from tenants.scope import tenant_scope

SCRIPT = "<script>document.title = 'broken'</script>"
IMAGE = '<img src="x" onerror="document.title = `broken`">'
SHARED = settings.WHATSAPP["PHONE_NUMBER_ID"] or "106540352242922"


def make_talk(username: str, name: str, *said: dict[str, Any], **fields: Any) -> int:
    """A conversation with a new customer ``name`` in which ``said`` was said, a minute after the other."""
    user = User.objects.get(username=username)
    now = timezone.now()
    with tenant_scope(user), transaction.atomic():
        count = Contact.objects.count()
        phone = f"+5730055{user.pk % 1000:03}{count:02}"
        contact = Contact.objects.create(user=user, name=name, phone=phone, wa_id=phone[1:])
        fields = {"window_until": now + timedelta(hours=5, minutes=30), "unread": 1, **fields}
        talk = Conversation.objects.create(
            user=user,
            assistant_type="commercial",
            channel="whatsapp",
            audience="customer",
            contact=contact,
            phone_number_id=SHARED,
            updated_at=now - timedelta(minutes=count),
            **fields,
        )
        for n, one in enumerate(said or ({"content": "Hola"},)):
            _say(talk, one, created_at=now - timedelta(minutes=len(said) - n))
    return int(talk.pk)


def opt(username: str, talk_id: int, *, out: bool) -> None:
    """Let the customer write BAJA or ALTA, as the webhook's work ends."""
    user = User.objects.get(username=username)
    with tenant_scope(user), transaction.atomic():
        talk = Conversation.objects.select_related("contact").get(pk=talk_id)
        contacts.opt(contact=talk.contact, out=out, now=timezone.now())
        inbox_events.tell(user.pk, talk_id)


def arrive(username: str, talk_id: int, content: str) -> None:
    """Let the customer write once more, as the webhook's work ends."""
    user = User.objects.get(username=username)
    now = timezone.now()
    with tenant_scope(user), transaction.atomic():
        talk = Conversation.objects.select_for_update(of=("self",)).get(pk=talk_id)
        _say(talk, {"content": content}, created_at=now)
        Conversation.objects.filter(pk=talk_id).update(unread=talk.unread + 1, updated_at=now)
        inbox_events.tell(user.pk, talk_id)


def fill(username: str) -> list[int]:
    """One of everything that the inbox shows."""
    user = User.objects.get(username=username)
    first = make_talk(
        username,
        "María José Rodríguez de la Cruz y Asociados Limitada",
        {"content": f"¿Tienen laptops? {IMAGE}", "wamid": "wamid.1"},
        {"role": "assistant", "content": "Sí: la **Laptop 14** cuesta $ 1.900.000.", "delivery": {"status": "read"}},
        {"content": "Como esta", "kind": "image", "quoted_wamid": "wamid.1", "files": ["image/png", "application/pdf"]},
        {"role": "note", "content": "Cliente frecuente"},
        {"role": "owner", "content": "Te la dejo en 1.850.000.", "delivery": {"status": "failed", "code": 131026}},
        {"content": "Pedido de 2 productos", "kind": "order", "wamid": "wamid.order"},
        {"content": "palabrasinespacios" * 12, "status": "failed", "reason": "fault"},
    )
    second = make_talk(username, f"Carlos {SCRIPT}", {"content": SCRIPT}, handover_at=timezone.now(), unread=3)
    third = make_talk(username, "Ana", window_until=timezone.now() - timedelta(hours=1), unread=0)
    with tenant_scope(user):
        order = Order.objects.create(user=user, key="wamid.order", currency="COP", total="3800000")
        OrderLine.objects.create(user=user, order=order, name="Laptop 14", quantity=2, price="1900000")
        OrderLine.objects.create(user=user, order=order, name="Ratón", quantity=1, problem="not_found")
        QuickReply.objects.create(user=user, title="Horario", text="Abrimos de 9 a 18.")
        asked = Message.objects.filter(conversation=first).first()
        for text in (f"¿Tienen telescopios? {SCRIPT}", "¿Venden bicicletas para niños?"):
            note_unanswered(user=user, text=text, message=asked, now=timezone.now())
    return [first, second, third]


def approve(*names: str) -> None:
    """Let the shared number have these templates, whose body is «Hola, {{1}}: <name> {{2}}», and no others."""
    shared = SharedNumber.current()
    assert shared is not None
    body = {"type": "BODY", "text": ""}
    shared.templates = [
        {
            "name": name,
            "language": "es",
            "category": "UTILITY",
            "status": "APPROVED",
            "components": [
                body | {"text": f"Hola, {{{{1}}}}: {name} {{{{2}}}}"},
                {"type": "BUTTONS", "buttons": [{"type": "QUICK_REPLY", "text": "Sí"}]},
            ],
        }
        for name in names
    ]
    shared.save()


def _say(talk: Conversation, one: dict[str, Any], **fields: Any) -> Message:
    delivery, files = one.get("delivery"), one.get("files", ())
    given = {name: value for name, value in one.items() if name not in ("delivery", "files")}
    fields = {"role": "user", "status": "done", **fields, **given}
    message = Message.objects.create(user=talk.user, conversation=talk, **fields)
    for mime in files:
        kind = "image" if mime.startswith("image/") else "document"
        content = _picture() if kind == "image" else b"%PDF-1.4"
        Attachment.objects.create(
            user=talk.user, message=message, media_id="1", kind=kind, mime_type=mime, filename=f"lista.{mime[-3:]}",
            status="stored", content=content, size=len(content),
        )  # fmt: skip
    if delivery is not None:
        Delivery.objects.create(
            user=talk.user, kind="reply", key=f"test:{message.pk}", phone_number_id=SHARED, recipient="1",
            message=message, text=message.content, **delivery,
        )  # fmt: skip
    return message


def _picture(width: int = 160, height: int = 90) -> bytes:
    """A PNG."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    rows = b"".join(b"\0" + b"".join(bytes([x, y * 2, 120]) for x in range(width)) for y in range(height))
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
