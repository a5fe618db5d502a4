from __future__ import annotations

import pytest

pytestmark = pytest.mark.django_db

PATH = "/api/user/products"


@pytest.fixture
def shop(alice, bob, api):
    """Alice's client; Bob has a product that must stay invisible."""
    assert api(bob).post(PATH, {"name": "Ajeno", "price": "1", "sku": "AJ-1", "category": "Ajena"}).status_code == 201
    return api(alice)


@pytest.fixture
def hammer(shop):
    """A product of Alice's, as the API shows it."""
    return shop.post(
        PATH, {"name": "Martillo", "price": "45900.5", "sku": "MAR-1", "category": "Herramientas", "stock": 5}
    ).json()


def test_it_creates_and_reads_a_product(shop, hammer):
    assert hammer["price"] == "45900.50"
    assert hammer["currency"] == "COP"
    assert shop.get(f"{PATH}/{hammer['id']}").json() == hammer
    assert shop.get(f"{PATH}/").json() == {"count": 1, "next": None, "previous": None, "results": [hammer]}
