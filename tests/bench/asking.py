"""What an ask costs, and many at once, before an endpoint in a process of its own."""

from tests.bench.started import endpoint, lag, median_ms, site, together
from tests.bench.table import Row
from tests.images.pictures import saved, scene

AT_ONCE = 64


def rows() -> list[Row]:
    """Lag, and 64 at once, for the embedded site."""
    pictures = [saved(scene(1600, 1200, number), "JPEG", quality=40) for number in range(20)]
    size = f"{len(pictures[0]) / 1000:.0f} kB"
    found = []
    with endpoint(0) as url, site(url) as running:
        lag(running, pictures[:3])
        spans = lag(running, pictures[3:])
        found.append(
            Row("-", f"POST to done, 1600x1200, {size}, median", median_ms(spans), "ms", limit="< 120 ms")
        )
    with endpoint(1) as url, site(url) as running:
        submitted, whole = together(running, pictures[0], AT_ONCE)
        found.append(
            Row("-", f"{AT_ONCE} submits at once, the last one answered", submitted, "s", limit="< 1 s")
        )
        found.append(
            Row(
                "-",
                f"{AT_ONCE} asks of 1 s, from the last submit to done",
                whole - submitted,
                "s",
                limit="< 1.5 s",
            )
        )
    return found
