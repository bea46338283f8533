from django.db import migrations


class Migration(migrations.Migration):
    dependencies = (("learners", "0007_filling"),)
    operations = (migrations.RemoveField("answer", "grade"),)
