"""Whether what is open may stay open: pages' streams by their sessions, calls at our own endpoint by their keys.

A look for all of them together, now and then: a logout, a new password, a revoked key may come by any process, so nobody
could tell each stream of it.
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from django.conf import settings

from describer.engine.queue.process import process
from describer.engine.queue.rounds import Round
from describer.models.credentials import keys_still_good, people_of_sessions

Credential = str | int  # the key of a session, or the id of an API key
_End = Callable[[], None]


class Standing:
    """What is open in this process, by the session or key on whose strength it is, each with what ends it."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.open: dict[Credential, list[_End]] = {}
        self.looks = False

    @contextmanager
    def held(self, credential: Credential, end: _End) -> Iterator[None]:
        """Call `end`, from another thread, when the session or key is no longer good; once or more."""
        self._begin()
        with self.lock:
            self.open.setdefault(credential, []).append(end)
        try:
            yield
        finally:
            with self.lock:
                self.open[credential].remove(end)
                if not self.open[credential]:
                    del self.open[credential]

    def _begin(self) -> None:
        """Start the looks, with the first that is held."""
        if not self.looks:
            self.looks = True
            process.start(Round("standing", {self.look: settings.STANDING_SECONDS}))

    def look(self) -> None:
        """End what is open by sessions and keys that are over."""
        with self.lock:
            credentials = list(self.open)
        sessions = [one for one in credentials if isinstance(one, str)]
        numbers = [one for one in credentials if isinstance(one, int)]
        good: set[Credential] = set()
        if sessions:
            good |= people_of_sessions(sessions).keys()
        if numbers:
            good |= keys_still_good(numbers)
        for credential in credentials:
            if credential not in good:
                self._end(credential)

    def _end(self, credential: Credential) -> None:
        with self.lock:
            ends = tuple(self.open.get(credential, ()))
        for end in ends:
            end()


standing = Standing()
