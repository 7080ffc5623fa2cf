"""A storm: asks over Redis and PostgreSQL, workers killed with -9 again and again, an endpoint that fails and refuses."""

import random
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import requests

from tests.images.pictures import photo
from tests.outside.cluster import Cluster
from tests.outside.database import Database
from tests.site import ROOT, Site, Worker, until
from tests.storm.ledger import Comparison, compared

OPEN = "SELECT count(*) FROM describer_description WHERE status NOT IN ('done', 'failed', 'cancelled')"


@dataclass(frozen=True)
class Weather:
    """How bad it gets. Times in seconds."""

    asks: int = 2000
    workers: int = 2
    kill_every: float = 10.0
    most_kills: int = 1000
    faults: float = 0.05
    refuse_seconds: float = 10.0
    delay: float = 0.5
    slots: int = 64
    seed: int = 1
    patience: float = 600.0


@dataclass
class Outcome:
    """What it came to, after so many kills and seconds."""

    comparison: Comparison
    kills: int
    seconds: float


@contextmanager
def endpoint(weather: Weather) -> Iterator[str]:
    """The storm's endpoint; yields its URL."""
    options = {
        "seed": weather.seed,
        "delay": weather.delay,
        "faults": weather.faults,
        "refuse-after": weather.asks // 2,
        "refuse-seconds": weather.refuse_seconds,
    }
    given = [word for name, value in options.items() for word in (f"--{name}", str(value))]
    command = [sys.executable, "-m", "tests.storm.endpoint", *given]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert process.stdout
    try:
        yield process.stdout.readline().strip()
    finally:
        process.terminate()
        process.wait(10)
        process.stdout.close()


class Killer(threading.Thread):
    """Kills one of the workers every so often, and starts it again."""

    def __init__(self, workers: list[Worker], weather: Weather) -> None:
        super().__init__(daemon=True)
        self.workers, self.weather = workers, weather
        self.random, self.ended, self.kills = random.Random(weather.seed), threading.Event(), 0

    def run(self) -> None:
        while self.kills < self.weather.most_kills and not self.ended.wait(self.weather.kill_every):
            worker = self.random.choice(self.workers)
            worker.kill()
            worker.start()
            self.kills += 1


def storm(cluster: Cluster, folder: Path, weather: Weather) -> Outcome:
    """Play it and compare; the outcome's `comparison.wrong` is empty when every promise was kept."""
    with endpoint(weather) as url, ExitStack() as stack:
        site = stack.enter_context(
            cluster.site(folder, url, WORKER_CONCURRENCY=str(weather.slots), LOG_LEVEL="WARNING")
        )
        workers = [stack.enter_context(Worker(site)) for _ in range(weather.workers)]
        killer, rows, began = Killer(workers, weather), Database(site), time.monotonic()
        killer.start()
        try:
            submit(site, weather.asks)
            until(lambda: not rows.rows(OPEN)[0][0], "all are final", weather.patience, step=0.2)
        finally:
            killer.ended.set()
            killer.join()
        until(lambda: "sent" not in sum(rows.attempts().values(), []), "no call is open", 30, step=0.2)
        counts = requests.get(f"{url.removesuffix('/v1')}/counts", timeout=60).json()
        return Outcome(compared(rows, counts), killer.kills, time.monotonic() - began)


def submit(site: Site, asks: int) -> None:
    picture = photo(64, 48)
    assert site.bearer
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda number: site.ask(picture, question=f"Ask {number}?"), range(asks)))
