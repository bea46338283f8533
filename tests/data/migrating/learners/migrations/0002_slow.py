from django.db import migrations


class Migration(migrations.Migration):
    dependencies = (("learners", "0001_initial"),)
    operations = (migrations.RunSQL("SELECT SLEEP(3)", migrations.RunSQL.noop),)
