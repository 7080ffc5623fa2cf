"""A decimal kept as its digits: SQLite makes a float of a decimal, and a float has 15 digits."""

from decimal import Decimal
from typing import Any

from django.db import models


def digits_of(number: Decimal) -> str:
    """Write a number in plain digits, without zeros at its end."""
    digits = f"{number:f}"
    return digits.rstrip("0").rstrip(".") if "." in digits else digits


class ExactDecimalField(models.DecimalField):  # type: ignore[type-arg]
    """A decimal column of text on both databases, for numbers that are read and never compared or added there."""

    def get_internal_type(self) -> str:
        """Say that it is text, so that no database's converter of decimals touches it."""
        return "CharField"

    def db_type(self, connection: Any) -> str:
        """Return text with room for all digits, a sign and a point."""
        return f"varchar({self.max_digits + 2})"

    def from_db_value(self, value: str | None, expression: Any, connection: Any) -> Decimal | None:
        """Read the digits."""
        return None if value is None else Decimal(value)

    def get_prep_value(self, value: Any) -> str | None:
        """Write the digits."""
        number: Decimal | None = self.to_python(value)
        return None if number is None else digits_of(number)

    def get_db_prep_value(self, value: Any, connection: Any, prepared: bool = False) -> str | None:
        """Write the digits, whatever the database does with decimals."""
        return self.get_prep_value(value)

    def get_db_prep_save(self, value: Any, connection: Any) -> Any:
        """Write the digits; what is an expression is left to the database."""
        if hasattr(value, "as_sql"):
            return value
        return self.get_prep_value(value)
