"""BMP and WebP files: the few facts that their first bytes tell."""

import struct
from typing import BinaryIO

from describer.images.header import Header, Unsupported
from describer.images.view import View

_RLE = (1, 2)
# Pillow unpacks run lengths in Python: some 2 million runs a second.
_MOST_RLE_BYTES = 2 << 20


def examine_bmp(file: BinaryIO) -> Header:
    """Width, height and depth of a BMP. Raises struct.error where the file is too short."""
    file.seek(14)
    head = file.read(40)
    (size,) = struct.unpack("<I", head[:4])
    if size == 12:
        width, height, _, bits = struct.unpack("<HHHH", head[4:12])
        packing = 0
    else:
        width, height, _, bits, packing = struct.unpack("<iiHHI", head[4:20])
    view = View(file, [(0, file.seek(0, 2))])
    if packing in _RLE and view.length > _MOST_RLE_BYTES:
        raise Unsupported("BMP")
    pixel = (1 if bits <= 8 else 4) + (2 if packing in _RLE else 0)
    return Header(format="BMP", view=view, width=abs(width), height=abs(height), pixel=pixel)


def examine_webp(file: BinaryIO) -> Header:
    """Width and height of a WebP (RFC 9649). Raises ValueError or struct.error.

    The decoder claims its memory as soon as it is opened, so the size must be known before.
    """
    file.seek(0)
    head = file.read(30)
    width, height = _webp_size(head)
    length = file.seek(0, 2)
    (claimed,) = struct.unpack("<I", head[4:8])
    if claimed + 8 > length:
        raise ValueError("cut off")
    return Header(
        format="WEBP",
        view=View(file, [(0, claimed + 8)]),
        width=width,
        height=height,
        pixel=16,
        extra=2 * length,
    )


def _webp_size(head: bytes) -> tuple[int, int]:
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
