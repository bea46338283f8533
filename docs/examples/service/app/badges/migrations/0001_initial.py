"""The table of badges."""

from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True
    dependencies = []
    operations = [
        migrations.CreateModel(
            name="Badge",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        primary_key=True, serialize=False, verbose_name="ID", auto_created=True
                    ),
                ),
                ("username", models.CharField(db_index=True, max_length=150)),
                ("title", models.CharField(max_length=255)),
                ("given", models.DateTimeField(auto_now_add=True)),
                ("picture", models.FileField(blank=True, upload_to="badges")),
                ("shown", models.BooleanField(default=True)),
            ],
        )
    ]
