from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('shop', '0002_teas'),
    ]

    operations = [
        migrations.AddField(
            model_name='user',
            name='session_epoch',
            field=models.PositiveIntegerField(default=0),
        ),
    ]
