"""A storm: asks, processes that die again and again, a database that takes no writes, an endpoint that fails and refuses."""

import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests

from tests.images.pictures import photo
from tests.outside.cluster import QUICK, Cluster, asking
from tests.outside.database import Database
from tests.servers import free_port
from tests.site import ROOT, Site, Worker, until
from tests.storm.disasters import Disasters, on_many, on_one_machine
from tests.storm.ledger import Comparison, compared

OPEN = "SELECT count(*) FROM describer_description WHERE status NOT IN ('done', 'failed', 'cancelled')"


@dataclass(frozen=True)
class Weather:
    """How bad it gets. Times in seconds.

    `kinds` names the disasters that are played, all where it is empty; `clock` is how far ahead (or, below 0, behind) the
    clock of one worker is, which takes libfaketime.
    """

    asks: int = 2000
    workers: int = 2
    every: float = 8.0
    most: int = 1000
    outage: float = 6.0
    faults: float = 0.05
    odd: float = 0.02
    refuse_seconds: float = 10.0
    delay: float = 0.5
    slots: int = 64
    seed: int = 1
    patience: float = 900.0
    kinds: str = ""
    clock: int = 0


@dataclass
class Outcome:
    """What it came to, after so many disasters and seconds."""

    comparison: Comparison
    disasters: list[str]
    seconds: float


@contextmanager
def endpoint(weather: Weather) -> Iterator[str]:
    """The storm's endpoint; yields its URL."""
    options = {
        "seed": weather.seed,
        "delay": weather.delay,
        "faults": weather.faults,
        "odd": weather.odd,
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


def storm(cluster: Cluster, folder: Path, weather: Weather) -> Outcome:
    """Play it over Redis and PostgreSQL; the outcome's `comparison.wrong` is empty when every promise was kept."""
    settings: dict[str, Any] = {
        "WORKER_CONCURRENCY": str(weather.slots),
        "LOG_LEVEL": "WARNING",
        "PORT": str(free_port()),
        "GRACE_SECONDS": "2",
    }
    with endpoint(weather) as url, ExitStack() as stack:
        site = stack.enter_context(cluster.site(folder, url, **settings))
        workers = [stack.enter_context(Worker(site)) for _ in range(weather.workers)]
        if weather.clock:
            workers[0].kill()
            workers[0].environment |= shifted(weather.clock)
            workers[0].start()
        disasters = Disasters(weather.every, weather.most, weather.seed)
        on_many(disasters, site, workers, cluster.postgres, weather.outage)
        return play(site, url, weather, disasters)


def storm_on_one_machine(folder: Path, weather: Weather, disk: Path | None = None) -> Outcome:
    """Play it on an embedded site, on SQLite; `disk` is a file system of its own under `folder` that may be filled."""
    settings: dict[str, Any] = {
        "WORKER_CONCURRENCY": str(weather.slots),
        "LOG_LEVEL": "WARNING",
        "PORT": str(free_port()),
        "GRACE_SECONDS": "2",
        "SQLITE_WAIT_SECONDS": "2",
    }
    begun = disk is None  # the copy of a first start is made of links, which lead to no other disk
    with endpoint(weather) as url, Site(folder, begun=begun, **(QUICK | asking(url) | settings)) as site:
        disasters = Disasters(weather.every, weather.most, weather.seed)
        on_one_machine(disasters, site, disk, weather.outage)
        return play(site, url, weather, disasters)


def play(site: Site, url: str, weather: Weather, disasters: Disasters) -> Outcome:
    """Submit all asks while disasters happen, wait for their ends, and hold the ledger beside the endpoint's count."""
    if weather.kinds:
        disasters.kinds = {name: disasters.kinds[name] for name in weather.kinds.split(",")}
    rows, began = Database(site), time.monotonic()
    site.bearer  # noqa: B018  its key is made while all is well
    disasters.start()
    try:
        submit(site, weather.asks)
        until(lambda: _count(rows, OPEN) == 0, "all are final", weather.patience, step=0.2)
    finally:
        disasters.ended.set()
        disasters.join()
    until(lambda: _count(rows, OPEN) == 0, "all are final", 120, step=0.2)
    until(lambda: "sent" not in sum(rows.attempts().values(), []), "no call is open", 120, step=0.2)
    counts = requests.get(f"{url.removesuffix('/v1')}/counts", timeout=60).json()
    comparison = compared(rows, counts, disasters.deaths)
    return Outcome(comparison, disasters.played, time.monotonic() - began)


def _count(rows: Database, query: str) -> int:
    """Count rows; -1 while the database is away."""
    try:
        return int(rows.rows(query)[0][0])
    except Exception:
        return -1


def shifted(seconds: int) -> dict[str, str]:
    """Variables of a process whose clock is so far ahead."""
    library = next(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"))
    return {"LD_PRELOAD": str(library), "FAKETIME": f"{seconds:+d}s", "DONT_FAKE_MONOTONIC": "1"}


def submit(site: Site, asks: int) -> None:
    """Submit each ask until it is accepted; its key makes one ask of all that was sent for it."""
    picture = photo(64, 48)

    def one(number: int) -> None:
        until(lambda: _is_accepted(site, picture, number), f"ask {number} is accepted", 300, step=0.5)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(one, range(asks)))


def _is_accepted(site: Site, picture: bytes, number: int) -> bool:
    try:
        response = requests.post(
            f"{site.url}/api/descriptions",
            headers=site.bearer | {"Idempotency-Key": f"ask-{number}"},
            files={"image": ("picture.jpg", picture)},
            data={"question": f"Ask {number}?"},
            timeout=60,
        )
    except requests.RequestException:
        return False
    assert response.status_code in (202, 503, 507), response.text
    return response.status_code == 202
