"""BAJA and ALTA: what people write to hear no more, and to hear again. Only a whole message counts."""

from __future__ import annotations

import re
import unicodedata

_out = {
    "baja", "dar de baja", "darme de baja", "dame de baja", "quiero darme de baja", "cancelar suscripcion",
    "no mas mensajes", "no quiero mas mensajes", "parar", "stop", "stop all", "unsubscribe", "opt out",
    "cancelar inscricao", "descadastrar", "nao quero mais mensagens",
}  # fmt: skip
_in = {
    "alta", "dar de alta", "darme de alta", "dame de alta", "quiero darme de alta", "start", "unstop", "subscribe",
    "opt in", "inscrever", "quero receber mensagens", "quiero recibir mensajes",
}  # fmt: skip


def wants_out(text: str) -> bool:
    """Whether ``text`` says, and says nothing else, that its writer wants no more messages."""
    return _bare(text) in _out


def wants_in(text: str) -> bool:
    """Whether ``text`` says, and says nothing else, that its writer wants messages again."""
    return _bare(text) in _in


def _bare(text: str) -> str:
    if len(text) > 60:
        return ""
    plain = "".join(sign for sign in unicodedata.normalize("NFKD", text.casefold()) if not unicodedata.combining(sign))
    return " ".join(re.findall(r"[a-z]+", plain)) if re.fullmatch(r"[\W_a-z]+", plain) else ""
