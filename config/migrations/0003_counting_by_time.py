from django.db import migrations

# What the superadmin's first page counts over all tenants by time. Rows come in the order of their time, so that an
# index of a few pages tells where those of the last day lie, and writing a row costs nothing more.
TABLES = ("assistants_turnusage", "messaging_message", "messaging_delivery")


class Migration(migrations.Migration):
    dependencies = [
        ("config", "0002_data_job"),
        ("assistants", "0003_cost"),
        ("messaging", "0012_channels_by_account"),
    ]

    operations = [
        migrations.RunSQL(
            f"CREATE INDEX {table}_by_age ON {table} USING brin (created_at)"
            " WITH (pages_per_range = 32, autosummarize = on)",
            f"DROP INDEX {table}_by_age",
        )
        for table in TABLES
    ]
