from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = (("learners", "0005_demanding"),)
    operations = (migrations.AlterField("answer", "text", models.CharField(max_length=100)),)
