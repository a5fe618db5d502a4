"""From a message to a reply: the configured model first, the built-in assistant when it cannot, a plain word last."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from django.db import connection
from django.utils.translation import gettext, override

from assistants import bookkeeping, breaker, budgets
from assistants.bookkeeping import Taken
from assistants.configuration import Configuration, builtin_configuration, current_configuration
from assistants.effects import Acts, TurnKey
from assistants.keys import KeyRing
from assistants.models import Outcome
from assistants.offers import Notice, Option
from assistants.prompts import defuse
from assistants.providers import provider_for
from assistants.providers.base import ChatMessage, Image, Provider, TokenUsage
from assistants.providers.transport import clean_text
from assistants.sources import find_sources
from assistants.speech import ReaderLost, Speech
from assistants.tools.calls import ToolCalls, to_json
from assistants.turns import Turn, TurnFailed
from tenants.scope import tenant_scope

if TYPE_CHECKING:
    from assistants.base import BaseAssistant, Found

logger = logging.getLogger(__name__)

TURN_SECONDS = 75.0
LEFT_ALONE = "left_alone"  # why a model was not asked: it fails again and again
HISTORY_KEPT, HISTORY_STEP = 20, 10  # messages; cut in steps, so that the cached prefix lasts for several turns
MESSAGE_CHARACTERS, HISTORY_CHARACTERS = 8_000, 2_000


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer that may leave. ``provider`` is who wrote it ("builtin" is shown to the person); ``tools`` are names.

    ``changes``: what the turn changed and can be undone, [{name (of the tool), change (id), summary, until}];
    ``sources``: [{id, type, name, url}]; ``reason``: for the operator, empty when all went as planned. ``question``:
    the yes or no that waits (the text ends with it), else ""; ``options``: what to choose from; ``unanswered``: what
    was asked for and neither the catalogue nor the business's facts have, else ""; ``handover``: the customer wants a
    person; ``notices``: what the owner is to hear of. ``queries``: what was searched in the catalogue, in order, and
    ``found`` how many products that brought.
    """

    text: str
    tools: list[str]
    changes: list[dict[str, Any]]
    sources: list[dict[str, Any]]
    provider: str
    model: str
    usage: TokenUsage
    outcome: Outcome
    reason: str
    language: str
    question: str = ""
    options: tuple[Option, ...] = ()
    unanswered: str = ""
    handover: bool = False
    notices: tuple[Notice, ...] = ()
    queries: tuple[str, ...] = ()
    found: int = 0


