"""What each worker process does beside its asks: heartbeat, sweeps, looking after endpoints, tidying up.

A round, which is a thread, for each kind of duty, so that neither a sweep that waits for the broker nor an endpoint whose
name does not resolve ever holds up a heartbeat.
"""

import logging
import os
import socket
import sys
import threading
import time
from collections.abc import Callable
from datetime import timedelta

from django.conf import settings
from django.db import DatabaseError, InterfaceError
from django.utils import timezone

from describer import __version__, webhooks
from describer.db import version
from describer.db.clock import SLACK_SECONDS, clock
from describer.db.connections import borrowed
from describer.db.faults import in_words, is_for_good
from describer.db.leaving import leave
from describer.desk.retention import retain
from describer.desk.trash import delete_due
from describer.engine import live_words, queue, submit
from describer.engine.endpoints import client
from describer.engine.journal import journal
from describer.engine.queue import process
from describer.engine.queue.rounds import Round
from describer.engine.queue.sweep import give_up_orphans
from describer.engine.recover import forget_deleted, recover
from describer.media.storage import PARTS, sweep_images, sweep_let_go, sweep_some_files
from describer.models import Endpoint, Worker
from describer.search import index
from describer.search.purge import purge_words

logger = logging.getLogger(__name__)

NAME = f"{socket.gethostname()}:{os.getpid()}"[-200:]
STARTED = timezone.now()
SIGN_OFF_SECONDS = 1.0
HAND_BACK_SECONDS = 5.0
BEHIND_SECONDS = 2.0
TIDY_SECONDS = 600
TRASH_SECONDS = 5
MINUTE_SECONDS = 60
_SETTLE: dict[Callable[[], object], float] = {queue.settle_left: settings.SWEEP_SECONDS}
_EACH_SWEEP = {recover: settings.SWEEP_SECONDS} | _SETTLE
_JOURNAL: dict[Callable[[], object], float] = {journal.keep_late: settings.SWEEP_SECONDS}
FIND_SECONDS = 5
_SEARCH: dict[Callable[[], object], float] = {
    index.catch_up: FIND_SECONDS,
    purge_words: FIND_SECONDS,
    index.look_for_missing: TIDY_SECONDS,
}
FILES_SECONDS = 6 * 3600 / len(PARTS)  # so that every file's age is looked at some four times a day


def start_rounds() -> None:
    """Start the rounds of a worker process, once."""
    process.start(
        Round("heartbeat", {beat: settings.HEARTBEAT_SECONDS}),
        Round("journal", _JOURNAL),
        # What a process that is gone has left on disk is written before its runs are handed back.
        Round("sweep", _EACH_SWEEP | {queue.sweep: settings.SWEEP_SECONDS}),
        Round("trash", {delete_due: TRASH_SECONDS, forget_deleted: MINUTE_SECONDS, retain: TIDY_SECONDS}),
        Round("search", _SEARCH),
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


def keep_leases() -> None:
    """Start the one round of a process that is no worker, but runs calls of our own endpoint or the shell."""
    process.start(
        Round(
            "leases", dict.fromkeys((process.leases.extend, clock.look), settings.HEARTBEAT_SECONDS) | _SETTLE
        ),
        Round("journal", _JOURNAL),
    )


def end_rounds() -> None:
    """Stop the rounds and take this process off the list of workers; they are not started again in this process."""
    journal.close()
    _try_shortly(webhooks.postman.finish, SIGN_OFF_SECONDS)
    process.end()
    _try_shortly(sign_off, SIGN_OFF_SECONDS)


def leave_in_time() -> None:
    """Leave with status 0 when the grace time is over, whatever still runs: it is handed back for others to take."""
    time.sleep(settings.GRACE_SECONDS)
    hand_back()
    logging.shutdown()
    leave()


def hand_back() -> None:
    """Leave to others what did not end within the grace time: at once or, failing that, when its leases end."""
    logger.warning("%d calls did not end in time; they are handed back", process.leases.count)
    _try_shortly(_hand_back, HAND_BACK_SECONDS)


def _hand_back() -> None:
    try:
        queue.hand_back_held(journal.kept_tokens())
    except (DatabaseError, InterfaceError) as error:
        logger.warning("not handed back, they are taken up when their leases end: %s", error)


def _try_shortly(last: Callable[[], None], seconds: float) -> None:
    """Call in a thread, and wait not long: a database that hangs must not hold the end of a process."""
    thread = threading.Thread(target=last, name=last.__name__, daemon=True)
    thread.start()
    thread.join(seconds)


def beat() -> None:
    """Extend the leases of this process, and tell of it as a worker."""
    try:
        process.leases.extend()
        behind.look()
        Worker.tell(
            NAME,
            version=__version__,
            started=STARTED,
            slots=behind.slots,
            running=process.leases.count,
        )
    except Exception:
        process.pulse.miss()
        raise
    process.pulse.beat()


def sign_off() -> None:
    """Tell that this process takes no more asks."""
    try:
        with borrowed():
            Worker.objects.filter(name=NAME).delete()
    except (DatabaseError, InterfaceError) as error:
        logger.info("not taken off the list of workers: %s", error)


class Behind:
    """Whether database and program are of different versions, and how; said once each time that it changes."""

    def __init__(self) -> None:
        self.how = ""

    @property
    def slots(self) -> int:
        """Return how many asks this worker takes at once: none while it waits for a database of its version."""
        if self.how:
            return 0
        return settings.WORKER_CONCURRENCY

    def look(self) -> str:
        """Look, and answer how they differ, or "" when they do not."""
        how = version.mismatch()
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
        with borrowed():
            return bool(behind.look())
    except DatabaseError as error:
        if is_for_good(error):
            sys.exit(in_words(error))
        logger.warning("waiting for the database: %s", error)
        return True


def look_after_endpoints() -> None:
    """Fetch lists of models that are missing or old; see whether a paused endpoint can be opened again."""
    for endpoint in Endpoint.objects.filter(is_default=True):
        if endpoint.paused_code:
            probe(endpoint)
        else:
            client.refresh_models(endpoint)


def probe(endpoint: Endpoint) -> None:
    """See once a minute whether an endpoint answers again.

    The list of models tells whether a key is good again; where the list cannot, the oldest ask goes ahead.
    """
    now, later = clock.now(), timedelta(seconds=settings.PROBE_SECONDS)
    latest = (
        now + later + timedelta(seconds=SLACK_SECONDS)
    )  # beyond it, it was written by a clock that was wrong
    if endpoint.next_probe and now < endpoint.next_probe < latest:
        return
    Endpoint.objects.filter(pk=endpoint.pk).update(next_probe=now + later)
    answers = client.answers_again(endpoint)
    if answers:
        queue.note_false_alarm(endpoint)
        queue.open_endpoint(endpoint)
    elif answers is None:
        queue.send_ahead(endpoint)
    else:
        queue.confirm_pause(endpoint)


def tidy() -> None:
    """Tidy up: old tokens, pictures that nothing shows, calls that nobody will complete, old deliveries, workers gone."""
    submit.forget_tokens()
    give_up_orphans()
    live_words.forget_words()
    sweep_images()
    sweep_let_go()
    webhooks.tidy()
    gone = Worker.objects.gone()
    if not settings.REDIS_URL:
        gone = Worker.objects.exclude(name=NAME)  # an embedded site has one worker: itself
    gone.delete()
