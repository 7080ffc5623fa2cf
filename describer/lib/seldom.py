"""A thing that happens again and again is said once a minute."""

import logging
import time

_MINUTE = 60.0


class Seldom:
    """Says each of its sentences to a log, as a warning, once a minute at most."""

    def __init__(self, logger: logging.Logger) -> None:
        self.logger = logger
        self.said: dict[str, float] = {}

    def say(self, sentence: str, *arguments: object) -> None:
        now = time.monotonic()
        if now - self.said.get(sentence, -_MINUTE) >= _MINUTE:
            self.said[sentence] = now
            self.logger.warning(sentence, *arguments)