def answer(
    *,
    assistant: BaseAssistant,
    message: str,
    history: Sequence[ChatMessage],
    on_text: Callable[[str], None],
    on_reset: Callable[[], None],
    now: datetime,
    key: TurnKey | None = None,
    images: Sequence[Image] = (),
    clock: Callable[[], float] = time.monotonic,
    seconds: float = TURN_SECONDS,
) -> Reply:
    """Answer ``message`` as ``assistant``. Call it outside of every transaction and tenant scope.

    ``on_text`` gets text that may be shown; ``on_reset`` says that all of it is withdrawn and comes anew, differently.
    The text of the reply is what counts. What ``on_text`` raises ends the turn as ReaderLost, with its cause. While a
    model is waited for, this thread holds no database connection. ``key`` says which turn it is, so that what it does
    is done once (``assistants.effects``). ``images`` came with the message, for a model that sees.
    """
    began = clock()
    message = clean_text(message)[:MESSAGE_CHARACTERS]
    configuration = current_configuration()
    state = None
    if configuration.provider != "builtin":
        with tenant_scope(assistant.user):
            state = budgets.balance(user=assistant.user, now=now)
        if spent := state.stops_model:
            configuration = replace(builtin_configuration(fault=f"budget_{spent}"), version=configuration.version)
    assistant.load(now=now)
    assistant.message = message
    kept = _keep(history)
    assistant.listen(message, earlier=[one.text for one in kept if one.role == "user"])
    facts = assistant.facts()
    for earlier in kept:
        if earlier.role == "user":
            facts.add_question(earlier.text)
    facts.add_question(message)
    acts = Acts(assistant.user, key)
    if assistant.can_act:
        with tenant_scope(assistant.user), override(assistant.language):
            acts.recall()
            assistant.settle(acts=acts, message=message)
    attempt = _Attempt(
        assistant=assistant,
        messages=[*kept, ChatMessage("user", defuse(message), images=tuple(images))],
        speech=Speech(facts=facts, on_text=on_text, on_reset=on_reset, make_reader=assistant.make_reader),
        acts=acts,
        clock=clock,
        ends_at=began + seconds,
        moment=lambda: now + timedelta(seconds=clock() - began),
    )
    books: dict[str, Any] = {"assistant": assistant, "taken": attempt.taken, "configuration": configuration}
    books |= {"state": state, "now": now}
    try:
        written_by, outcome, reason = attempt.run(configuration)
    except ReaderLost:
        if attempt.taken.spent:  # nobody gets the reply, and it is paid for all the same
            took = round((clock() - began) * 1000)
            bookkeeping.close(**books, outcome=Outcome.CUT, reason="reader_lost", latency_ms=took)
        raise
    for said in assistant.untold(acts=acts, text=attempt.speech.text):
        attempt.speech.add(said, separator="\n\n")
    told_on = _tell_budget(attempt, assistant, state, now=now) if state is not None else None
    if acts.question:
        attempt.speech.add(acts.question, separator="\n\n")
    text = attempt.speech.text.strip()
    searches = _searches(attempt.found)
    with tenant_scope(assistant.user):
        beside = assistant.look_beside(text=text, found=attempt.found, acts=acts)
    reply = Reply(
        text=text,
        tools=attempt.taken.tools_once,
        changes=[
            {"name": act.tool, "change": change["id"], "summary": change["summary"], "until": change["until"]}
            for act in acts.in_order()
            for change in act.changes
        ],
        sources=find_sources(text=text, products=facts.products),
        provider=written_by.provider,
        model=written_by.model,
        usage=attempt.taken.usage,
        outcome=outcome,
        reason=reason,
        language=assistant.language,
        question=acts.question,
        options=beside.options,
        unanswered=beside.unanswered,
        handover=beside.handover,
        notices=beside.notices,
        queries=tuple(dict.fromkeys(query for query, _ids in searches)),
        found=len({pk for _query, ids in searches for pk in ids}),
    )
    took = round((clock() - began) * 1000)
    bookkeeping.close(**books, outcome=outcome, reason=reason, latency_ms=took, written_by=written_by, told_on=told_on)
    return reply


