import django.core.validators
from django.db import migrations, models


class Migration(migrations.Migration):
    """Counting a request waits for no disk; a crash of the database starts all windows afresh."""

    dependencies = [
        ("tenants", "0007_events_plans_audit"),
    ]

    operations = [
        migrations.RunSQL(
            "ALTER TABLE tenants_limit_window SET UNLOGGED", "ALTER TABLE tenants_limit_window SET LOGGED"
        ),
        migrations.AlterField(
            model_name="plan",
            name="requests_per_minute",
            field=models.PositiveIntegerField(
                default=600,
                validators=[django.core.validators.MinValueValidator(1)],
                verbose_name="peticiones por minuto",
            ),
        ),
        migrations.AlterField(
            model_name="plan",
            name="chats_per_minute",
            field=models.PositiveIntegerField(
                default=30,
                validators=[django.core.validators.MinValueValidator(1)],
                verbose_name="mensajes al asistente por minuto",
            ),
        ),
    ]
