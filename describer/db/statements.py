"""Statements that the ORM builds once and the engine runs with every ask.

Building a query set takes the ORM 0.3-0.6 ms of Python, running it takes SQLite 0.02: ten statements an ask are most of
its cost. A statement here is an ordinary query set with `Param` in the places of its values; it is compiled at its first
use, for the database in use, and from then on only its values change.

    BEGIN_CALL = Update(
        lambda: Description.objects.filter(pk=Param("pk"), lease_token=Param("token")), calls=F("calls") + 1
    )
    rows = BEGIN_CALL(pk=17, token="...")
"""

from collections.abc import Callable, Sequence
from datetime import date, datetime
from functools import cached_property
from typing import Any, Generic, TypeVar, cast

from django.apps import apps
from django.db import DEFAULT_DB_ALIAS, connections, models
from django.db.models.expressions import Expression
from django.db.models.query import get_related_populators
from django.db.models.sql.subqueries import DeleteQuery, InsertQuery, UpdateQuery

Row = TypeVar("Row", bound=models.Model)
FEW = 4  # rows that are quicker read and written one by one, by statements that are there


def _plain_type(field: Any) -> type | None:
    """Return the type whose values a field stores as they are.

    To ask the field takes Django longer than to store a value takes SQLite.
    """
    if isinstance(field, models.BooleanField):
        return bool
    if isinstance(field, models.CharField | models.TextField):
        return str
    return int if isinstance(field, models.IntegerField | models.ForeignKey) else None


def stored(field: Any, plain: type | None, value: Any, database: Any) -> Any:
    """Return a value as its field stores it."""
    return value if plain and type(value) is plain else field.get_db_prep_save(value, database)


class Param(Expression):
    """The place of a value that is given by name when the statement runs."""

    def __init__(self, name: str, field: Any = None) -> None:
        super().__init__(output_field=field or models.TextField())
        self.name, self.column, self.plain = name, field, _plain_type(field)

    def value(self, value: Any, database: Any) -> Any:
        """Return a value as the database takes it: as its field stores it, where there is a field."""
        if self.column is not None:
            return stored(self.column, self.plain, value, database)
        if isinstance(value, datetime):
            return database.ops.adapt_datetimefield_value(value)
        if isinstance(value, date):
            return database.ops.adapt_datefield_value(value)
        return value

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, Any]:
        return "%s", [self]


class Statement:
    """What is common to all: SQL and parameters, compiled once for each kind of database."""

    def __init__(self) -> None:
        self._compiled: dict[str, tuple[str, Sequence[Any], Any]] = {}

    def _compile(self, database: Any) -> tuple[str, Sequence[Any], Any]:
        """Return SQL, its parameters, and what makes rows of its result."""
        raise NotImplementedError

    def compiled(self, database: Any) -> tuple[str, Sequence[Any], Any]:
        statement = self._compiled.get(database.vendor)
        if statement is None:
            statement = self._compiled[database.vendor] = self._compile(database)
        return statement


def _current_connection() -> Any:
    """Return this thread's connection itself: a look at an attribute of Django's stand-in costs a microsecond."""
    return connections[DEFAULT_DB_ALIAS]


def bound(params: Sequence[Any], values: dict[str, Any], database: Any) -> list[Any]:
    """Return the statement's parameters with the given values in their places."""
    return [
        param.value(values[param.name], database) if isinstance(param, Param) else param for param in params
    ]


class Update(Statement):
    """A conditional update; called with the given values it answers how many rows it changed.

    `columns` are written as given under their own names, each as its field stores it.
    """

    def __init__(self, rows: "Callable[[], models.QuerySet[Any]]", *columns: str, **changes: Any) -> None:
        super().__init__()
        self.rows, self.columns, self.changes = rows, columns, changes

    def _compile(self, database: Any) -> tuple[str, Sequence[Any], Any]:
        rows = self.rows()
        columns = {name: Param(name, rows.model._meta.get_field(name)) for name in self.columns}
        query: Any = rows.query.chain(UpdateQuery)
        query.add_update_values(columns | self.changes)
        compiler = query.get_compiler(connection=database)
        return (*compiler.as_sql(), None)

    def __call__(self, **values: Any) -> int:
        database = _current_connection()
        sql, params, _ = self.compiled(database)
        with database.cursor() as cursor:
            cursor.execute(sql, bound(params, values, database))
            count: int = cursor.rowcount
        return count


class Select(Statement, Generic[Row]):
    """Rows of a query set (related ones by select_related with it), as its models."""

    def __init__(self, rows: "Callable[[], models.QuerySet[Row]]") -> None:
        super().__init__()
        self.rows = rows

    def _compile(self, database: Any) -> tuple[str, Sequence[Any], Any]:
        compiler = self.rows().query.chain().get_compiler(connection=database)
        sql, params = compiler.as_sql()
        return sql, params, _Maker(compiler)

    def __call__(self, **values: Any) -> list[Row]:
        database = _current_connection()
        sql, params, maker = self.compiled(database)
        with database.cursor() as cursor:
            cursor.execute(sql, bound(params, values, database))
            rows = cursor.fetchall()
        return cast("list[Row]", maker(rows))


