"""What a storm does to a site: kills, closed terminals, a database that takes no writes or is restarted, a full disk."""

import random
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from tests import callers
from tests.outside.database import Database, read_only
from tests.servers import Postgres
from tests.site import Site, Worker


@contextmanager
def full(folder: Path) -> Iterator[None]:
    """The disk under this folder has no room meanwhile."""
    filling = folder / "filling"
    with suppress(OSError), filling.open("wb", buffering=0) as file:
        while True:
            file.write(bytes(2**20))
    try:
        yield
    finally:
        filling.unlink(missing_ok=True)


class Disasters(threading.Thread):
    """Plays one disaster after another, in an order of chance, and remembers when a process died."""

    def __init__(self, every: float, most: int, seed: int) -> None:
        super().__init__(daemon=True)
        self.every, self.most = every, most
        self.random, self.ended = random.Random(seed), threading.Event()
        self.kinds: dict[str, Callable[[], None]] = {}
        self.played: list[str] = []
        self.deaths: list[float] = []

    def run(self) -> None:
        while len(self.played) < self.most and not self.ended.wait(self.every):
            name = self._next()
            self.kinds[name]()
            self.played.append(name)

    def _next(self) -> str:
        """Each kind once, then by chance."""
        unplayed = [name for name in self.kinds if name not in self.played]
        return self.random.choice(unplayed or list(self.kinds))

    def ends(self, process: Site | Worker, number: signal.Signals = signal.SIGKILL) -> None:
        """End a process of the site, and start it again."""
        self.deaths.append(time.monotonic())
        process.process.send_signal(number)
        if isinstance(process, Site):
            process.gone(60)
        else:
            process.process.wait(60)
        self.deaths.append(time.monotonic())
        process.start()


def on_one_machine(disasters: Disasters, site: Site, disk: Path | None, seconds: float) -> None:
    """The disasters of an embedded site; those of a disk only where it has one of its own."""
    disasters.kinds = {
        "killed": lambda: disasters.ends(site),
        "hung up": lambda: disasters.ends(site, signal.SIGHUP),
        "callers killed": lambda: _with_callers(site, lambda: disasters.ends(site)),
        "locked": lambda: _during(Database(site).locked(), seconds),
    }
    if disk:
        disasters.kinds["full"] = lambda: _during(full(disk), seconds)


def on_many(
    disasters: Disasters, site: Site, workers: list[Worker], postgres: Postgres, seconds: float
) -> None:
    """The disasters of a site on Redis and PostgreSQL."""

    def worker() -> Worker:
        return disasters.random.choice(workers)

    url = site.environment["DATABASE_URL"]
    disasters.kinds = {
        "killed": lambda: disasters.ends(worker()),
        "hung up": lambda: disasters.ends(worker(), signal.SIGHUP),
        "callers killed": lambda: _with_callers(site, lambda: disasters.ends(site)),
        "read-only": lambda: _during(read_only(url), seconds),
        "restarted": lambda: _during(postgres.stopped(), 0.5),
    }


def _during(disaster: Any, seconds: float) -> None:
    with disaster:
        threading.Event().wait(seconds)


def _with_callers(site: Site, disaster: Callable[[], None]) -> None:
    """Streams at the site's own endpoint are under way when it happens; what became of them the ledger tells."""
    bodies = [callers.request(None, f"Called {time.monotonic_ns()}?", stream=True) for _ in range(4)]
    calling = threading.Thread(target=_call, args=(site, bodies), daemon=True)
    calling.start()
    threading.Event().wait(0.5)
    disaster()
    calling.join(60)


def _call(site: Site, bodies: list[Any]) -> None:
    with suppress(Exception):  # they are cut off
        callers.call(site, bodies)
