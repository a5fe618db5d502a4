"""A spreadsheet of products as a shop has it, and its import from the file to the last row."""

from __future__ import annotations

import csv
import io
from zoneinfo import ZoneInfo

from django.utils import timezone, translation

from catalog.models import Product
from config.demo.shops import TRADES, read_shop
from tenants.exchange import drafting, running
from tenants.exchange.kinds import kind_of
from tenants.models import ImportJob, User
from tenants.scope import tenant_scope

HEAD = ["Producto", "Descripción", "Precio", "Código", "Categoría", "Existencias"]


def make_sheet(count: int) -> bytes:
    """``count`` products as CSV with semicolons, each with a SKU of its own."""
    texts = [dict(row) for trade in TRADES for row in read_shop(trade).products]
    out = io.StringIO()
    writer = csv.writer(out, delimiter=";")
    writer.writerow(HEAD)
    for n in range(count):
        text = texts[n % len(texts)]
        row = [text["description"], f"{n % 900 + 1}.50", f"P-{n:07}", text.get("category", ""), n % 200]
        writer.writerow([f"{text['name']} {n}", *row])
    return out.getvalue().encode()


def import_products(*, user: User, sheet: bytes, count: int) -> None:
    """From the file to the last product, as the queue's worker does it. Raises RuntimeError unless all are there."""
    with translation.override("es"), timezone.override(ZoneInfo(user.timezone)), tenant_scope(user):
        kind, file = kind_of("products"), io.BytesIO(sheet)
        job = drafting.begin(user=user, kind=kind, file=file, name="productos.csv", size=len(sheet))
        job = running.start(user=user, job=job, now=timezone.now())
        while job.status == ImportJob.Status.RUNNING:
            running.run(user=user, job_id=job.pk)
            job.refresh_from_db()
        if job.created != count or Product.objects.count() != count:
            raise RuntimeError(f"{job.created} products of {count} were made: {job.errors[:3]}")
