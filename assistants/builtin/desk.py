# ruff: noqa: E501  (word lists are one line each)
"""The owner's side of the shop without a model: find the product, ask before it is changed, tell what was done."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from django.conf import settings

from assistants.builtin.desk_understanding import HOW_MUCH_SOLD, NEW_PRODUCT, WHO_WROTE, Command, read_command
from assistants.builtin.material import (
    Conversation,
    Row,
    Shop,
    language_of_talk,
    names_in_answer,
    read_lines,
    read_rows,
)
from assistants.builtin.planning import Call
from assistants.builtin.relevance import choose
from assistants.builtin.understanding import Intent, understand
from assistants.consent import read_consent
from assistants.grounding.words import fold
from assistants.language import Language
from assistants.providers.base import SystemBlock, ToolResult

SHOWN = 6
TOOLS = {"price": "change_price", "stock": "change_stock", "active": "set_availability"}
_SAYS: dict[str, dict[Language, str]] = {
    "hello": {"es": "¡Hola! Puedo cambiar precios y existencias, y decirte qué pedidos hay y qué te pidieron. ¿Qué necesitas?", "en": "Hi! I can change prices and stock, and tell you which orders there are and what was asked for. What do you need?", "pt": "Olá! Posso mudar preços e estoque, e dizer que pedidos há e o que pediram. Do que precisa?"},
    "who_wrote": {"es": "Quién escribió y qué preguntó está en la bandeja: {page}. Aquí puedes preguntarme por los pedidos y por lo que te piden y no se encuentra.", "en": "Who wrote and what they asked is in the inbox: {page}. Here you can ask me for the orders and for what is asked for and not found.", "pt": "Quem escreveu e o que perguntou está na caixa de entrada: {page}. Aqui pode me perguntar pelos pedidos e pelo que pedem e não se encontra."},
    "how_much_sold": {"es": "La suma de lo vendido no la llevo. Cuántos pedidos hubo y cuántos aprobaste en cada período está aquí: {page}.", "en": "I keep no sum of what was sold. How many orders there were and how many you approved in each period is here: {page}.", "pt": "A soma das vendas eu não tenho. Quantos pedidos houve e quantos você aprovou em cada período está aqui: {page}."},
    "new_product": {"es": "Los productos nuevos se agregan en la página: {page}.", "en": "New products are added on the page: {page}.", "pt": "Os produtos novos são adicionados na página: {page}."},
    "did": {"es": "Listo. {said}", "en": "Done. {said}", "pt": "Pronto. {said}"},
    "hint": {"es": "Si no era eso, escribe «deshacer».", "en": "If that is not it, write «undo».", "pt": "Se não era isso, escreva «desfazer»."},
    "asked": {"es": "Antes te pregunto.", "en": "Let me ask you first.", "pt": "Antes pergunto."},
    "refused": {"es": "De acuerdo, queda todo como está.", "en": "All right, everything stays as it is.", "pt": "Certo, fica tudo como está."},
    "expired": {"es": "Pasó mucho tiempo desde que te pregunté, así que no hice nada. Pídemelo de nuevo si todavía quieres.", "en": "It has been a while since I asked, so I did nothing. Ask me again if you still want it.", "pt": "Já faz tempo que perguntei, então não fiz nada. Peça de novo se ainda quiser."},
    "nothing_pending": {"es": "No tengo nada por confirmar.", "en": "There is nothing to confirm.", "pt": "Não há nada a confirmar."},
    "failed": {"es": "Eso ya no se pudo hacer.", "en": "That could not be done any more.", "pt": "Isso já não pôde ser feito."},
    "which": {"es": "¿Cuál de estos productos?", "en": "Which of these products?", "pt": "Qual destes produtos?"},
    "which_product": {"es": "¿De qué producto? Dime su nombre o su código.", "en": "Which product? Tell me its name or its code.", "pt": "De qual produto? Diga o nome ou o código."},
    "not_found": {"es": "No encontré «{words}» entre tus productos.", "en": "I couldn't find «{words}» among your products.", "pt": "Não encontrei «{words}» entre os seus produtos."},
    "no_orders": {"es": "No hay pedidos por aprobar.", "en": "There are no orders to approve.", "pt": "Não há pedidos para aprovar."},
    "orders": {"es": "Por aprobar:", "en": "To approve:", "pt": "Para aprovar:"},
    "no_wishes": {"es": "Por ahora no hay nada que te hayan pedido y no se haya encontrado.", "en": "So far there is nothing that was asked for and not found.", "pt": "Por enquanto não há nada que tenham pedido e não se encontrou."},
    "wishes": {"es": "Esto te han pedido y no se encontró:", "en": "This was asked for and not found:", "pt": "Isto foi pedido e não se encontrou:"},
    "times": {"es": "- {told} ({n} veces)", "en": "- {told} ({n} times)", "pt": "- {told} ({n} vezes)"},
    "once": {"es": "- {told}", "en": "- {told}", "pt": "- {told}"},
    "cannot": {"es": "No pude hacerlo. Dímelo de otra forma, con el nombre del producto y el valor nuevo.", "en": "I couldn't do it. Say it in another way, with the product's name and the new value.", "pt": "Não consegui. Diga de outra forma, com o nome do produto e o valor novo."},
}  # fmt: skip


def answer_desk(
    *, system: Sequence[SystemBlock], shop: Shop, conversation: Conversation
) -> tuple[list[Call], Callable[[], str]] | None:
    """(the calls that are still missing, what writes the answer); None when the owner asks as a customer would."""
    desk = _Desk(system, shop, conversation)
    return (desk.missing, desk.write) if desk.work() else None


class _Desk:
    def __init__(self, system: Sequence[SystemBlock], shop: Shop, conversation: Conversation) -> None:
        self.shop, self.conversation = shop, conversation
        told = list(read_lines("\n".join(block.text for block in system), "hecho"))
        self.done = [row for row in told if "tool" in row]
        self.note = next((str(row["note"]) for row in told if "nota" in row), "")
        self.agrees = read_consent(conversation.question)
        self.language: Language = language_of_talk(conversation, shop=shop)
        self.missing: list[Call] = []
        self.lines: list[str] = []

    def work(self) -> bool:
        """Work out what is missing and what is to be said; False when this is not for the desk."""
        if self._tell_done():
            return True
        if self._tell_pages():
            return True
        command, chosen = self._read()
        if command is None:
            if self.agrees is not None and not self.conversation.last_answer.strip().endswith("?"):
                self._say("nothing_pending" if self.agrees else "refused")
                return True
            return False
        if command.kind in ("undo", "orders", "wishes"):
            self._look(command.kind)
        else:
            self._change(command, chosen)
        return True

    def write(self) -> str:
        """The whole answer."""
        return "\n".join(self.lines)

    def _say(self, key: str, **values: object) -> None:
        self.lines.append(_SAYS[key][self.language].format(**values))

    def _tell_done(self) -> bool:
        if self.done:
            for act in self.done:
                self._tell_act(act)
            return True
        if self.note in ("refused", "expired"):
            self._say(self.note)
            return True
        return False

    def _tell_pages(self) -> bool:
        """A greeting, and what is done or read on a page of its own."""
        folded = fold(self.conversation.question[:500])
        for key, pattern, page in (
            ("new_product", NEW_PRODUCT, "/user/commercial/products"),
            ("who_wrote", WHO_WROTE, "/user/inbox"),
            ("how_much_sold", HOW_MUCH_SOLD, "/user/analytics"),
        ):
            if pattern.search(folded):
                self._say(key, page=f"{settings.SITE_URL}{page}")
                return True
        said = understand(folded)
        if said.intents == {Intent.GREETING} and not said.queries and not said.topics:
            self._say("hello")
            return True
        return False

    def _tell_act(self, act: Mapping[str, Any]) -> None:
        if act.get("done"):
            self._say("did", said=act["said"])
            if act.get("undo") and not self.shop.brief:
                self._say("hint")
        reasons = [str(each["said"]) for each in act.get("reasons", ()) if each.get("said")]
        self.lines += reasons
        if act.get("failed") and not reasons:
            self._say("failed")

    def _read(self) -> tuple[Command | None, str]:
        """The command, and the words that choose among products which an earlier answer listed."""
        conversation = self.conversation
        command = read_command(conversation.question, currency=self.shop.currency)
        asked = {_SAYS[key][language] for key in ("which", "which_product") for language in _SAYS[key]}
        if command is None and any(conversation.last_answer.startswith(words) for words in asked):
            for text in reversed(conversation.earlier[-3:]):
                if earlier := read_command(text, currency=self.shop.currency):
                    return earlier, conversation.question
        return command, ""

    # -- looking

    def _look(self, kind: str) -> None:
        tool = {"undo": "undo_product_change", "orders": "list_orders", "wishes": "list_wishes"}[kind]
        result = self._result(tool)
        if result is None:
            self.missing.append(Call(tool, {}))
        elif kind == "undo":
            self._tell_result(result)
        elif kind == "orders":
            rows = result.get("orders", ())
            self._say("orders" if rows else "no_orders")
            for row in rows:
                customer = f" ({row['customer']})" if row.get("customer") else ""
                head, _, rest = str(row["told"]).partition("\n")
                self.lines += ["", f"{head}{customer}", rest]
        else:
            rows = result.get("wishes", ())
            self._say("wishes" if rows else "no_wishes")
            for row in rows:
                self._say("times" if row["times"] > 1 else "once", told=row["told"], n=row["times"])

    # -- changing

    def _change(self, command: Command, chosen: str) -> None:
        tool = TOOLS[command.kind]
        if (result := self._result(tool)) is not None:
            self._tell_result(result)
            return
        if not command.words and not chosen:
            self._say("which_product")
            return
        words = command.words or chosen
        found = self._found()
        if found is None:
            self.missing.append(Call("find_own_products", {"words": words}))
            return
        rows = self._narrow(words, found, chosen if command.words else "")
        if not rows:
            self._say("not_found", words=words)
        elif len(rows) == 1:
            arguments = {"id": rows[0].id, **command.arguments}
            self.missing.append(Call(tool, arguments))
        else:
            self._say("which")
            self.lines += [f"- {row.label} — {row.money(language=self.language)}" for row in rows[:SHOWN]]

    def _narrow(self, words: str, rows: Sequence[Row], chosen: str) -> list[Row]:
        """The rows that are meant: those with all the words; the one of that very name or SKU."""
        if chosen:
            listed = {fold(name): place for place, name in enumerate(self._listed(rows))}
            offered = [row for row in rows if fold(row.name) in listed]
            ordinal = understand(chosen).ordinal
            names = sorted(listed, key=lambda name: listed[name])
            if ordinal is not None and offered and abs(ordinal) <= len(names):
                name = names[ordinal - 1 if ordinal > 0 else -1]
                return [row for row in offered if fold(row.name) == name][:1]
            rows, words = offered or list(rows), chosen
        exact = [row for row in rows if fold(words) in (fold(row.name), fold(row.sku))]
        if exact:
            return exact
        match = choose(words, rows)
        return list(match.rows) if match.exact else list(match.rows) if match.near and len(match.rows) == 1 else []

    def _listed(self, rows: Sequence[Row]) -> list[str]:
        return names_in_answer(self.conversation.last_answer, rows=rows)

    def _tell_result(self, result: Mapping[str, Any]) -> None:
        if result.get("done"):
            self._tell_act(result)
        elif "question" in result:
            self._say("asked")
        elif result.get("said"):
            self.lines.append(str(result["said"]))
        else:
            self._say("cannot")

    def _found(self) -> list[Row] | None:
        for name, _, result in reversed(self.conversation.results):
            if name == "find_own_products":
                return read_rows(result, currency=self.shop.currency)
        return None

    def _result(self, tool: str) -> dict[str, Any] | None:
        for name, _, result in reversed(self.conversation.results):
            if name == tool:
                return _read(result)
        return None


def _read(result: ToolResult) -> dict[str, Any]:
    try:
        value = json.loads(result.content)
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}
