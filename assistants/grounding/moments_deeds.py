"""What a sentence says was done, how many things it says there are, and amounts of money: against the turn's facts."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from agenda.dates import Moment
from assistants.grounding.markup import Plain
from assistants.grounding.moments_facts import AgendaFacts, Item
from assistants.grounding.moments_words import ACTS, COUNT, DONE, NUMBERS, OF_OVERDUE, OF_TASKS, PENDING
from assistants.grounding.numbers import find_numbers


class MomentKind(StrEnum):
    """What an invention of a personal assistant is about."""

    DATE = "date"
    HOUR = "hour"
    TITLE = "title"
    ACT = "act"
    COUNT = "count"
    PRICE = "price"


@dataclass(slots=True)
class Sentence:
    """One unit as it was read: ``asks`` and ``denies`` say that it states nothing to be so; ``items`` it names."""

    plain: Plain
    folded: str
    moments: list[Moment]
    asks: bool
    denies: bool
    items: list[Item] = field(default_factory=list)


def check_acts(sentence: Sentence, facts: AgendaFacts, *, spoken_of: list[Item]) -> list[tuple[MomentKind, str]]:
    """Deeds that no tool of the turn did; ``spoken_of`` are the items of the unit before."""
    if sentence.asks or sentence.denies:
        return []
    done = facts.acts
    if "several" in done:
        return []
    subject = sentence.items or spoken_of
    for kinds, pattern in ACTS.items():
        said = pattern.search(sentence.folded)
        if said is None or done & set(kinds):
            continue
        states = {item.status for item in subject}
        if kinds[0] in ("created", "moved") and sentence.items:
            continue  # it stands there, as it is said
        if kinds[0] in ("cancelled", "completed") and kinds[0] in states:
            continue
        return [(MomentKind.ACT, said.group())]
    if not done and (said := DONE.search(sentence.folded)):
        return [(MomentKind.ACT, said.group())]
    return []


def check_counts(sentence: Sentence, facts: AgendaFacts) -> list[tuple[MomentKind, str]]:
    """Numbers of appointments or tasks that are no number of any."""
    if sentence.asks:
        return []
    found = []
    for match in COUNT.finditer(sentence.folded):
        n = int(match["n"]) if match["n"].isdigit() else NUMBERS[match["n"]]
        article = match["n"] in ("un", "una", "um", "uma", "one")
        if not article and n not in _known_counts(facts, match["what"]):
            found.append((MomentKind.COUNT, match.group()))
    return found


def _known_counts(facts: AgendaFacts, what: str) -> set[int]:
    """How many appointments, tasks or overdue tasks there are: in all, of a day, of a priority."""
    asked = {int(max(n.values)) for text in facts.questions for n in find_numbers(text)}
    items = list(facts.items.values())
    if OF_OVERDUE.search(what):
        return {len([item for item in items if item.overdue])} | asked | {0}
    own = [item for item in items if item.is_task == bool(OF_TASKS.search(what))]
    groups: list[list[Item]] = [own, [item for item in own if item.overdue]]
    groups += [[item for item in own if item.priority == level] for level in ("high", "medium", "low")]
    days = {day for item in own for day in item.days}
    groups += [[item for item in own if day in item.days] for day in days]
    if PENDING.search(what):
        groups.append(items)
    return {len(group) for group in groups} | facts.counts | asked | {0}


def check_money(text: str, facts: AgendaFacts) -> list[tuple[MomentKind, str]]:
    """Amounts of money that stand in no text of the turn."""
    known = "\n".join([*facts.texts, *facts.questions])
    found = []
    amounts = None
    for number in find_numbers(text, currency=facts.currency):
        if number.money is None or number.article:
            continue
        if amounts is None:
            amounts = {value for each in find_numbers(known, currency=facts.currency) for value in each.values}
        if not number.values & amounts:
            found.append((MomentKind.PRICE, number.text))
    return found
