"""GIF files (CompuServe GIF89a): the size of the first frame's canvas, and how many frames there are."""

import struct
from typing import BinaryIO

from describer.images.header import Header
from describer.images.view import FileView

_MOST_BLOCKS = 1_000_000
_MOST_FRAMES = 1000
_EXTENSION, _FRAME, _END = 0x21, 0x2C, 0x3B


def examine(file: BinaryIO) -> Header:
    """Walk over the blocks. Raises ValueError or struct.error where the first frame is missing."""
    file.seek(0)
    head = file.read(13)
    width, height, flags = struct.unpack("<HHB", head[6:11])
    file.seek(_palette_bytes(flags), 1)
    frames, box = _walk(file)
    if box is None:
        raise ValueError("no frame")
    # A frame that sticks out of the canvas widens it, as in Pillow.
    size = max(width, box[0] + box[2]), max(height, box[1] + box[3])
    drawn = (box[0], box[1], box[0] + box[2], box[1] + box[3])
    covers_canvas = drawn == (0, 0, *size)
    return Header(
        format="GIF",
        view=FileView(file, [(0, file.seek(0, 2))]),
        width=size[0],
        height=size[1],
        pixel=2,
        kept=1,
        frames=frames,
        drawn=None if covers_canvas else drawn,
    )


def _walk(file: BinaryIO) -> tuple[int, tuple[int, ...] | None]:
    """Count the frames, and return left, top, width and height of the first; None where there is none."""
    frames, box = 0, None
    for _ in range(_MOST_BLOCKS):
        kind = file.read(1)
        if kind == bytes([_EXTENSION]):
            file.read(1)
        elif kind == bytes([_FRAME]):
            place = struct.unpack("<HHHHB", _exactly(file, 9))
            box = box or place[:4]
            file.seek(_palette_bytes(place[4]) + 1, 1)
            frames += 1
        else:
            break
        if not _skip_data(file) or frames >= _MOST_FRAMES:
            break
    return frames, box


def _palette_bytes(flags: int) -> int:
    if not flags & 0x80:
        return 0
    return 3 << (flags % 8 + 1)


def _exactly(file: BinaryIO, size: int) -> bytes:
    data = file.read(size)
    if len(data) != size:
        raise ValueError("cut off")
    return data


def _skip_data(file: BinaryIO) -> bool:
    """Move behind a row of data blocks; false where the file ends before."""
    while size := file.read(1):
        if size == b"\0":
            return True
        file.seek(size[0], 1)
    return False
