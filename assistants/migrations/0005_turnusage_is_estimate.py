from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("assistants", "0004_versions")]

    operations = [
        migrations.AddField(
            model_name="turnusage",
            name="is_estimate",
            field=models.BooleanField(default=False, verbose_name="con una parte estimada"),
        ),
    ]
