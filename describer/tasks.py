"""Celery's part: hear the doorbell and call the pipeline. Nothing is decided here."""

import threading
from typing import Any

from celery import shared_task
from celery.signals import worker_init, worker_ready, worker_shutdown, worker_shutting_down
from django.conf import settings

from describer import upkeep
from describer.engine.pipeline import run_next
from describer.engine.queue import process
from describer.engine.queue.doorbell import TASK


@shared_task(name=TASK, ignore_result=True)
def work() -> None:
    """There is work: take descriptions until there is none. One bell may serve many rows."""
    while not upkeep.behind.how and run_next():
        pass


@worker_init.connect
def wait(**_: Any) -> None:
    """Before a worker process takes anything: a database of another version is waited for, not worked on."""
    if settings.REDIS_URL:  # `up` has just migrated
        upkeep.wait_for_database()


@worker_ready.connect
def worker_began(**_: Any) -> None:
    """A worker process is up: its heartbeat and its sweeps begin."""
    upkeep.start_rounds()


@worker_shutting_down.connect
def take_no_more(**_: Any) -> None:
    """A worker process was told to stop: it claims nothing more, and finishes what it holds within the grace time."""
    process.stop()
    # Celery's threads pool waits for its jobs for ever, so the deadline is ours. `up` keeps its own.
    if settings.REDIS_URL:
        threading.Thread(target=upkeep.leave_in_time, name="grace", daemon=True).start()


@worker_shutdown.connect
def worker_ended(**_: Any) -> None:
    """A worker process has ended what it held. `up` ends its own."""
    if settings.REDIS_URL:
        upkeep.end_rounds()
