"""Rounds: threads that do their duties again and again, beside the asks."""

import logging
import threading
from collections.abc import Callable
from contextlib import suppress
from itertools import count

from django.conf import settings
from django.db import DatabaseError, InterfaceError

from describer.db.connections import release
from describer.db.unavailable import is_unavailable

logger = logging.getLogger(__name__)


class Round(threading.Thread):
    """Does its duties again and again, each at its own interval in seconds; one that fails is logged and tried again."""

    def __init__(self, name: str, duties: dict[Callable[[], object], float]) -> None:
        super().__init__(name=name, daemon=True)
        self.duties = duties
        self.ended = threading.Event()

    def run(self) -> None:
        """Go round until the end. What the database did not take is done again with the next tick."""
        put_off: set[Callable[[], object]] = set()
        for tick in count():
            for duty, seconds in self.duties.items():
                if duty in put_off or tick % max(1, round(seconds / settings.SWEEP_SECONDS)) == 0:
                    put_off.discard(duty)
                    if not self._is_done(duty):
                        put_off.add(duty)
            self._is_done(release)
            if self.ended.wait(settings.SWEEP_SECONDS):
                return

    def _is_done(self, duty: Callable[[], object]) -> bool:
        """Do a duty; False when the database was away for it."""
        try:
            duty()
        except Exception as error:
            away = is_unavailable(error)
            if away:  # one line each second is enough
                logger.warning("%s: %s waits for the database: %s", self.name, duty.__name__, error)
            else:
                logger.exception("%s: %s failed and will be tried again", self.name, duty.__name__)
        else:
            return True
        with suppress(DatabaseError, InterfaceError):
            release()
        return not away
