"""`python -m tests.storm --asks 2000 --workers 2`: every promise under a storm, and its figures."""

import argparse
import os
import subprocess
import sys
import tempfile
from collections import Counter
from dataclasses import fields
from pathlib import Path

from tests.outside.cluster import Cluster
from tests.servers import Postgres, Redis
from tests.storm.play import Outcome, Weather, storm, storm_on_one_machine


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.storm", description=__doc__)
    for one in fields(Weather):
        parser.add_argument(f"--{one.name.replace('_', '-')}", type=type(one.default), default=one.default)
    parser.add_argument("--embedded", action="store_true", help="on SQLite, in one process")
    options = vars(parser.parse_args())
    is_embedded = options.pop("embedded")
    weather = Weather(**options)
    with tempfile.TemporaryDirectory(prefix="describer-storm-") as folder:
        if is_embedded:
            outcome = on_a_disk_of_its_own(Path(folder), weather)
        else:
            with Redis() as redis, Postgres() as postgres:
                outcome = storm(Cluster(redis, postgres), Path(folder), weather)
    show(weather, outcome)
    sys.exit(bool(outcome.comparison.wrong))


def on_a_disk_of_its_own(folder: Path, weather: Weather) -> Outcome:
    """Play it on a small file system that can be filled, which takes root to mount."""
    mount = ["mount", "-t", "tmpfs", "-o", "size=400m", "tmpfs", str(folder)]
    if os.geteuid() != 0:
        return storm_on_one_machine(folder / "site", weather)
    subprocess.run(mount, check=True)
    try:
        return storm_on_one_machine(folder / "site", weather, disk=folder)
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


def show(weather: Weather, outcome: Outcome) -> None:
    found = outcome.comparison
    print(f"{weather.asks:,} asks, seed {weather.seed}, {outcome.seconds:.0f} s")
    print(f"disasters {dict(Counter(outcome.disasters))}")
    print(f"asks      {dict(found.statuses)}")
    print(f"attempts  {sum(found.states.values()):,} in the ledger: {dict(found.states)}")
    print(f"calls     {sum(found.steps.values()):,} at the endpoint: {dict(found.steps)}")
    print(
        f"tokens    {found.tokens_served:,} served, {found.tokens:,} recorded, {found.tokens_unknown:,} of unknown calls"
    )
    for sentence in found.wrong:
        print(f"WRONG     {sentence}")
    print("every promise was kept" if not found.wrong else f"{len(found.wrong)} promises were broken")


if __name__ == "__main__":
    main()
