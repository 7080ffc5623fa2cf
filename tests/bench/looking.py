"""Looking back at a million descriptions (G10 to G13), on a site that `manage.py fill` made, and how long that took.

`python -m tests.bench.looking 20000` measures this part alone with so many; `BENCH_DESCRIPTIONS` says it to `make bench`.
"""

import json
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from tests.bench.pages import BEGINNING, PERSON
from tests.bench.table import HEAD, Row
from tests.servers import postgres_server
from tests.site import ROOT, Site

DESCRIPTIONS = int(os.environ.get("BENCH_DESCRIPTIONS", 1_000_000))
FEW = 1000
LOOKS, LOOKS_OF_A_MIX, AT_ONCE = 150, 9, 16
SQL_MS = {"SQLite": 2, "PostgreSQL": 4}
SEARCH_MS = {"SQLite": 5, "PostgreSQL": 70}
BEGINNING_MS = {"SQLite": 5, "PostgreSQL": 100}


class Browser:
    """A person's connection to the pages, bare, so that what is measured is the site."""

    def __init__(self, site: Site, cookies: str = "") -> None:
        self.address = urlsplit(site.url).netloc
        self.cookies = cookies
        if not cookies:
            with site.login(**PERSON) as person:
                self.cookies = "; ".join(f"{name}={value}" for name, value in person.cookies.items())
        self.connection = HTTPConnection(self.address, timeout=60)

    def look(self, path: str) -> float:
        """Seconds until the page was whole."""
        began = time.perf_counter()
        self.connection.request("GET", path, headers={"Cookie": self.cookies})
        reply = self.connection.getresponse()
        reply.read()
        assert reply.status == 200, f"{path} answered {reply.status}"
        return time.perf_counter() - began


def rows(count: int = DESCRIPTIONS) -> Iterator[Row]:
    """SQLite, then PostgreSQL."""
    for database in ("SQLite", "PostgreSQL"):
        with ExitStack() as stack:
            variables: dict[str, Any] = {"LOG_LEVEL": "WARNING"}
            small = site_of(stack, variables | address_of(stack, database))
            large = site_of(stack, variables | address_of(stack, database))
            fill(small, FEW, 1)
            took = fill(large, count, 50)
            yield Row("-", f"fill: {count:,} descriptions, {database}", took, "s", limit="a million <= 240 s")
            yield from looked_at(small, large, database)


def address_of(stack: ExitStack, database: str) -> dict[str, str]:
    if database == "SQLite":
        return {}
    return {"DATABASE_URL": stack.enter_context(postgres_server())}


def site_of(stack: ExitStack, variables: Mapping[str, Any]) -> Site:
    """A site that was started once, and is not running."""
    folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="describer-bench-")))
    site = Site(folder, **variables)
    with site:
        site.stop()
    return site


def fill(site: Site, count: int, people: int) -> float:
    began = time.perf_counter()
    site.manage("fill", "--descriptions", str(count), "--people", str(people))
    return time.perf_counter() - began


def looked_at(small: Site, large: Site, database: str) -> Iterator[Row]:
    statements(small)
    found = statements(large)
    history = found["history"]
    with small, large:
        browser = Browser(large)
        first = "/history/"
        few, many = in_turn([(Browser(small), first), (browser, first)], LOOKS)
        of_mixes = in_turn([(browser, address) for address in history], LOOKS_OF_A_MIX)
        one, sixteen = rates(browser.cookies, large)
        small.stop()
        large.stop()
    what = f"{found['rows']:,} of one's own, {database}"
    yield Row("G10", f"history, {what}, p50", many, "ms", limit="<= 13 ms")
    yield Row("G10", f"history, {database} (ideal: among 1,000)", many, "ms", few, "ratio <= 1.2")
    mixes = dict(zip(history, of_mixes, strict=True))
    worst = max(mixes, key=mixes.__getitem__)
    limit = f"ratio <= 1.5  {worst}"
    yield Row("G10", f"slowest mix of {len(mixes)}, {database}", mixes[worst], "ms", mixes[first], limit)
    most = max(one["count"] for one in history.values())
    yield Row("G10", f"statements of a history page at most, {database}", most, "", limit="<= 4")
    searches = {query: one["ms"] for query, one in found["searches"].items()}
    beginning = searches.pop(BEGINNING)
    slow = max(searches, key=searches.__getitem__)
    limit = f"<= {SEARCH_MS[database]} ms  {slow}"
    yield Row("G12", f"statements of the slowest search, {database}", searches[slow], "ms", limit=limit)
    limit = f"<= {BEGINNING_MS[database]} ms"
    yield Row("G12", f"statements of a search by a beginning, {database}", beginning, "ms", limit=limit)
    limit = f"<= {SQL_MS[database]} ms"
    yield Row("G10", f"statements of the history, {database}", history["/history/"]["ms"], "ms", limit=limit)
    slowest = max(history, key=lambda address: history[address]["ms"])
    what = f"statements of the slowest mix, {database}"
    yield Row("G10", what, history[slowest]["ms"], "ms", limit=f"{limit}  {slowest}")
    yield Row(
        "G11", f"history, {AT_ONCE} at once, {database} (ideal: at one)", sixteen, "/s", one, "ratio >= 0.85"
    )
    for whose, name in (("one's own", "own_usage"), ("everybody's", "usage")):
        what = f"statements of {whose} year of usage, {database}"
        yield Row("G13", what, found[name]["ms"], "ms", limit="<= 40 ms")


def statements(site: Site) -> dict[str, Any]:
    command = [sys.executable, "-m", "tests.bench.pages"]
    done = subprocess.run(
        command, cwd=ROOT, env=site.environment, stdout=subprocess.PIPE, text=True, check=True
    )
    figures: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return figures


def in_turn(looks: Sequence[tuple[Browser, str]], rounds: int) -> list[float]:
    """The medians in milliseconds of pages, taken in turn, so that a slow moment of the machine meets all."""
    spans: list[list[float]] = [[] for _ in looks]
    for _ in range(rounds):
        for place, (browser, path) in enumerate(looks):
            spans[place].append(browser.look(path) * 1000)
    return [statistics.median(each) for each in spans]


def rates(cookies: str, site: Site) -> tuple[float, float]:
    """Pages a second, one at a time and many at once."""
    return rate(cookies, site, 1), rate(cookies, site, AT_ONCE)


def rate(cookies: str, site: Site, at_once: int) -> float:
    left, lock = iter(range(2 * LOOKS)), threading.Lock()
    ready = threading.Barrier(at_once + 1)

    def work() -> None:
        browser = Browser(site, cookies)
        browser.look("/history/")
        ready.wait()
        while True:
            with lock:
                if next(left, None) is None:
                    return
            browser.look("/history/")

    with ThreadPoolExecutor(at_once) as pool:
        running = [pool.submit(work) for _ in range(at_once)]
        ready.wait()
        began = time.perf_counter()
        for one in running:
            one.result()
        return 2 * LOOKS / (time.perf_counter() - began)


if __name__ == "__main__":
    print(HEAD, flush=True)
    for row in rows(int(next(iter(sys.argv[1:]), DESCRIPTIONS))):
        print(row, flush=True)
