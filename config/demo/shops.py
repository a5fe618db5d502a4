"""The demo's shops: read from the files beside this one, and put in through the doors that everybody uses."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone

from catalog import products
from catalog.models import Product
from config.demo.accounts import SUPERADMIN, SUPERADMIN_EMAIL, Account, choose_password, demo_accounts, is_local
from config.demo.diary import fill_diary
from config.demo.history import DAYS, tell_history
from config.demo.writing import set_back
from tenants.accounts import register
from tenants.models import Event, Preferences, User
from tenants.months import make_months
from tenants.scope import tenant_scope

FOLDER = Path(__file__).parent
TRADES = ("hardware", "clothing", "electronics")


@dataclass(frozen=True)
class Shop:
    """A demo business: who owns it, what it says about itself (``preferences``) and what it sells."""

    username: str
    email: str
    timezone: str
    language: str
    preferences: dict[str, str]
    products: list[products.ProductFields]


@dataclass
class Demo:
    """What ``set_up`` did: accounts one can log in with, how many products were added, and what was left alone."""

    accounts: list[Account] = field(default_factory=list)
    added: int = 0
    notes: list[str] = field(default_factory=list)


def read_shop(trade: str) -> Shop:
    """The shop in ``<trade>.json``. Its facts are a list of lines there, one text here."""
    read: dict[str, Any] = json.loads((FOLDER / f"{trade}.json").read_text(encoding="utf-8"))
    facts = "\n".join(read.pop("business_facts"))
    stock: list[products.ProductFields] = [{**row, "price": Decimal(row["price"])} for row in read.pop("products")]
    return Shop(**read | {"preferences": {**read["preferences"], "business_facts": facts}, "products": stock})


def set_up() -> Demo:
    """Make what is missing of the demo; what people changed since stays as they left it.

    A shop is filled in one transaction and only while it has never had a product, and its agenda only while that has
    never had an entry, so that what its owner edited, renamed or removed does not come back. Raises PublicSite (see
    ``config.demo.accounts``) before anything is made.
    """
    demo, now = Demo(), timezone.now()
    make_months(now=now - timedelta(days=DAYS))  # for the events of a past that is told, and not lived
    make_months(now=now)
    for trade in TRADES:
        shop = read_shop(trade)
        owner = _open_account(shop, demo)
        if owner is not None:
            demo.added += _fill(owner, shop)
            with tenant_scope(owner), transaction.atomic():
                User.objects.select_for_update().get(pk=owner.pk)  # two runs at once take turns here too
                last = _last_event()
                fill_diary(owner=owner, trade=trade, now=now)
                set_back(after=last, by=timedelta(days=4))
                tell_history(owner=owner, trade=trade, now=now)
    _appoint_superadmin(demo)
    if is_local():
        demo.accounts = demo_accounts()
    return demo


def _open_account(shop: Shop, demo: Demo) -> User | None:
    """The shop's owner, made now if missing. None when somebody else has that name or e-mail: theirs is not touched."""
    password = choose_password(shop.username)
    owner = User.objects.filter(username__iexact=shop.username).first()
    if owner is None:
        try:
            owner = register(
                username=shop.username,
                password=password,
                email=shop.email,
                timezone=shop.timezone,
                language=shop.language,
            )
        except ValidationError as refusal:
            demo.notes.append(f"{shop.username} was not made: {' '.join(refusal.messages)}")
            return None
        demo.accounts.append(Account(shop.username, password))
    if not owner.is_tenant or owner.email != shop.email:
        demo.notes.append(f"{shop.username} is somebody else's account and was left alone.")
        return None
    return owner


def _fill(owner: User, shop: Shop) -> int:
    """Give an empty shop its facts and its products. Answers how many products were added."""
    with tenant_scope(owner), transaction.atomic():
        # Two runs at once take turns here; the second finds the shop filled.
        User.objects.select_for_update().get(pk=owner.pk)
        if Product.objects.exists():
            return 0
        last = _last_event()
        preferences = Preferences.current(owner)
        if not preferences.business_name and not preferences.business_facts:
            preferences.change(person=None, **shop.preferences)
        for row in shop.products:
            products.create(user=owner, **row)
        set_back(after=last, by=timedelta(days=DAYS))
    return len(shop.products)


def _last_event() -> int:
    """The newest event of the open scope; those after it were left by what is being made."""
    return Event.objects.order_by("-id").values_list("id", flat=True).first() or 0


def _appoint_superadmin(demo: Demo) -> None:
    password = choose_password(SUPERADMIN)
    if User.objects.filter(username__iexact=SUPERADMIN).exists():
        return
    try:
        with transaction.atomic():
            User.objects.create_superuser(SUPERADMIN, SUPERADMIN_EMAIL, password)
    except IntegrityError:
        demo.notes.append(f"{SUPERADMIN} was not made: {SUPERADMIN_EMAIL} has an account already.")
        return
    demo.accounts.append(Account(SUPERADMIN, password))
