from django.db import migrations


def fill(apps, schema_editor):
    apps.get_model("learners", "Answer").objects.update(grade=0)


class Migration(migrations.Migration):
    dependencies = (("learners", "0006_narrowing"),)
    operations = (migrations.RunPython(fill, migrations.RunPython.noop),)
