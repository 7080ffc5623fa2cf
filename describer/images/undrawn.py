"""Blocks of a HEIC that were never drawn (ISO/IEC 23008-12, 9.3; ITU-T H.273, 8.3).

libde265 goes on after a scratch, and leaves what it could not read zero in all three planes: a pure green, as any other
picture may hold. But a green that was drawn has light in it, and under another matrix becomes another green than zeros do.
So where such a green is seen, the picture is decoded once more, with the other matrix written into its container.
"""

import re
import struct
from collections.abc import Iterator
from typing import BinaryIO, cast

from PIL import Image, ImageChops

from describer.images.boxes import boxes
from describer.images.view import FileView, Piece

# What zeros become: by the matrix of BT.709 (in full range and in that of television), and by others.
_GREENS_709 = (84, 77)
_GREENS = (*_GREENS_709, 88, 94, 135, 136)
_BT709, _BT601 = 1, 6
_OTHER = {True: _BT601, False: _BT709}
# The green of zeros by the matrix that is written in, full range.
_AGAIN = {_BT709: (84,), _BT601: (135, 136)}
_NCLX = re.compile(rb"colrnclx.{7}", re.DOTALL)
# How many bytes an item's number takes, by the table's version, and a property's, by its flags.
_ID_WIDTHS, _WIDTHS = (2, 4), (1, 2)
_MOST_NARROW = 127


def other_matrix(picture: Image.Image) -> int | None:
    """Return the matrix that will tell whether a green of this picture was drawn; None where no such green is seen."""
    for green, share in _greens(picture):
        if green in _GREENS and 0.002 < share < 0.98:
            return _OTHER[green in _GREENS_709]
    return None


def is_undrawn(picture: Image.Image, matrix: int) -> bool:
    """Tell whether blocks of a picture, decoded by another matrix, have the green of zeros there."""
    return sum(share for green, share in _greens(picture) if green in _AGAIN[matrix]) > 0.002


def _greens(picture: Image.Image) -> Iterator[tuple[int, float]]:
    """Yield each green that is seen without red and blue, and its share of the picture."""
    if picture.mode not in {"RGB", "RGBA"}:
        return
    red, green, blue = picture.split()[:3]
    alone = ImageChops.lighter(red, blue).point(lambda value: 255 * (value == 0))
    total = picture.width * picture.height
    for value, count in enumerate(green.histogram(alone)):
        if count:
            yield value, count / total


def recoloured(view: FileView, matrix: int) -> FileView:
    """Return a HEIC whose colours are said to be coded by another matrix.

    The new description of its items stands at the end, so that all places that it speaks of stay valid.
    Raises ValueError, IndexError or struct.error where the old one cannot be read.
    """
    file = cast(BinaryIO, view)
    colour = b"colrnclx" + struct.pack(">HHHB", 1, 13, matrix, 0x80)
    pieces: list[Piece] = []
    meta = b""
    for start, stop, name in boxes(file, view.length):
        view.seek(start)
        head = view.read(8)
        if name == b"meta":
            meta = _with_property(_NCLX.sub(colour, head + view.read(stop - start - 8)), colour)
            head = head[:4] + b"free"
        if head[:4] == bytes(4):
            # A last box may go on to the end of the file, which is no longer its own.
            head = struct.pack(">I", stop - start) + name
        pieces += [head, (start + 8, stop)]
    return FileView(file, [*pieces, meta])


def _with_property(meta: bytes, colour: bytes) -> bytes:
    """Return a description in which every item has one more property."""
    children = []
    for name, body in _children(meta[12:]):
        if name == b"iprp":
            body = _with_property_inside(body, colour)
        children.append(_box(name, body))
    return _box(b"meta", meta[8:12] + b"".join(children))


def _with_property_inside(properties: bytes, colour: bytes) -> bytes:
    inner = list(_children(properties))
    number = 1 + sum(len(list(_children(body))) for name, body in inner if name == b"ipco")
    parts = []
    for name, body in inner:
        if name == b"ipco":
            body += _box(colour[:4], colour[4:])
        elif name == b"ipma":
            body = _associated(body, number)
        parts.append(_box(name, body))
    return b"".join(parts)


def _associated(body: bytes, number: int) -> bytes:
    """Give a property to every item in a table of associations."""
    id_width, width = _ID_WIDTHS[body[0]], _WIDTHS[body[3] & 1]
    if width == 1 and number > _MOST_NARROW:
        raise ValueError("no room for one more property")
    (count,) = struct.unpack(">I", body[4:8])
    place, parts = 8, [body[:8]]
    for _ in range(count):
        first = place + id_width + 1
        last = first + body[first - 1] * width
        more = bytes([body[first - 1] + 1]) + number.to_bytes(width, "big")
        parts += [body[place : first - 1], more, body[first:last]]
        place = last
    return b"".join(parts)


def _children(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    place = 0
    while place < len(data):
        size, name = struct.unpack(">I4s", data[place : place + 8])
        if not 8 <= size <= len(data) - place:
            raise ValueError("a box that sticks out")
        yield name, data[place + 8 : place + size]
        place += size


def _box(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I4s", 8 + len(body), name) + body
