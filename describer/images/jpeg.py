"""JPEG files, segment by segment (ITU-T T.81, annex B)."""

import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import BinaryIO

from describer.images.exif import orientation
from describer.images.header import Header, Unsupported
from describer.images.jpeg_end import END, MORE, watched
from describer.images.view import FileView, Piece

_EOI, _SOS, _DHT, _DQT, _DRI, _DNL = 0xD9, 0xDA, 0xC4, 0xDB, 0xDD, 0xDC
_JFIF, _EXIF, _ICC, _ADOBE = 0xE0, 0xE1, 0xE2, 0xEE
_PROGRESSIVE = 0xC2
_FRAMES = {0xC0, 0xC1, _PROGRESSIVE}
_RARE = {0xC3, 0xC5, 0xC6, 0xC7, 0xC9, 0xCA, 0xCB, 0xCD, 0xCE, 0xCF}
_TABLES = {_DHT, _DQT, _DRI}
_METADATA = {*range(0xE0, 0xF0), 0xFE}
_RESTARTS = set(range(0xD0, 0xD8))
_KNOWN = _FRAMES | _RARE | _TABLES | _METADATA | {_SOS, _DNL}
_BLOCK = 1 << 20
# A thousand scans of a large picture would keep a core busy for minutes; encoders write about ten.
_MOST_SCANS = 100
_MOST_SEGMENTS = 20_000
_MOST_PROFILE = 4 << 20
_ZEROS = bytes(32)
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
    data: int = 0
    more: bool = False


def examine(file: BinaryIO) -> Header:
    """Read a JPEG's structure whole. Raises ValueError or struct.error where it is cut off or damaged."""
    reading = _JpegScan()
    place = 2
    for _ in range(_MOST_SEGMENTS):
        place, code = _next_marker(file, place, reading)
        if reading.whole and code in _RESTARTS and not reading.more:
            # The mark of a restart that nobody announced; a second one is no slip.
            reading.more = True
            place += 2
        elif reading.whole or (code == _EOI and reading.scans):
            # Of a picture in one scan browsers read no further: rows that are missing will be seen.
            reading.more |= code != _EOI
            reading.pieces.append(END)
            return _jpeg_header(file, reading)
        else:
            place += 2 + _take_segment(file, place, code, reading)
    raise ValueError("more segments than any picture has")


def _next_marker(file: BinaryIO, place: int, reading: _JpegScan) -> tuple[int, int]:
    """Find the next marker at or after a place; what lies before belongs to the scan, if there is one."""
    pattern = _MARKER
    if reading.restarts and reading.scans:
        pattern = _MARKER_BUT_RESTART
    for start, block in _blocks(file, place):
        match = pattern.search(block)
        if match is None:
            _check_zeros(block, len(block), reading)
            continue
        _check_zeros(block, match.start(), reading)
        at = start + match.start()
        if reading.scans:
            reading.pieces.append((place, at))
        return at, block[match.start() + 1]
    raise ValueError("no end")


def _check_zeros(block: bytes, end: int, reading: _JpegScan) -> None:
    """Raise ValueError where the data of a scan have a row of zeros inside that no encoder writes."""
    if not reading.never_zero:
        return
    hole = block.find(_ZEROS, 0, end)
    if hole >= 0 and block[hole:end].strip(b"\0"):
        raise ValueError("a hole in the data")


def _blocks(file: BinaryIO, place: int) -> Iterator[tuple[int, bytes]]:
    """Yield the rest of a file in blocks that share one byte each, lest a marker be split."""
    file.seek(place)
    block = file.read(4096)
    while len(block) > 1:
        yield place, block
        place += len(block) - 1
        block = block[-1:] + file.read(_BLOCK)


def _take_segment(file: BinaryIO, place: int, code: int, reading: _JpegScan) -> int:
    """Take in one segment and return its length after the marker."""
    file.seek(place + 2)
    (length,) = struct.unpack(">H", file.read(2))
    body = file.read(max(0, length - 2))
    if len(body) != length - 2:
        raise ValueError("segment cut off")
    if code not in _KNOWN:
        raise ValueError("a marker where none can be")
    if code in _METADATA:
        _take_metadata(place, code, body, reading)
    else:
        _note_frame(code, body, reading)
        reading.pieces.append((place, place + 2 + length))
        reading.data = len(reading.pieces)
    return int(length)


def _note_frame(code: int, body: bytes, reading: _JpegScan) -> None:
    if code in _RARE or (code in _FRAMES and body[0] != 8):
        raise Unsupported("JPEG")
    if code in _FRAMES:
        if reading.frame:
            raise ValueError("two frames")
        reading.frame = (code, body)
    elif code == _DHT:
        _note_tables(body, reading)
    elif code == _DRI:
        reading.restarts = body[:2] != b"\0\0"
    elif code == _SOS:
        _note_scan(body, reading)


