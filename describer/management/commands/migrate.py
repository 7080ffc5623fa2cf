"""`manage.py migrate`, Django's own, one process at a time; each migration comes whole, and never into what is another's."""

from typing import Any

from django.core.management.base import CommandError
from django.core.management.commands import migrate
from django.db import connections

from describer.db import version
from describer.db.migrating import WholeExecutor, one_at_a_time

setattr(migrate, "MigrationExecutor", WholeExecutor)  # noqa: B010  Django's command has no other way to be given one


class Command(migrate.Command):
    def handle(self, *args: Any, **options: Any) -> None:
        connection = connections[options["database"]]
        with one_at_a_time(connection):
            if whose := version.stranger(connection):
                raise CommandError(whose)
            super().handle(*args, **options)
