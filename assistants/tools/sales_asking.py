# ruff: noqa: E501  (word lists are one line each)
"""What the owner is asked before a product is changed, and told after."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, cast

from assistants.language import Language
from assistants.tools.base import ToolContext
from catalog.amounts import format_price

_SAYS: dict[str, dict[Language, str]] = {
    "ask_price": {"es": "¿Cambio el precio de {name} de {was} a {now}?", "en": "Shall I change the price of {name} from {was} to {now}?", "pt": "Mudo o preço de {name} de {was} para {now}?"},
    "ojo": {"es": "⚠️ Ojo: hoy cuesta {was}; quedaría en {now}.", "en": "⚠️ Mind: today it costs {was}; it would cost {now}.", "pt": "⚠️ Atenção: hoje custa {was}; ficaria em {now}."},
    "ask_stock": {"es": "¿Cambio las existencias de {name} de {was} a {now}?", "en": "Shall I change the stock of {name} from {was} to {now}?", "pt": "Mudo o estoque de {name} de {was} para {now}?"},
    "ask_withdraw": {"es": "¿Retiro {name} de la venta?", "en": "Shall I take {name} off sale?", "pt": "Retiro {name} da venda?"},
    "ask_restore": {"es": "¿Pongo {name} de nuevo a la venta?", "en": "Shall I put {name} back on sale?", "pt": "Coloco {name} de novo à venda?"},
    "ask_undo": {"es": "¿Deshago el último cambio de un producto?", "en": "Shall I undo the latest change of a product?", "pt": "Desfaço a última mudança de um produto?"},
    "several": {"es": "¿Hago estos {n} cambios?", "en": "Shall I make these {n} changes?", "pt": "Faço estas {n} mudanças?"},
    "yes": {"es": "Responde «sí» y lo hago; si no, queda todo como está.", "en": "Answer «yes» and I'll do it; otherwise everything stays as it is.", "pt": "Responda «sim» e eu faço; senão, fica tudo como está."},
    "did_price": {"es": "{name}: el precio pasó de {was} a {now}.", "en": "{name}: the price went from {was} to {now}.", "pt": "{name}: o preço passou de {was} para {now}."},
    "did_stock": {"es": "{name}: las existencias pasaron de {was} a {now}.", "en": "{name}: the stock went from {was} to {now}.", "pt": "{name}: o estoque passou de {was} para {now}."},
    "did_withdraw": {"es": "{name} ya no está a la venta.", "en": "{name} is no longer on sale.", "pt": "{name} já não está à venda."},
    "did_restore": {"es": "{name} está de nuevo a la venta.", "en": "{name} is on sale again.", "pt": "{name} está de novo à venda."},
    "stands": {"es": "{name} queda como estaba: {price}, existencias: {stock}.", "en": "{name} is as it was: {price}, stock: {stock}.", "pt": "{name} fica como estava: {price}, estoque: {stock}."},
    "stale": {"es": "{name} cambió mientras tanto, así que no hice nada. Pídemelo de nuevo si todavía quieres.", "en": "{name} was changed meanwhile, so I did nothing. Ask me again if you still want it.", "pt": "{name} mudou nesse meio-tempo, então não fiz nada. Peça de novo se ainda quiser."},
    "bad_price": {"es": "Ese precio no se puede: va de 0 en adelante, con dos decimales como mucho.", "en": "That price cannot be: it goes from 0 up, with two decimals at most.", "pt": "Esse preço não pode: vai de 0 em diante, com no máximo duas casas decimais."},
    "same_price": {"es": "{name} ya tiene ese precio.", "en": "{name} has that price already.", "pt": "{name} já tem esse preço."},
    "too_few": {"es": "De {name} solo hay {left}: no se pueden quitar tantas.", "en": "There are only {left} of {name}: that many cannot be taken.", "pt": "De {name} só há {left}: não dá para tirar tantas."},
    "bad_stock": {"es": "Son demasiadas unidades.", "en": "Those are too many units.", "pt": "São unidades demais."},
    "same_stock": {"es": "De {name} ya hay {left}.", "en": "There are {left} of {name} already.", "pt": "De {name} já há {left}."},
    "is_for_sale": {"es": "{name} ya está a la venta.", "en": "{name} is on sale already.", "pt": "{name} já está à venda."},
    "is_withdrawn": {"es": "{name} ya está retirado de la venta.", "en": "{name} is off sale already.", "pt": "{name} já está fora da venda."},
    "sku_taken": {"es": "{name} no puede volver a la venta: otro producto tiene el código {sku}.", "en": "{name} cannot be put back on sale: another product has the code {sku}.", "pt": "{name} não pode voltar à venda: outro produto tem o código {sku}."},
    "no_undo": {"es": "No encuentro ningún cambio reciente de un producto que se pueda deshacer.", "en": "I find no recent change of a product that can be undone.", "pt": "Não encontro nenhuma mudança recente de um produto que se possa desfazer."},
    "by_chat": {"es": "Cambio por chat", "en": "Changed by chat", "pt": "Mudança pelo chat"},
    "undone_by_chat": {"es": "Deshecho por chat", "en": "Undone by chat", "pt": "Desfeito pelo chat"},
}  # fmt: skip
_KINDS = {"change_price": "price", "change_stock": "stock", "set_availability": "active", "undo_product_change": "undo"}


def say(key: str, language: str, **values: Any) -> str:
    """The words in that language."""
    return _SAYS[key][cast("Language", language)].format(**values)


def write_question(context: ToolContext, calls: Sequence[Mapping[str, Any]]) -> str:
    """What is asked before ``calls`` ({tool, arguments, sealed}) are made: product, old value and new."""
    lines = [describe_change(f"ask_{_KINDS[call['tool']]}", call.get("sealed") or {}, context) for call in calls]
    if len(lines) == 1:
        return f"{lines[0]}\n\n{say('yes', context.language)}"
    head = say("several", context.language, n=len(lines))
    return "\n".join([head, *(f"- {line.strip('¿?')}" for line in lines), "", say("yes", context.language)])


def describe_change(key: str, sealed: Mapping[str, Any], context: ToolContext) -> str:
    """One change in words; ``key`` is ask_… or did_… with price, stock, active or undo."""
    verb, _, what = key.partition("_")
    values = dict(sealed)
    if what == "active":
        key = f"{verb}_{'restore' if sealed['now'] else 'withdraw'}"
    elif what == "price":
        values |= {
            name: format_price(amount=Decimal(sealed[name]), currency=context.currency, language=context.language)
            for name in ("was", "now")
        }
    told = say(key, context.language, **values)
    if key == "ask_price" and sealed.get("warns"):
        told = f"{told} {say('ojo', context.language, **values)}"
    return told