@dataclass
class _Attempt:
    assistant: BaseAssistant
    messages: list[ChatMessage]
    speech: Speech
    acts: Acts
    clock: Callable[[], float]
    ends_at: float
    moment: Callable[[], datetime]  # the time of day, by the turn's own clock
    taken: Taken = field(default_factory=Taken)
    found: list[tuple[str, dict[str, Any], dict[str, Any]]] = field(default_factory=list)

    def run(self, configuration: Configuration) -> tuple[Configuration, Outcome, str]:
        """Speak; returns whose words they are, how it ended and why it went another way than planned."""
        reason = configuration.fault
        for model in configuration.models():
            admission = breaker.admit(model, now=self.moment())
            if admission is None:
                reason = reason or LEFT_ALONE
                continue
            provider = breaker.Guarded(KeyRing(model, clock=self.moment), model, admission=admission, clock=self.moment)
            try:
                outcome, again = self._speak(model, provider, before_round=_release_connection)
            except TurnFailed as failed:
                reason, may_go_on = reason or failed.reason, failed.by_service
            except ReaderLost:
                raise
            except Exception:  # the person is answered, and the operator finds the traceback
                logger.exception("a turn of tenant %s failed", self.assistant.user.pk)
                reason, may_go_on = reason or "error", False
            else:
                return model, outcome, reason or again
            logger.warning("%s did not answer tenant %s: %s", model.model, self.assistant.user.pk, reason)
            self.speech.reset()
            if not may_go_on:
                break
        return self._do_without(reason, max_tokens=configuration.max_tokens)

    def _do_without(self, reason: str, *, max_tokens: int) -> tuple[Configuration, Outcome, str]:
        """Let the built-in assistant speak, for ``reason``, or because it is the one to be asked."""
        self.ends_at = float("inf")  # it takes milliseconds, and nobody else is left to ask
        builtin = replace(builtin_configuration(), max_tokens=max_tokens)
        try:
            outcome, _ = self._speak(builtin, provider_for(builtin), before_round=_do_nothing)
        except ReaderLost:
            raise
        except Exception as fault:  # the last one who could answer
            logger.exception("the built-in assistant could not answer tenant %s", self.assistant.user.pk)
            self._apologise()
            why = fault.reason if isinstance(fault, TurnFailed) else "error"
            return builtin, Outcome.FALLBACK, reason or f"builtin_{why}"
        return builtin, Outcome.FALLBACK if reason else outcome, reason

    def _speak(
        self, configuration: Configuration, provider: Provider, *, before_round: Callable[[], None]
    ) -> tuple[Outcome, str]:
        assistant = self.assistant
        context = assistant.tool_context(currency=assistant.currency)
        if assistant.can_act:
            with tenant_scope(assistant.user):
                self.acts.recall()  # also what an attempt before this one did
            for act in self.acts.in_order():
                assistant.facts().add_tool_result(to_json(act.result))
        calls = ToolCalls(tools=assistant.tools, context=context, acts=self.acts, sweeping=assistant.sweeping)
        turn = Turn(
            provider=provider,
            system=[*assistant.system_blocks(), *assistant.tell_acts(self.acts)],
            messages=list(self.messages),
            calls=calls,
            facts=assistant.facts(),
            speech=self.speech,
            max_tokens=configuration.max_tokens,
            clock=self.clock,
            ends_at=self.ends_at,
            before_round=before_round,
            sources_of_truth=assistant.sources_of_truth,
        )
        try:
            outcome = turn.run()
        finally:
            self.found += calls.found
            taken = self.taken
            taken.tools += calls.used
            taken.usage += turn.usage
            taken.is_estimate = taken.is_estimate or turn.is_estimate
            taken.rounds += turn.rounds
            if provider.name != "builtin":
                taken.spent.append((configuration, turn.usage))
        if outcome is Outcome.CUT:
            with override(assistant.language):
                self.speech.add(gettext("¿Quieres que siga?"))
        return outcome, turn.reason

    def _apologise(self) -> None:
        self.speech.reset()
        with override(self.assistant.language):
            self.speech.add(gettext("Ahora mismo no puedo responderte bien. Escríbeme de nuevo en un momento."))


def _searches(found: Found) -> list[tuple[str, list[int]]]:
    """[(words, ids of the products that they brought)] of each search of the catalogue."""
    return [
        (str(arguments.get("query") or ""), [row["id"] for row in result.get("products", ())])
        for name, arguments, result in found
        if name == "search_products"
    ]


def _tell_budget(attempt: _Attempt, assistant: BaseAssistant, state: budgets.Balance, *, now: datetime) -> date | None:
    """Tell the owner, once a day, why no model answers and until when. Returns the day when it was told now.

    Customers never hear of it.
    """
    today = now.astimezone(ZoneInfo(assistant.user.timezone)).date()
    if not state.stops_model or assistant.audience != "owner" or state.told_on == today:
        return None
    with override(assistant.language):
        attempt.speech.add(budgets.explain(measure=state.stops_model, state=state), separator="\n\n")
    return today


def _keep(history: Sequence[ChatMessage]) -> list[ChatMessage]:
    """The end of the history, beginning with the person, each text cut to a length; tool rounds are left out."""
    texts = [
        ChatMessage(message.role, defuse(clean_text(message.text)[:HISTORY_CHARACTERS]))
        for message in history
        if message.role in ("user", "assistant") and message.text.strip()
    ]
    surplus = max(0, len(texts) - HISTORY_KEPT)
    texts = texts[-(-surplus // HISTORY_STEP) * HISTORY_STEP :]
    first = next((index for index, message in enumerate(texts) if message.role == "user"), len(texts))
    return texts[first:]


def _release_connection() -> None:
    """Give the thread's database connection up for the wait, so that a hundred waiting turns hold none."""
    if not connection.in_atomic_block:
        connection.close()


def _do_nothing() -> None:
    """The built-in assistant is not waited for."""
