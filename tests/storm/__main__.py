"""`python -m tests.storm --asks 2000 --workers 2`: every promise under a storm, and its figures."""

import argparse
import sys
import tempfile
from dataclasses import fields
from pathlib import Path

from tests.outside.cluster import Cluster
from tests.servers import Postgres, Redis
from tests.storm.play import Outcome, Weather, storm


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.storm", description=__doc__)
    for one in fields(Weather):
        kind = int if isinstance(one.default, int) else float
        parser.add_argument(f"--{one.name.replace('_', '-')}", type=kind, default=one.default)
    weather = Weather(**vars(parser.parse_args()))
    with (
        tempfile.TemporaryDirectory(prefix="describer-storm-") as folder,
        Redis() as redis,
        Postgres() as postgres,
    ):
        outcome = storm(Cluster(redis, postgres), Path(folder), weather)
    show(weather, outcome)
    sys.exit(bool(outcome.comparison.wrong))


def show(weather: Weather, outcome: Outcome) -> None:
    found = outcome.comparison
    print(
        f"{weather.asks:,} asks, {weather.workers} workers, {outcome.kills} killed, {outcome.seconds:.0f} s"
    )
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
