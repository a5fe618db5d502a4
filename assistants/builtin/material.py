"""What the built-in assistant may work with: the business as the prompt tells it, the conversation, rows of tools."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Any

from assistants.builtin.topics import find_topics
from assistants.grounding.sentences import split_units
from assistants.grounding.words import fold
from assistants.language import Language, follow_talk
from assistants.providers.base import ChatMessage, SystemBlock, ToolResult
from catalog.amounts import format_price

_LANGUAGES: dict[str, Language] = {"espanol": "es", "ingles": "en", "portugues": "pt"}
_CONTEXT = re.compile(r"<contexto>(.*?)</contexto>", re.DOTALL)
NOTICE = re.compile(r"\s*\[\s*aviso del sistema", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Row:
    """A product as a tool or the prompt showed it."""

    id: int
    name: str
    price: Decimal
    currency: str
    stock: int
    sku: str = ""
    category: str = ""
    description: str = ""
    url: str = ""

    @property
    def label(self) -> str:
        """The name, in bold or as a link."""
        return f"[{self.name}]({self.url})" if self.url else f"**{self.name}**"

    def money(self, amount: Decimal | None = None, *, language: Language) -> str:
        """The price, or another amount, as who reads ``language`` writes it."""
        value = self.price if amount is None else amount
        return format_price(amount=value, currency=self.currency, language=language)


@dataclass(frozen=True, slots=True)
class Shop:
    """The business: its name, currency, facts by sentence, categories and the rows of the prompt's summary."""

    name: str = ""
    currency: str = ""
    facts: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    rows: tuple[Row, ...] = ()
    language: Language = "es"
    is_heard: bool = False  # the language is the person's, and not only what is spoken where nothing tells
    brief: bool = False
    formal: bool = False  # speaks to people as "usted"


@dataclass(frozen=True, slots=True)
class Conversation:
    """``question`` is answered now; ``results`` are those of this turn's tools, by the query or id that was asked."""

    question: str
    earlier: tuple[str, ...] = ()  # the person's messages before, the latest last
    last_answer: str = ""
    answers: tuple[str, ...] = ()  # all of ours before, the latest last
    results: tuple[tuple[str, Mapping[str, Any], ToolResult], ...] = ()
    corrected: bool = False  # something said was refused: say less
    called: frozenset[str] = field(default_factory=frozenset)


def read_shop(system: Sequence[SystemBlock]) -> Shop:
    """Read the business from the system prompt: the JSON lines between <negocio> and <catalogo> tags."""
    text = "\n".join(block.text for block in system)
    business = next(read_lines(text, "negocio"), {})
    name, currency = str(business.get("nombre") or "").strip(), str(business.get("moneda") or "")
    categories: list[str] = []
    rows: list[Row] = []
    for line in read_lines(text, "catalogo"):
        if "categorias" in line:
            categories += [str(category) for category in line["categorias"]]
        elif row := read_row(line, currency=currency):
            rows.append(row)
    heard = re.search(r"La persona escribe en (\w+)", _CONTEXT.findall(text)[-1] if _CONTEXT.search(text) else "")
    language = heard or re.search(r"si no est[aá] claro, en (\w+)", text)
    return Shop(
        name=name,
        currency=currency,
        facts=tuple(_split_facts(str(business.get("datos") or ""))),
        categories=tuple(categories),
        rows=tuple(rows),
        language=_LANGUAGES.get(fold(language.group(1)), "es") if language else "es",
        is_heard=heard is not None,
        brief=bool(re.search(r"Tono: Muy breve", text)),
        formal=bool(re.search(r"Tono: Formal", text)),
    )


def read_lines(text: str, tag: str) -> Iterator[dict[str, Any]]:
    """The JSON objects between the tags of a prompt, one a line."""
    block = re.search(rf"<{tag}>\n(.*?)\n?</{tag}>", text, re.DOTALL)
    for line in block.group(1).splitlines() if block else ():
        try:
            value = json.loads(line)
        except ValueError:
            continue
        if isinstance(value, dict):
            yield value


