import django.db.models.deletion
from django.db import migrations, models


def let_go_on(apps, schema_editor):
    """Keys that asked and read could make webhooks, and knew all that a webhook tells: they go on so.

    A key that only asked was told through a webhook of what other keys asked; it has to be given the scope.
    """
    for key in apps.get_model('describer', 'ApiKey').objects.only('scopes').iterator():
        if 'ask' in key.scopes and 'read' in key.scopes and 'webhooks' not in key.scopes:
            key.scopes = [*key.scopes, 'webhooks']
            key.save(update_fields=['scopes'])


def take_back(apps, schema_editor):
    for key in apps.get_model('describer', 'ApiKey').objects.only('scopes').iterator():
        if 'webhooks' in key.scopes:
            key.scopes = [scope for scope in key.scopes if scope != 'webhooks']
            key.save(update_fields=['scopes'])


class Migration(migrations.Migration):

    dependencies = [
        ('describer', '0006_shown'),
    ]

    operations = [
        migrations.AddField(
            model_name='webhook',
            name='key',
            field=models.ForeignKey(editable=False, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='webhooks', to='describer.apikey'),
        ),
        migrations.AddField(
            model_name='apikey',
            name='refusals',
            field=models.PositiveBigIntegerField(db_default=0, default=0, editable=False),
        ),
        migrations.AddField(
            model_name='apikey',
            name='refusal_minute',
            field=models.DateTimeField(editable=False, null=True),
        ),
        migrations.AddField(
            model_name='apikey',
            name='minute_refusals',
            field=models.PositiveIntegerField(db_default=0, default=0, editable=False),
        ),
        migrations.RunPython(let_go_on, take_back),
    ]
