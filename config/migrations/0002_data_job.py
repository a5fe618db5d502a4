import django.core.serializers.json
import django.utils.timezone
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("config", "0001_heartbeat"),
    ]

    operations = [
        migrations.CreateModel(
            name="DataJob",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("export", "exportar los datos de una cuenta"),
                            ("erase", "borrar una cuenta y todos sus datos"),
                            ("erase_contact", "borrar a un cliente de una cuenta"),
                        ],
                        max_length=14,
                        verbose_name="trabajo",
                    ),
                ),
                ("account_id", models.BigIntegerField()),
                ("account_name", models.CharField(max_length=60, verbose_name="cuenta")),
                ("contact_id", models.BigIntegerField(blank=True, null=True, verbose_name="cliente")),
                ("asked_by_id", models.BigIntegerField(blank=True, null=True)),
                ("asked_by", models.CharField(blank=True, max_length=60, verbose_name="pedido por")),
                ("reason", models.CharField(max_length=500, verbose_name="motivo")),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("waiting", "en espera"),
                            ("running", "en curso"),
                            ("done", "terminado"),
                            ("failed", "fallido"),
                            ("cancelled", "cancelado"),
                        ],
                        default="waiting",
                        max_length=10,
                        verbose_name="estado",
                    ),
                ),
                ("done", models.BigIntegerField(default=0, verbose_name="filas hechas")),
                ("total", models.BigIntegerField(default=0, verbose_name="filas en total")),
                ("cursor", models.JSONField(default=dict, encoder=django.core.serializers.json.DjangoJSONEncoder)),
                (
                    "report",
                    models.JSONField(
                        default=dict, encoder=django.core.serializers.json.DjangoJSONEncoder, verbose_name="informe"
                    ),
                ),
                ("file", models.CharField(blank=True, max_length=100, verbose_name="archivo")),
                ("fault", models.CharField(blank=True, max_length=200, verbose_name="falla")),
                ("attempts", models.PositiveSmallIntegerField(default=0)),
                ("lease_until", models.DateTimeField(null=True)),
                ("fence", models.PositiveBigIntegerField(default=0)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, verbose_name="pedido")),
                ("finished_at", models.DateTimeField(null=True, verbose_name="terminado")),
                ("expires_at", models.DateTimeField(null=True, verbose_name="el archivo se borra")),
            ],
            options={
                "verbose_name": "trabajo con datos",
                "verbose_name_plural": "trabajos con datos",
                "indexes": [
                    models.Index(
                        condition=models.Q(("state__in", ["waiting", "running"])), fields=["id"], name="data_job_open"
                    ),
                    models.Index(
                        condition=models.Q(("file", ""), _negated=True),
                        fields=["expires_at"],
                        name="data_job_by_expiry",
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("state__in", ["waiting", "running"])),
                        fields=("account_id", "kind", "contact_id"),
                        name="data_job_one_at_a_time",
                        nulls_distinct=False,
                    )
                ],
            },
        ),
    ]
