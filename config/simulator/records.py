"""What the stand-in knows: numbers, files, and what went through it."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

PHONE_NUMBER_ID, BUSINESS_ACCOUNT_ID = "106540352242922", "102290129340398"
TOKEN, APP_SECRET = "stand-in-token", "stand-in-app-secret"


def _template(name: str, body: str, *, buttons: tuple[str, ...] = (), language: str = "es") -> dict[str, Any]:
    components: list[dict[str, Any]] = [{"type": "BODY", "text": body}]
    if buttons:
        components.append({"type": "BUTTONS", "buttons": [{"type": "QUICK_REPLY", "text": one} for one in buttons]})
    return {
        "name": name,
        "language": language,
        "category": "UTILITY",
        "status": "APPROVED",
        "components": components,
    }


# What the simulator's number has approved: those of the notices (docs/whatsapp.md), and some for customers.
TEMPLATES = [
    _template(
        "recado_reminder", "Te recuerdo: {{1}}. {{2}} ¿Sigue en pie?", buttons=("Confirmar", "Cambiar", "Cancelar")
    ),
    _template("recado_digest", "{{1}}: {{2}} Escríbeme si quieres cambiar algo."),
    _template("pedido_listo", "Hola, {{1}}. Tu pedido está listo: {{2}}. Te esperamos."),
    _template("seguimos_en_contacto", "Hola, {{1}}. ¿Todavía te interesa? Con gusto seguimos.", buttons=("Sí", "No")),
    _template("still_interested", "Hi {{1}}, are you still interested?", buttons=("Yes", "No"), language="en"),
    _template("ainda_quer", "Olá, {{1}}. Você ainda tem interesse?", buttons=("Sim", "Não"), language="pt_BR"),
]


@dataclass(slots=True)
class Number:
    """A business' number as the stand-in knows it. Without ``webhook_url`` its bodies are only remembered."""

    phone_number_id: str = PHONE_NUMBER_ID
    token: str = TOKEN
    app_secret: str = APP_SECRET
    webhook_url: str = ""
    business_account_id: str = BUSINESS_ACCOUNT_ID
    display_phone_number: str = "+1 555-010-0100"
    verified_name: str = "Simulador"
    quality_rating: str = "GREEN"
    messaging_limit_tier: str = "TIER_2K"
    templates: list[dict[str, Any]] = field(default_factory=list)

    def category_of(self, payload: dict[str, Any]) -> str:
        """The category of the template that is sent; empty for what is no template."""
        if payload.get("type") != "template":
            return ""
        found = (one["category"] for one in self.templates if one["name"] == payload["template"]["name"])
        return str(next(found, "UTILITY")).lower()

    def describe(self) -> dict[str, Any]:
        return {
            "id": self.phone_number_id,
            "display_phone_number": self.display_phone_number,
            "verified_name": self.verified_name,
            "quality_rating": self.quality_rating,
            "messaging_limit_tier": self.messaging_limit_tier,
            "code_verification_status": "VERIFIED",
            "name_status": "APPROVED",
            "platform_type": "CLOUD_API",
            "status": "CONNECTED",
            "throughput": {"level": "STANDARD"},
        }


@dataclass(frozen=True, slots=True)
class Sent:
    """A message that was accepted. ``recipient`` is the phone's digits or a business-scoped id."""

    phone_number_id: str
    recipient: str
    is_bsuid: bool
    payload: dict[str, Any]
    wamid: str
    callback: str
    at: datetime
    is_in_window: bool
    pricing: dict[str, Any]

    @property
    def text(self) -> str:
        """The words of a text or of an interactive message; empty for anything else."""
        if self.payload.get("type", "text") == "text":
            return str(self.payload["text"]["body"])
        return str(self.payload.get("interactive", {}).get("body", {}).get("text", ""))


@dataclass(frozen=True, slots=True)
class Medium:
    phone_number_id: str
    content: bytes
    mime_type: str

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.content).hexdigest()


@dataclass(frozen=True, slots=True)
class Said:
    """What a phone wrote. ``status`` is the webhook's answer; 0 when nobody answered, or nobody was asked."""

    wamid: str
    body: bytes
    status: int
