"""From the thread of a call to the event loop that waits for it."""

import asyncio
import logging
from contextlib import suppress

logger = logging.getLogger(__name__)

MOST_BEHIND = 4 * 2**20  # bytes of a stream that its caller may be behind


class Channel:
    """What a thread hands to the event loop: the frames of a stream, and that something is new.

    A caller who does not take what comes `is_behind`: the call is read to its end and recorded, but not kept
    for the caller.
    """

    def __init__(self) -> None:
        self.loop = asyncio.get_running_loop()
        self.frames: list[bytes] = []
        self.news = asyncio.Event()
        self.size = 0
        self.is_behind = False

    def put(self, data: bytes) -> None:
        """Hand data over; to be called from the thread."""
        try:
            self.loop.call_soon_threadsafe(self._put, data)
        except RuntimeError:
            logger.debug("the loop of a stream is closed already")

    def wake(self) -> None:
        """Let the loop see that something is new that is no data; to be called from any thread."""
        with suppress(RuntimeError):  # the loop is closed already
            self.loop.call_soon_threadsafe(self.news.set)

    def _put(self, data: bytes) -> None:
        self.is_behind = self.is_behind or (bool(self.frames) and self.size + len(data) > MOST_BEHIND)
        if self.is_behind:
            self.frames.clear()
        else:
            self.frames.append(data)
        self.size += len(data)
        self.news.set()

    def take(self) -> bytes:
        """Return all that came meanwhile."""
        frames, self.frames, self.size = self.frames, [], 0
        self.news.clear()
        return b"".join(frames)

    async def wait(self, seconds: float) -> bool:
        """Wait until something is new; return False when nothing was within so many seconds."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self.news.wait()
        return self.news.is_set()
