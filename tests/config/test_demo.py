"""The demo shops: what is in them, that they come back as people left them, and who may be let in."""

from __future__ import annotations

import io
import json
from collections import Counter
from dataclasses import dataclass

import pytest
from django.contrib.auth.password_validation import validate_password
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import override_settings

from catalog import products
from catalog.models import MOST_MONEY, Product, StockMovement
from config.demo.accounts import KNOWN_PASSWORDS, demo_accounts
from config.demo.checks import check_demo_passwords
from config.demo.shops import FOLDER, TRADES, read_shop
from messaging.models import Conversation, Message
from tenants.accounts import change_password, register
from tenants.models import Event, Preferences, User
from tenants.scope import all_tenants, tenant_scope
from tests.databases import shared

SHOPS = [read_shop(trade) for trade in TRADES]
CURRENCY_OF = {"ferreteria": "COP", "moda": "MXN", "electronica": "PEN"}


OWN_MACHINE = {"SITE_URL": "http://127.0.0.1:8000", "BIND_HOST": "127.0.0.1", "DEMO": True}


@pytest.fixture(autouse=True)
def _own_machine():
    with override_settings(**OWN_MACHINE):
        yield


def run() -> list[str]:
    """The lines that the command prints."""
    out = io.StringIO()
    call_command("demo", stdout=out, stderr=io.StringIO())
    return out.getvalue().splitlines()


def everything() -> list[tuple[object, ...]]:
    """Every product of every tenant, as it stands."""
    with all_tenants():
        return list(Product.objects.order_by("id").values_list())


@pytest.mark.parametrize("shop", SHOPS, ids=TRADES)
class TestTheFiles:
    def test_each_shop_has_enough_to_sell_in_several_categories(self, shop):
        assert len(shop.products) >= 45
        assert 6 <= len({row["category"] for row in shop.products}) <= 10

    def test_no_two_products_are_alike(self, shop):
        for column in ("sku", "name", "description"):
            [(most, times)] = Counter(row[column].lower() for row in shop.products).most_common(1)
            assert times == 1, most

    def test_some_products_are_sold_out_and_some_run_low(self, shop):
        units = [row["stock"] for row in shop.products]
        assert units.count(0) >= 3
        assert sum(0 < n <= 4 for n in units) >= 3

    def test_every_description_says_something_and_every_price_is_one(self, shop):
        for row in shop.products:
            assert len(row["description"]) >= 60, row["name"]
            assert 0 < row["price"] <= MOST_MONEY

    def test_the_facts_answer_what_customers_ask(self, shop):
        facts = shop.preferences["business_facts"].lower()
        for asked in ("dirección", "horario", "pago", "cambios", "whatsapp"):
            assert asked in facts
        assert len(facts) <= 4000

    def test_prices_are_written_as_text_so_that_no_cent_is_lost(self, shop):
        for trade in TRADES:
            read = json.loads((FOLDER / f"{trade}.json").read_text(encoding="utf-8"))
            assert all(isinstance(row["price"], str) for row in read["products"])

    def test_the_password_would_be_accepted_from_a_person(self, shop):
        validate_password(KNOWN_PASSWORDS[shop.username], User(username=shop.username, email=shop.email))


def test_the_superadmins_password_would_be_accepted_from_a_person():
    validate_password(KNOWN_PASSWORDS["admin"], User(username="admin", email="admin@example.com"))


@pytest.mark.django_db
def test_a_run_that_was_cut_short_is_finished_by_the_next(bob, monkeypatch):
    create, calls = products.create, []

    def fail_on_the_tenth(**fields):
        calls.append(fields)
        if len(calls) == 10:
            raise RuntimeError("cut")
        return create(**fields)

    monkeypatch.setattr(products, "create", fail_on_the_tenth)
    with pytest.raises(RuntimeError, match="cut"):
        run()
    assert everything() == []
    monkeypatch.undo()
    run()
    assert len(everything()) == sum(len(shop.products) for shop in SHOPS)


@pytest.mark.django_db
def test_somebody_elses_account_of_the_same_name_stays_theirs(bob):
    register(username="Moda", password="la-mia-de-verdad-8", email="duena@example.org")
    lines = run()
    theirs = User.objects.get(username="Moda")
    with tenant_scope(theirs):
        assert not Product.objects.exists()
    assert not User.objects.filter(username="moda").exists()
    assert not any(line.lower().startswith("moda /") for line in lines)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("site", "host"),
    [("https://tienda.example.com", "127.0.0.1"), ("http://127.0.0.1:8000", "0.0.0.0")],  # noqa: S104
)
def test_it_refuses_where_others_can_reach_the_site_and_says_why(bob, settings, site, host):
    settings.SITE_URL, settings.BIND_HOST, settings.DEMO = site, host, False
    with pytest.raises(CommandError, match="DEMO=1") as refusal:
        run()
    assert site in str(refusal.value)
    assert User.objects.count() == 1
    assert everything() == []


