"""Values that no database can hold: whoever sent one hears that it is his fault, wherever it was met."""

from django.db import DataError


def is_unstorable(raised: BaseException) -> bool:
    """Tell whether an error is about a value: too large a number, too long a text, NUL, half a character."""
    if isinstance(raised, DataError | OverflowError):
        return True
    if isinstance(raised, UnicodeEncodeError):
        return "surrogates" in raised.reason
    return isinstance(raised, ValueError) and "NUL (0x00)" in str(raised)
