"""A web process of the version before goes on beside a database that a newer one has migrated: its statements name its columns.

What was added since has a default in the database, or may be empty; what is not needed any more goes a version later.
"""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from django.db import connection, models
from django.db.migrations.loader import MigrationLoader

from describer.db import version
from describer.ops.archive.rows import MODELS

LAST = "0005_webhooks"  # the newest migration of the version before; a release moves it on
VALUES = {
    models.BooleanField: False,
    models.DateTimeField: datetime(2026, 1, 1, tzinfo=UTC),
    models.DateField: date(2026, 1, 1),
    models.DecimalField: Decimal(1),
    models.IntegerField: 1,
    models.JSONField: [],
    models.TextField: "text",
    models.CharField: "text",
}
LABELS = [
    label
    for label in (*MODELS, "describer.worker")
    if label.startswith("describer.") and label.count("_") == 0
]


@pytest.fixture(scope="module")
def before():
    """The models of the version before."""
    loader = MigrationLoader(None)
    others = [node for node in loader.graph.leaf_nodes() if node[0] != version.APP]
    return loader.project_state([(version.APP, LAST), *others]).apps


def made(apps, label, rows):
    """A row of a model with all that it needs; those that it refers to are among `rows`."""
    model, values = apps.get_model(label), {}
    for field in model._meta.concrete_fields:
        if field.is_relation and not field.null:
            values[field.name] = rows[field.related_model._meta.label_lower]
        elif not field.null and not field.has_default() and not isinstance(field, models.AutoField):
            values[field.name] = next(value for kind, value in VALUES.items() if isinstance(field, kind))
    return model._base_manager.create(**values)


@pytest.mark.django_db
def test_ff13_the_version_before_writes_and_reads_every_row_beside_the_newest_database(before):
    rows = {}
    known = {model._meta.label_lower for model in before.get_models()}
    for label in LABELS:
        if label not in known:
            continue
        rows[label] = made(before, label, rows)
        row = type(rows[label])._base_manager.get(pk=rows[label].pk)
        row.save()
        assert type(row)._base_manager.filter(pk=row.pk).update(**{row._meta.pk.attname: row.pk}) == 1
    assert len(rows) >= 13
    with connection.cursor() as cursor:
        cursor.execute(
            "SET CONSTRAINTS ALL IMMEDIATE"
            if connection.vendor == "postgresql"
            else "PRAGMA foreign_key_check"
        )
        assert connection.vendor == "postgresql" or cursor.fetchall() == []