@pytest.mark.django_db
def test_on_a_public_site_that_asks_for_it_passwords_are_random_and_printed_once(bob, settings):
    settings.SITE_URL = "https://tienda.example.com"
    printed = dict(line.split(" / ") for line in run() if " / " in line)
    assert set(printed) == set(KNOWN_PASSWORDS)
    for username, password in printed.items():
        assert User.objects.get(username=username).check_password(password)
        assert password != KNOWN_PASSWORDS[username]
        assert len(password) >= 16
    assert not any(" / " in line for line in run())
    assert demo_accounts() == []


# --- what every test below finds, and leaves as it was ---------------------------------------------------------------
@dataclass
class Made:
    """The demo as the first run made it, beside two tenants who were there before, and what that run printed."""

    alice: User
    bob: User
    alices: int  # her product, which has the number of one of the demo's
    lines: list[str]


@pytest.fixture(scope="class")
def made(django_db_setup, django_db_blocker):
    """Made once."""
    yield from shared(_make, blocker=django_db_blocker)


def _make() -> Made:
    alice, bob = (register(username=name, password="una-clave-larga-7") for name in ("alice", "bob"))
    with tenant_scope(alice):
        price = SHOPS[0].products[0]["price"]
        hers = products.create(user=alice, name="Serrucho de Alicia", price=price, sku="HEL-101")
    with override_settings(**OWN_MACHINE):
        return Made(alice, bob, hers.pk, run())


def counts() -> list[tuple[int, ...]]:
    """Of each shop: what happened, and what was said to whom."""
    found = []
    for owner in User.objects.filter(username__in=[shop.username for shop in SHOPS]).order_by("username"):
        with tenant_scope(owner):
            found.append((Event.objects.count(), Message.objects.count(), Conversation.objects.count()))
    assert len(found) == len(SHOPS)
    return found


@pytest.mark.django_db
class TestOnceItIsMade:
    def test_it_makes_three_shops_and_a_superadmin_and_prints_who_they_are(self, made):
        assert [line for line in made.lines if " / " in line] == [
            f"{name} / {word}" for name, word in KNOWN_PASSWORDS.items()
        ]
        assert User.objects.get(username="admin").is_superadmin
        for shop in SHOPS:
            owner = User.objects.get(username=shop.username)
            assert owner.check_password(KNOWN_PASSWORDS[shop.username])
            assert owner.timezone == shop.timezone
            with tenant_scope(owner):
                assert Product.objects.count() == len(shop.products)
                preferences = Preferences.current(owner)
                assert preferences.currency == CURRENCY_OF[shop.username]
                assert preferences.business_name == shop.preferences["business_name"]
                preferences.full_clean(exclude=["user"])

    def test_the_ledger_explains_the_stock(self, made):
        owner = User.objects.get(username="ferreteria")
        with tenant_scope(owner):
            for product in Product.objects.all():
                assert sum(line.delta for line in StockMovement.objects.filter(product=product)) == product.stock

    def test_there_are_things_that_cut_wood_and_things_that_do_not(self, made):
        with tenant_scope(User.objects.get(username="ferreteria")):
            names = " ".join(Product.objects.in_stock().values_list("name", flat=True)).lower()
        for tool in ("serrucho", "sierra circular", "caladora", "segueta", "cortatubos", "disco de corte para metal"):
            assert tool in names

    def test_a_second_run_changes_nothing(self, made):
        before, told = everything(), counts()
        second = run()
        assert (everything(), counts()) == (before, told)
        assert [line for line in second if " / " in line] == [line for line in made.lines if " / " in line]
        assert User.objects.count() == 6
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM tenants_event_rest")
            assert cursor.fetchone() == (0,), "every month of it was made"

    def test_what_people_changed_survives(self, made):
        owner = User.objects.get(username="ferreteria")
        change_password(user=owner, password="otra-clave-muy-mia-3")
        with tenant_scope(owner):
            edited, renamed, removed = Product.objects.order_by("id")[:3]
            products.change(product_id=edited.pk, price=edited.price + 1000)
            products.change(product_id=renamed.pk, name="Otro nombre", sku="OTRO-SKU")
            products.withdraw(product_id=removed.pk)
            Preferences.current(owner).change(business_name="Ferretería Nueva")
        before = everything()

        lines = run()

        assert everything() == before
        owner.refresh_from_db()
        assert owner.check_password("otra-clave-muy-mia-3")
        with tenant_scope(owner):
            assert Preferences.current(owner).business_name == "Ferretería Nueva"
        assert not any(line.startswith("ferreteria /") for line in lines)  # that password opens it no longer

    def test_other_tenants_are_not_touched(self, made):
        for person, expected in ((made.alice, [made.alices]), (made.bob, [])):
            with tenant_scope(person):
                assert list(Product.objects.values_list("pk", flat=True)) == expected
                assert Preferences.current(person).business_name == ""

    def test_a_site_that_goes_public_with_the_known_passwords_is_refused(self, made, settings):
        assert check_demo_passwords(databases=["default"]) == []
        settings.SITE_URL = "https://tienda.example.com"
        assert [found.id for found in check_demo_passwords(databases=["default"])] == ["config.E010"] * 4
        change_password(user=User.objects.get(username="admin"), password="otra-clave-muy-mia-3")
        User.objects.filter(username="moda").update(is_active=False)
        assert len(check_demo_passwords(databases=["default"])) == 2
