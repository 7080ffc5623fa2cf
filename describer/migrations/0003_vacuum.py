from django.db import migrations


def vacuum_often(apps, schema_editor):
    """Every ask changes its row's status some three times, and each change leaves a dead entry in the index of claims."""
    _set(apps, schema_editor, 'SET (autovacuum_vacuum_scale_factor = 0.02)')


def vacuum_as_usual(apps, schema_editor):
    _set(apps, schema_editor, 'RESET (autovacuum_vacuum_scale_factor)')


def _set(apps, schema_editor, option):
    if schema_editor.connection.vendor == 'postgresql':
        table = schema_editor.quote_name(apps.get_model('describer', 'Description')._meta.db_table)
        schema_editor.execute(f'ALTER TABLE {table} {option}')


class Migration(migrations.Migration):

    dependencies = [
        ('describer', '0002_engine'),
    ]

    operations = [
        migrations.RunPython(vacuum_often, vacuum_as_usual),
    ]
