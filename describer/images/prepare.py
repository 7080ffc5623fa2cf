"""From a picture to the copy that is sent to a model."""

from typing import BinaryIO

from PIL import Image

from describer.images import errors
from describer.images.colour import Colour, displayed, ground, is_srgb, upright
from describer.images.decode import decoded, read_header
from describer.images.encode import copy_of, encoded
from describer.images.facts import Copy, Limits, Recipe
from describer.images.fit import Size, fitted, padded, square
from describer.images.header import Header

_LOSSY = {"JPEG", "AVIF", "HEIF"}


def prepare(file: BinaryIO, name: str, *, recipe: Recipe, limits: Limits) -> Copy:
    """Make the copy that a recipe asks for. Raises `ImageError` and nothing else."""
    header = read_header(file, name, limits)
    with decoded(header, recipe.long_side, name, limits) as (header, picture), errors.edge(name):
        return sent_copy(header, as_shown(header, picture, recipe.long_side), recipe, name)


def as_shown(header: Header, picture: Image.Image, side: int) -> tuple[Image.Image, Colour, str | None]:
    """Return a decoded picture as its owner sees it, the colour behind it, and a note where that shows."""
    colours, behind, note = displayed(picture, header.profile)
    if header.aspect != 1:
        size = fitted(square(picture.size, header.aspect), side)
        colours = colours.resize(size, Image.Resampling.LANCZOS)
    return upright(colours, header.orientation), behind, note


def sent_copy(
    header: Header, sight: tuple[Image.Image, Colour, str | None], recipe: Recipe, name: str
) -> Copy:
    """Make the copy for a model: the view of the file itself where that will do, else a new JPEG or PNG."""
    picture, behind, note = sight
    notes = tuple(filter(None, (note, _shrunk_note(seen_size(header), picture.size))))
    if is_sendable(header, recipe):
        return _as_it_is(header)
    copy = encoded(_padded(picture, behind), recipe, header.format not in _LOSSY)
    if copy is None:
        raise errors.too_large_to_send(name, min(max(picture.size), 256), recipe.max_bytes)
    return copy_of(copy.data, copy.format, (copy.width, copy.height), notes + copy.notes)


def is_sendable(header: Header, recipe: Recipe) -> bool:
    """Tell whether the view of the file is already upright sRGB, small enough and not too narrow."""
    size = (header.width, header.height)
    return (
        header.fit
        and header.orientation == 1
        and header.view.length <= recipe.max_bytes
        and recipe.format in {"auto", header.format.lower()}
        and fitted(size, recipe.long_side) == size == padded(size)
        and is_srgb(header.profile)
    )


def seen_size(header: Header) -> Size:
    """Return width and height as a person sees them, after the turn."""
    width, height = square((header.width, header.height), header.aspect)
    is_turned = header.orientation > 4
    if is_turned:
        return height, width
    return width, height


def _as_it_is(header: Header) -> Copy:
    header.view.seek(0)
    return copy_of(header.view.read(), header.format, (header.width, header.height))


def _padded(picture: Image.Image, behind: Colour) -> Image.Image:
    size = padded(picture.size)
    if size == picture.size:
        return picture
    sheet = Image.new(picture.mode, size, ground(behind, picture.mode))
    sheet.paste(picture, ((size[0] - picture.width) // 2, (size[1] - picture.height) // 2))
    return sheet


def _shrunk_note(before: Size, after: Size) -> str | None:
    """Warn of a long page whose letters no longer have the pixels to be read."""
    steep = max(before) >= 4 * min(before)
    if steep and min(before) >= 100 and max(after) * 2 <= max(before):
        return f"Shrunk to {after[0]}x{after[1]}; small text may be unreadable. Cut it into parts."
    return None
