from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("tenants", "0016_api_key_words")]

    operations = [
        migrations.AddField(model_name="importjob", name="why", field=models.JSONField(null=True)),
    ]
