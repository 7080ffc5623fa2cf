"""A migration and its line are one: whatever ends it before its line is written leaves neither, forwards and back."""

import pytest
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder

from describer.db import version
from describer.db.migrating import WholeExecutor

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]
BEFORE = "0004_endpoint_calls"


class Killed(BaseException):
    """Nothing catches it, as nothing catches a kill."""


class DyingRecorder(MigrationRecorder):
    def record_applied(self, app, name):
        raise Killed

    record_unapplied = record_applied


def migrate(name, recorder=MigrationRecorder):
    executor = WholeExecutor(connection)
    executor.recorder = recorder(connection)
    executor.migrate([(version.APP, name)])


def schema():
    """All columns of all tables, and the migrations that the database has had."""
    with connection.cursor() as cursor:
        described = connection.introspection.get_table_description
        tables = connection.introspection.table_names(cursor)
        columns = {table: {column.name for column in described(cursor, table)} for table in tables}
    return columns, version.applied()


def test_ff22_what_ends_before_its_line_leaves_the_database_as_it_was():
    last, newest = max(version.known()), schema()
    try:
        with pytest.raises(Killed):
            migrate(BEFORE, DyingRecorder)
        assert schema() == newest
        migrate(BEFORE)
        older = schema()
        assert "describer_webhook" not in older[0]
        with pytest.raises(Killed):
            migrate(last, DyingRecorder)
        assert schema() == older
    finally:
        migrate(last)
    assert schema() == newest
