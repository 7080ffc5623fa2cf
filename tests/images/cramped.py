"""Takes each picture of a folder with less memory than its decode needs, then with enough, and prints what came of it.

Run as `python -m tests.images.cramped FOLDER MEBIBYTES`, in a process of its own: what it may address is limited.
"""

import resource
import sys
from pathlib import Path

from tests.images.heavy import answer

if __name__ == "__main__":
    folder, spare = Path(sys.argv[1]), int(sys.argv[2]) << 20
    for path in sorted(folder.iterdir()):
        size = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
        resource.setrlimit(resource.RLIMIT_AS, (size + spare, resource.RLIM_INFINITY))
        short = answer(path)
        resource.setrlimit(resource.RLIMIT_AS, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
        print(path.name, short, answer(path))