def _note_scan(body: bytes, reading: _JpegScan) -> None:
    if reading.frame is None or reading.scans >= _MOST_SCANS:
        raise ValueError("a scan without a frame, or too many")
    reading.scans += 1
    code, frame = reading.frame
    components = body[0]
    is_progressive = code == _PROGRESSIVE
    reading.whole = not is_progressive and reading.scans == 1 and components == frame[5]
    firsts = [reading.first.get(body[2 + 2 * number] & 15, 0) for number in range(components)]
    begins, _, refines = body[1 + 2 * components :][:3]
    has_details = not is_progressive or (begins > 0 and refines < 16)
    reading.never_zero = has_details and any(first & 15 for first in firsts)


def _note_tables(body: bytes, reading: _JpegScan) -> None:
    """Note the first symbol of each table for details: a row of zero bits is that symbol, over and over.

    Where that symbol says that a detail follows, sixty-three details fill a block, and no real block is full
    of equal details.
    """
    place = 0
    while place + 17 <= len(body):
        symbols = sum(body[place + 1 : place + 17])
        if body[place] >= 16 and symbols:
            reading.first[body[place] & 15] = body[place + 17]
        place += 17 + symbols


def _take_metadata(place: int, code: int, body: bytes, reading: _JpegScan) -> None:
    """Keep what tells a decoder the colours; read turn and profile; leave the rest out of the view."""
    if code == _JFIF and body.startswith(b"JFIF\0") and len(body) >= 14:
        _take_jfif(place, body, reading)
    elif code == _ADOBE and body.startswith(b"Adobe") and len(body) >= 12:
        _take_adobe(place, body, reading)
    elif code == _EXIF and body.startswith(b"Exif\0\0") and reading.exif is None:
        reading.exif = body
    elif code == _ICC and body.startswith(b"ICC_PROFILE\0") and len(body) > 14:
        reading.profile[body[12]] = body[14:]


def _take_jfif(place: int, body: bytes, reading: _JpegScan) -> None:
    """Keep the first JFIF block, without the small picture of its own that such a block may hold."""
    if reading.jfif:
        return
    reading.jfif = True
    is_plain = body[12:] == b"\0\0"
    if is_plain:
        reading.pieces.append((place, place + 18))
    else:
        reading.pieces.append(b"\xff\xe0\0\x10" + body[:12] + b"\0\0")


def _take_adobe(place: int, body: bytes, reading: _JpegScan) -> None:
    """Keep the first Adobe block, up to the byte that names the colours."""
    if reading.adobe is not None:
        return
    reading.adobe = body[11]
    if len(body) == 12:
        reading.pieces.append((place, place + 16))
    else:
        reading.pieces.append(b"\xff\xee\0\x0e" + body[:12])


def _jpeg_header(file: BinaryIO, reading: _JpegScan) -> Header:
    if reading.frame is None:
        raise ValueError("no frame")
    _, frame = reading.frame
    height, width, components = struct.unpack(">HHB", frame[1:6])
    bytes_of_pixel = 1 if components == 1 else 4
    # Where components come in several scans the decoder keeps all coefficients, two bytes each.
    extra = round(2 * _samples_of_pixel(frame, components) * width * height)
    decoding = None
    if reading.whole:
        extra = 0
        decoding = watched(file, reading.pieces, reading.data)
    return Header(
        format="JPEG",
        view=FileView(file, reading.pieces),
        width=width,
        height=height,
        pixel=bytes_of_pixel,
        kept=bytes_of_pixel,
        extra=extra,
        orientation=orientation(reading.exif),
        profile=_joined_profile(reading),
        fit=components == 1 or (components == 3 and _is_ycc(frame, reading)),
        shrinks=True,
        decoding=decoding,
        notes=(MORE,) * reading.more,
    )


def _samples_of_pixel(frame: bytes, components: int) -> float:
    """Return how many samples the components have for each pixel: 1.5 with 4:2:0."""
    sampling = [divmod(frame[7 + 3 * number], 16) for number in range(components)]
    across = max(h for h, _ in sampling)
    down = max(v for _, v in sampling)
    return sum(h * v for h, v in sampling) / (across * down)


def _is_ycc(frame: bytes, reading: _JpegScan) -> bool:
    """Tell whether every decoder takes the three components for YCbCr (the rules of libjpeg's jdapimin.c)."""
    if reading.jfif or reading.adobe is not None:
        return reading.adobe in (None, 1)
    return (frame[6], frame[9], frame[12]) == (1, 2, 3)


def _joined_profile(reading: _JpegScan) -> bytes | None:
    parts = [reading.profile[number] for number in sorted(reading.profile)]
    whole = b"".join(parts)
    if 0 < len(whole) <= _MOST_PROFILE:
        return whole
    return None
