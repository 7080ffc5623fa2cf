"""The end of a process whose threads may go on for ever, so that an SQLite database is left as one whole file."""

import os
import signal
import sys
from pathlib import Path
from typing import NoReturn

from django.db import connection

# Closing the last connection writes the log into the database and removes it.
_LAST_CONNECTION = """
import contextlib, sqlite3, sys
with contextlib.suppress(sqlite3.Error), contextlib.closing(sqlite3.connect(sys.argv[1])) as database:
    database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
"""


def leave() -> NoReturn:
    """End this process with status 0, whatever its threads do.

    Their connections to SQLite cannot be closed from here, and while they are open the newest rows lie in the log beside
    the database: whoever copies the one file would lose them. So the process becomes another program, which has none of
    the threads, opens the database and closes it.
    """
    if connection.vendor == "sqlite" and Path(f"{connection.settings_dict['NAME']}-wal").exists():
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)  # it is ending already
        program = [sys.executable, "-I", "-S", "-c", _LAST_CONNECTION, str(connection.settings_dict["NAME"])]
        os.execv(program[0], program)  # noqa: S606  our own text
    os._exit(0)
