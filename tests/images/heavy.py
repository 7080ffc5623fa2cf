"""Takes all pictures of a folder at once, one thread each, and prints the answers and the memory it took in MiB.

Run as `python -m tests.images.heavy FOLDER`, in a process of its own.
"""

import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from describer.images import ImageError, Limits, Recipe, intake


def answer(path: Path) -> str:
    try:
        with path.open("rb") as file:
            facts = intake(file, path.name, limits=Limits(), recipe=Recipe())
    except ImageError as error:
        return error.code
    return f"{facts.width}x{facts.height}"


if __name__ == "__main__":
    paths = sorted(Path(sys.argv[1]).iterdir())
    with ThreadPoolExecutor(len(paths)) as pool:
        print(*pool.map(answer, paths))
    # Not getrusage: its figure holds that of the process which started this one.
    peak = next(line for line in Path("/proc/self/status").read_text().splitlines() if "VmHWM" in line)
    print(int(peak.split()[1]) // 1024)
