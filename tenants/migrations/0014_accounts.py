import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    dependencies = [
        ("tenants", "0013_import_job"),
    ]

    operations = [
        migrations.CreateModel(
            name="SignIn",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("kind", models.CharField(choices=[("page", "navegador"), ("token", "programa")], max_length=5)),
                ("session_key", models.CharField(blank=True, max_length=40)),
                ("expires_at", models.DateTimeField(null=True)),
                ("agent", models.CharField(blank=True, max_length=200)),
                ("address", models.CharField(blank=True, max_length=60)),
                ("began_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("seen_at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "account",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="sign_ins",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "sesión",
                "verbose_name_plural": "sesiones",
                "indexes": [
                    models.Index(fields=["account", "-seen_at"], name="sign_in_of_account"),
                    models.Index(condition=~Q(session_key=""), fields=["session_key"], name="sign_in_by_session"),
                ],
                "constraints": [
                    models.CheckConstraint(condition=Q(kind__in=["page", "token"]), name="sign_in_kind_known")
                ],
            },
        ),
        migrations.CreateModel(
            name="EmailChange",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("old_email", models.EmailField(blank=True, max_length=254)),
                ("new_email", models.EmailField(max_length=254)),
                ("asked_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("confirmed_at", models.DateTimeField(null=True)),
                ("ended_at", models.DateTimeField(null=True)),
                (
                    "account",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="email_changes",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "cambio de correo",
                "verbose_name_plural": "cambios de correo",
                "indexes": [models.Index(fields=["asked_at"], name="email_change_by_age")],
                "constraints": [
                    models.UniqueConstraint(
                        condition=Q(confirmed_at=None, ended_at=None), fields=["account"], name="email_change_one_waits"
                    )
                ],
            },
        ),
        migrations.AddField(
            model_name="user",
            name="email_verified_at",
            field=models.DateTimeField(blank=True, editable=False, null=True, verbose_name="correo confirmado"),
        ),
        migrations.AddField(
            model_name="user",
            name="leaves_at",
            field=models.DateTimeField(blank=True, editable=False, null=True, verbose_name="se borra"),
        ),
        migrations.AddField(
            model_name="user",
            name="leaving_told_at",
            field=models.DateTimeField(blank=True, editable=False, null=True),
        ),
        migrations.AddIndex(
            model_name="user",
            index=models.Index(condition=Q(leaves_at__isnull=False), fields=["leaves_at"], name="user_leaving"),
        ),
        migrations.AddConstraint(
            model_name="user",
            constraint=models.CheckConstraint(
                condition=Q(leaves_at=None) | Q(is_active=False, role="user"), name="user_leaving_does_nothing"
            ),
        ),
        # Whoever was here before addresses could be proved goes on getting their letters.
        migrations.RunSQL(
            "UPDATE tenants_user SET email_verified_at = now() WHERE email <> ''", migrations.RunSQL.noop, elidable=True
        ),
    ]
