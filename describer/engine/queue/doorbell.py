"""The doorbell: a task message that says only "there is work". Extra ones are harmless, lost ones are rung again."""

import logging
from contextlib import nullcontext
from functools import cache
from typing import Any

from celery import current_app
from django.conf import settings
from kombu import pools

from describer.engine.breaker import TIMEOUT, redis_breaker
from describer.lib.log_rate import LogRate

TASK = "describer.work"

logger = logging.getLogger(__name__)
_WARNINGS = LogRate()


def ring(rows: int = 1) -> bool:
    """Ring for so many rows, at most as often as one process has slots; False when the broker is away.

    Rung by the task's name, so that the queue knows nothing of the floors above it. Never raises: the rows are
    queued, and the sweeper rings again.
    """
    if redis_breaker.is_away:
        return False
    try:
        with _line() as producer:
            for _ in range(min(rows, settings.WORKER_CONCURRENCY)):
                current_app.send_task(TASK, ignore_result=True, producer=producer)
    except Exception as error:  # of kombu, the client or a socket: whoever rings has committed already
        redis_breaker.trip()
        _WARNINGS.warn(logger, "the broker is away or refuses, queued asks wait for it: %s", error)
        return False
    return True


def _line() -> Any:
    """Return a way to Redis that gives up sooner than the worker's, which waits a second for each message."""
    return _lines().acquire(block=True) if settings.REDIS_URL else nullcontext()


@cache
def _lines() -> Any:
    return pools.producers[current_app.connection_for_write(transport_options={"socket_timeout": TIMEOUT})]
