from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = (("learners", "0004_adding"),)
    operations = (migrations.AddField("answer", "must", models.IntegerField(default=1)),)
