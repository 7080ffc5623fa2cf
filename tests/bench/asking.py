"""What an ask costs, and many at once, before an endpoint in a process of its own."""

import base64

from tests.bench.started import endpoint, lag, median_ms, site, straight, together
from tests.bench.table import Row
from tests.images.pictures import saved, scene

AT_ONCE = 64


def rows() -> list[Row]:
    """Lag, 64 at once, G1 and G3 for the embedded site."""
    pictures = [saved(scene(1600, 1200, number), "JPEG", quality=40) for number in range(20)]
    text = base64.b64encode(pictures[0]).decode()
    size = f"{len(pictures[0]) / 1000:.0f} kB"
    found = []
    with endpoint(0) as url:
        bare = straight(url, text, 500, 16)
        with site(url) as running:
            lag(running, pictures[:3])
            spans = lag(running, pictures[3:])
            found.append(
                Row("-", f"POST to done, 1600x1200, {size}, median", median_ms(spans), "ms", limit="< 120 ms")
            )
            _, whole = together(running, pictures[0], 500, 16)
            found.append(
                Row(
                    "G3", "500 asks, endpoint at once (ideal: bare script)", 500 / whole, "asks/s", 500 / bare
                )
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
        _, whole = together(running, pictures[0], 640)
        found.append(
            Row("G1", "640 asks of 1 s, submits included", whole, "s", 640 / AT_ONCE, "ratio <= 1.06")
        )
    return found
