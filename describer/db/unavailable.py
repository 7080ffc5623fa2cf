"""When a database says "not now": it is away, hangs, is locked, is full, or takes no writes for a while."""

from django.db import InterfaceError, InternalError, OperationalError

_NOT_NOW = (OperationalError, InterfaceError, InternalError)
# Classes of PostgreSQL's SQLSTATE: connection, transaction state (25006 is a read-only server), rollback, resources,
# object in use, operator intervention, system. All others speak of the statement: it will fare no better later.
_PASSING = ("08", "25", "40", "53", "55", "57", "58")


def is_unavailable(error: BaseException | None) -> bool:
    """Tell whether the same statement may go well in a while: the error is about the database, not about what was asked."""
    if not isinstance(error, _NOT_NOW):
        return False
    state = getattr(error.__cause__, "sqlstate", None)
    if state:
        return str(state).startswith(_PASSING)
    return not isinstance(error, InternalError)
