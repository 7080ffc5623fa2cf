"""BMP files: the few facts that their first bytes tell."""

import struct
from typing import BinaryIO

from describer.images.header import Header, Unsupported
from describer.images.view import FileView

_RLE = (1, 2)
# Pillow unpacks run lengths in Python: some 2 million runs a second.
_MOST_RLE_BYTES = 2 << 20


def examine(file: BinaryIO) -> Header:
    """Read width, height and depth of a BMP. Raises struct.error where the file is too short."""
    file.seek(14)
    head = file.read(40)
    (size,) = struct.unpack("<I", head[:4])
    packing = 0
    if size == 12:
        width, height, _, bits = struct.unpack("<HHHH", head[4:12])
    else:
        width, height, _, bits, packing = struct.unpack("<iiHHI", head[4:20])
    view = FileView(file, [(0, file.seek(0, 2))])
    if packing in _RLE and view.length > _MOST_RLE_BYTES:
        raise Unsupported("BMP")
    kept = 1 if bits <= 8 else 4
    return Header("BMP", view, abs(width), abs(height), pixel=kept + 2 * (packing in _RLE), kept=kept)
