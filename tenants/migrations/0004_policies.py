"""The policies of tables that exist, in the form that costs least (``tenants.rls``)."""

from django.db import migrations

from tenants.rls import RenewPolicies


class Migration(migrations.Migration):
    dependencies = [
        ("tenants", "0003_agenda_preferences"),
    ]

    operations = [RenewPolicies()]
