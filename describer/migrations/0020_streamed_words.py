import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('describer', '0019_comparison'),
    ]

    operations = [
        migrations.CreateModel(
            name='StreamedWords',
            fields=[
                ('description', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='streamed_words', serialize=False, to='describer.description')),
                ('call', models.PositiveSmallIntegerField()),
                ('text', models.TextField(blank=True)),
                ('thinks', models.BooleanField(db_default=False, default=False)),
                ('at', models.DateTimeField(default=django.utils.timezone.now, editable=False)),
            ],
        ),
    ]
