"""BMP files: the few facts that their first bytes tell."""

import struct
from typing import BinaryIO

from describer.images.header import Header, Unsupported
from describer.images.view import FileView

_RLE = (1, 2)
_BITFIELDS = 3
# Pillow unpacks run lengths in Python: some 2 million runs a second.
_MOST_RLE_BYTES = 2 << 20
# Where red, green, blue and alpha stand in a pixel of 32 bits: what Pillow reads with alpha, and without.
_WITH_ALPHA = {
    (0xFF0000, 0xFF00, 0xFF, 0xFF000000),
    (0xFF000000, 0xFF0000, 0xFF00, 0xFF),
    (0xFF, 0xFF00, 0xFF0000, 0xFF000000),
    (0xFF000000, 0xFF00, 0xFF, 0xFF0000),
}
_WITHOUT = {
    (0xFF0000, 0xFF00, 0xFF, 0),
    (0xFF000000, 0xFF0000, 0xFF00, 0),
    (0xFF000000, 0xFF00, 0xFF, 0),
    (0, 0, 0, 0),
}
_OF_16_BITS = {(0xF800, 0x7E0, 0x1F), (0x7C00, 0x3E0, 0x1F)}
_MASKS, _ALPHA_MASK = 54, 66
_BLOCK = 1 << 20
_HIDDEN = "All of it is said to be see-through; it is shown as if nothing were."

Masks = tuple[int, ...]


def examine(file: BinaryIO) -> Header:
    """Read width, height and depth of a BMP. Raises Unsupported, or struct.error where the file is too short."""
    file.seek(14)
    head = file.read(40)
    (size,) = struct.unpack("<I", head[:4])
    packing = 0
    if size == 12:
        width, height, _, bits = struct.unpack("<HHHH", head[4:12])
    else:
        width, height, _, bits, packing = struct.unpack("<iiHHI", head[4:20])
    view = FileView(file, [(0, file.seek(0, 2))])
    notes: tuple[str, ...] = ()
    if packing > _BITFIELDS or (packing in _RLE and view.length > _MOST_RLE_BYTES):
        raise Unsupported("BMP")
    if packing == _BITFIELDS:
        view, notes = _with_masks(file, view, size, bits)
    kept = 1 if bits <= 8 else 4
    return Header(
        "BMP",
        view,
        abs(width),
        abs(height),
        pixel=kept + 2 * (packing in _RLE),
        kept=kept,
        notes=notes,
    )


def _with_masks(file: BinaryIO, view: FileView, size: int, bits: int) -> tuple[FileView, tuple[str, ...]]:
    """Return the view to decode, and a note where alpha hides all: some programs leave zeros where alpha would stand."""
    file.seek(_MASKS)
    masks = struct.unpack("<4I", file.read(16))
    if size < 56:
        masks = (*masks[:3], 0)
    is_read = (bits == 32 and masks in _WITH_ALPHA | _WITHOUT) or (bits == 16 and masks[:3] in _OF_16_BITS)
    if not is_read and bits != 24:
        raise Unsupported("BMP")
    opaque = (*masks[:3], 0)
    if bits == 32 and masks in _WITH_ALPHA and opaque in _WITHOUT and _hides_all(file, masks[3]):
        return FileView(file, [(0, _ALPHA_MASK), bytes(4), (_ALPHA_MASK + 4, view.length)]), (_HIDDEN,)
    return view, ()


def _hides_all(file: BinaryIO, mask: int) -> bool:
    """Tell whether the alpha of every pixel is zero."""
    file.seek(10)
    (start,) = struct.unpack("<I", file.read(4))
    file.seek(start)
    place = mask.bit_length() // 8 - 1
    while block := file.read(_BLOCK):
        if any(block[place::4]):
            return False
    return True
