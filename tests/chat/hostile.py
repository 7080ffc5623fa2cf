"""Calls in a process of its own: what each came to, how much the memory of the process rose, how long others waited.

    python -m tests.chat.hostile http://127.0.0.1:4711/v1 3

asks an endpoint once to warm up, then three times whole and three times as a stream; a line of JSON for each.
"""

import contextlib
import json
import sys
import threading
import time
from collections.abc import Iterator
from typing import Any

from describer.chat import ChatError, Client, Relay, Target, completed
from describer.images import memory

BODY: dict[str, Any] = {"model": "m", "messages": []}


def main(url: str, count: int) -> None:
    memory.return_large_blocks()
    client, target = Client(), Target(url, "sk-a-secret-of-nobody", whole_call=120)
    client.complete(target, dict(BODY))
    for relay in (None, Relay(lambda frame: None, name="ours", usage=True)):
        for _ in range(count):
            print(json.dumps(asked(client, target, relay)), flush=True)


def asked(client: Client, target: Target, relay: Relay | None) -> dict[str, Any]:
    forget_most()
    before, waits = most_memory(), [0.0]
    with watched(waits):
        code = outcome(client, target, relay)
    return {"code": code, "mib": most_memory() - before, "wait": max(waits)}


def outcome(client: Client, target: Target, relay: Relay | None) -> str:
    """Read the answer as a call at our own endpoint does, and write it as JSON for its caller."""
    try:
        reply = client.complete(target, dict(BODY), relay)
    except ChatError as error:
        return error.code
    json.dumps(completed(reply.raw, name="ours", estimate=None))
    return "done"


@contextlib.contextmanager
def watched(waits: list[float]) -> Iterator[None]:
    """Note how late another thread wakes."""
    over = threading.Event()

    def look() -> None:
        last = time.monotonic()
        while not over.wait(0.005):
            now = time.monotonic()
            waits.append(now - last)
            last = now

    watcher = threading.Thread(target=look)
    watcher.start()
    yield
    over.set()
    watcher.join()


def forget_most() -> None:
    with open("/proc/self/clear_refs", "w") as file:
        file.write("5")


def most_memory() -> float:
    with open("/proc/self/status") as file:
        return next(int(line.split()[1]) / 1024 for line in file if line.startswith("VmHWM"))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
