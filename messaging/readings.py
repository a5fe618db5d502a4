"""What the messages of a turn say to an assistant, and which of them an assistant cannot answer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.translation import gettext, override

from messaging.claims import Turn
from messaging.models import AssistantType, Conversation, Message
from messaging.replies import language_of

Kind = Message.Kind
SPOKEN = {Kind.TEXT, Kind.CHOICE}  # whose content is the person's own words
UNANSWERED = {Kind.STICKER}  # wants no answer, like a nod


@dataclass(frozen=True, slots=True)
class Reading:
    """``text`` for the assistant; where there is none, ``answer`` is what is said at once, nothing when it is empty."""

    text: str = ""
    answer: str = ""


def read(turn: Turn) -> Reading:
    """What is to be answered. In the tenant's scope."""
    said = [text for message in turn.burst if (text := words_of(message))]
    if said:
        return Reading("\n".join(said))
    kinds = [Kind(message.kind) for message in turn.burst if message.kind not in UNANSWERED]
    if not kinds:
        return Reading()
    with override(language_of(turn.conversation)):
        return Reading(answer=_tell_kindly(kinds[-1]))


def words_of(message: Message) -> str:
    """What the person has written or said in words: a text, a choice, a caption, a transcript; else empty."""
    if message.kind in SPOKEN:
        return message.content
    return str(message.payload.get("words", ""))


def choose_assistant(turn: Turn, *, text: str) -> str:
    """Who answers: customers are always sold to; an owner on WhatsApp has both assistants on one phone."""
    conversation = turn.conversation
    if conversation.audience == Conversation.Audience.CUSTOMER:
        return AssistantType.COMMERCIAL
    return conversation.assistant_type


def placeholder(kind: str) -> str:
    """What stands for a message without words."""
    return f"[{Kind(kind).label}]"


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
