"""What a command meets of disks and databases, as one sentence for whoever started it; all other faults stay tracebacks."""

import errno
import logging

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import DataError, Error, IntegrityError, InterfaceError, OperationalError, connection
from django.db.migrations.exceptions import InconsistentMigrationHistory

from describer.db import version

logger = logging.getLogger(__name__)

_OF_PROGRAMS = (DataError, IntegrityError)
_COPY = "lay back a copy of it, or move it away and restore a backup"
_OF_SQLITE = {
    3: "cannot be written; give it and its folder to the user who runs the site",
    5: "is locked by another program; end that",
    6: "is locked by another program; end that",
    8: "cannot be written; give it and its folder to the user who runs the site",
    10: "cannot be read or written: its disk reports a fault; see that the disk is well and has room",
    11: f"is damaged; {_COPY}",
    13: "cannot grow: the disk is full; make room",
    14: "cannot be opened; give it and its folder to the user who runs the site",
    26: f"is no database that SQLite knows: it is damaged, or another program's; {_COPY}",
}
_NO_TABLE, _TABLE_THERE = ("42P01", "42703"), ("42P07", "42710", "42701")


def in_words(error: BaseException) -> str:
    """Return what happened and what to do, in one sentence; "" for a fault of our own, which its traceback explains."""
    words = ""
    if isinstance(error, ImproperlyConfigured):
        return _of_settings(error)
    if isinstance(error, OSError | Error):
        words = _of_folder()
    if not words and isinstance(error, Error | InconsistentMigrationHistory):
        words = _of_database(error)
    elif not words and isinstance(error, OSError):
        words = _of_system(error)
    if words:
        logger.debug("%s", words, exc_info=error)
    for secret in filter(None, settings.SECRETS):
        words = words.replace(secret, "[secret]")
    return words


def is_for_good(error: Exception) -> bool:
    """Tell whether a database will refuse the same tomorrow: its file is damaged, or none of SQLite's."""
    return getattr(error.__cause__, "sqlite_errorcode", 0) & 0xFF in (11, 26)


def _of_settings(error: ImproperlyConfigured) -> str:
    if getattr(error, "is_whole", False):
        return str(error)
    return f"The settings are not right: {error}"


def _of_folder() -> str:
    """Return what is wrong with the data folder now, if anything is: SQLite tells little of files that it cannot open."""
    return next(iter(settings.DATA_FOLDER.problems()), "")


def _of_database(error: Exception) -> str:
    if isinstance(error, _OF_PROGRAMS):
        return ""
    said = " ".join(str(error).split())
    if isinstance(error, InconsistentMigrationHistory):
        return f"The database was not made by this version: {said} Restore a backup into an empty one."
    cause = error.__cause__
    code = getattr(cause, "sqlite_errorcode", None)
    state = getattr(cause, "sqlstate", None)
    if code is not None and code & 0xFF in _OF_SQLITE:
        return f"{version.place(connection)} {_OF_SQLITE[code & 0xFF]}."
    if state in _NO_TABLE or said.startswith(("no such table", "no such column")):
        return _of_version(said)
    if state in _TABLE_THERE or said.endswith("already exists"):
        return f"The database holds what another program, or a start that was cut off, has made: {said}. Use an empty one."
    if isinstance(error, OperationalError | InterfaceError):
        return f"The database cannot be reached: {said.rstrip('.')}; start it, or mend DATABASE_URL."
    return ""


def _of_version(said: str) -> str:
    """Say why a table is not there: the database is another's, or new, or older."""
    try:
        how = version.stranger(connection) or version.mismatch()
    except Error:
        how = ""
    return f"The database cannot be used: {how or said}."


def _of_system(error: OSError) -> str:
    """Return why the system refuses a file; an error that names none is about something else, unless the disk is full."""
    if error.filename is None and error.errno not in (errno.ENOSPC, errno.EDQUOT):
        return ""
    return settings.DATA_FOLDER.refusal(error)
