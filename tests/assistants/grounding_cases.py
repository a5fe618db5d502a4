# ruff: noqa: E501  (word lists and patterns are one line each)
"""Replies that are true and replies that invent, by hand and by template, in two parts: one to develop by, one kept apart."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

from assistants.grounding import Facts
from catalog.amounts import format_price

DATA = Path(__file__).parent / "data"
DEMO = Path(__file__).parents[2] / "config" / "demo"
DEMO_SHOPS = ("hardware", "clothing", "electronics")
PARTS = {
    "develop": ("ferreteria", "ropa", "electronica"),
    "demo": DEMO_SHOPS,
    "apart": ("petshop", "libreria", "bodega", "vivero"),
}
JUDGED = ("judge", "judge2", "judge3")  # written without having read the check, each in trades of its own
FRESH = (
    "fresh1",
    "fresh2",
    "fresh3",
    "fresh4",
    "fresh5",
    "fresh6",
    "fresh7",
    "fresh8",
)  # one after another, each before a look
FAR_PRODUCTS = (
    "Drone DJI Mini 4", "Bicicleta Trek Marlin 5", "Colchón Paraíso 2 plazas", "Guitarra Yamaha C40", "Cafetera Oster Prima",
    "Perfume Carolina Herrera 80 ml", "Vitamina C Redoxon", "Casco LS2 Stream", "Carpa Coleman 4 personas", "Proyector Epson X49",
)  # fmt: skip


Product = dict[str, Any]


@dataclass(frozen=True)
class Case:
    """A reply of a shop; ``invents`` names what it invents, None when all of it is true."""

    shop: str
    question: str
    reply: str
    invents: str | None
    source: str  # "hand" or "template"


@cache
def shops() -> dict[str, dict[str, Any]]:
    """The shops by name: currency, texts, products."""
    found = dict(json.loads((DATA / "grounding_shops.json").read_text(encoding="utf-8")))
    for name in DEMO_SHOPS:
        demo = json.loads((DEMO / f"{name}.json").read_text(encoding="utf-8"))
        preferences = demo["preferences"]
        found[name] = {
            "currency": preferences["currency"],
            "texts": [preferences["business_name"], "\n".join(demo["business_facts"])],
            "products": demo["products"],
        }
    for part in JUDGED:
        for name, shop in judged(part)["shops"].items():
            found[f"{part}/{name}"] = {**shop, "texts": [shop["name"], shop["facts"]]}
    for part in FRESH:
        found.update(fresh(part)[0])
    return found


@cache
def fresh(part: str) -> tuple[dict[str, dict[str, Any]], list[Case]]:
    """The shops and cases of a set in lines.

    "=== name | currency" begins a shop, "facts:" says its trusted text, "- name | price | stock | category |
    description" is a row, "?" the person's question from there on, "+" a true reply and "x" one that invents.
    """
    found: dict[str, dict[str, Any]] = {}
    written: list[Case] = []
    name, question = "", ""
    for line in (DATA / f"grounding_{part}.txt").read_text(encoding="utf-8").splitlines():
        mark, _, rest = line.partition(" ")
        if mark == "===":
            shop, currency = rest.split(" | ")
            name, question = f"{part}/{shop}", ""
            found[name] = {"currency": currency.strip(), "texts": [shop], "products": []}
        elif mark == "facts:":
            found[name]["texts"].append(rest)
        elif mark == "-":
            keys = ("name", "price", "stock", "category", "description")
            row: Product = dict(zip(keys, (value.strip() for value in rest.split("|")), strict=False))
            found[name]["products"].append(row | {"stock": int(row["stock"])})
        elif mark == "?":
            question = rest
        elif mark in ("+", "x"):
            invents = "invented" if mark == "x" else None
            written.append(Case(name, question, rest.replace("\\n", "\n"), invents, "hand"))
    return found, written


@cache
def judged(part: str) -> dict[str, Any]:
    """One of the judge's sets: its shops and its cases."""
    return dict(json.loads((DATA / f"grounding_{part}.json").read_text(encoding="utf-8")))


