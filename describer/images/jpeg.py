"""JPEG files, segment by segment (ITU-T T.81, annex B)."""

import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import BinaryIO

from describer.images.exif import orientation
from describer.images.header import Header, Unsupported
from describer.images.view import FileView, Piece

EOI, SOS, DHT, DRI, ADOBE, JFIF = 0xD9, 0xDA, 0xC4, 0xDD, 0xEE, 0xE0
_FRAMES = {0xC0, 0xC1, 0xC2}
_RARE = {0xC3, 0xC5, 0xC6, 0xC7, 0xC9, 0xCA, 0xCB, 0xCD, 0xCE, 0xCF}
_TABLES = {DHT, 0xDB, DRI}
_METADATA = {*range(0xE0, 0xF0), 0xFE}
_BLOCK = 1 << 20
# A thousand scans of a large picture would keep a core busy for minutes; encoders write about ten.
_MOST_SCANS = 100
_MOST_SEGMENTS = 20_000
_MOST_PROFILE = 4 << 20
_ZEROS = bytes(32)
# Some cameras leave a few bytes between the picture and its end.
_SLACK = 128
_MOST_FILLED = 1 << 16
# The decoder looks at most twice 57 bits ahead. Ones are no code in any table (T.81, annex C).
_AHEAD = b"\xff\0" * 16
_MARKER = re.compile(rb"\xff[^\x00\xff]")
_MARKER_BUT_RESTART = re.compile(rb"\xff[^\x00\xff\xd0-\xd7]")


@dataclass
class _JpegScan:
    pieces: list[Piece] = field(default_factory=lambda: [(0, 2)])
    frame: tuple[int, bytes] | None = None
    jfif: bool = False
    adobe: int | None = None
    exif: bytes | None = None
    profile: dict[int, bytes] = field(default_factory=dict)
    restarts: bool = False
    first: dict[int, int] = field(default_factory=dict)
    never_zero: bool = False
    scans: int = 0
    whole: bool = False


def examine(file: BinaryIO) -> Header:
    """Read a JPEG's structure to its end. Raises ValueError or struct.error where it is cut off or damaged."""
    reading = _JpegScan()
    place = 2
    for _ in range(_MOST_SEGMENTS):
        place, code = _next_marker(file, place, reading)
        if code == EOI and reading.scans:
            reading.pieces.append((place, place + 2))
            return _jpeg_header(file, reading)
        length = _take_segment(file, place, code, reading)
        place += 2 + length
    raise ValueError("more segments than any picture has")


def _next_marker(file: BinaryIO, place: int, reading: _JpegScan) -> tuple[int, int]:
    """The next marker at or after a place; what lies before it belongs to the scan, if there is one."""
    pattern = _MARKER_BUT_RESTART if reading.restarts and reading.scans else _MARKER
    for start, block in _blocks(file, place):
        found = pattern.search(block)
        end = found.start() if found else len(block)
        hole = block.find(_ZEROS, 0, end) if reading.never_zero else -1
        if hole >= 0 and block[hole:end].strip(b"\0"):
            raise ValueError("a hole in the data")
        if found:
            at = start + found.start()
            if reading.scans:
                reading.pieces.append((place, at))
            return at, block[found.start() + 1]
    raise ValueError("no end")


def _blocks(file: BinaryIO, place: int) -> Iterator[tuple[int, bytes]]:
    """The rest of a file; each block begins with the last byte of the one before, lest a marker be split."""
    file.seek(place)
    block = file.read(4096)
    while len(block) > 1:
        yield place, block
        place += len(block) - 1
        block = block[-1:] + file.read(_BLOCK)


def _take_segment(file: BinaryIO, place: int, code: int, reading: _JpegScan) -> int:
    """Take in one segment; returns its length after the marker."""
    file.seek(place + 2)
    (length,) = struct.unpack(">H", file.read(2))
    body = file.read(length - 2) if length > 2 else b""
    if len(body) != length - 2:
        raise ValueError("segment cut off")
    if reading.whole or (code not in _FRAMES | _RARE | _TABLES | _METADATA | {SOS, 0xDC}):
        raise ValueError("a marker where none can be")
    if code in _METADATA:
        _metadata(place, code, body, reading)
    else:
        _note_frame(code, body, reading)
        reading.pieces.append((place, place + 2 + length))
    return int(length)


def _note_frame(code: int, body: bytes, reading: _JpegScan) -> None:
    if code in _RARE or (code in _FRAMES and body[0] != 8):
        raise Unsupported("JPEG")
    if code in _FRAMES:
        if reading.frame:
            raise ValueError("two frames")
        reading.frame = (code, body)
    elif code == DHT:
        _note_tables(body, reading)
    elif code == DRI:
        reading.restarts = body[:2] != b"\0\0"
    elif code == SOS:
        _scan(body, reading)


