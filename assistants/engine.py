"""One turn of one assistant: the only door through which a message becomes a reply."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from assistants.base import Audience, BaseAssistant, Wishes
from assistants.commercial import CommercialAssistant
from assistants.effects import TurnKey
from assistants.personal import PersonalAssistant
from assistants.providers.base import ChatMessage
from assistants.replies import Reply
from assistants.speech import ReaderLost
from tenants.models import User

__all__ = ["ASSISTANTS", "ReaderLost", "Reply", "TurnKey", "UnknownAssistant", "reply"]

ASSISTANTS: dict[str, type[BaseAssistant]] = {
    assistant.assistant_type: assistant for assistant in (CommercialAssistant, PersonalAssistant)
}


class UnknownAssistant(ValueError):
    """There is no assistant of that type for that audience."""


def reply(
    *,
    user: User,
    assistant_type: str,
    message: str,
    history: Sequence[ChatMessage] = (),
    audience: Audience = "owner",
    on_text: Callable[[str], None] | None = None,
    on_reset: Callable[[], None] | None = None,
    now: datetime,
    language: str | None = None,
    spoken: str = "",
    key: TurnKey | None = None,
    contact_id: int | None = None,
    wishes: Wishes = tuple,
    **limits: Any,
) -> Reply:
    """Answer ``message`` to ``user``'s assistant, for the owner or for a customer of theirs.

    Call it outside of every transaction and tenant scope: it opens the scope for what it reads and writes, and holds no
    database connection while a model is waited for. ``history`` are earlier messages of roles user and assistant, the
    eldest first. ``on_text`` gets text as it may be shown; ``on_reset`` withdraws all of it before it comes anew. The
    returned text is the one to keep. ``language`` (es, en, pt) is the person's, when it is certain; ``spoken`` the one
    that they were heard to speak before, which what they write now may change. With a ``key`` the
    turn may be run again, by anybody: what its tools change is changed once. ``contact_id`` is the customer's contact,
    of whoever was verified to write; what they may see and change of the agenda hangs on it. ``wishes`` is called in
    the tenant's scope when an owner asks what customers asked for in vain: [{question, times}], the newest first.

    Raises UnknownAssistant, and ReaderLost when ``on_text`` raises; every fault of a model ends in an answer of the
    built-in assistant, with its reason.
    """
    assistant = ASSISTANTS.get(assistant_type)
    if assistant is None or audience not in assistant.audiences:
        raise UnknownAssistant(assistant_type)
    chosen = assistant(user, audience=audience, language=language, spoken=spoken, contact_id=contact_id)
    chosen.wishes = wishes
    return chosen.process_message(
        message, history=history, on_text=on_text, on_reset=on_reset, now=now, key=key, **limits
    )
