"""Rows of a fill completed to rows of a table: by the model's own columns and their defaults, so that a new column needs no change here."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.db.models import AutoField, Field, Model


@dataclass(frozen=True)
class Columns:
    """The columns that are written of a model: those of a fill's rows first, then those that get their defaults."""

    table: str
    names: list[str]
    defaults: tuple[Any, ...]

    @classmethod
    def of(cls, model: type[Model], filled: tuple[str, ...]) -> "Columns":
        """Match a fill's columns with a model's. Raises LookupError where one lacks what the other needs."""
        fields = {field.attname: field for field in model._meta.concrete_fields}
        if strange := [name for name in filled if name not in fields]:
            raise LookupError(f"{model.__name__} has no columns {', '.join(strange)}.")
        rest = [
            field
            for name, field in fields.items()
            if name not in filled and not _is_written_by_database(field)
        ]
        if unknown := [field.attname for field in rest if not _has_default(field)]:
            raise LookupError(
                f"{model.__name__} has columns that a fill does not know and that have no default: {', '.join(unknown)}."
            )
        names = [str(field.column) for field in (*(fields[name] for name in filled), *rest)]
        defaults = tuple(field.get_db_prep_save(field.get_default(), connection) for field in rest)
        return cls(model._meta.db_table, names, defaults)

    def complete(self, rows: Iterable[tuple[Any, ...]]) -> Iterator[tuple[Any, ...]]:
        """Yield the rows with the defaults behind."""
        defaults = self.defaults
        if not defaults:
            yield from rows
            return
        for row in rows:
            yield (*row, *defaults)

    @property
    def listed(self) -> str:
        """Return the columns as a statement names them."""
        return ", ".join(map(connection.ops.quote_name, self.names))


def _is_written_by_database(field: "Field[Any, Any]") -> bool:
    return isinstance(field, AutoField) or field.generated or field.has_db_default()


def _has_default(field: "Field[Any, Any]") -> bool:
    return field.has_default() or field.null or (field.blank and field.empty_strings_allowed)
