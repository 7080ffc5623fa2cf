"""The index of words. Descriptions that are there already are caught up with by upkeep: at a million that takes minutes."""

from typing import Any

import django.db.models.deletion
from django.db import migrations, models
from django.db.models import Max

_MAKE = {
    "sqlite": (
        "CREATE VIRTUAL TABLE IF NOT EXISTS describer_search USING "
        "fts5(marks, question, files, tags, answer, tokenize='ascii', prefix='2 3')",
    ),
    "postgresql": (
        "CREATE TABLE IF NOT EXISTS describer_search (rowid bigint PRIMARY KEY, describer_search tsvector NOT NULL)",
        "CREATE INDEX IF NOT EXISTS describer_search_words ON describer_search USING gin (describer_search)",
    ),
}


def make_table(apps: Any, schema_editor: Any) -> None:
    for statement in _MAKE[schema_editor.connection.vendor]:
        schema_editor.execute(statement)


def drop_table(apps: Any, schema_editor: Any) -> None:
    schema_editor.execute("DROP TABLE IF EXISTS describer_search")


def leave_gap(apps: Any, schema_editor: Any) -> None:
    newest = apps.get_model("describer", "Description").objects.aggregate(newest=Max("pk"))["newest"]
    if newest:
        apps.get_model("describer", "SearchGap").objects.create(last=0, below=newest + 1)


class Migration(migrations.Migration):
    dependencies = [
        ("describer", "0015_shares"),
    ]

    operations = [
        migrations.CreateModel(
            name="SearchGap",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("last", models.BigIntegerField(default=0)),
                ("below", models.BigIntegerField()),
            ],
            options={"default_permissions": ()},
        ),
        migrations.CreateModel(
            name="SearchEntry",
            fields=[
                (
                    "description",
                    models.OneToOneField(
                        db_column="rowid",
                        db_constraint=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="search_entry",
                        serialize=False,
                        to="describer.description",
                    ),
                ),
                ("words", models.TextField(db_column="describer_search")),
            ],
            options={"db_table": "describer_search", "managed": False, "default_permissions": ()},
        ),
        migrations.RunPython(make_table, drop_table),
        migrations.RunPython(leave_gap, migrations.RunPython.noop),
    ]