class Aggregate(Statement):
    """Numbers over all rows of a query set, such as their count: one tuple, in the order of the given aggregates."""

    def __init__(self, rows: "Callable[[], models.QuerySet[Any]]", **aggregates: models.Aggregate) -> None:
        super().__init__()
        self.rows, self.aggregates = rows, aggregates

    def _compile(self, database: Any) -> tuple[str, Sequence[Any], Any]:
        query: Any = self.rows().query.chain()
        query.clear_ordering(force=True)
        query.clear_select_clause()
        for name, aggregate in self.aggregates.items():
            query.add_annotation(aggregate, name)
        return (*query.get_compiler(connection=database).as_sql(), None)

    def __call__(self, **values: Any) -> tuple[Any, ...]:
        database = _current_connection()
        sql, params, _ = self.compiled(database)
        with database.cursor() as cursor:
            cursor.execute(sql, bound(params, values, database))
            numbers: tuple[Any, ...] = cursor.fetchone()
        return numbers


class _Maker:
    """Models from rows, as Django's own iterator makes them, with all that it looks up each time looked up once.

    Django's public `Manager.raw()` would do without private names, but has no select_related. A description with its
    endpoint (medians of 5,000 calls, SQLite): 98 µs here, 24 of these in the maker; 480 by `raw()`, which asks for the
    endpoint apart, and 490 by a query set. Without the endpoint: 74 µs here, 170 by `raw()`.
    """

    def __init__(self, compiler: Any) -> None:
        self.compiler = compiler
        info = compiler.klass_info
        first, last = info["select_fields"][0], info["select_fields"][-1] + 1
        self.columns = slice(first, last)
        self.names = [column[0].target.attname for column in compiler.select[first:last]]
        self.model = info["model"]
        populators: Any = get_related_populators  # its types are those of a later Django
        self.related = populators(info, compiler.select, DEFAULT_DB_ALIAS)
        self.converters = compiler.get_converters([column[0] for column in compiler.select])

    def __call__(self, rows: Sequence[Any]) -> list[models.Model]:
        instances = []
        for row in self._converted(rows):
            instance = self.model.from_db(DEFAULT_DB_ALIAS, self.names, row[self.columns])
            for populator in self.related:
                populator.populate(row, instance)
            instances.append(instance)
        return instances

    def _converted(self, rows: Sequence[Any]) -> Any:
        """Return rows with their values as Python's: JSON, decimals and times come as text from SQLite."""
        if not self.converters:
            return rows
        return map(tuple, self.compiler.apply_converters(rows, self.converters))


class Insert(Statement):
    """A new row of the model with this label; the row gets its id."""

    def __init__(self, label: str) -> None:
        super().__init__()
        self.label = label

    @cached_property
    def model(self) -> type[models.Model]:
        """Return the model: statements are named before the models that use them are made."""
        return apps.get_model(self.label)

    @cached_property
    def columns(self) -> list[tuple[Any, type | None]]:
        return [(field, _plain_type(field)) for field in self.fields]

    @cached_property
    def fields(self) -> list[Any]:
        """Return all fields but an id that the database gives."""
        return [
            field
            for field in self.model._meta.local_concrete_fields
            if not isinstance(field, models.AutoField)
        ]

    def _compile(self, database: Any) -> tuple[str, Sequence[Any], Any]:
        query = InsertQuery(self.model)
        query.insert_values(self.fields, [self.model()])
        compiler = query.get_compiler(connection=database)
        compiler.returning_fields = [self.model._meta.pk]
        ((sql, params),) = compiler.as_sql()
        return sql, params, None

    def __call__(self, row: models.Model) -> None:
        database = _current_connection()
        sql, *_ = self.compiled(database)
        values = [stored(field, plain, field.pre_save(row, True), database) for field, plain in self.columns]
        with database.cursor() as cursor:
            cursor.execute(sql, values)
            row.pk = cursor.fetchone()[0]
        row._state.adding, row._state.db = False, DEFAULT_DB_ALIAS

    def each(self, rows: Sequence[models.Model]) -> None:
        """Insert these rows: a few one by one, many in one statement, which the ORM builds in a millisecond."""
        if len(rows) > FEW:
            self.model._default_manager.bulk_create(rows)
            return
        for row in rows:
            self(row)


class Delete(Statement):
    """Delete the rows of a query set in one statement: nothing may refer to them."""

    def __init__(self, rows: "Callable[[], models.QuerySet[Any]]") -> None:
        super().__init__()
        self.rows = rows

    def _compile(self, database: Any) -> tuple[str, Sequence[Any], Any]:
        query = self.rows().query.chain(DeleteQuery)
        return (*query.get_compiler(connection=database).as_sql(), None)

    def __call__(self, **values: Any) -> None:
        database = _current_connection()
        sql, params, _ = self.compiled(database)
        with database.cursor() as cursor:
            cursor.execute(sql, bound(params, values, database))


class InsertFrom(Statement):
    """A new row of a model for each row of a query set, its columns as given; all others are the database's defaults.

    Answers how many rows it made.
    """

    def __init__(self, label: str, rows: "Callable[[], models.QuerySet[Any]]", **columns: Any) -> None:
        super().__init__()
        self.label, self.rows, self.columns = label, rows, columns

    def _compile(self, database: Any) -> tuple[str, Sequence[Any], Any]:
        quoted, meta = database.ops.quote_name, cast(Any, apps.get_model(self.label)._meta)
        columns = ", ".join(quoted(meta.get_field(name).column) for name in self.columns)
        query = self.rows().values_list(*self.columns.values()).query
        sql, params = query.get_compiler(connection=database).as_sql()
        return f"INSERT INTO {quoted(meta.db_table)} ({columns}) {sql}", params, None

    def __call__(self, **values: Any) -> int:
        database = _current_connection()
        sql, params, _ = self.compiled(database)
        with database.cursor() as cursor:
            cursor.execute(sql, bound(params, values, database))
            count: int = cursor.rowcount
        return count
