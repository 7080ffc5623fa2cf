"""Changes of state on their way to open pages: `{id, status}` and nothing more; the page fetches the rest itself.

Where an endpoint's settings say so, the words of answers go the same way while they come (live_words.py).

Within one process a change is handed to the event loop of the page's stream. With Redis every process publishes to
one channel and has one subscription to it, whatever the number of pages.
"""

import asyncio
import json
import logging
import threading
from collections import defaultdict
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractContextManager, nullcontext
from functools import cache
from typing import Any, TypedDict

from django.conf import settings
from django.db import transaction

from describer.engine.breaker import TIMEOUT, redis_breaker
from describer.lib.limits import COMING_CHARACTERS
from describer.lib.log_rate import LogRate
from describer.models import Description, Status

if settings.REDIS_URL:  # it would take a twentieth of the time of a single ask from the shell
    import redis

logger = logging.getLogger(__name__)
_WARNINGS = LogRate()

_CHANNEL = "describer.live"
Held = Callable[[Callable[[], None]], AbstractContextManager[None]]
BACKLOG = 200  # events that a page may be behind before it is dropped; it polls then
WORDS_BACKLOG = (
    100  # from here on words are left out: the page finds a gap, and fetches what was kept of them
)
_QUIET_SECONDS = 15
_RECONNECT_SECONDS = 2


class Event(TypedDict):
    """What a page is told."""

    id: int
    status: str


class WordsEvent(TypedDict):
    """Words of a description's first answer, in its call of this number: they belong `at` so many UTF-16 units, all behind is gone.

    `thinks`: thoughts have come, and no words yet.
    """

    id: int
    call: int
    at: int
    words: str
    thinks: bool


Told = Event | WordsEvent


class Stream:
    """One open page's queue, in the event loop in which it was made. None in the queue ends the stream."""

    def __init__(self) -> None:
        self.loop = asyncio.get_running_loop()
        self.queue: asyncio.Queue[Told | None] = asyncio.Queue()

    def put(self, event: Told | None) -> None:
        """Hand an event to the stream's loop, from any thread."""
        try:
            self.loop.call_soon_threadsafe(self._put, event)
        except RuntimeError:
            logger.debug("the loop of a stream is closed already")

    def end(self) -> None:
        """End the stream, from any thread."""
        self.put(None)

    def _put(self, event: Told | None) -> None:
        behind = self.queue.qsize()
        if event and "words" in event and behind >= WORDS_BACKLOG:
            return
        if behind >= BACKLOG:
            event = None
        self.queue.put_nowait(event)


class Hub:
    """The open streams of this process, by person."""

    def __init__(self) -> None:
        self.streams: dict[int, set[Stream]] = defaultdict(set)
        self.lock = threading.Lock()
        self.closed = False

    def add(self, owner: int) -> Stream:
        stream = Stream()
        with self.lock:
            self.streams[owner].add(stream)
        return stream

    def remove(self, owner: int, stream: Stream) -> None:
        with self.lock:
            self.streams[owner].discard(stream)
            if not self.streams[owner]:
                del self.streams[owner]

    def deliver(self, owner: int, event: Told) -> None:
        with self.lock:
            streams = tuple(self.streams.get(owner, ()))
        for stream in streams:
            stream.put(event)

    def close(self) -> None:
        """End every stream: the site is stopping."""
        self.closed = True
        for streams in tuple(self.streams.values()):
            for stream in tuple(streams):
                stream.put(None)


hub = Hub()


def publish(description: Description) -> None:
    """Tell the owner's open pages, once the change is committed. Never fails: pages poll where the stream fails."""
    event = Event(id=description.pk, status=description.status)
    owner = description.owner_id
    transaction.on_commit(lambda: _send(owner, event))


def tell_words(owner: int, event: WordsEvent) -> None:
    """Tell the owner's open pages of words; never fails. Who missed some finds them in the row, a second later."""
    _send(owner, event)


def _send(owner: int, event: Told) -> None:
    if not settings.REDIS_URL:
        hub.deliver(owner, event)
        return
    if redis_breaker.is_away:
        return
    try:
        _redis().publish(_CHANNEL, json.dumps([owner, event]))
    except redis.RedisError:
        redis_breaker.trip()
        _WARNINGS.warn(logger, "Redis is away or refuses: open pages poll")


def _unheld(_: Callable[[], None]) -> AbstractContextManager[None]:
    return nullcontext()


async def events(owner: int, held: Held = _unheld) -> AsyncIterator[Told | None]:
    """Yield this person's changes as they come; None after quiet seconds, which keeps the connection alive.

    Meanwhile `held` has what ends the stream.
    """
    if settings.REDIS_URL:
        _listener()
    stream = hub.add(owner)
    try:
        with held(stream.end):
            async for event in _told(stream):
                yield event
    finally:
        hub.remove(owner, stream)


async def _told(stream: Stream) -> AsyncIterator[Told | None]:
    while not hub.closed:
        try:
            event = await asyncio.wait_for(stream.queue.get(), _QUIET_SECONDS)
        except TimeoutError:
            yield None
            continue
        if event is None:
            return
        yield event


@cache
def _redis() -> Any:
    return redis.Redis.from_url(settings.REDIS_URL, socket_connect_timeout=0.3, socket_timeout=TIMEOUT)


@cache
def _listener() -> threading.Thread:
    """Return the thread of this process's one subscription, started with the first open page."""
    thread = threading.Thread(target=_listen, name="live", daemon=True)
    thread.start()
    return thread


def _listen() -> None:
    again = threading.Event()
    while not hub.closed:
        try:
            pubsub: Any = redis.Redis.from_url(
                settings.REDIS_URL, socket_connect_timeout=2, socket_keepalive=True
            ).pubsub()  # type: ignore[no-untyped-call]
            pubsub.subscribe(_CHANNEL)
            for message in pubsub.listen():
                if message["type"] == "message" and (heard := _heard(message["data"])):
                    hub.deliver(*heard)
        except Exception as error:
            if not isinstance(error, redis.RedisError):
                logger.exception("the subscription to Redis begins anew")
            again.wait(_RECONNECT_SECONDS)


def _heard(data: bytes) -> tuple[int, Told] | None:
    """Return whose change this is, and which; None for what is no message of ours: anybody may publish in Redis."""
    try:
        owner, told = json.loads(data)
        event = _event_of(told)
    except (ValueError, TypeError, KeyError, RecursionError):
        _WARNINGS.warn(
            logger, "what somebody publishes in Redis is no change of ours, and is passed over: %.200r", data
        )
        return None
    if type(owner) is not int or type(event["id"]) is not int:
        return None
    return owner, event


def _event_of(told: Any) -> Told:
    """Return an event of ours. Raises what a look into a value of another shape raises."""
    if "words" not in told:
        return Event(id=told["id"], status=Status(told["status"]))
    words = WordsEvent(
        id=told["id"],
        call=int(told["call"]),
        at=int(told["at"]),
        words=str(told["words"]),
        thinks=bool(told["thinks"]),
    )
    if len(words["words"]) > COMING_CHARACTERS:
        raise ValueError("more words than anybody is told at once")
    return words
