from django.db import migrations


class Migration(migrations.Migration):
    """The order in which the broker takes tasks. Without it, an empty look behind many locked rows reads them all."""

    dependencies = [
        ("tenants", "0001_initial"),
        ("django_q", "0019_alter_task_options_alter_ormq_key_alter_ormq_lock_and_more"),
    ]

    operations = [
        migrations.RunSQL(
            "CREATE INDEX recado_queue_order ON django_q_ormq (key, lock, id)",
            "DROP INDEX recado_queue_order",
        ),
    ]
