"""An exact sum of decimals on both databases: SQLite keeps a decimal as a float, and adds floats as floats."""

from decimal import Decimal
from typing import Any

from django.db.models import Aggregate, TextField

PLACES = 10  # decimals of every cost column
_UNIT = 10**PLACES
# Whole units and the rest are summed apart as integers, so that neither rounds and neither overflows.
_SQLITE_WHOLE = "SUM(CAST(%(expressions)s AS INTEGER))"
_SQLITE_REST = f"SUM(CAST(ROUND((%(expressions)s - CAST(%(expressions)s AS INTEGER)) * {_UNIT}) AS INTEGER))"
_SQLITE = (
    f"printf('%%%%d.%%%%0{PLACES}d', "
    f"COALESCE({_SQLITE_WHOLE} + {_SQLITE_REST} / {_UNIT}, 0), COALESCE({_SQLITE_REST} %%%% {_UNIT}, 0))"
)
_POSTGRESQL = "COALESCE(SUM(%(expressions)s), 0)::text"


class DecimalSum(Aggregate):
    """The sum of a column of costs (never negative, ten decimals), as a Decimal; 0 of no rows and of nulls."""

    output_field = TextField()

    def __init__(self, column: str) -> None:
        super().__init__(column)

    def as_sqlite(self, compiler: Any, connection: Any, **context: Any) -> Any:
        """Add integers, ten thousand million to the unit."""
        return super().as_sql(compiler, connection, template=_SQLITE, **context)

    def as_postgresql(self, compiler: Any, connection: Any, **context: Any) -> Any:
        """Add numerics, which are exact."""
        return super().as_sql(compiler, connection, template=_POSTGRESQL, **context)

    def convert_value(self, value: str, expression: Any, connection: Any) -> Decimal:
        """Read the sum from its text, which no driver turns into a float."""
        return Decimal(value)
