"""What has to be read before a message can be answered."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from assistants.builtin.material import (
    Conversation,
    Row,
    Shop,
    language_of_talk,
    names_in_answer,
    read_categories,
    read_rows,
)
from assistants.builtin.relevance import Match, choose
from assistants.builtin.understanding import Intent, Understanding, content_stems, understand
from assistants.grounding.vocabulary import DISTINGUISHING
from assistants.grounding.words import fold
from assistants.language import asks_for

_WORD = re.compile(r"[^\W\d_]")
_SEVERAL = re.compile(
    r"\b(?:cuant[oa]s|quedan|hay de (?:esos|ellos)|disponibles|existencias|how many|quant[oa]s|restam|disponiveis)\b"
)
MOST_LISTED = 5  # of the last answer, at once
LONGEST_CODE = 12  # characters
SEARCHED = 8
SEARCHED_BY_PRICE = 20  # the cheapest of eight is not the cheapest of the shop

_ABOUT_PRODUCTS = (
    Intent.PRICE,
    Intent.STOCK,
    Intent.COMPARISON,
    Intent.CHEAPEST,
    Intent.DEAREST,
    Intent.RECOMMENDATION,
    Intent.SIMILAR,
    Intent.DETAILS,
)


@dataclass(frozen=True, slots=True)
class Call:
    """A tool to call, and with what."""

    name: str
    arguments: Mapping[str, Any]


@dataclass
class Plan:
    """What the question is about once the conversation is taken into account, and what has been read of it."""

    understanding: Understanding
    names: list[str] = field(default_factory=list)  # products of the last answer that are meant
    queries: list[str] = field(default_factory=list)
    matches: list[Match] = field(default_factory=list)
    targets: list[Row] = field(default_factory=list)
    alternatives: list[Row] = field(default_factory=list)
    categories: list[str] = field(default_factory=list)
    missing: list[Call] = field(default_factory=list)

    @property
    def is_about_products(self) -> bool:
        """Whether it asks for products at all."""
        return bool(self.queries or self.names or self.understanding.wants(*_ABOUT_PRODUCTS))


def make_plan(*, shop: Shop, conversation: Conversation) -> Plan:
    """Work out what the person means and which calls are still missing for the answer."""
    understanding = understand(conversation.question, currency=shop.currency, language=shop.language)
    understanding = replace(understanding, language=language_of_talk(conversation, shop=shop))
    plan = Plan(understanding, queries=list(understanding.queries))
    out_of_scope = understanding.wants(Intent.OUT_OF_SCOPE) and not understanding.wants(Intent.PRICE, Intent.STOCK)
    other = sends_code(conversation.question) or asks_for(conversation.question) is not None
    if out_of_scope or understanding.wants(Intent.MANIPULATION) or other:
        plan.queries = []
        return plan
    _look_back(plan, shop, conversation)
    _read_results(plan, shop, conversation)
    _find_missing(plan, shop, conversation)
    return plan


def sends_code(text: str) -> bool:
    """Whether it is «VINCULAR K7QM 4TXA»: a code that links a phone, and did not, or no assistant would see it."""
    first, *rest = re.findall(r"[^\W_]+", text[:100]) or [""]
    code = "".join(rest)
    looks_so = not code or code.isupper() or any(sign.isdigit() for sign in code)
    return first.lower() == "vincular" and len(code) <= LONGEST_CODE and looks_so


def _look_back(plan: Plan, shop: Shop, conversation: Conversation) -> None:
    """Fill in what the message leaves to the conversation: "the second one", "and in blue?", "the cheapest"."""
    understanding = plan.understanding
    said = names_in_answer(conversation.last_answer, rows=shop.rows)
    said = [name for name in said if fold(name) not in {fold(category) for category in shop.categories}]
    if not _WORD.search(conversation.question):
        _read_bare_number(plan, said, conversation.question)
        return
    if understanding.ordinal is not None and said:
        place = understanding.ordinal - 1 if understanding.ordinal > 0 else -1
        if place < len(said):
            plan.names, plan.queries = [said[place]], []
            return
    only_qualities = bool(plan.queries) and all(set(content_stems(query)) <= DISTINGUISHING for query in plan.queries)
    earlier = _last_queries(conversation, shop)
    if plan.queries and understanding.refers_back and only_qualities and earlier:
        plan.queries = [f"{earlier[0]} {plan.queries[0]}"]
        return
    if plan.queries or not understanding.wants(*_ABOUT_PRODUCTS):
        if not plan.queries and understanding.refers_back and said and not understanding.topics:
            plan.names = said[:1]
        if not plan.queries and (understanding.at_most or understanding.quantity) and earlier:
            plan.names, plan.queries = (said[:1], []) if understanding.quantity and said else ([], earlier)
        return
    if understanding.topics:
        return
    if understanding.wants(Intent.CHEAPEST, Intent.DEAREST) and len(said) > 1:
        plan.names = said[:MOST_LISTED]  # of those that were just shown
    elif understanding.wants(Intent.CHEAPEST, Intent.DEAREST, Intent.RECOMMENDATION) and earlier:
        plan.queries = earlier
    elif understanding.wants(Intent.COMPARISON) and len(said) > 1:
        plan.names = said[:2]
    elif understanding.wants(Intent.STOCK) and _SEVERAL.search(fold(conversation.question)):
        plan.names = said[:MOST_LISTED]
    elif said:
        plan.names = said[:1]
    elif earlier:
        plan.queries = earlier


def _read_bare_number(plan: Plan, said: Sequence[str], question: str) -> None:
    """A number alone is a place in the list that was just shown, pieces of the one product, or a product's code.

    What was searched before it has nothing to do with it.
    """
    number = "".join(re.findall(r"\d+", question))
    place = int(number) if 0 < len(number) < 3 else 0
    plan.queries = [number] if len(number) > 3 else []
    plan.understanding = replace(plan.understanding, at_most=None, at_least=None)
    if len(said) == 1 and plan.understanding.quantity:
        plan.names = [said[0]]
    elif 0 < place <= len(said):
        plan.names = [said[place - 1]]
        plan.understanding = replace(plan.understanding, quantity=None, ordinal=place)


def _last_queries(conversation: Conversation, shop: Shop) -> list[str]:
    for text in reversed(conversation.earlier):
        queries = understand(text, currency=shop.currency, language=shop.language).queries
        if queries:
            return list(queries[:2])
    return []


def _read_results(plan: Plan, shop: Shop, conversation: Conversation) -> None:
    found: dict[str, Row] = {}
    for name, arguments, result in conversation.results:
        rows = read_rows(result, currency=shop.currency)
        if name == "search_products":
            query = str(arguments.get("query") or "")
            if query in plan.names:
                found.update({fold(row.name): row for row in reversed(rows)} | ({fold(query): rows[0]} if rows else {}))
            else:
                plan.matches.append(choose(query, rows))
        elif name == "get_product":
            found.update({fold(row.name): row for row in rows})
        elif name == "similar_products":
            plan.alternatives += rows
        elif name == "list_categories":
            plan.categories += read_categories(result)
    plan.targets = [found[fold(name)] for name in plan.names if fold(name) in found]
    plan.categories = plan.categories or list(shop.categories)


def _find_missing(plan: Plan, shop: Shop, conversation: Conversation) -> None:
    understanding = plan.understanding
    if not conversation.called:
        by_name = {fold(row.name): row for row in shop.rows}
        for name in plan.names:
            row = by_name.get(fold(name))
            plan.missing.append(
                Call("get_product", {"id": row.id}) if row else Call("search_products", {"query": name, "limit": 3})
            )
        by_price = (
            understanding.wants(Intent.CHEAPEST, Intent.DEAREST) or understanding.at_most or understanding.at_least
        )
        limit = SEARCHED_BY_PRICE if by_price else SEARCHED
        plan.missing += [Call("search_products", {"query": query, "limit": limit}) for query in plan.queries]
        if not plan.missing and _needs_categories(understanding):
            plan.missing.append(Call("list_categories", {}))
        return
    if "similar_products" in conversation.called:
        return
    single = _single(plan)
    if single is not None and (understanding.wants(Intent.SIMILAR) or single.stock == 0):
        plan.missing.append(Call("similar_products", {"id": single.id, "limit": 4}))


def _needs_categories(understanding: Understanding) -> bool:
    return understanding.wants(Intent.OFFERING) or (
        understanding.wants(*_ABOUT_PRODUCTS) and not understanding.topics and not understanding.wants(Intent.THANKS)
    )


def _single(plan: Plan) -> Row | None:
    """The one product that the answer will be about, if it is one."""
    if len(plan.targets) == 1:
        return plan.targets[0]
    if len(plan.matches) == 1 and plan.matches[0].exact:
        rows = plan.matches[0].rows
        if len(rows) == 1 or plan.understanding.wants(Intent.SIMILAR):
            return rows[0]
    return None


def within_limits(match: Match, understanding: Understanding) -> Match:
    """The rows whose price is within what the person wants to spend."""
    rows = tuple(
        row
        for row in match.rows
        if (understanding.at_most is None or row.price <= understanding.at_most)
        and (understanding.at_least is None or row.price >= understanding.at_least)
    )
    return replace(match, rows=rows)


def in_stock_first(rows: Sequence[Row]) -> list[Row]:
    """The same rows, those that are sold out last."""
    return sorted(rows, key=lambda row: row.stock <= 0)
