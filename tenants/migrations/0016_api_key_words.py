from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [
        ("tenants", "0015_logo"),
    ]

    operations = [
        migrations.AlterModelOptions(
            name="apikey",
            options={"verbose_name": "clave de API", "verbose_name_plural": "claves de API"},
        ),
    ]
