"""The arithmetic of sizes: how large a copy gets, how it is decoded to there, what that costs."""

from dataclasses import dataclass
from math import ceil

from describer.images.header import Header

# Below it, models of the Qwen and GLM families refuse a side; beyond it, a strip is no picture to any of them.
SHORTEST = 28
STEEPEST = 100
_SPARE = 4 << 20

Size = tuple[int, int]


def fitted(size: Size, side: int) -> Size:
    """The size at which the longer side is at most `side`. Never larger than before, never 0."""
    longest = max(size)
    if longest <= side:
        return size
    return max(1, round(size[0] * side / longest)), max(1, round(size[1] * side / longest))


def padded(size: Size) -> Size:
    """The size with a border that makes it fit for models: 28 px a side, and no steeper than 1:100."""
    least = max(SHORTEST, ceil(max(size) / STEEPEST))
    return max(size[0], least), max(size[1], least)


@dataclass(frozen=True, slots=True)
class Plan:
    """The way from a stored picture to a small one: the size that the decoder gives, a whole step, the last step."""

    decoded: Size
    step: int
    target: Size


def plan(header: Header, side: int) -> Plan:
    """Plan the decode of a picture whose longer side shall be `side` px."""
    size = (header.width, header.height)
    target = fitted(size, side)
    scale = _jpeg_scale(size, target) if header.shrinks else 1
    decoded = ceil(size[0] / scale), ceil(size[1] / scale)
    # Twice the target is left for the sharp filter; all before is a plain mean over whole squares of pixels.
    step = max(1, min(decoded[0] // target[0], decoded[1] // target[1]) // 2)
    return Plan(decoded, step, target)


def weight(header: Header, plan: Plan) -> int:
    """The memory in bytes that a decode by this plan takes at its height."""
    decoded = plan.decoded[0] * plan.decoded[1]
    middle = decoded // plan.step**2
    target = plan.target[0] * plan.target[1]
    return round(decoded * header.pixel + header.extra + 4 * middle + 12 * target) + _SPARE


def _jpeg_scale(size: Size, target: Size) -> int:
    """The scale that libjpeg will use for a wanted size: the largest of 8, 4, 2 that stays above it."""
    scale = min(size[0] // target[0], size[1] // target[1])
    return next(step for step in (8, 4, 2, 1) if scale >= step)
