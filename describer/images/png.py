"""PNG files, chunk by chunk (W3C Portable Network Graphics, third edition)."""

import struct
import zlib
from dataclasses import dataclass, field
from typing import BinaryIO

from describer.images import png_colours
from describer.images.exif import orientation
from describer.images.header import Header, Unsupported
from describer.images.view import FileView, Piece

_PICTURE = {b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND"}
# The picture of an iPhone's app (CgBI) is packed in a way of its own, with red and blue exchanged.
_APPLE = b"CgBI"
_MOTION = {b"acTL", b"fcTL", b"fdAT"}
_GREY, _RGB, _PALETTE = 0, 2, 3
_BLOCK = 1 << 20
_MOST_CHUNKS = 200_000
_MOST_PROFILE = 4 << 20
_MOST_EXIF = 1 << 20
_MOST_COLOURS = 64
_STILL = "The still picture of an animation is used, which is none of its frames."


@dataclass
class _PngScan:
    pieces: list[Piece] = field(default_factory=lambda: [(0, 8)])
    head: bytes = b""
    profile: bytes | None = None
    exif: bytes | None = None
    transparent: bool = False
    drawn: bool = False
    colours: dict[bytes, bytes] = field(default_factory=dict)
    frames: int = 1
    outside: bool = False


def examine(file: BinaryIO) -> Header:
    """Read all chunks and check their sums. Raises Unsupported; ValueError, struct.error or zlib.error on damage.

    Pillow does not check the sums of the picture's own chunks, and takes a file whose end is missing.
    """
    reading = _PngScan()
    place = 8
    for _ in range(_MOST_CHUNKS):
        file.seek(place)
        length, name = struct.unpack(">I4s", file.read(8))
        if name == _APPLE and place == 8:
            raise Unsupported("PNG (CgBI, for apps of iPhones)")
        span = (place, place + 12 + length)
        _take_chunk(file, name, length, span, reading)
        place = span[1]
        if name == b"IEND":
            return _png_header(file, reading)
    raise ValueError("more chunks than any picture has")


def _take_chunk(file: BinaryIO, name: bytes, length: int, span: tuple[int, int], reading: _PngScan) -> None:
    """Take in one chunk, which lies at `span`; `file` stands behind its name."""
    if name in _PICTURE or name in _MOTION:
        _check_sum(file, name, length)
    if name in _PICTURE:
        reading.pieces.append(span)
    file.seek(span[0] + 8)
    if name == b"IHDR":
        reading.head = file.read(13)
    elif name == b"acTL" and not reading.drawn:
        (reading.frames,) = struct.unpack(">I", file.read(4))
        reading.outside = reading.frames > 0
    elif name == b"fcTL" and not reading.drawn:
        reading.outside = False
    elif name == b"iCCP" and not reading.drawn:
        reading.profile = _unpacked_profile(file.read(min(length, _MOST_PROFILE)))
    elif name in png_colours.CHUNKS and not reading.drawn:
        reading.colours.setdefault(name, file.read(min(length, _MOST_COLOURS)))
    elif name == b"eXIf" and length <= _MOST_EXIF:
        reading.exif = file.read(length)
    reading.transparent |= name == b"tRNS"
    reading.drawn |= name == b"IDAT"


def _check_sum(file: BinaryIO, name: bytes, length: int) -> None:
    checksum = zlib.crc32(name)
    while length > 0:
        block = file.read(min(length, _BLOCK))
        if not block:
            raise ValueError("chunk cut off")
        checksum = zlib.crc32(block, checksum)
        length -= len(block)
    if struct.pack(">I", checksum) != file.read(4):
        raise ValueError("chunk damaged")


def _unpacked_profile(chunk: bytes) -> bytes | None:
    """Unpack the colour profile of an iCCP chunk; None where it is broken or larger than any profile is."""
    packed = chunk.partition(b"\0")[2][1:]
    unpacking = zlib.decompressobj()
    try:
        profile = unpacking.decompress(packed, _MOST_PROFILE)
    except zlib.error:
        return None
    if not unpacking.eof:
        return None
    return profile


def _bytes_of_pixel(depth: int, kind: int) -> int:
    if kind not in (_GREY, _PALETTE):
        return 4
    if depth == 16:
        return 2
    return 1


def _png_header(file: BinaryIO, reading: _PngScan) -> Header:
    width, height, depth, kind = struct.unpack(">IIBB", reading.head[:10])
    if not reading.drawn:
        raise ValueError("no picture")
    kept = _bytes_of_pixel(depth, kind)
    top = 65535 if depth == 16 else 255
    frames = max(1, reading.frames)
    profile, notes = png_colours.profile_and_notes(reading.colours, reading.profile)
    if reading.outside:
        # The still picture stands for the whole where nothing moves, as in a model's eyes.
        frames, notes = 1, (_STILL, *notes)
    return Header(
        format="PNG",
        view=FileView(file, reading.pieces),
        width=width,
        height=height,
        pixel=kept,
        kept=kept,
        orientation=orientation(reading.exif),
        profile=profile,
        frames=frames,
        fit=depth == 8 and kind in (_GREY, _RGB) and not reading.transparent,
        top=top,
        notes=notes,
    )
