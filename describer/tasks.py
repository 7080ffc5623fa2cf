"""Celery's part: hear the doorbell and call the pipeline. Nothing is decided here."""

import signal
import sys
import threading
from typing import Any

from celery import shared_task
from celery.signals import worker_init, worker_ready, worker_shutdown, worker_shutting_down
from django.conf import settings

from describer import upkeep
from describer.engine.pipeline import run_next
from describer.engine.queue import process
from describer.engine.queue.doorbell import TASK

# Read before Celery takes the signal for its own: after `nohup` a closed terminal is nothing to end for.
_NOHUP = signal.getsignal(signal.SIGHUP) == signal.SIG_IGN


@shared_task(name=TASK, ignore_result=True)
def work() -> None:
    """Take descriptions until there is none: a bell says that there is work, and may serve many rows."""
    while not upkeep.behind.how and run_next():
        pass


@worker_init.connect
def wait(**_: Any) -> None:
    """Wait, before a worker process takes anything, for a database of its own version."""
    if settings.REDIS_URL:  # `up` has just looked, and migrated
        _leave_unusable_folder()
        upkeep.wait_for_database()


def _leave_unusable_folder() -> None:
    """End a worker whose folder cannot be used: to wait, as for a database that is away, would help nothing."""
    if problems := settings.DATA_FOLDER.problems():
        sys.exit(problems[0])


@worker_ready.connect
def worker_began(**_: Any) -> None:
    """Start the heartbeat and the sweeps of a worker process that is up."""
    upkeep.start_rounds()
    if settings.REDIS_URL:  # `up` has its own handlers
        _end_with_the_terminal()


def _end_with_the_terminal() -> None:
    """Take SIGHUP as SIGTERM: Celery would start the process anew, at a terminal that is closed."""
    handler = signal.getsignal(signal.SIGTERM)
    if _NOHUP:
        handler = signal.SIG_IGN
    signal.signal(signal.SIGHUP, handler)


@worker_shutting_down.connect
def take_no_more(**_: Any) -> None:
    """Claim nothing more: a worker process that is told to stop finishes what it holds in the grace time."""
    process.stop()
    # Celery's threads pool waits for its jobs for ever, so the deadline is ours. `up` keeps its own.
    if settings.REDIS_URL:
        threading.Thread(target=upkeep.leave_in_time, name="grace", daemon=True).start()


@worker_shutdown.connect
def worker_ended(**_: Any) -> None:
    """End the rounds of a worker process that has ended what it held. `up` ends its own."""
    if settings.REDIS_URL:
        upkeep.end_rounds()
