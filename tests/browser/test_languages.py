"""The pages in the other languages: what the scripts say, plural forms, and money."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

WIDE = 1280


@pytest.mark.parametrize(
    ("language", "currency", "words"),
    [
        (
            "pt",
            "BRL",
            {
                "counted": "1 produto",
                "price": "R$ 1.250,50",
                "note": "Restam poucos",
                "new": "Novo produto",
                "missing": "Dê um nome.",
                "search": "Buscar em tudo",
                "delete": "Excluir Furadeira",
                "undo": "Desfazer",
                "blank": "Seus produtos ficam aqui",
            },
        ),
        (
            "en",
            "USD",
            {
                "counted": "1 product",
                "price": "$1,250.50",
                "note": "Running low",
                "new": "New product",
                "missing": "Give it a name.",
                "search": "Search everything",
                "delete": "Delete Furadeira",
                "undo": "Undo",
                "blank": "Your products go here",
            },
        ),
    ],
)
def test_products_are_sold_in_another_language(visit, person, language, currency, words):
    person.call("PATCH", "/api/user/preferences", {"language": language, "currency": currency})
    person.add_product(name="Furadeira", price="1250.50", stock=3)
    page = visit(person, width=WIDE).go("/user/commercial/products")
    expect(page.locator(".head-count")).to_have_text(words["counted"])
    expect(page.locator("td.cell-price[role=cell]")).to_have_text(words["price"].replace("R$ ", "R$\xa0"))
    expect(page.locator(".stock-note")).to_have_text(words["note"])
    page.keyboard.press("Control+k")
    expect(page.get_by_role("dialog", name=words["search"])).to_be_visible()
    page.keyboard.press("Escape")
    page.locator(".head-actions > button").click()
    dialog = page.get_by_role("dialog", name=words["new"])
    dialog.locator("[type=submit]").click()
    expect(dialog.locator("#product-name-error")).to_have_text(words["missing"])
    page.keyboard.press("Escape")
    page.get_by_role("button", name=words["delete"]).click()
    expect(page.locator(".toast-action")).to_have_text(words["undo"])
    expect(page.get_by_role("heading", name=words["blank"])).to_be_visible()
