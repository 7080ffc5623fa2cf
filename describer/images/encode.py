"""From a picture in memory to the bytes of a copy."""

import hashlib
import io
from collections.abc import Iterator

from PIL import Image, ImageChops

from describer.images.facts import Copy, Recipe
from describer.images.fit import Size, fitted

_MEDIA_TYPES = {"JPEG": "image/jpeg", "PNG": "image/png"}
_QUALITIES = (90, 80, 70, 60)
_LEAST_SIDE = 256
_THUMBNAIL = 512
_BANDS, _BAND_ROWS = 12, 16


def copy_of(data: bytes, kind: str, size: Size, notes: tuple[str, ...] = ()) -> Copy:
    """Return the copy that these bytes are."""
    return Copy(data, kind, _MEDIA_TYPES[kind], size[0], size[1], hashlib.sha256(data).hexdigest(), notes)


def encode_thumbnail(picture: Image.Image) -> Copy:
    """Make a JPEG of at most 512 px a side."""
    size = fitted(picture.size, _THUMBNAIL)
    small = picture
    if size != picture.size:
        # With a gap below 2 a picture of 2000 px is halved first: 12 ms instead of 35.
        small = picture.resize(size, Image.Resampling.LANCZOS, reducing_gap=1.9)
    return copy_of(_jpeg(small, 80, "4:2:0"), "JPEG", small.size)


def encoded(picture: Image.Image, recipe: Recipe, lossless: bool) -> Copy | None:
    """Make the best copy within a recipe's bytes, smaller where no quality is enough, or None.

    `lossless` says that the original had no losses, so that its flat colours are worth a PNG.
    """
    noise = 0 if lossless else 3
    sharp = _is_drawing(picture, noise)
    as_png = recipe.format == "png" or (recipe.format == "auto" and lossless and (sharp or _has_few(picture)))
    small = picture
    while max(small.size) >= min(_LEAST_SIDE, max(picture.size)):
        for data, kind in _tries(small, as_png, recipe.format != "png", sharp):
            if len(data) <= recipe.max_bytes:
                return copy_of(data, kind, small.size, _size_notes(small, picture))
        if max(small.size) <= _LEAST_SIDE:
            break
        size = fitted(picture.size, max(_LEAST_SIDE, round(max(small.size) * 0.75)))
        small = picture.resize(size, Image.Resampling.LANCZOS)
    return None


def _size_notes(small: Image.Image, picture: Image.Image) -> tuple[str, ...]:
    if small is picture:
        return ()
    return (f"Shrunk to {small.width}x{small.height} to keep it small enough.",)


def _tries(picture: Image.Image, png: bool, jpeg: bool, sharp: bool) -> Iterator[tuple[bytes, str]]:
    """Yield the bytes and the format of each way to encode a picture, the best first."""
    subsampling = "4:4:4" if sharp else "4:2:0"
    if png:
        yield _png(picture), "PNG"
    if jpeg:
        for quality in _QUALITIES:
            yield _jpeg(picture, quality, subsampling), "JPEG"


def _jpeg(picture: Image.Image, quality: int, subsampling: str) -> bytes:
    out = io.BytesIO()
    _bare(picture).save(out, "JPEG", quality=quality, subsampling=subsampling)
    return out.getvalue()


def _png(picture: Image.Image) -> bytes:
    out = io.BytesIO()
    _bare(picture).save(out, "PNG")
    return out.getvalue()


def _bare(picture: Image.Image) -> Image.Image:
    """Strip a picture of what Pillow noted of its file, some of which Pillow would write again."""
    picture.info = {}
    return picture


def _has_few(picture: Image.Image) -> bool:
    return picture.getcolors(1024) is not None


def _is_drawing(picture: Image.Image, noise: int) -> bool:
    """Tell whether a picture looks drawn or written: large flat parts, and hard edges in it.

    Measured on bands of rows, by the difference of neighbours; `noise` is the difference that still counts
    as flat.
    """
    flat = hard = total = 0
    for number in range(_BANDS):
        top = max(0, (picture.height - _BAND_ROWS) * number // (_BANDS - 1))
        band = picture.crop((0, top, picture.width, top + _BAND_ROWS)).convert("L")
        counts = _differences(band)
        flat += sum(counts[: noise + 1])
        hard += sum(counts[64:])
        total += sum(counts)
    return total > 0 and flat >= 0.6 * total and hard * 500 >= total


def _differences(band: Image.Image) -> list[int]:
    """Count, for each difference from 0 to 255, the neighbours in a row that differ by so much."""
    if band.width < 2:
        return [0] * 256
    left = band.crop((0, 0, band.width - 1, band.height))
    right = band.crop((1, 0, band.width, band.height))
    return ImageChops.difference(left, right).histogram()
