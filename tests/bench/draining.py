"""Queues that are full before the work begins: how quickly they are asked, and what each ask costs (G1 to G3)."""

import base64
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import psycopg

from tests.bench.resting import cpu_seconds, resident_mib
from tests.bench.started import endpoint, straight
from tests.bench.table import Row
from tests.images.pictures import saved, scene
from tests.servers import postgres_server, redis_server
from tests.site import ROOT, Site, Worker, until

AT_ONCE = 64
SCRIPT_THREADS = 16


@dataclass(frozen=True)
class Drained:
    """Seconds from the first call to the last answer, processor seconds of all our processes, MiB of the largest."""

    seconds: float
    cpu: float
    memory: float


def rows() -> Iterator[Row]:
    """Embedded on SQLite, then PostgreSQL and Redis with workers."""
    picture = saved(scene(1600, 1200, 7), "JPEG", quality=48)
    text = base64.b64encode(picture).decode()
    with endpoint(1) as url:
        cpu = time.process_time()
        straight(url, text, 640, AT_ONCE)
        script_cpu = (time.process_time() - cpu) / 640 * 1000
        yield from second_long(url, picture, script_cpu)
    with endpoint(0) as url:
        rate = 2000 / straight(url, text, 2000, SCRIPT_THREADS)
        found = drained(url, picture, 2000)
        yield Row(
            "G3",
            "2,000 queued, endpoint at once (ideal: script)",
            2000 / found.seconds,
            "asks/s",
            rate,
            "ratio >= 0.8",
        )
    with endpoint(0.05) as url:
        yield from ten_thousand(url, picture)


def second_long(url: str, picture: bytes, script_cpu: float) -> Iterator[Row]:
    ideal = 640 / AT_ONCE
    found = drained(url, picture, 640)
    yield Row("G1", "640 queued of 1 s, embedded", found.seconds, "s", ideal, "ratio <= 1.06")
    yield Row(
        "G2",
        "processor an ask, embedded (ideal: script)",
        found.cpu / 640 * 1000,
        "ms",
        script_cpu,
        "ratio <= 2.2",
    )
    found = drained(url, picture, 640, workers=1)
    yield Row("G1", "640 queued of 1 s, distributed, 1 worker", found.seconds, "s", ideal, "ratio <= 1.10")
    yield Row(
        "G2",
        "processor an ask, distributed (ideal: script)",
        found.cpu / 640 * 1000,
        "ms",
        script_cpu,
        "ratio <= 2.2",
    )


def ten_thousand(url: str, picture: bytes) -> Iterator[Row]:
    for name, workers in (("SQLite", 0), ("PostgreSQL + Redis, 2 workers", 2)):
        found = drained(url, picture, 10_000, workers)
        yield Row("-", f"10,000 queued of 50 ms, {name}", 10_000 / found.seconds, "asks/s")
        yield Row("-", f"10,000: processor an ask, {name}", found.cpu / 10, "ms")
        yield Row("-", f"10,000: memory of the largest process, {name}", found.memory, "MiB")


def drained(url: str, picture: bytes, count: int, workers: int = 0) -> Drained:
    """Fill the queue of a site that is not running, start it, and watch it work."""
    with started_after_filling(url, picture, count, workers) as (site, running):
        pids = [site.process.pid, *(worker.process.pid for worker in running)]
        # What a worker process takes to start is no part of an ask.
        until(lambda: left_over(site) < count, "the first is answered", seconds=60, step=0.05)
        before = sum(map(cpu_seconds, pids))
        until(lambda: left_over(site) == 0, "all are at their end", seconds=240, step=0.2)
        cpu = sum(map(cpu_seconds, pids)) - before
        first, last, done = query(
            site,
            "SELECT MIN(started), MAX(finished), SUM(CASE WHEN status = 'done' THEN 1 ELSE 0 END)"
            " FROM describer_description",
        )
        assert done == count, f"{done} of {count} are done"
        return Drained(seconds_between(first, last), cpu, max(map(resident_mib, pids)))


@contextmanager
def started_after_filling(
    url: str, picture: bytes, count: int, workers: int
) -> Iterator[tuple[Site, list[Worker]]]:
    """A site whose queue was filled before anything works on it, and its workers; the first start makes its tables."""
    variables: dict[str, Any] = {
        "VISION_BASE_URL": url,
        "VISION_API_KEY": "sk-bench",
        "VISION_MODEL": "m",
        "LOG_LEVEL": "WARNING",
    }
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="describer-bench-")))
        if workers:
            variables["REDIS_URL"] = stack.enter_context(redis_server())
            variables["DATABASE_URL"] = stack.enter_context(postgres_server())
        with Site(folder, **variables) as first:
            first.stop()
        (folder / "picture.jpg").write_bytes(picture)
        command = [sys.executable, "-m", "tests.bench.fill", str(count), str(folder / "picture.jpg")]
        subprocess.run(command, cwd=ROOT, env=first.environment, check=True)
        site = stack.enter_context(Site(folder, **variables))
        yield site, [stack.enter_context(Worker(site)) for _ in range(workers)]


def left_over(site: Site) -> int:
    (left,) = query(
        site, "SELECT COUNT(*) FROM describer_description WHERE status NOT IN ('done', 'failed', 'cancelled')"
    )
    return int(left)


def query(site: Site, sql: str) -> Any:
    """The one row of a query, in the site's database, beside the site."""
    url = site.environment.get("DATABASE_URL")
    if url:
        with psycopg.connect(url) as remote:
            return remote.execute(sql).fetchone()
    connection = sqlite3.connect(site.data / "describer.sqlite3", timeout=20)
    try:
        return connection.execute(sql).fetchone()
    finally:
        connection.close()


def seconds_between(first: Any, last: Any) -> float:
    moments = [datetime.fromisoformat(one) if isinstance(one, str) else one for one in (first, last)]
    return float((moments[1] - moments[0]).total_seconds())
