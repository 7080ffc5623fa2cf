"""`make bench`: the figures that the site is held to, printed with their yardsticks. Some fifteen minutes; BENCH_DESCRIPTIONS=20000 makes it eight."""

from tests.bench import (
    asking,
    calling,
    claiming,
    draining,
    intake,
    looking,
    resting,
    starting,
    watching,
    worst,
)
from tests.bench.table import HEAD, Row


def intake_rows() -> list[Row]:
    """G15, in one thread, against plain Pillow in the same run."""
    figures = intake.measure()
    return [
        Row(
            "G15",
            "12 MP JPEG intake (ideal: plain Pillow)",
            figures["intake_12mp_ms"],
            "ms",
            figures["pillow_12mp_ms"],
            "<= 110 ms, <= 0.35 x",
        )
    ]


def main() -> None:
    print(HEAD, flush=True)
    parts = (resting, starting, asking, watching, calling, claiming, draining, looking, worst)
    for measure in (intake_rows, *(part.rows for part in parts)):
        for row in measure():
            print(row, flush=True)


if __name__ == "__main__":
    main()
