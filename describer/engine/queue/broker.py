"""Redis as Celery's broker, with what kombu leaves open: whatever else writes there, a worker goes on hearing bells.

vision_site/celery.py names the transports of this module in the place of kombu's own. What lies in the queue and is no
bell is passed over: kombu raises it through the worker's loop, which ends the worker, and Celery logs each with its body.
No more bells lie there than are of use, since one says that there is work and may serve many rows.
"""

import logging
import time
from queue import Empty
from typing import Any

from django.conf import settings
from kombu.transport import redis
from redis.exceptions import ResponseError

from describer.engine.queue.doorbell import TASK
from describer.lib.log_rate import LogRate

logger = logging.getLogger(__name__)
_WARNINGS = LogRate()

MOST_BELLS = 1000  # in line; some 700 bytes each
_END_SECONDS = 3600  # after so long without a new bell, those that lie there are gone
_LOOK_SECONDS = 1.0  # to look costs as much as to ring


class _Tolerant:
    """What is added to a channel of kombu's, with or without Sentinel."""

    looked = -_LOOK_SECONDS
    is_full = False

    def _put(self: Any, queue: str, message: Any, **options: Any) -> None:
        if self._has_enough(queue):
            _WARNINGS.warn(
                logger, "%d bells lie in Redis and nobody takes them; no more are rung", MOST_BELLS
            )
            return
        super()._put(queue, message, **options)  # type: ignore[misc]

    def _has_enough(self: Any, queue: str) -> bool:
        """Tell whether many bells lie there, or did a second ago; those that lie there are given an end."""
        now = time.monotonic()
        if now - self.looked > _LOOK_SECONDS:
            self.looked = now
            with self.conn_or_acquire() as client, client.pipeline(transaction=False) as looks:
                looks.llen(queue)
                looks.expire(queue, _END_SECONDS)
                length, _ = looks.execute(raise_on_error=False)
            if isinstance(length, ResponseError):
                self._mend(length)
                length = 0
            self.is_full = length >= MOST_BELLS
        return bool(self.is_full)

    def _brpop_read(self: Any, **options: Any) -> Any:
        try:
            return super()._brpop_read(**options)  # type: ignore[misc]
        except (*self.connection_errors, Empty):
            raise
        except ResponseError as error:
            self._mend(error)
        except Exception as error:
            _WARNINGS.warn(logger, "what lies in Redis's queue is no bell, and is passed over: %.500r", error)
        raise Empty

    def _queue_bind(self: Any, *names: str) -> None:
        try:
            super()._queue_bind(*names)  # type: ignore[misc]
        except ResponseError as error:
            self._mend(error)
            super()._queue_bind(*names)  # type: ignore[misc]

    def get_table(self: Any, exchange: str) -> Any:
        try:
            return super().get_table(exchange)  # type: ignore[misc]
        except ResponseError as error:
            self._mend(error)
        return super().get_table(exchange)  # type: ignore[misc]

    def _mend(self: Any, error: ResponseError) -> None:
        """Take away keys of ours that somebody wrote as another type; raise the error when it was not for that."""
        if "WRONGTYPE" not in str(error):
            raise error
        ours = settings.CELERY_TASK_DEFAULT_QUEUE
        lists = [self._q_for_pri(ours, step) for step in self.priority_steps]
        kinds = dict.fromkeys(lists, b"list") | {self.unacked_key: b"hash", self.unacked_index_key: b"zset"}
        kinds[self.keyprefix_queue % ours] = b"set"
        with self.conn_or_acquire() as client:
            for key, kind in kinds.items():
                if client.type(key) not in (kind, b"none"):
                    client.delete(key)
                    _WARNINGS.warn(
                        logger, "a key of ours in Redis held something else, and was taken away: %s", key
                    )


class BellChannel(_Tolerant, redis.Channel):
    """A channel to one Redis."""


class SentinelBellChannel(_Tolerant, redis.SentinelChannel):
    """A channel to the Redis that a Sentinel names."""


class BellTransport(redis.Transport):
    """Hands on what is a bell, and what workers say to each other."""

    Channel = BellChannel

    def _deliver(self, message: Any, queue: str | None) -> None:
        if queue == settings.CELERY_TASK_DEFAULT_QUEUE and not _is_bell(message):
            raise ValueError(message)
        try:
            super()._deliver(message, queue)
        except (*self.connection_errors, *self.channel_errors):
            raise
        except Exception as error:
            _WARNINGS.warn(logger, "a message in Redis cannot be read, and is passed over: %.500r", error)


class SentinelBellTransport(BellTransport):
    """The same, where a Sentinel names the Redis."""

    default_port = redis.SentinelTransport.default_port
    Channel = SentinelBellChannel  # type: ignore[assignment]


def _is_bell(message: Any) -> bool:
    """Tell whether a message is one as we ring: Celery's second protocol, and nothing said of when or how long."""
    try:
        headers, tag = message["headers"], message["properties"]["delivery_tag"]
        text = [message["content-type"], message["content-encoding"], message["properties"]["body_encoding"]]
        named = headers["task"] == TASK and isinstance(headers["id"], str) and isinstance(tag, str)
        plain = not any(headers.get(name) for name in ("eta", "expires", "group", "stamps"))
    except (KeyError, TypeError, AttributeError):
        return False
    return named and plain and text == ["application/json", "utf-8", "base64"]
