"""The arithmetic of sizes: how large a copy gets, how it is decoded to there, what that costs."""

from dataclasses import dataclass
from math import ceil

from describer.images.header import Header

# Below it, models of the Qwen and GLM families refuse a side; beyond it, a strip is no picture to any of them.
_SHORTEST = 28
_STEEPEST = 100

Size = tuple[int, int]


def fitted(size: Size, side: int) -> Size:
    """Return the size at which the longer side is at most `side`: never larger than before, never 0."""
    longest = max(size)
    if longest <= side:
        return size
    return max(1, round(size[0] * side / longest)), max(1, round(size[1] * side / longest))


def square(size: Size, aspect: float) -> Size:
    """Return the size at which dots that are `aspect` times as high as wide become square: none is lost."""
    if aspect > 1:
        return size[0], round(size[1] * aspect)
    return round(size[0] / aspect), size[1]


def padded(size: Size) -> Size:
    """Return the size with a border, which models ask for: 28 px a side, and no steeper than 1:100."""
    least = max(_SHORTEST, ceil(max(size) / _STEEPEST))
    return max(size[0], least), max(size[1], least)


@dataclass(frozen=True, slots=True)
class Plan:
    """The way from a stored picture to a small one: the size that the decoder gives, a whole step, the last step."""

    decoded: Size
    step: int
    target: Size


def plan(header: Header, side: int, budget: int) -> Plan:
    """Plan the decode of a picture whose longer side shall be `side` px.

    Twice the target is left for the sharp filter, and all before is a plain mean over whole squares of pixels; less
    is left where the picture would not fit into `budget` otherwise.
    """
    size = (header.width, header.height)
    target = fitted(size, side)
    scale = 1
    if header.shrinks:
        scale = _jpeg_scale(size, target)
    decoded = ceil(size[0] / scale), ceil(size[1] / scale)
    most = min(decoded[0] // target[0], decoded[1] // target[1])
    plans = [Plan(decoded, step, target) for step in range(max(1, most // 2), max(1, most) + 1)]
    return next((plan for plan in plans if weight(header, plan) <= budget), plans[-1])


def weight(header: Header, plan: Plan) -> int:
    """Return the memory in bytes that a decode by this plan takes at its height.

    The height may lie in the decoder, in the filter, or after both.
    """
    pixels = plan.decoded[0] * plan.decoded[1]
    target = plan.target[0] * plan.target[1]
    middle = (ceil(plan.decoded[0] / plan.step) + plan.target[0]) * ceil(plan.decoded[1] / plan.step)
    decoding = pixels * header.pixel + header.extra
    shrinking = pixels * header.kept + 4 * middle + 4 * target
    return round(max(decoding, shrinking, 16 * target))


def _jpeg_scale(size: Size, target: Size) -> int:
    """Return the scale that libjpeg will use for a target: the largest of 8, 4, 2 that stays above it."""
    scale = min(size[0] // target[0], size[1] // target[1])
    return next(step for step in (8, 4, 2, 1) if scale >= step)