def facts_of(case: Case) -> Facts:
    """The facts of the turn: the whole catalogue of the shop, so that every other row's price lies near at hand."""
    shop = shops()[case.shop]
    return Facts(currency=shop["currency"], products=shop["products"], texts=shop["texts"], question=case.question)


def hand_cases(part: str) -> list[Case]:
    """The cases written by hand."""
    if part in FRESH:
        return fresh(part)[1]
    if part in JUDGED:
        return [
            Case(
                f"{part}/{row['shop']}", row["question"], row["reply"], "invented" if row["invented"] else None, "hand"
            )
            for row in judged(part)["cases"]
        ]
    rows = json.loads((DATA / f"grounding_{part}.json").read_text(encoding="utf-8"))
    return [Case(row["shop"], row["question"], row["reply"], row["invents"], "hand") for row in rows]


@dataclass
class Writer:
    """Fills templates with the rows of one shop, reproducibly."""

    shop: str
    chance: random.Random

    @property
    def rows(self) -> list[Product]:
        return list(shops()[self.shop]["products"])

    @property
    def currency(self) -> str:
        return str(shops()[self.shop]["currency"])

    def money(self, amount: Decimal) -> str:
        """The amount as one of several people would write it."""
        styled = format_price(amount=amount, currency=self.currency)
        return self.chance.choice([styled, styled.replace(" ", ""), styled])

    def price(self, row: Product) -> Decimal:
        return Decimal(row["price"])

    def wrong_price(self, row: Product) -> Decimal:
        """A price that no row has: a digit off, digits swapped, ten times, a tenth, a few percent."""
        price, known = self.price(row), {self.price(other) for other in self.rows}
        digits = str(price.quantize(Decimal("0.01")) if price != price.to_integral_value() else int(price))
        candidates = []
        for place, digit in enumerate(digits):
            if digit.isdigit():
                changed = str((int(digit) + 1) % 10)
                candidates.append(Decimal(digits[:place] + changed + digits[place + 1 :]))
        if len(digits) > 1 and digits[0] != digits[1] and digits[1].isdigit() and digits[1] != "0":
            candidates.append(Decimal(digits[1] + digits[0] + digits[2:]))
        candidates += [
            price * 10,
            (price * Decimal("0.9")).quantize(Decimal(1)),
            (price * Decimal("1.15")).quantize(Decimal(1)),
        ]
        candidates = [amount for amount in candidates if amount > 0 and amount not in known]
        return self.chance.choice(candidates)

    def wrong_stock(self, row: Product) -> int:
        return (
            max(1, row["stock"] + self.chance.choice([-3, -2, -1, 1, 2, 3, 7, 10, 30]))
            if row["stock"] > 4
            else row["stock"] + self.chance.choice([2, 5, 9])
        )

    def other(self, row: Product) -> Product:
        """Another row, with another price and another stock."""
        return self.chance.choice(
            [
                other
                for other in self.rows
                if other["price"] != row["price"] and other["stock"] != row["stock"] and other["stock"] > 0
            ]
        )


Template = Callable[[Writer, Product], tuple[str, str]]  # (question, reply)

