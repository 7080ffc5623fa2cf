"""Prices; and what is known of the cost of each call, counted by day."""

from decimal import Decimal
from typing import Any

import django.core.validators
import django.utils.timezone
from django.db import migrations, models
from django.db.models import Count, F, Q
from django.db.models.functions import TruncDate

import describer.db.exact_decimal

_GROUP = ("day", "owner", "key", "endpoint", "model")


def count_states(apps: Any, schema_editor: Any) -> None:
    """Count the calls of each day by what is known of their cost; the database does the counting."""
    attempt, usage_day = apps.get_model("describer", "Attempt"), apps.get_model("describer", "UsageDay")
    nothing_billed, paid = Q(endpoint="sandbox") | Q(billed="no"), ~Q(endpoint="sandbox") & Q(billed="yes")
    groups = (
        attempt.objects.exclude(state="sent")
        .annotate(day=TruncDate("sent"), model=F("model_asked"))
        .values(*_GROUP)
        .order_by()
        .annotate(
            free=Count("pk", filter=nothing_billed),
            priced=Count("pk", filter=paid & Q(cost__isnull=False)),
            unpriced=Count("pk", filter=paid & Q(cost=None)),
            unknown=Count("pk", filter=~Q(endpoint="sandbox") & Q(billed="unknown")),
        )
    )
    for counted in groups.iterator():
        group = {name: counted.pop(name) for name in _GROUP}
        usage_day.objects.filter(**group).update(**counted)



class Migration(migrations.Migration):

    dependencies = [
        ('describer', '0022_saved_views'),
    ]

    operations = [
        migrations.CreateModel(
            name='Price',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('endpoint', models.CharField(blank=True, help_text="The endpoint's name; empty: any endpoint.", max_length=100)),
                ('model', models.CharField(help_text="A model's name; * stands for any letters. The most exact pattern counts, the endpoint's own before any.", max_length=200)),
                ('state', models.CharField(choices=[('priced', 'Priced'), ('free', 'Free')], default='priced', max_length=10)),
                ('input', describer.db.exact_decimal.ExactDecimalField(decimal_places=12, default=Decimal('0'), max_digits=21, validators=[django.core.validators.MinValueValidator(0)], verbose_name='input')),
                ('cached_input', describer.db.exact_decimal.ExactDecimalField(decimal_places=12, default=Decimal('0'), max_digits=21, validators=[django.core.validators.MinValueValidator(0)], verbose_name='cached input')),
                ('output', describer.db.exact_decimal.ExactDecimalField(decimal_places=12, default=Decimal('0'), max_digits=21, validators=[django.core.validators.MinValueValidator(0)], verbose_name='output')),
                ('picture', describer.db.exact_decimal.ExactDecimalField(decimal_places=12, default=Decimal('0'), max_digits=21, validators=[django.core.validators.MinValueValidator(0)], verbose_name='picture')),
                ('request', describer.db.exact_decimal.ExactDecimalField(decimal_places=12, default=Decimal('0'), max_digits=21, validators=[django.core.validators.MinValueValidator(0)], verbose_name='request')),
                ('begins', models.DateTimeField(default=django.utils.timezone.now, verbose_name='from')),
                ('source', models.CharField(choices=[('typed', 'Typed'), ('file', 'File'), ('map', 'Map')], default='typed', editable=False, max_length=10)),
                ('made_by', models.BigIntegerField(default=0, editable=False)),
                ('made', models.DateTimeField(default=django.utils.timezone.now, editable=False)),
            ],
            options={
                'ordering': ('endpoint', 'model', 'begins', 'id'),
            },
        ),
        migrations.CreateModel(
            name='Repricing',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('made_by', models.BigIntegerField(default=0)),
                ('made', models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ('begins', models.DateTimeField(verbose_name='from')),
                ('day', models.DateField()),
                ('calls', models.PositiveIntegerField()),
                ('before', describer.db.exact_decimal.ExactDecimalField(decimal_places=10, max_digits=30, null=True)),
                ('after', describer.db.exact_decimal.ExactDecimalField(decimal_places=10, max_digits=30, null=True)),
                ('by_model', models.JSONField(default=list)),
            ],
            options={
                'verbose_name': 're-pricing',
                'ordering': ('-id',),
            },
        ),
        migrations.AddField(
            model_name='attempt',
            name='pictures',
            field=models.PositiveIntegerField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name='usageday',
            name='free',
            field=models.BigIntegerField(db_default=0, default=0),
        ),
        migrations.AddField(
            model_name='usageday',
            name='priced',
            field=models.BigIntegerField(db_default=0, default=0),
        ),
        migrations.AddField(
            model_name='usageday',
            name='unknown',
            field=models.BigIntegerField(db_default=0, default=0),
        ),
        migrations.AddField(
            model_name='usageday',
            name='unpriced',
            field=models.BigIntegerField(db_default=0, default=0),
        ),
        migrations.RunPython(count_states, migrations.RunPython.noop),
    ]