def _scan(body: bytes, reading: _JpegScan) -> None:
    if reading.frame is None or reading.scans >= _MOST_SCANS:
        raise ValueError("a scan without a frame, or too many")
    reading.scans += 1
    code, frame = reading.frame
    reading.whole = code != 0xC2 and reading.scans == 1 and body[0] == frame[5]
    firsts = [reading.first.get(body[2 + 2 * number] & 15, 0) for number in range(body[0])]
    begins, _, refines = body[1 + 2 * body[0] :][:3]
    has_details = code != 0xC2 or (begins > 0 and refines < 16)
    reading.never_zero = has_details and any(first & 15 for first in firsts)


def _note_tables(body: bytes, reading: _JpegScan) -> None:
    """Note the first symbol of each table for details: a row of zero bits is that symbol, over and over.

    Where it says that a detail follows, sixty-three of them fill a block, and no real block is full of equal ones.
    """
    place = 0
    while place + 17 <= len(body):
        symbols = sum(body[place + 1 : place + 17])
        if body[place] >= 16 and symbols:
            reading.first[body[place] & 15] = body[place + 17]
        place += 17 + symbols


def _metadata(place: int, code: int, body: bytes, reading: _JpegScan) -> None:
    """Keep what tells a decoder the colours; read turn and profile; leave the rest out of the view."""
    if code == JFIF and body.startswith(b"JFIF\0") and len(body) >= 14 and not reading.jfif:
        reading.jfif = True
        # A JFIF block may hold a small picture of its own.
        plain = len(body) == 14 and body[12:] == b"\0\0"
        reading.pieces.append((place, place + 18) if plain else b"\xff\xe0\0\x10" + body[:12] + b"\0\0")
    elif code == ADOBE and body.startswith(b"Adobe") and len(body) >= 12 and reading.adobe is None:
        reading.adobe = body[11]
        reading.pieces.append((place, place + 16) if len(body) == 12 else b"\xff\xee\0\x0e" + body[:12])
    elif code == 0xE1 and body.startswith(b"Exif\0\0") and reading.exif is None:
        reading.exif = body
    elif code == 0xE2 and body.startswith(b"ICC_PROFILE\0") and len(body) > 14:
        reading.profile[body[12]] = body[14:]


def _jpeg_header(file: BinaryIO, reading: _JpegScan) -> Header:
    if reading.frame is None:
        raise ValueError("no frame")
    code, frame = reading.frame
    height, width, components = struct.unpack(">HHB", frame[1:6])
    sampling = [divmod(frame[7 + 3 * number], 16) for number in range(components)]
    across, down = max(h for h, _ in sampling), max(v for _, v in sampling)
    share = sum(h * v for h, v in sampling) / (across * down)
    return Header(
        format="JPEG",
        view=FileView(file, reading.pieces),
        width=width,
        height=height,
        pixel=1 if components == 1 else 4,
        kept=1 if components == 1 else 4,
        # Where components come in several scans the decoder keeps all coefficients, two bytes each.
        extra=0 if reading.whole else round(2 * share * width * height),
        orientation=orientation(reading.exif),
        profile=_joined_profile(reading),
        fit=components == 1 or (components == 3 and _is_ycc(frame, reading)),
        shrinks=True,
        decoding=_watched(file, reading) if reading.whole else None,
    )


def _watched(file: BinaryIO, reading: _JpegScan) -> FileView:
    """The view that shows whether the data of the one scan and the rows of the picture end together.

    libjpeg only warns of a scratch: what it cannot read becomes grey, or the rows come out of step. A decoder that
    never reaches the first stop had all rows too early; one that reaches the second, behind more bits than it ever
    looks ahead, has rows missing. With several scans no row comes before all data was read, so nothing can be seen.
    """
    scan, end = reading.pieces[-2:]
    start, stop = int(scan[0]), int(scan[1])
    view = FileView(file, [*reading.pieces[:-1], _AHEAD, end])
    data = view.length - len(_AHEAD) - 2
    early = data - _SLACK - _filled(file, start, stop)
    view.stops = (early, view.length - 2) if early > data - (stop - start) else (view.length - 2,)
    return view


def _filled(file: BinaryIO, start: int, stop: int) -> int:
    """How many zeros or ones a camera put between the picture and its end."""
    file.seek(max(start, stop - _MOST_FILLED))
    tail = file.read(min(stop - start, _MOST_FILLED))
    return len(tail) - len(tail.rstrip(b"\0" if tail.endswith(b"\0") else b"\xff"))


def _is_ycc(frame: bytes, reading: _JpegScan) -> bool:
    """Whether every decoder will take the three components for YCbCr (the rules of libjpeg's jdapimin.c)."""
    if reading.jfif or reading.adobe is not None:
        return reading.adobe in (None, 1)
    return (frame[6], frame[9], frame[12]) == (1, 2, 3)


def _joined_profile(reading: _JpegScan) -> bytes | None:
    parts = [reading.profile[number] for number in sorted(reading.profile)]
    whole = b"".join(parts)
    return whole if 0 < len(whole) <= _MOST_PROFILE else None
