# ruff: noqa: E501  (word lists are one line each)
"""What a customer is asked before an appointment of theirs is made, moved or cancelled, and told after."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, cast

from assistants.language import Language
from assistants.moments import write_moment, write_zone
from assistants.tools.agenda_rows import language_of, today_of, zone_of
from assistants.tools.base import ToolContext

_SAYS: dict[str, dict[Language, str]] = {
    "word": {"es": "Cita", "en": "Appointment", "pt": "Agendamento"},
    "by_customer": {"es": "La canceló el cliente por chat", "en": "Cancelled by the customer by chat", "pt": "Cancelado pelo cliente pelo chat"},
    "ask_book": {"es": "¿Te agendo la cita para el {start}, {zone}?", "en": "Shall I book your appointment for {start}, {zone}?", "pt": "Marco o seu horário para {start}, {zone}?"},
    "ask_book_for": {"es": "¿Agendo la cita para {guest}, el {start}, {zone}?", "en": "Shall I book the appointment for {guest} on {start}, {zone}?", "pt": "Marco o horário para {guest}, {start}, {zone}?"},
    "ask_move": {"es": "¿Paso tu cita del {was} al {start}, {zone}?", "en": "Shall I move your appointment from {was} to {start}, {zone}?", "pt": "Mudo o seu horário de {was} para {start}, {zone}?"},
    "ask_cancel": {"es": "¿Cancelo tu cita del {was}, {zone}?", "en": "Shall I cancel your appointment of {was}, {zone}?", "pt": "Cancelo o seu horário de {was}, {zone}?"},
    "yes": {"es": "Responde «sí» para confirmar.", "en": "Answer «yes» to confirm.", "pt": "Responda «sim» para confirmar."},
    "booked": {"es": "Tu cita quedó para el {when}.", "en": "Your appointment is booked for {when}.", "pt": "Seu horário ficou marcado para {when}."},
    "booked_for": {"es": "La cita para {guest} quedó para el {when}.", "en": "The appointment for {guest} is booked for {when}.", "pt": "O horário para {guest} ficou marcado para {when}."},
    "moved": {"es": "Tu cita quedó ahora para el {when}.", "en": "Your appointment is now on {when}.", "pt": "Seu horário agora é {when}."},
    "cancelled": {"es": "Tu cita del {when} quedó cancelada.", "en": "Your appointment of {when} is cancelled.", "pt": "Seu horário de {when} foi cancelado."},
    "closed": {"es": "A esa hora no se atiende.", "en": "We are closed at that time.", "pt": "Nesse horário não atendemos."},
    "not_free": {"es": "Esa hora ya no está libre.", "en": "That time is not free any more.", "pt": "Esse horário já não está livre."},
    "too_soon": {"es": "Para esa hora ya no alcanzo a agendarte: tiene que ser con al menos una hora de anticipación.", "en": "That is too soon: it has to be at least one hour ahead.", "pt": "Já não dá tempo: precisa ser com pelo menos uma hora de antecedência."},
    "too_far": {"es": "Solo puedo agendar hasta 60 días adelante.", "en": "I can only book up to 60 days ahead.", "pt": "Só posso marcar até 60 dias à frente."},
    "too_many": {"es": "Ya tienes 3 citas por venir. Cancela una para agendar otra.", "en": "You already have 3 appointments to come. Cancel one to book another.", "pt": "Você já tem 3 horários marcados. Cancele um para marcar outro."},
    "not_yours": {"es": "No encuentro esa cita entre las tuyas.", "en": "I can't find that appointment among yours.", "pt": "Não encontro esse horário entre os seus."},
    "unknown": {"es": "No puedo agendar desde aquí.", "en": "I cannot book from here.", "pt": "Não posso marcar por aqui."},
}  # fmt: skip
_YOURS = {"mi": "tu", "mis": "tus", "my": "your", "meu": "seu", "minha": "sua", "meus": "seus", "minhas": "suas"}
_POSSESSIVE = re.compile(rf"^({'|'.join(_YOURS)})\s+(?=\S)", re.IGNORECASE)
_KEYS = {"book_appointment": "ask_book", "move_appointment": "ask_move", "cancel_appointment": "ask_cancel"}


def say(key: str, context: ToolContext, *, language: str | None = None, **values: Any) -> str:
    """The words in the customer's language, or in another."""
    return _SAYS[key][cast("Language", language or context.language)].format(**values)


def name_guest(arguments: Mapping[str, Any]) -> str:
    """Who comes in the customer's stead, for the agenda: «Pedro», «hija Ana»; "" for nobody."""
    return _POSSESSIVE.sub("", _read_guest(arguments))


def tell_guest(arguments: Mapping[str, Any]) -> str:
    """The same as it is said back to the customer: «Pedro», «tu hija Ana»."""
    return _POSSESSIVE.sub(lambda found: _YOURS[found[1].lower()] + " ", _read_guest(arguments))


def _read_guest(arguments: Mapping[str, Any]) -> str:
    return " ".join(str(arguments.get("guest") or "").split())[:60].strip()


def write_question(context: ToolContext, calls: Sequence[Mapping[str, Any]]) -> str:
    """What is asked before ``calls`` ({tool, arguments, sealed}): each appointment by weekday, date, hour and zone."""
    zone = write_zone(context.user.timezone, language=language_of(context))
    lines = []
    for call in calls:
        moments = {
            name: write_moment(
                datetime.fromisoformat(value).astimezone(zone_of(context)),
                language=language_of(context),
                today=today_of(context),
            )
            for name, value in (call.get("sealed") or {}).items()
        }
        key, guest = _KEYS[call["tool"]], tell_guest(call.get("arguments") or {})
        lines.append(
            say(f"{key}_for" if key == "ask_book" and guest else key, context, zone=zone, guest=guest, **moments)
        )
    return "\n".join([*dict.fromkeys(lines), "", say("yes", context)])
