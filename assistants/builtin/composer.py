# ruff: noqa: E501  (word lists and patterns are one line each)
"""Turning what was read into an answer: short, warm, and nothing but what the rows and the business's facts say."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal

from assistants.builtin.material import Conversation, Row, Shop
from assistants.builtin.phrases import phrase
from assistants.builtin.planning import Plan, in_stock_first, sends_code, within_limits
from assistants.builtin.relevance import SHOWN, Match, most_relevant
from assistants.builtin.topics import TOPICS
from assistants.builtin.understanding import Intent
from assistants.grounding.words import fold
from assistants.language import Language

NAMED_WORDS, NAMED = 8, 80  # words and characters of what is said not to be there
MOST_FACTS = 3
DESCRIBED = 220  # characters of a description


class Composer:
    """Writes one answer."""

    def __init__(self, *, shop: Shop, conversation: Conversation, plan: Plan) -> None:
        self.shop, self.plan, self.conversation = shop, plan, conversation
        self.understanding = plan.understanding
        self.language: Language = plan.understanding.language

    def write(self) -> str:
        """The whole answer."""
        if self.conversation.corrected:
            return self._write_cautiously()
        if sends_code(self.conversation.question):
            return self._say("wrong_code")
        if self.understanding.wants(Intent.MANIPULATION):
            return self._write_manners()
        facts = self._write_facts()
        products = self._write_products(after_facts=bool(facts))
        parts = [part for part in (facts, products) if part]
        if not parts:
            parts = [self._write_manners()]
        elif self.understanding.wants(Intent.GREETING):
            parts.insert(0, self._say("hello"))
        text = "\n\n".join(parts)
        return text.replace("\n\n", " ", 1) if parts[0] == self._say("hello") else text

    def _say(self, key: str, **values: object) -> str:
        return phrase(key, self.language, formal=self.shop.formal, **values)

    def _money(self, row: Row, amount: Decimal | None = None) -> str:
        return row.money(amount, language=self.language)

    # -- manners and the business

    def _write_manners(self) -> str:
        understanding = self.understanding
        shop = self.shop.name or self._say("this_shop")
        for intent, key in (
            (Intent.MANIPULATION, "out_of_scope"),
            (Intent.OUT_OF_SCOPE, "out_of_scope"),
            (Intent.IDENTITY, "identity"),
            (Intent.THANKS, "thanks"),
            (Intent.GOODBYE, "goodbye"),
            (Intent.GREETING, "greeting"),
        ):
            if understanding.wants(intent):
                return self._say(key, shop=shop)
        if understanding.refers_back or (self.plan.is_about_products and self.conversation.last_answer):
            return self._say("which")
        return self._say("unclear")

    def _write_facts(self) -> str:
        """The business's own sentences on what was asked; empty when nothing of the business was."""
        topics = self.understanding.topics
        if not topics:
            return ""
        found = [fact for fact in self.shop.facts if any(TOPICS[topic].search(fold(fact)) for topic in topics)]
        found.sort(key=lambda fact: self._rank(fact))
        if not found:
            has_rows = any(match.rows and match.exact for match in self.plan.matches)
            return "" if has_rows else self._say("no_fact", shop=self.shop.name or self._say("this_shop"))
        headed = [fact for fact in found if not self._rank(fact)[0]]
        facts = (headed or found)[:MOST_FACTS]
        if len(facts) == 1:
            return facts[0]
        return "\n".join([self._say("facts"), *(f"- {fact}" for fact in facts)])

    def _rank(self, fact: str) -> tuple[int, int]:
        """Facts that begin with what was asked come first ("Horario: ...")."""
        folded = fold(fact)
        places = [found.start() for topic in self.understanding.topics if (found := TOPICS[topic].search(folded))]
        words = {word for word in fold(self.conversation.question).split() if len(word) > 4}
        return (min(places, default=999) > 0, -sum(word in folded for word in words))

    # -- products

    def _write_products(self, *, after_facts: bool) -> str:
        plan, understanding = self.plan, self.understanding
        if plan.targets:
            return self._write_targets(plan.targets)
        if plan.matches:
            matches = plan.matches
            if after_facts:
                matches = [match for match in matches if match.exact and match.rows]
                if not matches:
                    return ""
            if understanding.wants(Intent.COMPARISON) and (pair := _pair(matches)):
                return self._compare(*pair)
            missed = [match for match in matches if not match.rows or match.vague]
            if len(missed) == len(matches) > 1 and not understanding.wants(Intent.RECOMMENDATION):
                return self._miss(replace(matches[0], query=", ".join(match.query for match in matches)))
            parts = [self._write_match(match, titled=len(matches) > 1) for match in matches]
            return _say_once(parts)
        if understanding.wants(Intent.OFFERING) or (
            plan.is_about_products and plan.categories and not understanding.topics and not plan.names
            and not self.conversation.last_answer
        ):  # fmt: skip
            return self._list_categories("offering")
        return ""

    def _list_categories(self, key: str) -> str:
        if not self.plan.categories:
            return self._say("empty")
        return self._say(key, categories=", ".join(self.plan.categories[:12]))

    def _write_targets(self, rows: Sequence[Row]) -> str:
        understanding = self.understanding
        if len(rows) > 1:
            if understanding.wants(Intent.COMPARISON):
                return self._compare(rows[0], rows[1])
            if understanding.wants(Intent.CHEAPEST, Intent.DEAREST):
                key = "cheapest" if understanding.wants(Intent.CHEAPEST) else "dearest"
                return self._extreme(rows, f"{key}_of_these")
            return self._list(rows, "left" if understanding.wants(Intent.STOCK) else "prices")
        row = rows[0]
        if understanding.wants(Intent.SIMILAR):
            return self._offer_similar(row)
        if quantity := self._quantity_of(row):
            return self._count(row, quantity)
        if understanding.wants(Intent.STOCK):
            return self._tell_stock(row)
        return self._tell(row, "one", described=not understanding.wants(Intent.PRICE))

    def _write_match(self, match: Match, *, titled: bool) -> str:
        understanding = self.understanding
        if not match.rows or match.vague or (not match.exact and match.query.isdigit()):
            return self._miss(match)
        limited = understanding.at_most is not None or understanding.at_least is not None
        fitting = within_limits(match, understanding) if limited else match
        if not fitting.rows:
            return self._exceed(match)
        rows = in_stock_first(fitting.rows)
        if not match.exact:
            if understanding.wants(Intent.RECOMMENDATION):
                return "\n".join([self._say("maybe"), *map(self._item, rows[:3])])
            lines = [] if match.near else [self._say("not_found", query=_name_shortly(match.query))]
            lines.append(self._say("nearest"))
            return "\n".join([" ".join(lines), *(self._item(row) for row in rows[:3])])
        if understanding.wants(Intent.SIMILAR):
            return self._offer_similar(rows[0])
        if understanding.wants(Intent.CHEAPEST, Intent.DEAREST):
            relevant = in_stock_first(most_relevant(fitting))
            return self._extreme(relevant, "cheapest" if understanding.wants(Intent.CHEAPEST) else "dearest")
        if len(rows) == 1:
            return self._write_one(rows[0], match.query)
        named = [row for row in rows if fold(row.name) in fold(self.conversation.question)]
        if quantity := self._quantity_of((named or rows)[0], match.query):
            return self._count((named or rows)[0], quantity, others=[] if named else rows[1:3])
        if understanding.quantity and len(named) == 1:
            return self._write_one(named[0])
        if understanding.at_most is not None:
            limit = self._money(rows[0], understanding.at_most)
            return self._list(rows, self._say("within", limit=limit), ready=True)
        if understanding.wants(Intent.RECOMMENDATION) and rows[0].stock > 0:
            return self._recommend(rows)
        title = self._category_of(match, rows)
        if title:
            return self._list(rows, self._say("in_category", category=title), ready=True)
        if titled:
            return self._list(rows, self._say("for_this", query=_name_shortly(match.query)), ready=True)
        return self._list(rows, "prices" if understanding.wants(Intent.PRICE) else "several")

    def _write_one(self, row: Row, query: str = "") -> str:
        understanding = self.understanding
        if quantity := self._quantity_of(row, query):
            return self._count(row, quantity)
        if understanding.wants(Intent.STOCK) or row.stock <= 0:
            return self._tell_stock(row)
        if understanding.wants(Intent.RECOMMENDATION):
            return self._tell(row, "recommended", described=True)
        return self._tell(row, "yes_one", described=not understanding.wants(Intent.PRICE))

    def _quantity_of(self, row: Row, query: str = "") -> int | None:
        """The pieces wanted of ``row``: «dos baterías» in its own name count none."""
        counted = " ".join(self.understanding.counted.split())
        name = " ".join(fold(row.name).split())
        if counted and re.search(rf"(?<!\w){re.escape(counted)}(?!\w)", name):
            return None
        return dict(self.understanding.counts).get(query, self.understanding.quantity)

    def _category_of(self, match: Match, rows: Sequence[Row]) -> str:
        """The category that was asked for by its name, when all the rows are of it."""
        names = {row.category for row in rows}
        name = next(iter(names)) if len(names) == 1 else ""
        return name if name and fold(match.query).strip("s") == fold(name).strip("s") else ""

    # -- sentences

    def _stock(self, row: Row) -> str:
        if row.stock <= 0:
            return self._say("sold_out")
        return self._say("one_left") if row.stock == 1 else self._say("in_stock", count=row.stock)

    def _item(self, row: Row) -> str:
        return self._say("item", name=row.label, price=self._money(row), stock=self._stock(row))

    def _list(self, rows: Sequence[Row], key: str, *, ready: bool = False) -> str:
        lines = [key if ready else self._say(key), *(self._item(row) for row in rows[:SHOWN])]
        return "\n".join(lines) if self.shop.brief else "\n".join(lines) + "\n\n" + self._say("close")

    def _tell(self, row: Row, key: str, *, described: bool) -> str:
        parts = [self._say(key, name=row.label, price=self._money(row), stock=self._stock(row))]
        if row.description and (described or self.understanding.wants(Intent.DETAILS)) and not self.shop.brief:
            parts.append(_shorten(row.description))
        if row.sku and self.understanding.wants(Intent.DETAILS):
            parts.append(self._say("sku", sku=row.sku))
        return " ".join(parts)

    def _tell_stock(self, row: Row) -> str:
        if row.stock <= 0:
            text = self._say("sold_out_of", name=row.label, price=self._money(row))
            others = [other for other in self.plan.alternatives if other.stock > 0 and other.id != row.id][:3]
            return "\n".join([f"{text} {self._say('instead')}", *map(self._item, others)]) if others else text
        key = "stock_of_one" if row.stock == 1 else "stock_of"
        return self._say(key, count=row.stock, name=row.label, price=self._money(row))

    def _count(self, row: Row, quantity: int, *, others: Sequence[Row] = ()) -> str:
        total = self._say(
            "total",
            count=quantity,
            name=row.label,
            total=self._money(row, row.price * quantity),
            price=self._money(row),
        )
        if row.stock <= 0:
            return self._tell_stock(row)
        key = "enough" if row.stock >= quantity else "not_enough" if row.stock > 1 else "not_enough_one"
        text = f"{total} {self._say(key, stock=row.stock)}"
        if not others:
            return text
        return "\n".join([text, "", self._say("also"), *map(self._item, others)])

    def _extreme(self, rows: Sequence[Row], key: str) -> str:
        available = [row for row in rows if row.stock > 0] or list(rows)
        ordered = sorted(available, key=lambda row: row.price, reverse=key.startswith("dearest"))
        text = self._tell(ordered[0], key, described=False)
        others = ordered[1:3]
        if not others or self.shop.brief:
            return text
        return "\n".join([text, "", self._say("also"), *map(self._item, others)])

    def _recommend(self, rows: Sequence[Row]) -> str:
        text = self._tell(rows[0], "recommended", described=True)
        others = [row for row in rows[1:] if row.stock > 0][:2]
        return "\n".join([text, "", self._say("also"), *map(self._item, others)]) if others else text

    def _offer_similar(self, row: Row) -> str:
        others = [other for other in self.plan.alternatives if other.id != row.id]
        if not others:
            return self._say("no_similar", name=row.label)
        return self._list(in_stock_first(others), self._say("similar", name=row.label), ready=True)

    def _compare(self, one: Row, other: Row) -> str:
        lines = [self._say("comparison"), self._item(one), self._item(other)]
        cheaper, dearer = sorted((one, other), key=lambda row: row.price)
        if cheaper.price == dearer.price:
            lines += ["", self._say("same_price")]
        else:
            amount = self._money(one, dearer.price - cheaper.price)
            lines += ["", self._say("difference", cheaper=cheaper.label, dearer=dearer.label, amount=amount)]
        if not self.shop.brief:
            lines += [f"- {row.label}: {_shorten(row.description)}" for row in (one, other) if row.description]
        return "\n".join(lines)

    def _exceed(self, match: Match) -> str:
        cheapest = min(match.rows, key=lambda row: row.price)
        limit = self._money(cheapest, self.understanding.at_most or self.understanding.at_least)
        return f"{self._say('nothing_within', limit=limit)} {self._say('cheapest_is', name=cheapest.label, price=self._money(cheapest))}"

    def _miss(self, match: Match) -> str:
        """Nothing has the words that were asked for; a need may still be met by what the search brought."""
        if match.query.isdigit():
            return self._say("unclear")
        rows = in_stock_first(match.rows)[:3]
        if rows and self.understanding.wants(Intent.RECOMMENDATION):
            return "\n".join([self._say("maybe"), *map(self._item, rows)])
        text = self._say("not_found", query=_name_shortly(match.query))
        if not self.plan.categories:
            return text
        return f"{text} {self._list_categories('we_have_categories')}"

    def _write_cautiously(self) -> str:
        rows = self.plan.targets or [row for match in self.plan.matches if match.exact for row in match.rows]
        if not rows:
            return self._say("unclear")
        return "\n".join(self._item(row) for row in rows[:3])


