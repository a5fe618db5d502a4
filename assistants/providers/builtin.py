"""The provider that needs no model, no key and no network: rules, the same tools, and templates."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence

from assistants.builtin.composer import Composer
from assistants.builtin.material import Conversation, read_conversation, read_shop
from assistants.builtin.planning import Call, make_plan
from assistants.grounding.sentences import split_units
from assistants.providers.base import ChatMessage, Completion, Provider, Stop, SystemBlock, ToolCall, ToolSpec

logger = logging.getLogger(__name__)


class BuiltinProvider(Provider):
    """Answers from what the tools read; it says of itself that it is no model."""

    name = "builtin"
    model = "builtin"

    def generate(
        self,
        *,
        system: Sequence[SystemBlock],
        messages: Sequence[ChatMessage],
        tools: Sequence[ToolSpec],
        max_tokens: int,
        on_text: Callable[[str], None] | None = None,
    ) -> Completion:
        """One round: the calls that are still missing for an answer, or the answer, sentence by sentence.

        ``max_tokens`` is not looked at: the longest answer is some 250 words.
        """
        offered = {tool.name for tool in tools}
        conversation = read_conversation(messages)
        missing, write = (
            _read_agenda(system, conversation)
            if "list_appointments" in offered
            else _read_shop(system, conversation, offered)
        )
        rounds = sum(message.role == "tool" for message in messages)
        calls = tuple(
            ToolCall(f"builtin-{rounds}-{number}", call.name, dict(call.arguments))
            for number, call in enumerate(missing)
            if call.name in offered
        )
        if calls:
            return Completion("", Stop.TOOLS, calls, model=self.model)
        text = write()
        if on_text is not None:
            for unit in split_units(text, final=True)[0]:
                on_text(unit)
        return Completion(text, Stop.END, model=self.model)


def _read_shop(
    system: Sequence[SystemBlock], conversation: Conversation, offered: set[str]
) -> tuple[list[Call], Callable[[], str]]:
    shop = read_shop(system)
    if "change_price" in offered and not conversation.corrected:
        from assistants.builtin.desk import answer_desk  # what only owners want

        if (answered := answer_desk(system=system, shop=shop, conversation=conversation)) is not None:
            return answered
    if "call_the_shop" in offered and not conversation.corrected:
        from assistants.builtin.visiting import answer_visit  # words of dates, which a shop does without

        answered = answer_visit(system=system, shop=shop, conversation=conversation, books="free_times" in offered)
        if answered is not None:
            return answered
    plan = make_plan(shop=shop, conversation=conversation)
    return plan.missing, Composer(shop=shop, conversation=conversation, plan=plan).write


def _read_agenda(system: Sequence[SystemBlock], conversation: Conversation) -> tuple[list[Call], Callable[[], str]]:
    from assistants.builtin.agenda_composer import AgendaComposer  # words of dates, which a shop does without
    from assistants.builtin.agenda_material import read_person
    from assistants.builtin.agenda_planning import make_agenda_plan

    person = read_person(system)
    plan = make_agenda_plan(person=person, conversation=conversation)
    composer = AgendaComposer(person=person, plan=plan)
    if conversation.corrected:  # our own words were refused: the same again would be, too
        logger.warning("an answer about the agenda was not grounded: %s", plan.intent)
        return [], composer.write_safely
    return plan.missing, composer.write
