"""What every customer's assistant can do beside looking things up: ask the shop to take over."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from assistants.language import Language
from assistants.tools.agenda_rows import language_of
from assistants.tools.base import Tool, ToolContext, make_spec

CALL_THE_SHOP = "call_the_shop"
CALLED: dict[Language, str] = {
    "es": "Ya avisé al negocio: te responderán por aquí en cuanto puedan.",
    "en": "I have let the shop know: they will answer you here as soon as they can.",
    "pt": "Já avisei a loja: vão responder por aqui assim que puderem.",
}


def _call(context: ToolContext, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Writes nothing: whoever carries the reply reads that it was called, and tells the owner."""
    return {"called": True, "said": CALLED[language_of(context)]}


CUSTOMER_TOOLS = (
    Tool(make_spec(CALL_THE_SHOP, "Avisa al negocio de que la persona quiere que le atienda alguien."), _call),
)
