"""JPEG files, segment by segment (ITU-T T.81, annex B)."""

import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import BinaryIO

from describer.images.exif import orientation
from describer.images.header import Header, Unsupported
from describer.images.view import Piece, View

SOI, EOI, SOS, DRI, ADOBE, JFIF = 0xD8, 0xD9, 0xDA, 0xDD, 0xEE, 0xE0
_FRAMES = {0xC0, 0xC1, 0xC2}
_RARE = {0xC3, 0xC5, 0xC6, 0xC7, 0xC9, 0xCA, 0xCB, 0xCD, 0xCE, 0xCF}
_TABLES = {0xC4, 0xDB, DRI}
_METADATA = {*range(0xE0, 0xF0), 0xFE}
_BLOCK = 1 << 20
# A thousand scans of a large picture would keep a core busy for minutes; encoders write about ten.
_MOST_SCANS = 100
_MOST_SEGMENTS = 20_000
_MOST_PROFILE = 4 << 20
_MARKER = re.compile(rb"\xff[^\x00\xff]")
_MARKER_BUT_RESTART = re.compile(rb"\xff[^\x00\xff\xd0-\xd7]")


@dataclass
class _Reading:
    pieces: list[Piece] = field(default_factory=lambda: [(0, 2)])
    frame: tuple[int, bytes] | None = None
    jfif: bool = False
    adobe: int | None = None
    exif: bytes | None = None
    profile: dict[int, bytes] = field(default_factory=dict)
    restarts: bool = False
    scans: int = 0
    whole: bool = False


def examine(file: BinaryIO) -> Header:
    """Read a JPEG's structure to its end. Raises ValueError or struct.error where it is cut off or damaged."""
    reading = _Reading()
    place = 2
    for _ in range(_MOST_SEGMENTS):
        place, code = _next_marker(file, place, reading)
        if code == EOI and reading.scans:
            reading.pieces.append((place, place + 2))
            return _header(file, reading)
        length = _take(file, place, code, reading)
        place += 2 + length
    raise ValueError("more segments than any picture has")


def _next_marker(file: BinaryIO, place: int, reading: _Reading) -> tuple[int, int]:
    """The next marker at or after a place; what lies before it belongs to the scan, if there is one."""
    pattern = _MARKER_BUT_RESTART if reading.restarts and reading.scans else _MARKER
    for start, block in _blocks(file, place):
        if found := pattern.search(block):
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


def _take(file: BinaryIO, place: int, code: int, reading: _Reading) -> int:
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
        _picture(code, body, reading)
        reading.pieces.append((place, place + 2 + length))
    return int(length)


def _picture(code: int, body: bytes, reading: _Reading) -> None:
    if code in _RARE or (code in _FRAMES and body[0] != 8):
        raise Unsupported("JPEG")
    if code in _FRAMES:
        if reading.frame:
            raise ValueError("two frames")
        reading.frame = (code, body)
    elif code == DRI:
        reading.restarts = body[:2] != b"\0\0"
    elif code == SOS:
        _scan(body, reading)


def _scan(body: bytes, reading: _Reading) -> None:
    if reading.frame is None or reading.scans >= _MOST_SCANS:
        raise ValueError("a scan without a frame, or too many")
    reading.scans += 1
    code, frame = reading.frame
    reading.whole = code != 0xC2 and reading.scans == 1 and body[0] == frame[5]


def _metadata(place: int, code: int, body: bytes, reading: _Reading) -> None:
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


def _header(file: BinaryIO, reading: _Reading) -> Header:
    if reading.frame is None:
        raise ValueError("no frame")
    code, frame = reading.frame
    height, width, components = struct.unpack(">HHB", frame[1:6])
    sampling = [divmod(frame[7 + 3 * number], 16) for number in range(components)]
    across, down = max(h for h, _ in sampling), max(v for _, v in sampling)
    share = sum(h * v for h, v in sampling) / (across * down)
    return Header(
        format="JPEG",
        view=View(file, reading.pieces),
        width=width,
        height=height,
        pixel=1 if components == 1 else 4,
        # Where components come in several scans the decoder keeps all coefficients, two bytes each.
        extra=0 if reading.whole else round(2 * share * width * height),
        orientation=orientation(reading.exif),
        profile=_profile(reading),
        fit=components == 1 or (components == 3 and _is_ycc(frame, reading)),
        shrinks=True,
        block=(8 * across, 8 * down),
        scans=1 if reading.whole else max(2, reading.scans),
    )


def _is_ycc(frame: bytes, reading: _Reading) -> bool:
    """Whether every decoder will take the three components for YCbCr (the rules of libjpeg's jdapimin.c)."""
    if reading.jfif or reading.adobe is not None:
        return reading.adobe in (None, 1)
    return (frame[6], frame[9], frame[12]) == (1, 2, 3)


def _profile(reading: _Reading) -> bytes | None:
    parts = [reading.profile[number] for number in sorted(reading.profile)]
    whole = b"".join(parts)
    return whole if 0 < len(whole) <= _MOST_PROFILE else None
