from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = (("learners", "0002_slow"),)
    operations = (
        migrations.CreateModel(name="Hint", fields=[("id", models.BigAutoField(primary_key=True))]),
    )
