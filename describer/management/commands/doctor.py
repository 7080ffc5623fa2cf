"""`manage.py doctor`: looks at everything that the site stands on; says what is wrong and how to mend it."""

from collections.abc import Callable
from functools import partial
from typing import Any

import psycopg
from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser
from django.db import Error

from describer.db import version
from describer.db.faults import in_words
from describer.management.doctor.examine import ANYWAY, BY_ROWS
from describer.management.doctor.findings import NOTE, OK, WRONG, Finding, Findings
from describer.management.doctor.keeping import the_pictures
from describer.ops.monitoring.single_flight import SingleFlight

_SECONDS = 20.0  # for one part
_FILES_SECONDS = 24 * 3600.0


class Command(BaseCommand):
    """One line for each finding. Works beside a running site and without one, and goes on where the database is away."""

    help = "Looks at settings, database, broker, storage, endpoint and workers. Exit status 1 when something is wrong."
    requires_system_checks = ()
    requires_migrations_checks = False

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--files", action="store_true", help="look at the files of all pictures")

    def handle(self, *args: Any, **options: Any) -> None:
        self.secrets = _secrets()
        marks = {name: self._examined(name, look) for name, look in ANYWAY.items()}
        every = bool(options["files"])
        seconds = _FILES_SECONDS if every else _SECONDS
        by_rows = BY_ROWS | {"pictures": partial(the_pictures, every)}
        for name, look in by_rows.items():
            if marks["database"] == {OK}:
                marks[name] = self._examined(name, look, seconds)
            else:
                self._say(name, Finding(NOTE, "not looked at before the database is well"))
        if WRONG in set().union(*marks.values()):
            raise SystemExit(1)

    def _examined(self, name: str, look: Callable[[], Findings], seconds: float = _SECONDS) -> set[str]:
        """Say what is found, and return the marks."""
        try:
            findings = SingleFlight(lambda: list(look())).begin().within(seconds)
        except TimeoutError:
            findings = [Finding(WRONG, f"does not answer within {seconds:.0f} s", "see that it runs")]
        except (Error, OSError, psycopg.Error) as error:
            findings = [_fault(error)]
        for finding in findings:
            self._say(name, finding)
        return {finding.mark for finding in findings}

    def _say(self, name: str, finding: Finding) -> None:
        text = finding.what.rstrip(".")
        if finding.mend:
            text += f" - {finding.mend}"
        line = " ".join(text.split())
        for secret in self.secrets:
            line = line.replace(secret, "[secret]")
        self.stdout.write(f"{finding.mark:<5}  {name}: {line}")


def _fault(error: Exception) -> Finding:
    if version.is_local() and (words := in_words(error)):
        return Finding(WRONG, words)
    return Finding(WRONG, f"cannot be reached: {error}", "start it, or mend its setting")


def _secrets() -> list[str]:
    """Return whatever must not be seen, also as a part of an address."""
    whole = [*settings.SECRETS, settings.FIRST_ADMIN["password"], settings.DATABASE_URL, settings.REDIS_URL]
    # One of three letters is none: without them no finding could be read.
    return sorted((secret for secret in whole if len(secret) > 3), key=len, reverse=True)
