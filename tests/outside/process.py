"""The site's process as the kernel sees it."""

import re
from pathlib import Path

from tests.site import Site


def megabytes(site: Site, what: str = "VmRSS") -> float:
    """Memory of the site's process in MiB: what it holds now, or with "VmHWM" the most that it ever held."""
    found = re.search(rf"{what}:\s+(\d+) kB", Path(f"/proc/{site.process.pid}/status").read_text())
    assert found
    return int(found[1]) / 1024