# -- the part to develop by --------------------------------------------------------------------------------------------
TRUE_DEVELOP: dict[str, Template] = {
    "yes": lambda w, p: (
        f"¿tienen {p['name'].lower()}?",
        f"Sí, tenemos {p['name']} a {w.money(w.price(p))}. Hay {p['stock']} disponibles.",
    ),
    "bold": lambda w, p: (
        "precio",
        f"El precio de **{p['name']}** es **{w.money(w.price(p))}** y quedan **{p['stock']} unidades**.",
    ),
    "bullets": lambda w, p: (
        "opciones",
        "Claro 😊 estas son las opciones:\n"
        + "\n".join(f"- {q['name']}: {w.money(w.price(q))} ({q['stock']} en stock)" for q in (p, w.other(p)))
        + "\n\n¿Cuál prefieres?",
    ),
    "total": lambda w, p: (
        f"¿cuánto salen 3 {p['name'].lower()}?",
        f"3 unidades de {p['name']} serían {w.money(w.price(p) * 3)} en total.",
    ),
    "table": lambda w, p: (
        "lista",
        f"| Producto | Precio | Stock |\n|---|---|---|\n| {p['name']} | {w.money(w.price(p))} | {p['stock']} |",
    ),
    "two": lambda w, p: (
        "los dos",
        (lambda q: f"{p['name']} cuesta {w.money(w.price(p))} y {q['name']}, {w.money(w.price(q))}.")(w.other(p)),
    ),
    "english": lambda w, p: (
        "do you have it?",
        f"Yes, we have {p['name']} for {w.money(w.price(p))}. There are {p['stock']} in stock.",
    ),
    "more_than": lambda w, p: ("stock", f"De {p['name']} tenemos más de {p['stock'] - 1} unidades disponibles."),
}
FALSE_DEVELOP: dict[str, tuple[str, Template]] = {
    "price": ("price", lambda w, p: ("precio", f"Sí, tenemos {p['name']} a {w.money(w.wrong_price(p))}.")),
    "price_bold": (
        "price",
        lambda w, p: ("precio", f"**{p['name']}** — {w.money(w.wrong_price(p))} ({p['stock']} disponibles)"),
    ),
    "swap": (
        "price",
        lambda w, p: (
            "los dos",
            (lambda q: f"{p['name']} cuesta {w.money(w.price(q))} y {q['name']}, {w.money(w.price(p))}.")(w.other(p)),
        ),
    ),
    "swap_list": (
        "price",
        lambda w, p: (
            "los dos",
            (lambda q: f"- {p['name']}: {w.money(w.price(q))}\n- {q['name']}: {w.money(w.price(p))}")(w.other(p)),
        ),
    ),
    "before": (
        "price",
        lambda w, p: ("precio", f"{p['name']}: antes {w.money(w.wrong_price(p))}, ahora {w.money(w.price(p))}."),
    ),
    "stock": ("stock", lambda w, p: ("stock", f"De {p['name']} quedan {w.wrong_stock(p)} unidades.")),
    "stock_item": (
        "stock",
        lambda w, p: ("lista", f"- {p['name']} — {w.money(w.price(p))} ({w.wrong_stock(p)} disponibles)"),
    ),
    "gone": ("stock", lambda w, p: ("stock", f"Lo siento, {p['name']} está agotado.")),
    "far": (
        "product",
        lambda w, p: ("algo más", f"También tenemos {w.chance.choice(FAR_PRODUCTS)} a {w.money(w.price(p))}."),
    ),
    "far_item": (
        "product",
        lambda w, p: (
            "lista",
            f"- {p['name']}: {w.money(w.price(p))}\n- {w.chance.choice(FAR_PRODUCTS)}: {w.money(w.price(p))}",
        ),
    ),
    "discount": (
        "percentage",
        lambda w, p: ("oferta", f"{p['name']} tiene {w.chance.choice([12, 20, 25, 30, 40])} % de descuento hoy."),
    ),
    "total": (
        "price",
        lambda w, p: (
            f"¿cuánto salen 3 {p['name'].lower()}?",
            f"3 unidades de {p['name']} serían {w.money(w.price(p) * 3 + (1 if w.price(p) < 1000 else 1000))} en total.",
        ),
    ),
}

