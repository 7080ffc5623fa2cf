"""Rounds: threads that do their duties again and again, beside the asks."""

import logging
import threading
from collections.abc import Callable
from contextlib import suppress
from itertools import count

from django.conf import settings
from django.db import DatabaseError, InterfaceError, OperationalError

from describer.db.connections import release

logger = logging.getLogger(__name__)


class Round(threading.Thread):
    """Does its duties again and again, each at its own interval in seconds; one that fails is logged and tried again."""

    def __init__(self, name: str, duties: dict[Callable[[], object], float]) -> None:
        super().__init__(name=name, daemon=True)
        self.duties = duties
        self.ended = threading.Event()

    def run(self) -> None:
        """Go round until the end."""
        for tick in count():
            for duty, seconds in self.duties.items():
                if tick % max(1, round(seconds / settings.SWEEP_SECONDS)) == 0:
                    self._do(duty)
            self._do(release)
            if self.ended.wait(settings.SWEEP_SECONDS):
                return

    def _do(self, duty: Callable[[], object]) -> None:
        try:
            duty()
        except (OperationalError, InterfaceError) as error:
            # One line each second is enough while a database is away.
            logger.warning("%s: %s waits for the database: %s", self.name, duty.__name__, error)
        except Exception:
            logger.exception("%s: %s failed and will be tried again", self.name, duty.__name__)
        else:
            return
        with suppress(DatabaseError, InterfaceError):
            release()
