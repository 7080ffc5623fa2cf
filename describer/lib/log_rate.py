"""A line of the log now and then, where a thousand would say the same."""

import logging
import threading
import time
from collections.abc import Hashable

MINUTE = 60.0


class LogRate:
    """One line a minute for each subject, and how many were left out since the last one."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._lasts: dict[Hashable, tuple[float, int]] = {}

    def left_out(self, subject: Hashable) -> int | None:
        """Return how many lines were left out since the last; None when this one shall be left out, too."""
        now = time.monotonic()
        with self._lock:
            until, count = self._lasts.get(subject, (0.0, 0))
            if now < until:
                self._lasts[subject] = (until, count + 1)
                return None
            self._lasts[subject] = (now + MINUTE, 0)
            return count

    def warn(self, logger: logging.Logger, sentence: str, *arguments: object) -> None:
        """Log a warning, each sentence once a minute at most, whatever its arguments are."""
        if self.left_out(sentence) is not None:
            logger.warning(sentence, *arguments)
