"""HEIC and AVIF files: boxes within boxes (ISO/IEC 14496-12 and 23008-12)."""

import re
import struct
from collections.abc import Iterator
from math import prod
from typing import BinaryIO

from describer.images import hdr, hevc
from describer.images.exif import orientation
from describer.images.hdr import HLG, PQ
from describer.images.header import Header
from describer.images.plugins import open_picture
from describer.images.spaces import BT2020, PRIMARIES, by_code_points
from describer.images.view import FileView, Piece

_MOST_META = 16 << 20
_MOST_BOXES = 10_000
# The entry of an EXIF block in the list of items. Both decoders turn by the container, which counts; EXIF is no use.
_EXIF_ITEM = re.compile(rb"infe(?:\x02.{3}.{2}|\x03.{3}.{4}).{2}(?=Exif)", re.DOTALL)
_SIZES = re.compile(rb"ispe.{4}(.{8})", re.DOTALL)
# Where the decoders refuse by themselves, with an error that looks like damage.
_MOST_PIXELS = 1 << 28
_AV1 = re.compile(rb"av1C.{2}(.)", re.DOTALL)
_DEEP, _MONOCHROME, _HALF_ACROSS, _HALF_DOWN = 0x40, 0x10, 0x08, 0x04
_HEVC = re.compile(rb"hvcC.{16}(.)(.)", re.DOTALL)
_NCLX = re.compile(rb"colrnclx(.{4})", re.DOTALL)
_CONTENT, _DISPLAY = re.compile(rb"clli(.{2})", re.DOTALL), re.compile(rb"mdcv.{16}(.{4})", re.DOTALL)
_NO_NOTES: tuple[str, ...] = ()
# Planes of samples for each pixel: grey, 4:2:0, 4:2:2, 4:4:4.
_SHARES = (1.0, 1.5, 2.0, 3.0)


def examine_avif(file: BinaryIO) -> Header:
    """Read the facts of an AVIF. Raises what its decoder raises, and struct.error."""
    meta, view = _without_exif(file)
    return _box_header("AVIF", meta, view, 8 + _av1_planes(meta))


def examine_heif(file: BinaryIO) -> Header:
    """Read the facts of a HEIC or HEIF. Raises what its decoder raises, and struct.error."""
    meta, view = _without_exif(file)
    hevc.check(file, meta)
    return _box_header("HEIF", meta, view, 7 + _hevc_planes(meta))


def _av1_planes(meta: bytes) -> float:
    """Return the bytes that the planes of an AVIF take for each pixel."""
    match = _AV1.search(meta)
    if match is None:
        return _SHARES[3]
    flags = match[1][0]
    share = _SHARES[3 - bool(flags & _HALF_ACROSS) - bool(flags & _HALF_DOWN)]
    if flags & _MONOCHROME:
        share = _SHARES[0]
    if flags & _DEEP:
        share *= 2
    return share


def _hevc_planes(meta: bytes) -> float:
    """Return the bytes that the planes of a HEIC take for each pixel; samples above eight bits take three."""
    match = _HEVC.search(meta)
    if match is None:
        return _SHARES[1]
    share = _SHARES[match[1][0] % 4]
    bits_above_eight = match[2][0] % 8
    if bits_above_eight:
        share *= 3
    return share


def _box_header(kind: str, meta: bytes, view: FileView, pixel: float) -> Header:
    sizes = (struct.unpack(">II", match[1]) for match in _SIZES.finditer(meta))
    claimed = max(sizes, key=prod, default=(0, 0))
    if prod(claimed) > _MOST_PIXELS:
        return Header(format=kind, view=view, width=claimed[0], height=claimed[1])
    with open_picture(kind, view) as picture:
        width, height = picture.size
        frames = getattr(picture, "n_frames", 1)
        profile, notes = picture.info.get("icc_profile"), _NO_NOTES
        if not profile:
            profile, notes = _profile_and_notes(meta, picture.info.get("nclx_profile"))
        turn = 1
        if kind == "AVIF":
            # Pillow writes an AVIF's turn into EXIF; HEIC pictures come turned.
            turn = orientation(picture.info.get("exif"))
    view.seek(0)
    return Header(
        format=kind,
        view=view,
        width=width,
        height=height,
        pixel=pixel,
        kept=min(pixel, 7),
        held=2 * view.length,
        orientation=turn,
        profile=profile,
        notes=notes,
        frames=frames,
    )


def _profile_and_notes(meta: bytes, nclx: dict[str, int] | None) -> tuple[bytes | None, tuple[str, ...]]:
    """Return the profile that code points stand for, and a note where they are those of HDR."""
    match = _NCLX.search(meta)
    if nclx:
        primaries, transfer = nclx["color_primaries"], nclx["transfer_characteristics"]
    elif match:
        primaries, transfer = struct.unpack(">HH", match[1])
    else:
        return None, ()
    if transfer not in (PQ, HLG):
        return by_code_points(primaries, transfer), ()
    peak = hdr.peak_of(_number(_CONTENT, meta), _number(_DISPLAY, meta) / 10_000)
    return hdr.profile(PRIMARIES.get(primaries, BT2020), transfer == HLG, peak), (hdr.NOTE,)


def _number(pattern: re.Pattern[bytes], meta: bytes) -> int:
    match = pattern.search(meta)
    if match is None:
        return 0
    return int.from_bytes(match[1], "big")


def _without_exif(file: BinaryIO) -> tuple[bytes, FileView]:
    """Return the box that describes the items, and the file with EXIF made an item that nobody looks at."""
    length = file.seek(0, 2)
    for start, stop, name in boxes(file, length):
        if name == b"meta" and stop - start <= _MOST_META:
            file.seek(start)
            meta = file.read(stop - start)
            return meta, FileView(file, _span_pieces(meta, start, length))
    return b"", FileView(file, [(0, length)])


def _span_pieces(meta: bytes, start: int, length: int) -> Iterator[Piece]:
    place = 0
    for match in _EXIF_ITEM.finditer(meta):
        yield (place, start + match.end())
        yield b"skip"
        place = start + match.end() + 4
    yield (place, length)


def boxes(file: BinaryIO, length: int) -> Iterator[tuple[int, int, bytes]]:
    """Yield start, end and name of each outer box. Raises ValueError where the file ends before a box."""
    place = 0
    for _ in range(_MOST_BOXES):
        file.seek(place)
        head = file.read(16)
        if len(head) < 8:
            return
        size, name = struct.unpack(">I4s", head[:8])
        if size == 1 and len(head) == 16:
            (size,) = struct.unpack(">Q", head[8:])
        stop = length
        if size:
            stop = place + size
        if stop < place + 8:
            raise ValueError("a box smaller than its own head")
        if stop > length:
            raise ValueError("cut off")
        yield place, stop, name
        place = stop
