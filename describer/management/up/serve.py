"""Serving until told to stop: the web server, and with it, when embedded, the worker in a thread of its own."""

import gc
import logging
import os
import resource
import signal
import socket
import threading
import time
import warnings
from types import FrameType
from typing import Any

import uvicorn
from celery import current_app
from django.conf import settings

from describer import upkeep
from describer.db.leaving import leave
from describer.engine import events, queue

logger = logging.getLogger(__name__)

_MOST_FILES = 65_536  # open at once, sockets too
_AGAIN_SECONDS = 1.0  # make and systemd pass the first signal on twice


class Shutdown:
    """What SIGTERM, SIGINT and SIGHUP do: once, end in order; again more than a second later, leave at once."""

    def __init__(self) -> None:
        self.first: float | None = None
        self.server: uvicorn.Server | None = None
        # uvicorn raises the caught signal again at its end: with the default handler the process would die there.
        signals = [signal.SIGTERM, signal.SIGINT]
        if signal.getsignal(signal.SIGHUP) != signal.SIG_IGN:  # nohup
            signals.append(signal.SIGHUP)
        for number in signals:
            signal.signal(number, self)

    def __call__(self, number: int, frame: FrameType | None) -> None:
        now = time.monotonic()
        if self.first is None:
            self.first = now
            queue.process.stop()
            events.hub.close()
            if self.server:
                self.server.should_exit = True
        elif now - self.first > _AGAIN_SECONDS:
            os._exit(128 + number)


class _Server(uvicorn.Server):
    """uvicorn, closing the live streams first: they would hold it open for ever."""

    def __init__(self, config: uvicorn.Config, stop: Shutdown) -> None:
        super().__init__(config)
        self.stop = stop
        stop.server = self
        self.should_exit = stop.first is not None

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        self.stop(sig, frame)


class _EmbeddedWorker:
    """A Celery worker in a thread of this process."""

    def __init__(self) -> None:
        warnings.filterwarnings("ignore", message="You're running the worker with superuser privileges")
        self.worker: Any = current_app.Worker(
            pool="threads",
            concurrency=settings.WORKER_CONCURRENCY,
            without_gossip=True,
            without_mingle=True,
            without_heartbeat=True,
            quiet=True,
        )
        self.thread = threading.Thread(target=self.worker.start, name="worker", daemon=True)

    def start(self) -> None:
        self.thread.start()

    def stop(self) -> None:
        threading.Thread(target=self.worker.stop, name="worker-stop", daemon=True).start()


def _finish(seconds: float) -> bool:
    """Let the calls in flight end, for so many seconds at most; return False when some did not."""
    deadline = time.monotonic() + seconds
    while queue.process.leases.count and time.monotonic() < deadline:
        time.sleep(0.02)
    return queue.process.leases.count == 0


def _allow_files() -> None:
    """Allow as many open files as the machine does: streams of open pages are more than the usual 1,024."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = _MOST_FILES
    if hard != resource.RLIM_INFINITY:
        most = min(hard, _MOST_FILES)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, most), hard))


def serve(listener: socket.socket, stop: Shutdown, *, embedded: bool) -> None:
    """Serve until SIGTERM or SIGINT, then end what is in flight within the grace time, and exit with 0."""
    _allow_files()
    worker = None
    if embedded:
        worker = _EmbeddedWorker()
        worker.start()
    else:
        upkeep.keep_leases()
    config = uvicorn.Config(
        "vision_site.asgi:application",
        http="describer.edge.protocol:Protocol",
        ws="none",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        lifespan="off",
        timeout_keep_alive=75,
        timeout_graceful_shutdown=settings.GRACE_SECONDS,
    )
    # What is loaded by now stays: looking through it for garbage cost 2 % of a busy site's time.
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000, 20, 50)
    _Server(config, stop).run(sockets=[listener])
    queue.process.stop()
    if worker:
        worker.stop()
    ended = _finish(settings.GRACE_SECONDS)
    upkeep.end_rounds()
    if not ended:
        upkeep.hand_back()
    logging.shutdown()
    # Threads that still wait for an endpoint, and Celery's own, would hold the process.
    leave()
