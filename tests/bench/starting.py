"""How soon an ask leaves (G8): from its row to its start, and from the POST to the bytes at the endpoint."""

import statistics
import tempfile
import time
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

from tests.bench.table import Row
from tests.endpoint import ScriptedEndpoint
from tests.images.pictures import saved, scene
from tests.site import Site, until

ASKS = 60


def rows() -> list[Row]:
    """One ask after the other, each with a picture of its own; intake is inside the second figure."""
    pictures = [saved(scene(1600, 1200, number), "JPEG", quality=40) for number in range(ASKS)]
    rung, reached = [], []
    with ScriptedEndpoint() as endpoint, tempfile.TemporaryDirectory(prefix="describer-bench-") as folder:
        variables: dict[str, Any] = {
            "VISION_BASE_URL": endpoint.url,
            "VISION_API_KEY": "sk-bench",
            "VISION_MODEL": "m",
        }
        with Site(Path(folder), admin=True, **variables) as site:
            site.finished(site.ask(pictures[0])["id"])
            for number, picture in enumerate(pictures, 2):
                began = time.monotonic()
                made = site.ask(picture, question=f"{number}?")
                until(partial(has_come, endpoint, number), "it was asked", step=0.001)
                reached.append((endpoint.calls[-1].at - began) * 1000)
                described = site.finished(made["id"])
                rung.append(milliseconds(described["created_at"], described["started_at"]))
            site.stop()
    return [
        Row("G8", "row made to start, p95", p95(rung), "ms", limit="<= 15 ms"),
        Row(
            "G8",
            "POST begun to bytes at the endpoint, p50",
            statistics.median(reached),
            "ms",
            limit="<= 40 ms",
        ),
        Row("G8", "POST begun to bytes at the endpoint, p95", p95(reached), "ms", limit="<= 80 ms"),
    ]


def has_come(endpoint: ScriptedEndpoint, number: int) -> bool:
    return len(endpoint.calls) == number


def milliseconds(first: str, second: str) -> float:
    return (datetime.fromisoformat(second) - datetime.fromisoformat(first)).total_seconds() * 1000


def p95(figures: list[float]) -> float:
    return statistics.quantiles(figures, n=20)[-1]
