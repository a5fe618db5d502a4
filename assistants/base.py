"""What every assistant is: a person's data, rules of behaviour and tools, answering one message at a time."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, ClassVar, Literal, cast

from django.utils import timezone

from assistants.effects import Acts, TurnKey
from assistants.grounding import Facts
from assistants.grounding.gate import Reader
from assistants.intentions import settle
from assistants.language import Language, follow_talk
from assistants.offers import Beside
from assistants.prompts import enclose
from assistants.providers.base import ChatMessage, SystemBlock
from assistants.replies import Reply, answer
from assistants.tools.agreed import execute
from assistants.tools.base import Tool, ToolContext
from tenants.models import Preferences, User
from tenants.scope import tenant_scope

Audience = Literal["owner", "customer"]

LANGUAGE_NAMES = {"es": "español", "en": "inglés", "pt": "portugués"}
TONES = {
    Preferences.Tone.WARM: "Cercano y amable, de «tú».",
    Preferences.Tone.FORMAL: "Formal y respetuoso, de «usted».",
    Preferences.Tone.BRIEF: "Muy breve: una o dos frases, sin adornos.",
}


NOTES = {
    "agreed": "La persona acaba de decir que sí a lo que le preguntaste: ya se hizo, cuéntaselo.",
    "refused": "La persona dijo que no a lo que le preguntaste: no se hizo nada.",
    "expired": "La persona dijo que sí demasiado tarde: no se hizo nada. Que lo pida de nuevo.",
    "done": "Esto ya se hizo en este turno: cuéntaselo a la persona y no lo repitas.",
}
Found = Sequence[tuple[str, Mapping[str, Any], Mapping[str, Any]]]  # (tool, arguments, what it answered)
Wishes = Callable[[], Sequence[Mapping[str, Any]]]


class BaseAssistant(ABC):
    """One assistant of one tenant, for one turn: what it has loaded is not read again.

    Subclasses say which data they read (``get_context``), what they tell the model (``system_blocks``) and which tools
    there are. Nothing that a message, a product or a model says can change any of these.
    """

    assistant_type: ClassVar[str]
    tools: Sequence[Tool]
    audiences: ClassVar[frozenset[Audience]] = frozenset({"owner", "customer"})
    sources_of_truth: ClassVar[str] = (
        "el catálogo ni en los resultados de las herramientas: {named}. Di solo precios, existencias y productos que"
        " estén ahí"
    )  # of what a correction tells the model

    def __init__(
        self,
        user: User,
        *,
        audience: Audience = "owner",
        language: str | None = None,
        spoken: str = "",
        contact_id: int | None = None,
    ) -> None:
        self.user = user
        self.audience: Audience = audience
        self.contact_id = contact_id if audience == "customer" else None
        self._given_language = language if language in LANGUAGE_NAMES else None
        self._spoken = spoken if spoken in LANGUAGE_NAMES else ""  # what the person was heard to speak before
        self.language = self._given_language or self._spoken or user.language
        self.message = ""
        self.wishes: Wishes = tuple  # what was asked for and could not be had, by whoever knows
        self.sweeping = False  # whether the message speaks of everything at once
        self._now: datetime | None = None
        self._context: dict[str, Any] | None = None
        self._facts: Facts | None = None

    @abstractmethod
    def get_context(self) -> dict[str, Any]:
        """Read the tenant's data for the prompt. Called inside the tenant's scope; at least {"preferences"}."""

    @abstractmethod
    def system_blocks(self) -> list[SystemBlock]:
        """The system prompt in parts, the stable ones first and byte for byte the same while the data are."""

    @abstractmethod
    def build_facts(self) -> Facts:
        """What a reply may say, from the context."""

    @property
    def can_act(self) -> bool:
        """Whether its tools can change anything."""
        return any(tool.writes for tool in self.tools)

    def make_reader(self) -> Reader | None:
        """What checks a round of a reply; None: what checks a catalogue's."""
        return None

    def settle(self, *, acts: Acts, message: str) -> None:
        """Do what an earlier turn asked about, if ``message`` agrees. Called inside the tenant's scope."""
        context = self.tool_context(currency=self.currency)
        settle(
            acts=acts,
            message=message,
            execute=lambda calls: execute(calls, context=context, tools=self.tools),
            now=self.now,
        )

    def tool_context(self, *, currency: str) -> ToolContext:
        """Whom the tools of this turn work for."""
        return ToolContext(
            user=self.user,
            currency=currency,
            audience=self.audience,
            language=self.language,
            now=self.now,
            contact_id=self.contact_id,
            message=self.message,
            wishes=self.wishes,
        )

    def tell_acts(self, acts: Acts) -> list[SystemBlock]:
        """What this turn has done or asked already, for whoever answers it now; comes last in the system prompt."""
        done = acts.in_order()
        if not done and not acts.note:
            return []
        note = acts.note or "done"
        rows: list[dict[str, Any]] = [{"note": note, "nota": NOTES[note]}]
        rows += [{"tool": act.tool, **act.result} for act in done]
        return [SystemBlock(enclose("hecho", rows))]

    def untold(self, *, acts: Acts, text: str) -> list[str]:
        """What was done and the reply does not tell exactly, in words to add to it."""
        return []

    def look_beside(self, *, text: str, found: Found, acts: Acts) -> Beside:
        """What the reply ``text`` gives beside its words. Called inside the tenant's scope."""
        return Beside()

    def load(self, *, now: datetime | None = None) -> None:
        """Read the context, in a tenant scope of its own, unless that has been done."""
        self._now = now or self._now or timezone.now()
        if self._context is None:
            with tenant_scope(self.user):
                self._context = self.get_context()

    def listen(self, message: str, *, earlier: Sequence[str] = ()) -> None:
        """Take the language in which the person speaks, unless it was given: it is what they are answered in.

        One message that does not tell («la 2») is in the language of what the person said ``earlier``.
        """
        known = cast("Language", self._spoken or self.user.language)
        heard = follow_talk([*earlier, message], known=known, heard=bool(self._spoken))
        self.language = self._given_language or heard

    def tell_language(self) -> str:
        """In which language to answer, for the part of the prompt that is not the same in every turn."""
        name = LANGUAGE_NAMES[self.language]
        return f"La persona escribe en {name}: respóndele en {name}."

    @property
    def context(self) -> dict[str, Any]:
        if self._context is None:
            self.load()
        return self._context or {}

    @property
    def now(self) -> datetime:
        return self._now or timezone.now()

    @property
    def preferences(self) -> Preferences:
        preferences: Preferences = self.context["preferences"]
        return preferences

    @property
    def currency(self) -> str:
        return str(self.preferences.currency)

    def facts(self) -> Facts:
        """The facts of this turn; tools add to them."""
        if self._facts is None:
            self._facts = self.build_facts()
        return self._facts

    def build_system_prompt(self) -> str:
        """The system prompt as one text."""
        return "\n\n".join(block.text for block in self.system_blocks())

    def process_message(
        self,
        message: str,
        *,
        history: Sequence[ChatMessage] = (),
        on_text: Callable[[str], None] | None = None,
        on_reset: Callable[[], None] | None = None,
        now: datetime | None = None,
        key: TurnKey | None = None,
        **limits: Any,
    ) -> Reply:
        """Answer one message, outside of every transaction; see ``assistants.replies.answer``."""
        return answer(
            assistant=self,
            message=message,
            history=history,
            on_text=on_text or _ignore_text,
            on_reset=on_reset or _ignore_reset,
            now=now or timezone.now(),
            key=key,
            **limits,
        )


def _ignore_text(text: str) -> None:
    """Nobody reads along."""


def _ignore_reset() -> None:
    """Nobody reads along."""
