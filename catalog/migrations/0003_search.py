"""The words of each product as PostgreSQL's full text, and its vector.

``words`` is computed by the database, so a product is found by its words from the moment it is written, whoever writes
it. It is no field of the model: no list ever reads it. The function breaks texts exactly as ``catalog.words.split``
does; words of a hundred letters and more are left out, because a lexeme may not be longer than 2 kB.
"""

import django.db.models.deletion
import pgvector.django
from django.conf import settings
from django.db import migrations, models

from tenants.rls import SecureTenant, TenantForeignKey

SEPARATORS = r"[\s\x01-\x2f:-@\[-`{-\x7f\u00a0-\u00bf\u00d7\u00f7\u2010-\u2027\u2039\u203a\u2032\u2033\u2026]+"

MAKE_WORDS = rf"""
CREATE FUNCTION catalog_words(text, "char") RETURNS tsvector LANGUAGE sql IMMUTABLE PARALLEL SAFE STRICT
RETURN setweight(
    regexp_replace(
        regexp_replace(
            regexp_replace(
                regexp_replace(normalize(lower($1), NFD), '[\u0300-\u036f]+', '', 'g'),
                '{SEPARATORS}', ' ', 'g'
            ),
            '\S{{100,}}', ' ', 'g'
        ),
        '(\S+)', '\1:1', 'g'
    )::tsvector,
    $2
)
"""

ADD_WORDS = """
ALTER TABLE catalog_product ADD COLUMN words tsvector GENERATED ALWAYS AS (
    catalog_words(name, 'A') || catalog_words(category, 'B') || catalog_words(sku, 'C') || catalog_words(description, 'D')
) STORED
"""


class Migration(migrations.Migration):
    dependencies = [
        ("catalog", "0002_sort_without_accents"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RunSQL("CREATE EXTENSION IF NOT EXISTS vector", migrations.RunSQL.noop),
        migrations.RunSQL(MAKE_WORDS, 'DROP FUNCTION catalog_words(text, "char")'),
        migrations.RunSQL(ADD_WORDS, "ALTER TABLE catalog_product DROP COLUMN words"),
        migrations.CreateModel(
            name="ProductEmbedding",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("model", models.CharField(max_length=120)),
                ("dimension", models.PositiveSmallIntegerField()),
                ("digest", models.BinaryField(max_length=32)),
                ("vector", pgvector.django.HalfVectorField()),
                ("embedded_at", models.DateTimeField()),
                (
                    "product",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="catalog.product"
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        editable=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "vector de un producto",
                "verbose_name_plural": "vectores de los productos",
                "constraints": [models.UniqueConstraint(fields=("user", "product"), name="product_embedding_unique")],
            },
        ),
        SecureTenant("ProductEmbedding"),
        TenantForeignKey("ProductEmbedding", "product"),
    ]
