from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = (("learners", "0003_after"),)
    operations = (
        migrations.AddField("answer", "when", models.DateTimeField(null=True)),
        migrations.AddField("answer", "tries", models.IntegerField(db_default=0)),
        migrations.AlterField("answer", "text", models.CharField(max_length=200)),
        migrations.AddIndex("answer", models.Index(fields=["grade"], name="by_grade")),
        migrations.AlterModelOptions("answer", {"ordering": ["id"]}),
    )
