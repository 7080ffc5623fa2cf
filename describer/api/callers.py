"""Who calls, looked up before a body is taken and kept for some seconds: uploads and calls come one after the other."""

import asyncio
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from hashlib import sha256

from django.db import DatabaseError, InterfaceError

from describer.api.errors import busy
from describer.db.connections import borrowed
from describer.db.unavailable import is_unavailable

KNOWN_SECONDS = 10.0
_MOST_KNOWN = 10_000
_THREADS = ThreadPoolExecutor(2, "caller")


@dataclass(frozen=True)
class KnownCaller:
    """A person by id, and the id of the key that was shown; 0 is a session."""

    person: int
    key: int = 0


_NOBODY = 0.0, KnownCaller(0)


class Callers:
    """People by what they show: a key or a session.

    `look` returns who it is, or raises Refusal. Who was good a moment ago is taken for good, which opens nothing:
    whatever then serves the request looks for itself.
    """

    def __init__(self, look: Callable[[str], KnownCaller]) -> None:
        self.look = look
        self.known: dict[bytes, tuple[float, KnownCaller]] = {}

    async def caller(self, shown: str) -> KnownCaller:
        """Return who shows this. Raises Refusal."""
        digest = sha256(shown.encode("utf-8", "replace")).digest()
        until, caller = self.known.get(digest, _NOBODY)
        if time.monotonic() < until:
            return caller
        caller = await asyncio.get_running_loop().run_in_executor(_THREADS, self._looked_up, shown)
        if len(self.known) >= _MOST_KNOWN:
            self.known.clear()
        self.known[digest] = time.monotonic() + KNOWN_SECONDS, caller
        return caller

    def _looked_up(self, shown: str) -> KnownCaller:
        try:
            with borrowed():
                return self.look(shown)
        except (DatabaseError, InterfaceError) as error:
            if not is_unavailable(error):
                raise
            raise busy() from error
