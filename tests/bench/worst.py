"""Another person's history, while the worst answers, replies, uploads and forms that are known are on their way at once."""

import itertools
import os
import tempfile
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from statistics import quantiles
from typing import Any

import requests

from tests.answers.shapes import SHAPES
from tests.bench.table import Row
from tests.endpoint import Call, ScriptedEndpoint, Step, answer, reply
from tests.images.pictures import photo
from tests.outside.people import EVE, post, with_people
from tests.outside.process import megabytes
from tests.site import Site

LOOKS = 200
HEAVY = b'{"choices": [' + b"[]," * 5_000_000 + b"[]]}"  # 15 MB
WILD = [shape(1200) for shape in SHAPES.values()]


def rows() -> list[Row]:
    """The p95 of another person's history, and the most memory that the site's process had meanwhile."""
    wild = itertools.cycle(WILD)

    def met(call: Call) -> Step:
        if "Heavy" in str(call.raw[:400]):
            return reply(200, HEAVY)
        return answer(next(wild))

    with ScriptedEndpoint() as endpoint, tempfile.TemporaryDirectory(prefix="describer-bench-") as folder:
        endpoint.rule(met)
        asking: dict[str, Any] = {
            "VISION_BASE_URL": endpoint.url,
            "VISION_API_KEY": "sk",
            "VISION_MODEL": "scripted-model",
        }
        with Site(Path(folder), **asking) as site:
            took, memory = measure(site)
    return [
        Row("-", "history beside the worst of others, p95", took * 1000, "ms", limit="<= 200 ms"),
        Row("-", "memory of the site's process at most", memory, "MiB", limit="<= 500 MiB"),
    ]


def measure(site: Site) -> tuple[float, float]:
    """Return the p95 in seconds, and MiB."""
    with_people(site)
    owner, eve = site.login(), site.login(**EVE)
    large = photo(8000, 6000)
    asked = [site.ask(photo(64, 48), question=f"Wild {number}?")["id"] for number in range(len(WILD))]
    for number in asked:
        site.finished(number)
    over = threading.Event()
    small = [("image", (f"{number}.jpg", bytes(10_000))) for number in range(900)]
    pages = itertools.cycle([f"{site.url}/", *(f"{site.url}/descriptions/{number}/" for number in asked)])
    heavy = {"model": "scripted-model", "messages": [{"role": "user", "content": "Heavy?"}]}
    works: list[Callable[[], object]] = [
        lambda: owner.get(next(pages), timeout=60),
        lambda: requests.post(f"{site.url}/v1/chat/completions", json=heavy, headers=site.bearer, timeout=60),
        lambda: post(site, owner, "/images/", files={"image": ("large.jpg", large + os.urandom(8))}),
        lambda: post(site, owner, "/", data={"question": "Many?"}, files=small),
        lambda: requests.post(f"{site.url}/images/", data=bytes(25_000_000), timeout=60),
    ]
    with ThreadPoolExecutor(len(works)) as pool:
        running = [pool.submit(again_and_again, work, over) for work in works]
        took = [seconds(eve, f"{site.url}/history/") for _ in range(LOOKS)]
        over.set()
        for one in running:
            one.result()
    return quantiles(took, n=20)[-1], megabytes(site, "VmHWM")


def again_and_again(work: Callable[[], object], over: threading.Event) -> None:
    while not over.is_set():
        with suppress(requests.RequestException):  # a stranger's socket is closed over what was not taken
            work()


def seconds(person: requests.Session, address: str) -> float:
    began = time.perf_counter()
    assert person.get(address, timeout=60).ok
    return time.perf_counter() - began
