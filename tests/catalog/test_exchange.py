"""Products as rows of a table: what leaves comes back as it was, in each format, and thousands at once."""

from __future__ import annotations

import io
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone, translation
from hypothesis import HealthCheck, given
from hypothesis import settings as limits
from hypothesis import strategies as st

from catalog.exchange import PRODUCTS
from catalog.models import MOST_MONEY, MOST_UNITS, Product
from tenants.exchange import drafting, running
from tenants.exchange.writers import Column, write_csv, write_xlsx
from tenants.models import ImportJob, User
from tenants.scope import tenant_scope
from tests.tenants.exchange.sheets import upload

pytestmark = pytest.mark.django_db

FIELDS = [field.name for field in PRODUCTS.fields]
# What PostgreSQL, XML and a cell of Excel's hold.
text = st.characters(
    codec="utf-8", exclude_categories=["Cc", "Cs", "Cn", "Co"], exclude_characters="\ufffd\ufffe\uffff"
)
line = st.text(text, max_size=40)
trimmed = line.map(str.strip)
formulas = st.sampled_from(["=1+1", "'=1", "+57300", "-5", "@x", "'", "''+x", "\uff1d1", "1.234", "001", "sí"])
named = st.one_of(trimmed, formulas).filter(bool)
product = st.fixed_dictionaries(
    {
        "name": named,
        "description": st.one_of(line.filter(lambda said: not said or not said.isspace()), formulas, st.just("a\nb")),
        "price": st.decimals(min_value=0, max_value=MOST_MONEY, places=2),
        "sku": st.one_of(st.just(""), trimmed.filter(lambda said: len(said) < 60), formulas),
        "category": st.one_of(trimmed, formulas),
        "stock": st.integers(0, MOST_UNITS),
        "active": st.booleans(),
    }
)


def distinct(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """As the database wants them: no two active ones have one SKU, in whatever case."""
    seen: set[str] = set()
    for row in rows:
        if row["active"] and row["sku"]:
            while row["sku"].lower() in seen:
                row["sku"] = f"{row['sku'][:50]}-{len(seen)}"
            seen.add(row["sku"].lower())
    return rows


def write(user: User, form: str) -> bytes:
    """All products as a file of ours."""
    columns = [Column(field.name, str(field.label), field.type) for field in PRODUCTS.fields]
    rows = ([values[name] for name in FIELDS] for values in PRODUCTS.export(user=user, filters={"active": "all"}))
    file, zone = io.BytesIO(), timezone.get_current_timezone()
    if form == "xlsx":
        write_xlsx(file=file, columns=columns, rows=rows, zone=zone, title="Productos")
    else:
        write_csv(file=file, columns=columns, rows=rows, language=form, zone=zone)
    return file.getvalue()


def read(user: User, content: bytes, **how: str) -> ImportJob:
    file = upload(content)
    job = drafting.begin(user=user, kind=PRODUCTS, file=file, name="x", size=file.size, **how)
    job = running.start(user=user, job=job, now=timezone.now())
    running.run(user=user, job_id=job.pk)
    job.refresh_from_db()
    return job


def shelf() -> list[tuple[Any, ...]]:
    return sorted(Product.objects.values_list(*FIELDS))


@pytest.mark.parametrize("form", ["es", "en", "xlsx"])
@limits(max_examples=6, deadline=None, suppress_health_check=list(HealthCheck))
@given(rows=st.lists(product, min_size=1, max_size=12).map(distinct))
def test_what_leaves_comes_back_as_it_was(alice, bob, form, rows):
    with translation.override("en" if form == "en" else "es"):
        with tenant_scope(alice):
            Product.objects.all().delete()
            Product.objects.bulk_create([Product(user=alice, **row) for row in rows])
            content, before = write(alice, form), shelf()
            again = read(alice, content)
            assert (again.status, again.created, again.updated, again.refused) == ("done", 0, 0, 0), again.errors
        with tenant_scope(bob):
            Product.objects.all().delete()
            job = read(bob, content)
            assert (job.status, job.created, job.refused) == ("done", len(rows), 0), job.errors
            assert shelf() == before
            assert write(bob, form) == content
            undone = running.undo(job=job, now=timezone.now())
            running.run(user=bob, job_id=undone.pk)
            assert shelf() == []


@pytest.mark.parametrize("form", ["es", "xlsx"])
def test_several_withdrawn_with_one_sku_each_find_their_own(alice, form):
    """Whatever their names, and whichever was first: a file says them in the order of their names."""
    with tenant_scope(alice):
        for name in ("Zapato", "árbol", "Martillo", "martillo"):
            Product.objects.create(user=alice, name=name, sku="S-1", price=1, active=False)
        Product.objects.create(user=alice, name="Banco", sku="s-1", price=1)
        again = read(alice, write(alice, form))
        assert (again.status, again.created, again.updated, again.unchanged) == ("done", 0, 0, 5)


def lines(rows: int, *, price: int) -> Iterator[str]:
    yield "sku;nombre;precio;categoría;existencias;descripción"
    for n in range(rows):
        yield f"S-{n:05};Producto número {n};{price + n};Grupo {n % 20};{n % 50};Una descripción de {n}"


@pytest.mark.django_db(transaction=True)
def test_five_thousand_products_go_in_by_batches(django_assert_max_num_queries):
    shop = User.objects.create_user("tienda", "tienda@example.com", "una-clave-larga-7")
    content = "\n".join(lines(5000, price=1000)).encode()
    with tenant_scope(shop):
        with django_assert_max_num_queries(250):  # by batches, not by rows
            job = read(shop, content)
        assert (job.status, job.created, job.refused) == ("done", 5000, 0)
        changed = read(shop, "\n".join(lines(5000, price=2000)).encode(), mode="all_or_nothing")
        assert (changed.status, changed.updated) == ("done", 5000)
        assert Product.objects.get(sku="S-00007").price == Decimal(2007)
