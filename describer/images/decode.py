"""From a checked header to a small picture in memory: every pixel of the file is decoded, few are kept."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO

from PIL import Image, ImageChops

from describer.images import errors, jpeg_end, undrawn
from describer.images.facts import Limits
from describer.images.fit import Plan, plan, weight
from describer.images.formats import EXAMINERS, HEAD, NAMES, kind_of
from describer.images.gate import GATE
from describer.images.header import Header
from describer.images.memory import has_memory
from describer.images.plugins import open_picture
from describer.images.shrink import shrink
from describer.images.view import FileView

_SPARE = 4 << 20


def read_header(file: BinaryIO, name: str, limits: Limits) -> Header:
    """Read what a file is and how large, without decoding it. Raises ImageError."""
    size = file.seek(0, 2)
    if size == 0:
        raise errors.empty(name)
    if size > limits.max_bytes:
        raise errors.too_large(name, size, limits.max_bytes)
    file.seek(0)
    kind = kind_of(file.read(HEAD), name)
    if kind.format is None:
        raise errors.image_refused(name, kind.words)
    with errors.edge(name):
        header = EXAMINERS[kind.format](file)
        if header.width < 1 or header.height < 1:
            raise ValueError("no pixels")
    if header.width * header.height > limits.max_pixels:
        raise errors.too_many_pixels(name, header.width, header.height, limits.max_pixels, "")
    return header


@contextmanager
def decoded(header: Header, side: int, name: str, limits: Limits) -> Iterator[tuple[Header, Image.Image]]:
    """Decode a picture to a longer side of `side` px, in the colours of the file.

    Yields the picture and its header, in which what the decoding told is noted. The memory is held until the block ends.
    Raises ImageError for a picture that is damaged, or that the decode budget, or the machine, cannot hold.
    """
    way = plan(header, side, limits.decode_budget)
    cost = weight(header, way)
    if cost > limits.decode_budget:
        most = header.width * header.height * limits.decode_budget // cost
        where = f" in a {NAMES[header.format]} file"
        raise errors.too_many_pixels(name, header.width, header.height, most, where)
    # What is but little above the budget with all that lies around it runs alone.
    whole = min(cost + header.held + _SPARE, limits.decode_budget)
    with GATE.hold(whole, limits.decode_budget):
        # Asked before: a decoder that gets no memory says what it says of a file that is cut off.
        if not has_memory(whole):
            raise errors.MemoryShort(name)
        with errors.edge(name, whole):
            told = _small(header, way)
        yield told


def _small(header: Header, way: Plan) -> tuple[Header, Image.Image]:
    small = _shrunk(header, header.decoding or header.view, way)
    if header.format == "HEIF":
        _check_drawn(small, header, way)
    if header.drawn:
        small = _uncovered(small, header, header.drawn)
    if header.format == "JPEG" and header.decoding:
        header = jpeg_end.checked(header, header.decoding)
    return header, small


def _shrunk(header: Header, view: FileView, way: Plan) -> Image.Image:
    with open_picture(header.format, view) as picture:
        if picture.size != (header.width, header.height):
            raise ValueError("the decoder sees another size")
        if header.shrinks:
            picture.draft("RGB", way.target)
        picture.load()
        return shrink(picture, header, way)


def _check_drawn(small: Image.Image, header: Header, way: Plan) -> None:
    """Raise ValueError where blocks of a HEIC were never drawn."""
    matrix = undrawn.other_matrix(small)
    if matrix is None:
        return
    again = _shrunk(header, undrawn.recoloured(header.view, matrix), way)
    if undrawn.is_undrawn(again, matrix):
        raise ValueError("blocks are missing")


def _uncovered(picture: Image.Image, header: Header, drawn: tuple[int, int, int, int]) -> Image.Image:
    """Make a picture see-through outside its first frame, as players do; Pillow fills in a colour there."""
    left, top, right, bottom = drawn
    across, down = picture.width / header.width, picture.height / header.height
    alpha = Image.new("L", picture.size, 0)
    alpha.paste(255, (round(left * across), round(top * down), round(right * across), round(bottom * down)))
    if "A" in picture.getbands():
        alpha = ImageChops.darker(alpha, picture.getchannel("A"))
    picture = picture.convert("RGB")
    picture.putalpha(alpha)
    return picture
