"""The site's process as the kernel sees it."""

import os
import re
from contextlib import suppress
from pathlib import Path

from tests.site import Site


def megabytes(site: Site, what: str = "VmRSS") -> float:
    """Memory of the site's process in MiB: what it holds now, or with "VmHWM" the most that it ever held."""
    found = re.search(rf"{what}:\s+(\d+) kB", Path(f"/proc/{site.process.pid}/status").read_text())
    assert found
    return int(found[1]) / 1024


def seconds_of_work(site: Site) -> float:
    """Seconds of processor time that the site's process has used."""
    fields = Path(f"/proc/{site.process.pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def threads(site: Site) -> int:
    """How many threads the site's process has."""
    return len(os.listdir(f"/proc/{site.process.pid}/task"))


def sockets(site: Site) -> int:
    """How many sockets the site's process has open; those that are closed while they are looked through do not count."""
    folder, count = f"/proc/{site.process.pid}/fd", 0
    for name in os.listdir(folder):
        with suppress(FileNotFoundError):
            count += "socket" in os.readlink(f"{folder}/{name}")
    return count
