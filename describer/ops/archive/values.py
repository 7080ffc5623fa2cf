"""What a column can hold, as an archive has it: each value is judged, since what comes in a file may be anything."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import DecimalValidator
from django.db import models

_MOST = 2**63 - 1
_MOST_ID = 2**62  # so that numbers are left for what comes after
Read = Callable[[Any], Any]
Field = Any  # a model's; Django's own cannot be given its types at run time


class Unfit(ValueError):
    """A value that its column cannot hold; the text says what it is not."""


def reader_of(field: Field) -> Read:
    """Return what reads a column's values, None too. It raises Unfit."""
    read = _kind(field)

    def nullable(value: Any) -> Any:
        if value is not None:
            return read(value)
        if not field.null:
            raise Unfit("is empty")
        return None

    return nullable


def _kind(field: Field) -> Read:
    if isinstance(field, models.ForeignKey):
        return _whole_number(1, _MOST_ID)
    if isinstance(field, models.AutoField | models.BigAutoField):
        return _whole_number(1, _MOST_ID)
    if isinstance(field, models.IntegerField):
        return _one_of(field, _whole_number(_least(field), _MOST))
    if isinstance(field, models.BooleanField):
        return _boolean
    if isinstance(field, models.DateTimeField):
        return _moment
    if isinstance(field, models.DateField):
        return _day
    if isinstance(field, models.DecimalField):
        return _decimal(field)
    if isinstance(field, models.JSONField):
        return _json(field)
    return _one_of(field, storable_text)


def _least(field: Field) -> int:
    if field.get_internal_type().startswith("Positive"):
        return 0
    return -_MOST


def _whole_number(least: int, most: int) -> Read:
    def read(value: Any) -> int:
        if type(value) is not int or not least <= value <= most:
            raise Unfit("is no whole number that fits")
        return value

    return read


def _boolean(value: Any) -> bool:
    if type(value) is not bool:
        raise Unfit("is neither true nor false")
    return value


def storable_text(value: Any) -> str:
    """Read a text that can be stored: half of a character cannot."""
    if type(value) is not str:
        raise Unfit("is no text")
    try:
        value.encode()
    except UnicodeEncodeError:
        raise Unfit("has half a character in it") from None
    return value


def _moment(value: Any) -> datetime:
    try:
        found = datetime.fromisoformat(storable_text(value))
        if found.tzinfo is None:
            raise Unfit("is a time without its zone")
        return found.astimezone(UTC)
    except (ValueError, OverflowError):
        raise Unfit("is no time") from None


def _day(value: Any) -> date:
    try:
        return date.fromisoformat(storable_text(value))
    except ValueError:
        raise Unfit("is no day") from None


def _decimal(field: "models.DecimalField[Any, Any]") -> Read:
    fits = DecimalValidator(field.max_digits, field.decimal_places)

    def read(value: Any) -> Decimal:
        try:
            found = Decimal(storable_text(value))
            fits(found)
        except (InvalidOperation, ValidationError, ValueError):
            raise Unfit("is no decimal number that fits") from None
        return found

    return read


def _json(field: "models.JSONField[Any, Any]") -> Read:
    """Judge by its default whether a column holds lists or objects; what lies deeper is read leniently everywhere."""
    wanted = object
    if field.default in (dict, list):
        wanted = field.default

    def read(value: Any) -> Any:
        if not isinstance(value, wanted):
            raise Unfit("is of another shape")
        return value

    return read


def _one_of(field: Field, read: Read) -> Read:
    """Take none but the choices of a column that has some, and nothing where that may stand."""
    if not field.choices:
        return read
    known = {value for value, _ in field.flatchoices}
    if field.blank:
        known.add("")

    def chosen(value: Any) -> Any:
        if read(value) not in known:
            raise Unfit("is none of what it can be")
        return value

    return chosen
