"""`python -m tests.bench.caller`: calls chat endpoints by bare sockets, so that what is measured is them and not the client.

Reads what to do as JSON from its input (see Orders), and prints what it measured.
"""

import json
import re
import socket
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPResponse
from typing import Any, TypedDict
from urllib.parse import urlsplit

STAMP = re.compile(rb'"content":\s*"(\d+\.\d{6}) ?"')


class Target(TypedDict):
    url: str
    key: str


class Orders(TypedDict):
    """`count` calls of each target with a body that is `before`, a picture's text and `after`, so many at once.

    One at a time, the targets take turns, so that a slow moment of the machine meets all. `texts` are used in turn.
    """

    targets: dict[str, Target]
    before: str
    texts: list[str]
    after: str
    count: int
    at_once: int


class Caller:
    """One connection to a target."""

    def __init__(self, target: Target) -> None:
        parts = urlsplit(target["url"])
        self.address = (parts.hostname or "", parts.port or 80)
        self.head = (
            f"POST {parts.path}/chat/completions HTTP/1.1\r\nHost: {parts.netloc}\r\n"
            f"Authorization: Bearer {target['key']}\r\nContent-Type: application/json\r\nContent-Length: "
        ).encode()
        self.socket = socket.create_connection(self.address, timeout=120)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def call(self, body: bytes, lags: list[list[float]]) -> float:
        """Seconds until the answer was whole. `lags` gets how long each stamped piece was on its way."""
        ready = b"%s%d\r\n\r\n%s" % (self.head, len(body), body)
        ours: list[float] = []
        began = time.perf_counter()
        self.socket.sendall(ready)
        response = HTTPResponse(self.socket, method="POST")
        response.begin()
        while piece := response.read1():
            now = time.monotonic()
            ours += [now - float(stamp) for stamp in STAMP.findall(piece)]
        seconds = time.perf_counter() - began
        if response.status != 200:
            raise RuntimeError(f"{self.address} answered {response.status}")
        lags.append(ours)
        return seconds


def bodies(orders: Orders) -> Iterator[bytes]:
    """Without end; made here, so that no call waits for its own."""
    ready = [f"{orders['before']}{text}{orders['after']}".encode() for text in orders["texts"]]
    while True:
        yield from ready


def in_turn(orders: Orders) -> dict[str, Any]:
    callers = {name: Caller(target) for name, target in orders["targets"].items()}
    found: dict[str, Any] = {name: {"spans": [], "lags": []} for name in callers}
    sent = bodies(orders)
    for _ in range(orders["count"]):
        body = next(sent)
        for name, caller in callers.items():
            found[name]["spans"].append(caller.call(body, found[name]["lags"]))
    return found


def together(orders: Orders, target: Target) -> dict[str, Any]:
    """So many connections at once; `seconds` is from the first call to the last answer."""
    sent = bodies(orders)
    spans: list[float] = []
    lags: list[list[float]] = []
    left, lock = iter(range(orders["count"])), threading.Lock()
    ready = threading.Barrier(orders["at_once"] + 1)

    def work() -> None:
        caller = Caller(target)
        ready.wait()
        while True:
            with lock:
                if next(left, None) is None:
                    return
                body = next(sent)
            spans.append(caller.call(body, lags))

    with ThreadPoolExecutor(orders["at_once"]) as pool:
        running = [pool.submit(work) for _ in range(orders["at_once"])]
        ready.wait()
        began = time.perf_counter()
        for one in running:
            one.result()
        seconds = time.perf_counter() - began
    return {"spans": spans, "lags": lags, "seconds": seconds}


def main() -> None:
    orders: Orders = json.load(sys.stdin)
    if orders["at_once"] == 1:
        print(json.dumps(in_turn(orders)))
    else:
        print(json.dumps({name: together(orders, target) for name, target in orders["targets"].items()}))


if __name__ == "__main__":
    main()
