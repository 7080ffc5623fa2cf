"""From a decoded picture to a small one, without a second large one in memory."""

from collections.abc import Callable
from math import ceil

from PIL import Image

from describer.images.fit import Plan
from describer.images.header import Header

_STRIP_PIXELS = 1 << 20
# Modes in which Pillow's filters are right: no palettes, no transparency beside the colours, eight bits.
_SMOOTH = {"L", "RGB", "CMYK", "YCbCr", "RGBa", "La", "LAB"}


def shrink(picture: Image.Image, header: Header, plan: Plan) -> Image.Image:
    """Return the picture at `plan.target`, in one of the modes L, RGB, CMYK, LAB, LA or RGBA."""
    small = _by_strips(picture, _smoother(picture, header), plan.step)
    if small.size != plan.target:
        small = small.resize(plan.target, Image.Resampling.LANCZOS, box=_box(picture, plan))
    return _plain(small)


def _box(picture: Image.Image, plan: Plan) -> tuple[float, float, float, float]:
    return (0, 0, picture.width / plan.step, picture.height / plan.step)


def _plain(small: Image.Image) -> Image.Image:
    mode = {"RGBa": "RGBA", "La": "LA", "YCbCr": "RGB"}.get(small.mode)
    if mode is None:
        return small
    return small.convert(mode)


def _by_strips(
    picture: Image.Image, smooth: Callable[[Image.Image], Image.Image] | None, step: int
) -> Image.Image:
    """Make a picture smooth and a whole number of times smaller, some rows at a time."""
    if smooth is None and step == 1:
        return picture
    size = ceil(picture.width / step), ceil(picture.height / step)
    rows = max(1, _STRIP_PIXELS // (picture.width * step)) * step
    small: Image.Image | None = None
    for top in range(0, picture.height, rows):
        strip = picture.crop((0, top, picture.width, min(top + rows, picture.height)))
        if smooth:
            strip = smooth(strip)
        small = small or Image.new(strip.mode, size)
        if step > 1:
            strip = strip.reduce(step)
        small.paste(strip, (0, top // step))
    return small or picture


def _smoother(picture: Image.Image, header: Header) -> Callable[[Image.Image], Image.Image] | None:
    """Choose what makes a strip of this picture smooth, or None where the picture is so already."""
    see_through = "transparency" in picture.info
    if picture.mode in _SMOOTH and not see_through:
        return None
    if picture.mode in {"I", "F", "I;16", "I;16B", "I;16L", "I;16N"}:
        return _deep(picture, header)
    if picture.mode in {"LA", "1", "L"}:
        if see_through or picture.mode == "LA":
            return _grey_with_alpha
        return _grey
    if see_through or picture.has_transparency_data:
        return _colours_with_alpha
    return _as_rgb


def _grey(strip: Image.Image) -> Image.Image:
    return strip.convert("L")


def _grey_with_alpha(strip: Image.Image) -> Image.Image:
    return strip.convert("LA").convert("La")


def _as_rgb(strip: Image.Image) -> Image.Image:
    return strip.convert("RGB")


def _colours_with_alpha(strip: Image.Image) -> Image.Image:
    return strip.convert("RGBA").convert("RGBa")


def _deep(picture: Image.Image, header: Header) -> Callable[[Image.Image], Image.Image]:
    """Return what scales greys of more than eight bits to eight.

    Greys of whole numbers go by their depth; greys with no natural end go by the values that are there.
    """
    low, high = 0.0, float(header.top)
    if picture.mode in {"I", "F"}:
        low, high = _range(picture)
    scale = 0.0
    if high > low:
        scale = 255 / (high - low)

    def smooth(strip: Image.Image) -> Image.Image:
        return strip.convert("F").point(lambda value: value * scale + (0.5 - low * scale)).convert("L")

    return smooth


def _range(picture: Image.Image) -> tuple[float, float]:
    """Return the values to be shown as black and as white, by the narrowest natural range that holds all."""
    low, high = picture.getextrema()
    if not (isinstance(low, int | float) and isinstance(high, int | float)):
        return 0.0, 255.0
    if not high - low < float("inf"):
        return 0.0, 255.0
    for natural in (1.0, 255.0, 65535.0):
        if low >= 0 and high <= natural and (natural > 1 or picture.mode == "F"):
            return 0.0, natural
    return low, high
