"""Columns that lists filter and sort by, where row security lets PostgreSQL use an index (``catalog.models.Product``).

Pages far behind and counts are answered from indexes alone, which PostgreSQL does where a vacuum has been; so one is
due after a fiftieth of the rows is new, and a twentieth changed, instead of a fifth of everybody's.
"""

import django.db.models.deletion
import django.db.models.expressions
import django.db.models.functions.comparison
import django.db.models.functions.text
from django.conf import settings
from django.db import migrations, models

VACUUM_SOONER = """
ALTER TABLE catalog_product SET (autovacuum_vacuum_insert_scale_factor = 0.02, autovacuum_vacuum_scale_factor = 0.05)
"""
VACUUM_AS_USUAL = """
ALTER TABLE catalog_product RESET (autovacuum_vacuum_insert_scale_factor, autovacuum_vacuum_scale_factor)
"""


class Migration(migrations.Migration):
    dependencies = [
        ("catalog", "0003_search"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AlterField(
            model_name="product",
            name="user",
            field=models.ForeignKey(
                db_index=False,
                editable=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.RemoveIndex(
            model_name="product",
            name="product_by_price",
        ),
        migrations.RemoveIndex(
            model_name="product",
            name="product_by_update",
        ),
        migrations.RemoveIndex(
            model_name="product",
            name="product_by_name",
        ),
        migrations.RemoveIndex(
            model_name="product",
            name="product_by_category",
        ),
        migrations.AddField(
            model_name="product",
            name="category_key",
            field=models.GeneratedField(
                db_persist=True,
                expression=models.Func(
                    django.db.models.functions.text.Lower("category"),
                    models.Value("áàâãäéèêëíìîïóòôõöúùûüñç"),
                    models.Value("aaaaaeeeeiiiiooooouuuunc"),
                    function="translate",
                ),
                output_field=models.TextField(),
            ),
        ),
        migrations.AddField(
            model_name="product",
            name="name_key",
            field=models.GeneratedField(
                db_persist=True,
                expression=models.Func(
                    django.db.models.functions.text.Lower("name"),
                    models.Value("áàâãäéèêëíìîïóòôõöúùûüñç"),
                    models.Value("aaaaaeeeeiiiiooooouuuunc"),
                    function="translate",
                ),
                output_field=models.TextField(),
            ),
        ),
        migrations.AddField(
            model_name="product",
            name="price_key",
            field=models.GeneratedField(
                db_persist=True,
                expression=django.db.models.functions.comparison.Cast(
                    django.db.models.expressions.CombinedExpression(models.F("price"), "*", models.Value(100)),
                    models.BigIntegerField(),
                ),
                output_field=models.BigIntegerField(),
            ),
        ),
        migrations.AddField(
            model_name="product",
            name="sku_key",
            field=models.GeneratedField(
                db_persist=True,
                expression=models.Func(
                    django.db.models.functions.text.Lower("sku"),
                    models.Value("áàâãäéèêëíìîïóòôõöúùûüñç"),
                    models.Value("aaaaaeeeeiiiiooooouuuunc"),
                    function="translate",
                ),
                output_field=models.TextField(),
            ),
        ),
        migrations.AddIndex(
            model_name="product",
            index=models.Index(fields=["user", "active", "name_key", "id"], include=("stock",), name="product_by_name"),
        ),
        migrations.AddIndex(
            model_name="product",
            index=models.Index(fields=["user", "active", "category_key", "name_key", "id"], name="product_by_category"),
        ),
        migrations.AddIndex(
            model_name="product",
            index=models.Index(
                fields=["user", "active", "price_key", "id"], include=("stock",), name="product_by_price"
            ),
        ),
        migrations.AddIndex(
            model_name="product",
            index=models.Index(fields=["user", "active", "stock", "id"], name="product_by_stock"),
        ),
        migrations.AddIndex(
            model_name="product",
            index=models.Index(fields=["user", "active", "sku_key", "id"], name="product_by_sku"),
        ),
        migrations.AddIndex(
            model_name="product",
            index=models.Index(fields=["user", "active", "created_at", "id"], name="product_by_creation"),
        ),
        migrations.AddIndex(
            model_name="product",
            index=models.Index(fields=["user", "active", "updated_at", "id"], name="product_by_update"),
        ),
        migrations.RunSQL(VACUUM_SOONER, VACUUM_AS_USUAL),
    ]