# -- the part kept apart -----------------------------------------------------------------------------------------------
TRUE_APART: dict[str, Template] = {
    "chatty": lambda w, p: (
        "hola",
        f"¡Hola! Qué bueno que escribes 🙌 {p['name']} lo tenemos en {w.money(w.price(p))}; nos quedan {p['stock']}.",
    ),
    "terse": lambda w, p: (p["name"], f"{p['name']}: {w.money(w.price(p))}"),
    "whatsapp": lambda w, p: ("info", f"*{p['name']}*\n💰 {w.money(w.price(p))}\n📦 {p['stock']} unidades"),
    "numbered": lambda w, p: (
        "qué hay",
        "Tenemos:\n"
        + "\n".join(f"{n}. *{q['name']}* – {w.money(w.price(q))}" for n, q in enumerate((p, w.other(p), p), 1)),
    ),
    "sum": lambda w, p: (
        "los dos",
        (
            lambda q: (
                f"{p['name']} ({w.money(w.price(p))}) más {q['name']} ({w.money(w.price(q))}) suman {w.money(w.price(p) + w.price(q))}."
            )
        )(w.other(p)),
    ),
    "difference": lambda w, p: (
        "comparar",
        (lambda a, b: f"{a['name']} cuesta {w.money(abs(w.price(a) - w.price(b)))} menos que {b['name']}.")(
            *sorted((p, w.other(p)), key=w.price)
        ),
    ),
    "portuguese": lambda w, p: (
        "tem?",
        f"Sim! {p['name']} custa {w.money(w.price(p))} e há {p['stock']} unidades em estoque.",
    ),
    "denial": lambda w, p: (
        f"¿tienen {FAR_PRODUCTS[0]}?",
        f"No tenemos {FAR_PRODUCTS[0]}, pero te puede interesar {p['name']}, que está a {w.money(w.price(p))}.",
    ),
}
FALSE_APART: dict[str, tuple[str, Template]] = {
    "price_late": (
        "price",
        lambda w, p: (
            "precio",
            f"¡Claro! Mira, {p['name']} es de lo que más se vende. Su precio es de {w.money(w.wrong_price(p))}.",
        ),
    ),
    "price_terse": ("price", lambda w, p: (p["name"], f"{p['name']}: {w.money(w.wrong_price(p))}")),
    "other_price": ("price", lambda w, p: (p["name"], f"{p['name']} está en {w.money(w.price(w.other(p)))}.")),
    "whatsapp": (
        "price",
        lambda w, p: ("info", f"*{p['name']}*\n💰 {w.money(w.wrong_price(p))}\n📦 {p['stock']} unidades"),
    ),
    "instalments": (
        "price",
        lambda w, p: (
            "cuotas",
            f"{p['name']} lo puedes pagar en 8 cuotas de {w.money((w.price(p) / 8).quantize(Decimal('0.01')) + 1)}.",
        ),
    ),
    "shipping": (
        "price",
        lambda w, p: ("envío", f"{p['name']} cuesta {w.money(w.price(p))} más {w.money(w.wrong_price(p))} de envío."),
    ),
    "stock_words": ("stock", lambda w, p: ("stock", f"Sí hay {p['name']}, en stock tenemos {w.wrong_stock(p)}.")),
    "stock_table": (
        "stock",
        lambda w, p: (
            "lista",
            f"| Artículo | Precio | Disponibles |\n|---|---|---|\n| {p['name']} | {w.money(w.price(p))} | {w.wrong_stock(p)} |",
        ),
    ),
    "english": ("price", lambda w, p: ("price", f"The {p['name']} is {w.money(w.wrong_price(p))}.")),
    "far": ("product", lambda w, p: ("algo", f"Te recomiendo {w.chance.choice(FAR_PRODUCTS)}, es muy bueno.")),
    "far_bold": (
        "product",
        lambda w, p: ("algo", f"Tenemos *{p['name']}* y *{w.chance.choice(FAR_PRODUCTS)}*, los dos disponibles."),
    ),
    "discount": (
        "percentage",
        lambda w, p: ("promo", f"Por hoy {p['name']} va con el {w.chance.choice([18, 35, 50])}% off."),
    ),
}


def template_cases(part: str, *, rows_each: int = 4) -> Iterator[Case]:
    """The cases made by template, always the same ones."""
    if part in JUDGED or part in FRESH:
        return
    trues, falses = (TRUE_DEVELOP, FALSE_DEVELOP) if part != "apart" else (TRUE_APART, FALSE_APART)
    for shop in PARTS[part]:
        writer = Writer(shop, random.Random(f"{part}/{shop}"))
        available = [row for row in writer.rows if row["stock"] > 1]
        for template in trues.values():
            for row in writer.chance.sample(available, rows_each * 2):
                question, reply = template(writer, row)
                yield Case(shop, question, reply, None, "template")
        for kind, false_template in falses.values():
            for row in writer.chance.sample(available, rows_each * 2):
                question, reply = false_template(writer, row)
                yield Case(shop, question, reply, kind, "template")


def cases(part: str) -> list[Case]:
    """All cases of a part."""
    return [*hand_cases(part), *template_cases(part)]
