"""How quick a picture is taken in, against plain Pillow doing the same (G15). Run as `python -m tests.bench.intake`."""

import hashlib
import io
import random
import statistics
import time
from collections.abc import Callable

from PIL import Image

from describer.images import ImageError, Limits, Recipe, intake

_SIDE, _SMALL, _ROUNDS = 2000, 512, 9
_GOAL_MS, _GOAL_RATIO, _GOAL_SMALL_MS = 110, 0.35, 30


def measure() -> dict[str, float]:
    """Medians in milliseconds, in one thread: a 12 MP JPEG by intake and by plain Pillow, and a 1600x1200 by intake."""
    large, small = photo(4000, 3000), photo(1600, 1200)
    ours, theirs, little = timed(lambda: taken(large), lambda: plainly(large), lambda: taken(small))
    return {
        "intake_12mp_ms": ours,
        "pillow_12mp_ms": theirs,
        "ratio": ours / theirs,
        "intake_1600x1200_ms": little,
        "cut_file_refused": float(is_refused(large[: len(large) // 2])),
    }


def timed(*works: Callable[[], object]) -> list[float]:
    """The median of each, taken in turn, so that a slow moment of the machine meets all."""
    seconds: list[list[float]] = [[] for _ in works]
    for _ in range(_ROUNDS):
        for place, work in enumerate(works):
            started = time.perf_counter()
            work()
            seconds[place].append(time.perf_counter() - started)
    return [1000 * statistics.median(each) for each in seconds]


def taken(data: bytes) -> object:
    return intake(io.BytesIO(data), "photo.jpg", limits=Limits(), recipe=Recipe())


def plainly(data: bytes) -> None:
    """What most sites do: check, decode, shrink, save, and shrink again."""
    hashlib.sha256(data).hexdigest()
    Image.open(io.BytesIO(data)).verify()
    picture = Image.open(io.BytesIO(data)).convert("RGB")
    for side, quality in ((_SIDE, 90), (_SMALL, 80)):
        copy = picture.resize((side, side * picture.height // picture.width), Image.Resampling.LANCZOS)
        copy.save(io.BytesIO(), "JPEG", quality=quality)


def is_refused(data: bytes) -> bool:
    try:
        taken(data)
    except ImageError:
        return True
    return False


def photo(width: int, height: int) -> bytes:
    source = random.Random(12)
    coarse = (width // 40, height // 40)
    soft = Image.frombytes("RGB", coarse, source.randbytes(coarse[0] * coarse[1] * 3))
    grain = Image.frombytes("L", (width, height), source.randbytes(width * height)).convert("RGB")
    out = io.BytesIO()
    Image.blend(soft.resize((width, height), Image.Resampling.BICUBIC), grain, 0.08).save(
        out, "JPEG", quality=88
    )
    return out.getvalue()


if __name__ == "__main__":
    figures = measure()
    for name, value in figures.items():
        print(f"{name:22} {value:8.2f}")
    print(
        f"goals: <= {_GOAL_MS} ms and <= {_GOAL_RATIO} x plain Pillow; 1600x1200 <= {_GOAL_SMALL_MS} ms; 1 = refused"
    )
