"""WebP files, chunk by chunk (RFC 9649)."""

import struct
from collections.abc import Iterator
from typing import BinaryIO

from describer.images.exif import orientation
from describer.images.header import Header
from describer.images.view import FileView

_MOST_CHUNKS = 20_000
_MOST_FRAMES = 1000
_MOST_PROFILE = 4 << 20
_MOST_EXIF = 1 << 20


def examine(file: BinaryIO) -> Header:
    """Read size, turn, profile and number of frames. Raises ValueError or struct.error.

    The decoder claims its memory as soon as it is opened, so the size must be known before.
    """
    file.seek(0)
    head = file.read(30)
    width, height = _size(head)
    length = file.seek(0, 2)
    (claimed,) = struct.unpack("<I", head[4:8])
    if claimed + 8 > length:
        raise ValueError("cut off")
    view = FileView(file, [(0, claimed + 8)])
    chunks = []
    if head[12:16] == b"VP8X":
        chunks = list(_chunks(view))
    frames = sum(name == b"ANMF" for name, _, _ in chunks)
    return Header(
        format="WEBP",
        view=view,
        width=width,
        height=height,
        # Two canvases of the decoder, a copy of one, and the picture; the canvases stay while it is open.
        pixel=16,
        kept=12,
        held=2 * length,
        orientation=orientation(_content(view, chunks, b"EXIF", _MOST_EXIF)),
        profile=_content(view, chunks, b"ICCP", _MOST_PROFILE),
        frames=min(_MOST_FRAMES, max(1, frames)),
    )


def _size(head: bytes) -> tuple[int, int]:
    kind = head[12:16]
    if kind == b"VP8X":
        return 1 + int.from_bytes(head[24:27], "little"), 1 + int.from_bytes(head[27:30], "little")
    if kind == b"VP8L":
        (packed,) = struct.unpack("<I", head[21:25])
        return 1 + packed % 0x4000, 1 + (packed >> 14) % 0x4000
    if kind == b"VP8 ":
        width, height = struct.unpack("<HH", head[26:30])
        return width % 0x4000, height % 0x4000
    raise ValueError("no WebP")


def _chunks(view: FileView) -> Iterator[tuple[bytes, int, int]]:
    """Yield name, start and length of each chunk's content."""
    place = 12
    for _ in range(_MOST_CHUNKS):
        if place + 8 > view.length:
            return
        view.seek(place)
        name, size = struct.unpack("<4sI", view.read(8))
        yield name, place + 8, size
        place += 8 + size + size % 2


def _content(view: FileView, chunks: list[tuple[bytes, int, int]], wanted: bytes, most: int) -> bytes | None:
    for name, start, size in chunks:
        if name == wanted and size <= most:
            view.seek(start)
            return view.read(size)
    return None
