"""What a claim with its commit costs (G7), among 100,000 queued rows of 50 people.

`python -m tests.bench.claiming` measures in the database of the environment, and prints JSON.
"""

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import django

from tests.bench.table import Row
from tests.servers import postgres_server
from tests.site import ROOT

QUEUED, PEOPLE = 100_000, 50
ALONE, AT_ONCE, FEW = 600, 32, 100
EACH = 60


def rows() -> list[Row]:
    """The same on both databases."""
    with tempfile.TemporaryDirectory(prefix="describer-bench-") as folder, postgres_server() as url:
        small = figures_of(DATA_DIR=folder)
        large = figures_of(DATA_DIR=folder, DATABASE_URL=url)
    what = f"claim with its commit, {QUEUED:,} queued of {PEOPLE}"
    return [
        Row("G7", f"{what}, SQLite", small["alone"], "ms", limit="<= 0.3 ms"),
        Row("G7", f"{what}, PostgreSQL", large["alone"], "ms", limit="<= 0.8 ms"),
        Row("G7", f"claims from {AT_ONCE} threads, PostgreSQL", large["rate"], "/s", limit=">= 3,000"),
        Row("G7", f"claims from {AT_ONCE} threads, SQLite", small["rate"], "/s"),
        Row("G7", "claim through a narrow gate, SQLite", small["narrow"], "ms"),
        Row("G7", "claim through a narrow gate, PostgreSQL", large["narrow"], "ms"),
        Row("G7", "claim behind another endpoint's shut gate, SQLite", small["behind"], "ms"),
        Row("G7", "claim behind another endpoint's shut gate, PostgreSQL", large["behind"], "ms"),
    ]


def figures_of(**variables: str) -> dict[str, float]:
    environment = os.environ | {"DJANGO_SETTINGS_MODULE": "vision_site.settings"} | variables
    command = [sys.executable, "-m", "tests.bench.claiming"]
    done = subprocess.run(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True, check=True)
    figures: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return figures


def measure() -> dict[str, float]:
    """Measure claims, in milliseconds of one at the median, and as `rate` in claims a second of many threads.

    `alone` through a wide gate, `narrow` through a narrow one, `behind` where all 100,000 lie behind a shut gate and one of
    another endpoint may go.
    """
    from django.core.management import call_command  # noqa: PLC0415  Django comes first
    from django.db import connection, connections  # noqa: PLC0415

    from describer.engine.queue.claim import claim_up_to  # noqa: PLC0415

    call_command("migrate", verbosity=0)
    queue()
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")

    def span() -> float:
        began = time.perf_counter()
        assert claim_up_to(1)
        return (time.perf_counter() - began) * 1000

    alone = statistics.median(span() for _ in range(ALONE))

    def several() -> None:
        for _ in range(EACH):
            assert claim_up_to(1)
        connections.close_all()

    began = time.perf_counter()
    with ThreadPoolExecutor(AT_ONCE) as pool:
        list(pool.map(lambda _: several(), range(AT_ONCE)))
    rate = AT_ONCE * EACH / (time.perf_counter() - began)
    narrow_gate()
    narrow = statistics.median(span() for _ in range(FEW))
    queue_behind_a_shut_gate()
    behind = statistics.median(span() for _ in range(FEW))
    return {"alone": alone, "rate": rate, "narrow": narrow, "behind": behind}


def narrow_gate() -> None:
    from describer.models import Endpoint  # noqa: PLC0415

    Endpoint.objects.update(gate_width=1_000_000.0, gate_threshold=1_000_000.0)


def queue_behind_a_shut_gate() -> None:
    """Shut the gate before all that is queued, and queue a few of another endpoint behind."""
    from django.utils import timezone  # noqa: PLC0415

    from describer.models import Description, Endpoint, User  # noqa: PLC0415

    Endpoint.objects.update(gate_opens=timezone.now() + timedelta(seconds=100))
    other = Endpoint.objects.create(name="other", base_url="http://127.0.0.1:9/v1", default_model="m")
    asks = {"owner": User.objects.all()[0], "endpoint": other, "question": "?", "model": "m"}
    Description.objects.bulk_create(Description(**asks, turn=QUEUED) for _ in range(FEW))


def queue() -> None:
    from describer.models import Description, Endpoint, User  # noqa: PLC0415

    endpoint = Endpoint.from_environment()
    people = User.objects.bulk_create(User(username=f"person{number}") for number in range(PEOPLE))
    made = (
        Description(
            owner=people[number % PEOPLE], endpoint=endpoint, question="?", model="m", turn=number // PEOPLE
        )
        for number in range(QUEUED)
    )
    Description.objects.bulk_create(made, batch_size=2000)


if __name__ == "__main__":
    django.setup()
    print(json.dumps(measure()))
