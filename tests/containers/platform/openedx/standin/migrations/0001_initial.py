"""The tables."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


def _of_user(related_name):
    return models.OneToOneField(
        to=settings.AUTH_USER_MODEL, related_name=related_name, on_delete=django.db.models.deletion.CASCADE
    )


class Migration(migrations.Migration):
    """All of them."""

    initial = True
    dependencies = (
        ("sites", "0002_alter_domain_unique"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        migrations.swappable_dependency(
            getattr(settings, "OAUTH2_PROVIDER_APPLICATION_MODEL", "oauth2_provider.Application")
        ),
    )
    operations = (
        migrations.CreateModel(
            name="Execution",
            fields=[
                ("id", models.AutoField(primary_key=True, serialize=False)),
                ("number", models.CharField(max_length=64, db_index=True)),
                ("host", models.CharField(max_length=64)),
                ("version", models.CharField(max_length=16)),
                ("ended", models.DateTimeField(auto_now_add=True)),
            ],
        ),
        migrations.CreateModel(
            name="DarkLangConfig",
            fields=[
                ("id", models.AutoField(primary_key=True, serialize=False)),
                ("released_languages", models.TextField(blank=True)),
                ("enabled", models.BooleanField(default=False)),
            ],
        ),
        migrations.CreateModel(
            name="SiteConfiguration",
            fields=[
                ("id", models.AutoField(primary_key=True, serialize=False)),
                ("site", models.OneToOneField(to="sites.site", on_delete=django.db.models.deletion.CASCADE)),
                ("enabled", models.BooleanField(default=False)),
                ("site_values", models.JSONField(default=dict)),
            ],
        ),
        migrations.CreateModel(
            name="ScheduleConfig",
            fields=[
                ("id", models.AutoField(primary_key=True, serialize=False)),
                ("site", models.ForeignKey(to="sites.site", on_delete=django.db.models.deletion.CASCADE)),
                (
                    "changed_by",
                    models.ForeignKey(
                        to=settings.AUTH_USER_MODEL, null=True, on_delete=django.db.models.deletion.PROTECT
                    ),
                ),
                ("enabled", models.BooleanField(default=False)),
                *(
                    (f"{verb}_{mail}", models.BooleanField(default=False))
                    for mail in ("recurring_nudge", "upgrade_reminder", "course_update")
                    for verb in ("enqueue", "deliver")
                ),
            ],
        ),
        migrations.CreateModel(
            name="RetirementState",
            fields=[
                ("id", models.AutoField(primary_key=True, serialize=False)),
                ("state_name", models.CharField(max_length=30, unique=True)),
                ("state_execution_order", models.SmallIntegerField(unique=True)),
            ],
        ),
        migrations.CreateModel(
            name="UserPreference",
            fields=[
                ("id", models.AutoField(primary_key=True, serialize=False)),
                (
                    "user",
                    models.ForeignKey(
                        to=settings.AUTH_USER_MODEL,
                        related_name="preferences",
                        on_delete=django.db.models.deletion.CASCADE,
                    ),
                ),
                ("key", models.CharField(max_length=255)),
                ("value", models.TextField()),
            ],
        ),
        migrations.CreateModel(
            name="SiteTheme",
            fields=[
                ("id", models.AutoField(primary_key=True, serialize=False)),
                ("site", models.ForeignKey(to="sites.site", on_delete=django.db.models.deletion.CASCADE)),
                ("theme_dir_name", models.CharField(max_length=255)),
            ],
        ),
        migrations.CreateModel(
            name="ApplicationAccess",
            fields=[
                ("id", models.AutoField(primary_key=True, serialize=False)),
                (
                    "application",
                    models.OneToOneField(
                        to=getattr(
                            settings, "OAUTH2_PROVIDER_APPLICATION_MODEL", "oauth2_provider.Application"
                        ),
                        on_delete=django.db.models.deletion.CASCADE,
                    ),
                ),
                ("scopes", models.JSONField(default=list)),
            ],
        ),
        migrations.CreateModel(
            name="UserProfile",
            fields=[
                ("id", models.AutoField(primary_key=True, serialize=False)),
                ("user", _of_user("profile")),
                ("name", models.CharField(max_length=255, blank=True)),
            ],
            options={"db_table": "auth_userprofile"},
        ),
        migrations.CreateModel(
            name="Registration",
            fields=[
                ("id", models.AutoField(primary_key=True, serialize=False)),
                ("user", _of_user(None)),
                ("activation_key", models.CharField(max_length=32, unique=True)),
                ("activation_timestamp", models.DateTimeField(null=True)),
            ],
            options={"db_table": "auth_registration"},
        ),
    )