def _name_shortly(query: str) -> str:
    """What was asked for, by its first words."""
    words = query.split()
    short = " ".join(words[:NAMED_WORDS])[:NAMED]
    return query if short == " ".join(words) else f"{short.rstrip(' ,;')}…"


def _say_once(parts: Sequence[str]) -> str:
    """The parts as paragraphs, each line of them once: two words for one thing find the same."""
    seen: set[str] = set()
    kept = []
    for part in parts:
        lines = [line for line in part.splitlines() if not line.strip() or line not in seen]
        seen.update(lines)
        if any(line.strip() for line in lines):
            kept.append("\n".join(lines).strip("\n"))
    return "\n\n".join(kept)


def _pair(matches: Sequence[Match]) -> tuple[Row, Row] | None:
    rows = [match.rows[0] for match in matches if match.rows and not match.vague]
    if len(rows) == 1 and len(matches) == 1 and len(matches[0].rows) > 1:
        rows = list(matches[0].rows[:2])
    distinct = list({row.id: row for row in rows}.values())
    return (distinct[0], distinct[1]) if len(distinct) > 1 else None


def _shorten(text: str) -> str:
    """The first sentences of a description."""
    text = " ".join(text.split())
    if len(text) <= DESCRIBED and not text.endswith("…"):
        return text if text.endswith((".", "!", "?", ")")) else f"{text}."
    cut = text[:DESCRIBED]
    end = cut.rfind(". ")
    return cut[: end + 1] if end > 40 else cut.rstrip("…").rsplit(" ", 1)[0].rstrip(",;:") + "…"
