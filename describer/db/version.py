"""The database itself: whether it and this program are of one version, and how large it is."""

from functools import cache
from pkgutil import iter_modules
from typing import Any

from django.apps import apps
from django.conf import settings
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder

from describer import migrations

APP = "describer"
_ELSEWHERE = {
    "sqlite": "Move it away, or set DATA_DIR to another folder.",
    "postgresql": "Name an empty database in DATABASE_URL.",
}


@cache
def known() -> frozenset[str]:
    """Return the migrations of this program, by their files: to load the migrations of all apps takes 50 ms."""
    return frozenset(name for _, name, _ in iter_modules(migrations.__path__) if name[0] not in "_~")


def applied() -> frozenset[str]:
    """Return the migrations that the database has had: none for an empty database."""
    done = MigrationRecorder(connection).applied_migrations()
    return frozenset(name for app, name in done if app == APP)


def mismatch() -> str:
    """Say how database and program differ, naming the migrations; "" when both are of one version."""
    there = applied()
    if missing := sorted(known() - there):
        return f"the database lacks {', '.join(missing)}; `manage.py up` makes it"
    if unknown := sorted(there - known()):
        return f"the database has {', '.join(unknown)}, which this version does not know; bring it up to date"
    return ""


def lacks_permissions() -> bool:
    """Tell whether a start was cut off after its last migration: then the permissions that come with models are missing."""
    models = [model._meta for model in apps.get_models(include_auto_created=False)]
    wanted = sum(len(meta.default_permissions) + len(meta.permissions) for meta in models)
    return apps.get_model("auth.permission")._base_manager.count() < wanted


def stranger(connection: Any) -> str:
    """Say that a database is another program's, or "": ours is empty, or has had a migration of ours.

    A PostgreSQL may hold tables beside ours, as extensions make them; an SQLite file of others' is a mistake.
    """
    tables = set(connection.introspection.table_names()) - {MigrationRecorder.Migration._meta.db_table}
    apps_there = {app for app, _ in MigrationRecorder(connection).applied_migrations()}
    if APP in apps_there or not tables:
        return ""
    if apps_there:
        is_ours = apps_there <= {config.label for config in apps.get_app_configs()}
    else:
        is_ours = connection.vendor == "postgresql" and not tables & set(
            connection.introspection.django_table_names()
        )
    if is_ours:
        return ""
    some = ", ".join(sorted(tables)[:3])
    return (
        f"{place(connection)} is a database of another program: it has tables like {some}, and none of Describer's. "
        f"{_ELSEWHERE[connection.vendor]}"
    )


def place(connection: Any) -> str:
    """Return where a database is, in a word: the path of a file, or a database's name."""
    return str(connection.settings_dict["NAME"])


def database_size() -> int:
    """Return the database's bytes on disk."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SELECT pg_database_size(current_database())")
        else:
            cursor.execute("SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()")
        return int(cursor.fetchone()[0])


def database_name() -> str:
    """Return the database's name as people say it: "SQLite 3.40" or "PostgreSQL 15.4"."""
    if connection.vendor == "postgresql":
        number: int = connection.pg_version  # type: ignore[attr-defined]
        return f"PostgreSQL {number // 10000}.{number % 10000}"
    version = connection.Database.sqlite_version  # type: ignore[attr-defined]
    return f"SQLite {version}"


def is_local() -> bool:
    """Tell whether the database is a file of this site's own."""
    return not settings.DATABASE_URL
