"""What each worker process does beside its asks: heartbeat, sweeps, looking after endpoints, tidying up.

A thread for each kind of duty, so that neither a sweep that waits for the broker nor an endpoint whose name does not
resolve ever holds up a heartbeat.
"""

import logging
import os
import socket
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from functools import cache
from itertools import count

from django.conf import settings
from django.db import DatabaseError, InterfaceError, OperationalError, close_old_connections
from django.utils import timezone

from describer import __version__, webhooks
from describer.db import version as database
from describer.engine import queue, submit
from describer.engine.endpoints import client as connection
from describer.engine.queue.sweep import give_up_orphans
from describer.media.storage import PARTS, sweep_images, sweep_some_files
from describer.models import Endpoint, Worker

logger = logging.getLogger(__name__)

NAME = f"{socket.gethostname()}:{os.getpid()}"[-200:]
STARTED = timezone.now()
SIGN_OFF_SECONDS = 1.0
HAND_BACK_SECONDS = 5.0
BEHIND_SECONDS = 2.0
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
            self._do(close_old_connections)
            if self.ended.wait(settings.SWEEP_SECONDS):
                return

    def _do(self, duty: Callable[[], object]) -> None:
        try:
            duty()
        except (OperationalError, InterfaceError) as error:
            # One line each second is enough while a database is away.
            logger.warning("%s: %s waits for the database: %s", self.name, duty.__name__, error)
        except Exception:
            logger.exception("%s: %s failed and will be tried again", self.name, duty.__name__)
        else:
            return
        with suppress(DatabaseError, InterfaceError):
            close_old_connections()


@cache
def _rounds() -> tuple[Round, ...]:
    return (
        Round("heartbeat", {beat: settings.HEARTBEAT_SECONDS}),
        Round("sweep", {queue.sweep: settings.SWEEP_SECONDS}),
        Round("webhooks", {webhooks.postman.deliver: settings.SWEEP_SECONDS}),
        Round(
            "upkeep",
            {
                look_after_endpoints: settings.SWEEP_SECONDS,
                tidy: TIDY_SECONDS,
                sweep_some_files: FILES_SECONDS,
            },
        ),
    )


def begin_rounds() -> None:
    """Start the rounds of this process, once."""
    for thread in _rounds():
        if not thread.is_alive() and not thread.ended.is_set():
            thread.start()


@cache
def _lease_round() -> Round:
    return Round("leases", {queue.leases.extend: settings.HEARTBEAT_SECONDS})


def keep_leases() -> None:
    """For a process that is no worker, but sees calls of our own endpoint or the shell through: their leases alone."""
    if not _lease_round().is_alive():
        _lease_round().start()


def end_rounds() -> None:
    """Stop the rounds and take this process off the list of workers; they are not started again in this process."""
    _try_shortly(webhooks.postman.finish, SIGN_OFF_SECONDS)
    for thread in (*_rounds(), _lease_round()):
        thread.ended.set()
    _try_shortly(sign_off, SIGN_OFF_SECONDS)


def leave_in_time() -> None:
    """Leave with status 0 when the grace time is over, whatever still runs: it is handed back for others to take."""
    time.sleep(settings.GRACE_SECONDS)
    hand_back()
    logging.shutdown()
    os._exit(0)


def hand_back() -> None:
    """What did not end within the grace time is for others to take, at once or, failing that, when its leases end."""
    logger.warning("%d calls did not end in time; they are handed back", queue.leases.count)
    _try_shortly(_hand_back, HAND_BACK_SECONDS)


def _hand_back() -> None:
    try:
        queue.hand_back_held()
    except (DatabaseError, InterfaceError) as error:
        logger.warning("not handed back, they are taken up when their leases end: %s", error)


def _try_shortly(last: Callable[[], None], seconds: float) -> None:
    """In a thread, and not waited for long: a database that hangs must not hold the end of a process."""
    thread = threading.Thread(target=last, name=last.__name__, daemon=True)
    thread.start()
    thread.join(seconds)


def beat() -> None:
    """Extend the leases of this process, and tell of it as a worker."""
    queue.leases.extend()
    Worker.tell(
        NAME,
        version=__version__,
        started=STARTED,
        slots=settings.WORKER_CONCURRENCY,
        running=queue.leases.count,
    )
    behind.look()


def sign_off() -> None:
    """This process takes no more asks."""
    try:
        Worker.objects.filter(name=NAME).delete()
    except (DatabaseError, InterfaceError) as error:
        logger.info("not taken off the list of workers: %s", error)
    finally:
        close_old_connections()


def worker_is_alive() -> bool:
    """Whether any worker process had a heartbeat lately."""
    return Worker.objects.alive().exists()


class Behind:
    """Whether database and program are of different versions, and how; said once each time that it changes."""

    def __init__(self) -> None:
        self.how = ""

    def look(self) -> str:
        """Look, and answer how they differ, or "" when they do not."""
        how = database.mismatch()
        if how and how != self.how:
            logger.warning("no asks are taken: %s", how)
        if self.how and not how:
            logger.warning("database and program are of one version again: asks are taken")
        self.how = how
        return how


behind = Behind()


def wait_for_database() -> None:
    """Return once the database is there and of this program's version; what is missing is said in the log."""
    while _unready():
        time.sleep(BEHIND_SECONDS)


def _unready() -> bool:
    try:
        return bool(behind.look())
    except DatabaseError as error:
        logger.warning("waiting for the database: %s", error)
        return True
    finally:
        close_old_connections()


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
    """Old tokens, pictures that nothing shows, calls that nobody will complete, deliveries of long ago, workers that are
    gone."""
    submit.forget_tokens()
    give_up_orphans()
    sweep_images()
    webhooks.tidy()
    gone = Worker.objects.gone() if settings.REDIS_URL else Worker.objects.exclude(name=NAME)
    gone.delete()  # an embedded site has one worker: itself
