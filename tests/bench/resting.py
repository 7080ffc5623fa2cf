"""What the site costs while nobody asks: start, memory, processor."""

import tempfile
import time
from pathlib import Path

import requests

from tests.bench.table import Row
from tests.site import Site, until

REST_SECONDS = 10
TICKS = 100  # a second, of /proc/PID/stat


def rows() -> list[Row]:
    """G14 and the idle part of G16."""
    with tempfile.TemporaryDirectory(prefix="describer-bench-") as folder:
        with Site(Path(folder)) as first:
            first.stop()
        began = time.perf_counter()
        with Site(Path(folder)) as site:
            until(lambda: requests.get(f"{site.url}/readyz", timeout=10).ok, "it is ready")
            ready = time.perf_counter() - began
            before = cpu_seconds(site.process.pid)
            until(
                lambda: time.perf_counter() - began > ready + REST_SECONDS, "it rested", seconds=60, step=0.2
            )
            busy = (cpu_seconds(site.process.pid) - before) / REST_SECONDS * 100
            memory = resident_mib(site.process.pid)
            told = time.perf_counter()
            status = site.stop()
            ended = time.perf_counter() - told
    return [
        Row("G14", "second start to /readyz", ready, "s", limit="<= 3.5 s"),
        Row("G14", "memory at rest", memory, "MiB", limit="<= 140 MiB"),
        Row("G14", "processor at rest", busy, "%", limit="<= 3 %"),
        Row("G16", f"SIGTERM when idle, exit status {status}", ended, "s", limit="<= 2 s, 0"),
    ]


def cpu_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def resident_mib(pid: int) -> float:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmRSS"))
