"""What each worker process does beside its asks: heartbeat, sweeps, looking after endpoints, tidying up.

Two threads, so that a name that does not resolve or a slow endpoint never holds up a heartbeat.
"""

import logging
import os
import threading
import time
from collections.abc import Callable
from datetime import timedelta
from functools import cache
from itertools import count

from django.conf import settings
from django.core.cache import cache as shared
from django.db import close_old_connections
from django.utils import timezone

from describer import connection, queue, submit
from describer.models import Endpoint
from describer.queue.sweep import give_up_orphans
from describer.storage import PARTS, sweep_images, sweep_some_files

logger = logging.getLogger(__name__)

ALIVE = "describer-worker-alive"
TIDY_SECONDS = 600
FILES_SECONDS = 6 * 3600 / len(PARTS)  # so that every file's age is looked at some four times a day


class Round(threading.Thread):
    """Does its duties again and again, each at its own interval in seconds; one that fails is logged and tried again."""

    def __init__(self, name: str, duties: dict[Callable[[], object], float]) -> None:
        super().__init__(name=name, daemon=True)
        self.duties = duties
        self.ended = threading.Event()

    def run(self) -> None:
        for tick in count():
            for duty, seconds in self.duties.items():
                if tick % max(1, round(seconds / settings.SWEEP_SECONDS)) == 0:
                    self._do(duty)
            close_old_connections()
            if self.ended.wait(settings.SWEEP_SECONDS):
                return

    def _do(self, duty: Callable[[], object]) -> None:
        try:
            duty()
        except Exception:
            logger.exception("%s: %s failed and will be tried again", self.name, duty.__name__)
            close_old_connections()


@cache
def _rounds() -> tuple[Round, ...]:
    return (
        Round("heartbeat", {beat: settings.HEARTBEAT_SECONDS, queue.sweep: settings.SWEEP_SECONDS}),
        Round(
            "upkeep",
            {
                look_after_endpoints: settings.SWEEP_SECONDS,
                tidy: TIDY_SECONDS,
                sweep_some_files: FILES_SECONDS,
            },
        ),
    )


def begin() -> None:
    """Start both rounds of this process, once."""
    for thread in _rounds():
        if not thread.is_alive() and not thread.ended.is_set():
            thread.start()


def end() -> None:
    """Stop both rounds; they are not started again in this process."""
    for thread in _rounds():
        thread.ended.set()


def leave_in_time() -> None:
    """Leave with status 0 when the grace time is over, whatever still runs: it is handed back for others to take."""
    time.sleep(settings.GRACE_SECONDS)
    count = queue.hand_back_held()
    logger.warning("%d calls did not end in time; they are handed back", count)
    logging.shutdown()
    os._exit(0)


def beat() -> None:
    """Extend the leases of this process, and say that a worker is alive."""
    queue.leases.extend()
    shared.set(ALIVE, 1, settings.HEARTBEAT_SECONDS * 3)


def worker_is_alive() -> bool:
    """Whether any worker process had a heartbeat lately."""
    return bool(shared.get(ALIVE))


def look_after_endpoints() -> None:
    """Fetch lists of models that are missing or old; see whether a paused endpoint can be opened again."""
    for endpoint in Endpoint.objects.filter(is_default=True):
        if endpoint.paused_code:
            probe(endpoint)
        else:
            connection.refresh_models(endpoint)


def probe(endpoint: Endpoint) -> None:
    """Once a minute: the list of models tells whether a key is good again; where it cannot, the oldest ask goes ahead."""
    now = timezone.now()
    if endpoint.next_probe and endpoint.next_probe > now:
        return
    Endpoint.objects.filter(pk=endpoint.pk).update(next_probe=now + timedelta(seconds=settings.PROBE_SECONDS))
    again = connection.answers_again(endpoint)
    if again:
        queue.open_endpoint(endpoint)
    elif again is None:
        queue.send_ahead(endpoint)


def tidy() -> None:
    """Old tokens, pictures that nothing shows, calls that nobody will complete."""
    submit.forget_tokens()
    give_up_orphans()
    sweep_images()
