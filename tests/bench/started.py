"""A site and an endpoint, each in a process of its own, and asks sent to them."""

import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import requests

from tests.site import ROOT, Site, until


@contextmanager
def endpoint(delay: float, interval: float = 0.0) -> Iterator[str]:
    """The scripted endpoint in a process of its own; yields its URL."""
    times = ["--delay", str(delay), "--interval", str(interval)]
    command = [sys.executable, "-m", "tests.endpoint", *times, "--port", "0"]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert process.stdout
    try:
        yield process.stdout.readline().strip()
    finally:
        process.terminate()
        process.wait(10)
        process.stdout.close()


@contextmanager
def site(url: str, **more: str) -> Iterator[Site]:
    """The embedded site before an endpoint."""
    with tempfile.TemporaryDirectory(prefix="describer-bench-") as folder:
        variables: dict[str, Any] = {
            "VISION_BASE_URL": url,
            "VISION_API_KEY": "sk-bench",
            "VISION_MODEL": "m",
            **more,
        }
        with Site(Path(folder), admin=True, **variables) as started:
            assert started.bearer
            yield started
            started.stop()


def lag(running: Site, pictures: Sequence[bytes]) -> list[float]:
    """Seconds from the POST to `done`, one ask after the other."""
    spans = []
    for number, picture in enumerate(pictures):
        began = time.perf_counter()
        made = running.ask(picture, question=f"Lag {number}?")
        until(partial(is_done, running, made["id"]), "it is done", step=0.002)
        spans.append(time.perf_counter() - began)
    return spans


def is_done(running: Site, number: int) -> bool:
    return bool(running.description(number)["status"] == "done")


def together(running: Site, picture: bytes, count: int, threads: int = 64) -> tuple[float, float]:
    """Seconds that `count` submits took, and from the first submit to the last answer."""
    began = time.perf_counter()
    with ThreadPoolExecutor(threads) as pool:
        made = list(pool.map(lambda n: running.ask(picture, question=f"{began} {n}?"), range(count)))
    submitted = time.perf_counter() - began
    last = max(one["id"] for one in made)
    until(lambda: not unfinished(running), "all are done", seconds=120, step=0.01)
    finished = time.perf_counter() - began
    assert running.description(last)["status"] == "done"
    return submitted, finished


def unfinished(running: Site) -> list[Any]:
    """What is not at its end yet."""
    found: list[Any] = []
    for status in ("queued", "running", "waiting"):
        address = f"{running.url}/api/descriptions?limit=1&status={status}"
        found += running.session.get(address, headers=running.bearer, timeout=30).json()["items"]
    return found


def straight(url: str, picture_text: str, count: int, threads: int) -> float:
    """Seconds that a bare script of requests and threads takes for the same asks."""
    session = requests.Session()
    adapter = requests.adapters.HTTPAdapter(pool_maxsize=threads)
    session.mount("http://", adapter)
    body = {"model": "m", "messages": [{"role": "user", "content": picture_text}]}
    began = time.perf_counter()
    with ThreadPoolExecutor(threads) as pool:
        list(
            pool.map(
                lambda _: session.post(f"{url}/chat/completions", json=body, timeout=60).json(), range(count)
            )
        )
    return time.perf_counter() - began


def median_ms(spans: Sequence[float]) -> float:
    return statistics.median(spans) * 1000
