from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = ()
    operations = (
        migrations.CreateModel(
            name="Answer",
            fields=[
                ("id", models.BigAutoField(primary_key=True)),
                ("text", models.CharField(max_length=80)),
                ("grade", models.IntegerField(null=True)),
            ],
        ),
    )
