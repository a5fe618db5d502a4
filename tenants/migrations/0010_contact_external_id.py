from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("tenants", "0009_access_version"),
    ]

    operations = [
        migrations.AddField(
            model_name="contact",
            name="external_id",
            field=models.CharField(
                blank=True, db_default="", default="", max_length=255, verbose_name="identificador externo"
            ),
        ),
        migrations.AddConstraint(
            model_name="contact",
            constraint=models.UniqueConstraint(
                condition=models.Q(("external_id", ""), _negated=True),
                fields=("user", "external_id"),
                name="contact_external_id_unique",
                violation_error_message="Ya tienes un contacto con este identificador.",
            ),
        ),
    ]
