"""What can honestly be measured in a picture."""

import io
from collections import Counter
from dataclasses import dataclass

from PIL import Image, ImageFilter, ImageStat

from describer.images.decode import decoded, read_header
from describer.images.facts import Limits
from describer.images.prepare import as_shown, seen_size
from describer.sandbox.names import name_of

_SIDE = 1000
_CELLS = 64
_LAPLACIAN = ImageFilter.Kernel((3, 3), [0, 1, 0, 1, -4, 1, 0, 1, 0], scale=1, offset=128)


@dataclass(frozen=True, slots=True)
class Measures:
    """Width and height in pixels as seen; light, its spread and differences from 0 to 255; shares from 0 to 1.

    `sharpness` is the variance of the Laplacian at 1000 px; `colours` are names with their shares, largest first.
    `ground` is the colour that light and colours were measured on where the picture is see-through.
    """

    width: int
    height: int
    light: float
    contrast: float
    top_minus_bottom: float
    left_minus_right: float
    sharpness: float
    see_through: float
    ground: str
    grey: bool
    colours: tuple[tuple[str, float], ...]


def measured(data: bytes, name: str) -> Measures:
    """Decode a picture and measure it. Raises ImageError where it is none."""
    limits = Limits()
    header = read_header(io.BytesIO(data), name, limits)
    with decoded(header, _SIDE, name, limits) as (_, picture):
        hidden = 0.0
        if "A" in picture.mode:
            hidden = 1 - ImageStat.Stat(picture.getchannel("A")).mean[0] / 255
        seen, behind, _ = as_shown(header, picture, _SIDE)
        return _measures(seen.convert("RGB"), seen_size(header), hidden, name_of(*behind))


def _measures(colours: Image.Image, size: tuple[int, int], hidden: float, ground: str) -> Measures:
    grey = colours.convert("L")
    light = ImageStat.Stat(grey)
    names = _colour_names(colours)
    halves = grey.resize((2, 2), Image.Resampling.BOX)
    corners = list(halves.tobytes())
    return Measures(
        width=size[0],
        height=size[1],
        light=light.mean[0],
        contrast=light.stddev[0],
        top_minus_bottom=(corners[0] + corners[1] - corners[2] - corners[3]) / 2,
        left_minus_right=(corners[0] + corners[2] - corners[1] - corners[3]) / 2,
        sharpness=_sharpness(grey),
        see_through=hidden,
        ground=ground,
        grey=all(name in {"black", "white"} or name.endswith("grey") for name, _ in names),
        colours=names,
    )


def _sharpness(grey: Image.Image) -> float:
    if min(grey.size) < 3:
        return 0.0
    edges = grey.filter(_LAPLACIAN).crop((1, 1, grey.width - 1, grey.height - 1))
    return float(ImageStat.Stat(edges).var[0])


def _colour_names(colours: Image.Image) -> tuple[tuple[str, float], ...]:
    """Name the colours of a picture with their shares, the largest first."""
    cells = colours.resize((_CELLS, _CELLS), Image.Resampling.BOX)
    counted = Counter[str]()
    for count, pixel in cells.getcolors(_CELLS * _CELLS) or []:
        if isinstance(pixel, tuple):
            counted[name_of(pixel[0], pixel[1], pixel[2])] += count
    ordered = sorted(counted.items(), key=lambda item: (-item[1], item[0]))
    return tuple((name, count / _CELLS**2) for name, count in ordered)
