"""Celery's part: hear the doorbell and call the pipeline. Nothing is decided here."""

import signal
import sys
import threading
from typing import Any

from celery import shared_task
from celery.concurrency import get_implementation
from celery.concurrency.thread import TaskPool
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
def wait(sender: Any, **_: Any) -> None:
    """Wait, before a worker process takes anything, for a database of its own version."""
    if settings.REDIS_URL:  # `up` has just looked, and migrated
        _leave_other_pools(sender)
        _leave_unusable_folder()
        upkeep.wait_for_database()


def _leave_other_pools(worker: Any) -> None:
    """End a worker that would not run its asks in threads of this process, and take over how many these are.

    Leases are kept in memory and extended by a thread beside the asks: those of other processes would run out while their
    calls last, and each ask be paid for again and again.
    """
    if get_implementation(worker.pool_cls) is not TaskPool or worker.options.get("autoscale"):
        sys.exit(
            "The worker cannot start: asks run in threads of its own process. "
            "Leave out -P (--pool) and --autoscale; WORKER_CONCURRENCY says how many at once."
        )
    settings.WORKER_CONCURRENCY = int(worker.concurrency)  # of -c, where it was given


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
