"""What the messages of a turn say to an assistant, and which of them an assistant cannot answer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.translation import gettext, override

from assistants.configuration import current_configuration
from assistants.intents import decide
from assistants.providers.base import Image
from messaging.claims import Turn
from messaging.models import AssistantType, Attachment, Conversation, Message
from messaging.replies import language_of

MOST_SHOWN, LARGEST_SHOWN = 4, 3_500_000  # pictures of one turn, bytes of one: what services take in base64

Kind = Message.Kind
SPOKEN = {Kind.TEXT, Kind.CHOICE}  # whose content is the person's own words


@dataclass(frozen=True, slots=True)
class Reading:
    """``text`` for the assistant, with ``images``; without, ``answer`` is said at once.

    With pictures alone there are both: what is said when nobody could look at them.
    """

    text: str = ""
    answer: str = ""
    images: tuple[Image, ...] = ()


def read(turn: Turn) -> Reading:
    """What is to be answered. In the tenant's scope."""
    said = [text for message in turn.burst if (text := words_of(message))]
    images = _images_of(turn)
    if said:
        return Reading("\n".join(said), images=images)
    with override(language_of(turn.conversation)):
        answer = _tell_kindly(Kind(turn.message.kind))
    return Reading(turn.message.content if images else "", answer, images)


def _images_of(turn: Turn) -> tuple[Image, ...]:
    if not any(message.kind == Kind.IMAGE for message in turn.burst) or not current_configuration().sees:
        return ()
    stored = Attachment.objects.filter(message__in=turn.burst, kind=Kind.IMAGE, status=Attachment.Status.STORED)
    shown = stored.filter(size__lte=LARGEST_SHOWN).order_by("-id")[:MOST_SHOWN]
    return tuple(Image(one.mime_type, bytes(one.content or b"")) for one in reversed(shown))


def words_of(message: Message) -> str:
    """What the person has written or said in words: a text, a choice, a caption, a transcript; else empty."""
    if message.kind in SPOKEN:
        return message.content
    return str(message.payload.get("words", ""))


def choose_assistant(turn: Turn, *, text: str) -> str:
    """Who answers: customers are always sold to; an owner on WhatsApp has both assistants on one phone.

    There the message's intent decides, else the talk so far. On the web, and behind a button, it is decided already.
    """
    conversation = turn.conversation
    if conversation.audience == Conversation.Audience.CUSTOMER:
        return AssistantType.COMMERCIAL
    if turn.message.assistant_type or conversation.channel == Conversation.Channel.WEB:
        return turn.message.assistant_type or conversation.assistant_type
    return decide(text, context=conversation.assistant_type)


def _tell_kindly(kind: Message.Kind) -> str:
    match kind:
        case Kind.AUDIO:
            return gettext("Todavía no puedo escuchar audios. ¿Me lo escribes, por favor?")
        case Kind.IMAGE:
            return gettext("Recibí tu imagen, pero todavía no puedo verla. ¿Me cuentas qué necesitas?")
        case Kind.VIDEO:
            return gettext("Recibí tu video, pero no puedo verlo. ¿Me cuentas qué necesitas?")
        case Kind.DOCUMENT:
            return gettext("Recibí tu documento y lo guardé, pero no puedo leerlo. ¿Me cuentas qué necesitas?")
        case Kind.LOCATION:
            return gettext("Recibí tu ubicación y queda guardada en esta conversación. ¿En qué te ayudo?")
        case Kind.CONTACTS:
            return gettext("Recibí el contacto y queda guardado en esta conversación. ¿En qué te ayudo?")
    return gettext("No puedo leer este tipo de mensaje. Escríbeme con palabras qué necesitas, por favor.")


def merged(history: Sequence[Message]) -> list[tuple[str, str]]:
    """[(role, text)], the eldest first, each role's messages that follow each other as one: some models want turns."""
    turns: list[tuple[str, str]] = []
    for message in history:
        role = "user" if message.role == Message.Role.USER else "assistant"
        if turns and turns[-1][0] == role:
            turns[-1] = (role, f"{turns[-1][1]}\n{message.content}")
        else:
            turns.append((role, message.content))
    return turns