def _split_facts(text: str) -> Iterator[str]:
    """Facts by line. Sentences of one line are one fact as long as they may explain each other: one that speaks of
    something else altogether (after the address the payment) begins another."""
    for line in text.splitlines():
        fact, about = "", frozenset[str]()
        for sentence in split_units(line.strip(" -•*\t"), final=True)[0]:
            topics = find_topics(sentence)
            if fact and topics and about and not topics & about:
                yield fact.strip()
                fact, about = "", frozenset()
            fact, about = fact + sentence, about | topics
        if fact.strip():
            yield fact.strip()


def read_row(value: Mapping[str, Any], *, currency: str) -> Row | None:
    """Read a product from JSON; None when it is not one."""
    try:
        price = Decimal(str(value["price"]))
        identity, name = int(value["id"]), str(value["name"]).strip()
        stock = int(value.get("stock") or 0)
    except (KeyError, TypeError, ValueError, InvalidOperation):
        return None
    if not name or not price.is_finite():
        return None
    texts = {key: str(value.get(key) or "") for key in ("sku", "category", "description", "url")}
    return Row(identity, name, price, str(value.get("currency") or currency), stock, **texts)


def read_conversation(messages: Sequence[ChatMessage]) -> Conversation:
    """Find the question that is being answered, and what tools have said since."""
    corrected = False
    place = -1
    for index, message in enumerate(messages):
        if message.role == "user":
            if NOTICE.match(message.text):
                corrected = True
            else:
                place, corrected = index, False
    if place < 0:
        return Conversation("")
    asked: dict[str, tuple[str, Mapping[str, Any]]] = {}
    results: list[tuple[str, Mapping[str, Any], ToolResult]] = []
    for message in messages[place + 1 :]:
        for call in message.tool_calls:
            asked[call.id] = (call.name, call.arguments or {})
        for result in message.tool_results:
            name, arguments = asked.get(result.call_id, (result.name, {}))
            results.append((name, arguments, result))
    answers = [message.text for message in messages[:place] if message.role == "assistant" and message.text.strip()]
    return Conversation(
        question=messages[place].text,
        earlier=tuple(m.text for m in messages[:place] if m.role == "user" and not NOTICE.match(m.text)),
        last_answer=answers[-1] if answers else "",
        answers=tuple(answers),
        results=tuple(results),
        corrected=corrected,
        called=frozenset(name for name, _, _ in results),
    )


def read_rows(result: ToolResult, *, currency: str) -> list[Row]:
    """The products in a tool's answer, in its order."""
    if result.is_error:
        return []
    try:
        value = json.loads(result.content)
    except ValueError:
        return []
    found = value.get("products", [value.get("product")]) if isinstance(value, dict) else []
    rows = (read_row(item, currency=currency) for item in found if isinstance(item, Mapping))
    return [row for row in rows if row is not None]


def read_categories(result: ToolResult) -> list[str]:
    """The categories in a tool's answer."""
    try:
        value = json.loads(result.content)
    except ValueError:
        return []
    found = value.get("categories", []) if isinstance(value, dict) and not result.is_error else []
    return [str(item) for item in found if isinstance(item, str)]


def language_of_talk(conversation: Conversation, *, shop: Shop) -> Language:
    """The language of the answer: that which the prompt says, else that which the person's messages show."""
    if shop.is_heard:
        return shop.language
    return follow_talk([*conversation.earlier, conversation.question], known=shop.language)


_BOLD = re.compile(r"\*\*(.+?)\*\*|\[([^\]]+)\]\(")


def names_in_answer(answer: str, *, rows: Sequence[Row]) -> list[str]:
    """The products that an earlier answer named, in its order: known rows by name, else what it set in bold."""
    folded = fold(answer)
    places = [(folded.find(fold(row.name)), -len(row.name), row.name) for row in rows if fold(row.name) in folded]
    bold = [(match.start(), 0, match.group(1) or match.group(2)) for match in _BOLD.finditer(answer)]
    names: dict[str, None] = {}
    for _, _, name in sorted([*places, *bold]):
        if not any(fold(name) in fold(other) for other in names):
            names[name] = None
    return list(names)
