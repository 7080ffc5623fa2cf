"""Where the data of a JPEG in one scan end, and where its rows do (ITU-T T.81, annex B.1.1.5 and F.2).

libjpeg only warns of a scratch: what cannot be read becomes grey, or the rows come out of step. A decoder that never
reaches the first stop of a watched view had all rows too early; a decoder that reaches the second, behind more bits than
it ever looks ahead, has rows missing. With several scans no row comes before all data was read, so nothing can be seen.

Rows that came too early are no sign of a scratch where a filler follows, or more rows than the header tells, to the byte.
"""

import struct
from bisect import bisect_left
from dataclasses import dataclass, replace
from typing import BinaryIO, cast

from describer.images.header import Header
from describer.images.plugins import open_picture
from describer.images.view import FileView, Piece

END = b"\xff\xd9"
MORE = "The file holds more than its picture; the rest is left out."
# Some cameras leave a few bytes between the picture and its end.
_SLACK = 128
_MOST_FILLED = 1 << 16
# The decoder looks at most twice 57 bits ahead. Ones are no code in any table (T.81, annex C).
_AHEAD = b"\xff\0" * 16
_TAIL = len(_AHEAD) + len(END)
_COARSE, _FINE = 4096, 16
_BLOCK = 1 << 16
# Blanks, line ends, ones and zeros: whatever fills, it is few values over and over.
_FILLERS = 4
# Looking for rows takes a dozen rounds; beyond this they would be long ones, or take memory that nobody weighed.
_MOST_SEARCHED = 16 << 20
_MOST_PIXELS = 64_000_000
_MOST_ROWS = 65_535


def watched(file: BinaryIO, pieces: list[Piece], first: int) -> FileView:
    """Return the view that shows whether data and rows end together; pieces from the `first` are the scan's data."""
    view = FileView(file, [*pieces[:-1], _AHEAD, END])
    data = view.length - _TAIL
    spans = [piece for piece in pieces[first:-1] if isinstance(piece, tuple)]
    length = sum(stop - start for start, stop in spans)
    early = data - _SLACK - _filled(view, data, length)
    late = view.length - len(END)
    view.stops = (late,)
    if early > data - length:
        view.stops = (early, late)
    return view


def checked(header: Header, watched: FileView) -> Header:
    """Return the header of a JPEG that was just decoded, without what its file holds behind the last row.

    Raises ValueError where rows are missing, or what is left over is a sign of a scratch.
    """
    *early, late = watched.stops
    if late in watched.reached:
        raise ValueError("rows are missing")
    if watched.reached.issuperset(early):
        return header
    end = _end_of_rows(watched)
    if MORE not in header.notes and not (_is_filler(watched, end) or _is_more_rows(header, watched)):
        raise ValueError("data and rows do not end together")
    view = FileView(cast(BinaryIO, watched), [(0, end), END])
    return replace(header, view=view, notes=(MORE,))


def _filled(view: FileView, data: int, length: int) -> int:
    """Count the bytes of zeros or ones that a camera put between the picture and its end."""
    view.seek(data - min(length, _MOST_FILLED))
    tail = view.read(min(length, _MOST_FILLED))
    filler = b"\0" if tail.endswith(b"\0") else b"\xff"
    return len(tail) - len(tail.rstrip(filler))


def _end_of_rows(watched: FileView) -> int:
    """Return where the data of the last row end, some bytes too late at most."""
    watched.stops = ()
    _decode(watched, _COARSE)
    stops = range(max(0, watched.tell() - 2 * _COARSE), watched.tell(), _FINE)
    watched.stops, watched.reached = tuple(stops), set()
    _decode(watched)
    return min(max(watched.reached, default=watched.length) + _FINE, watched.length - _TAIL)


def _decode(view: FileView, block: int = _BLOCK) -> None:
    """Decode a JPEG as small as can be: all of its data, an eighth of its rows."""
    with open_picture("JPEG", view) as picture:
        picture.draft("RGB", (picture.width // 8, picture.height // 8))
        picture.decodermaxblock = block
        picture.load()


def _is_filler(watched: FileView, end: int) -> bool:
    watched.seek(end)
    values: set[int] = set()
    while (left := watched.length - _TAIL - watched.tell()) > 0:
        values.update(watched.read(min(left, _BLOCK)))
        if len(values) > _FILLERS:
            return False
    return True


def _is_more_rows(header: Header, watched: FileView) -> bool:
    """Tell whether what is left over is a whole number of rows of blocks, to the byte; a scratch leaves any number."""
    if watched.length > _MOST_SEARCHED:
        return False
    place, step = _frame(watched)
    most = min(_MOST_ROWS, _MOST_PIXELS // header.width) // step
    counts = range(-(-header.height // step) + 1, most + 1)

    def are_enough(count: int) -> bool:
        return not _decoded_to(watched, place, count * step).leaves

    found = bisect_left(counts, True, key=are_enough)
    return found < len(counts) and not _decoded_to(watched, place, counts[found] * step).lacks


@dataclass(frozen=True, slots=True)
class _Meeting:
    """How data and rows met: whether rows `lack` data, and whether data are left (`leaves`) behind the rows."""

    lacks: bool
    leaves: bool


def _decoded_to(watched: FileView, place: int, rows: int) -> _Meeting:
    """Decode the data under a frame of so many rows, whose number stands at `place`."""
    file = cast(BinaryIO, watched)
    watched.stops = ()
    view = FileView(file, [(0, place), struct.pack(">H", rows), (place + 2, watched.length)])
    early, late = view.length - _TAIL - 2, view.length - len(END)
    view.stops = (early, late)
    _decode(view)
    return _Meeting(lacks=late in view.reached, leaves=early not in view.reached)


def _frame(view: FileView) -> tuple[int, int]:
    """Return where the frame's number of rows stands, and how many rows a row of blocks has."""
    place, code = 2, 0
    while not 0xC0 <= code <= 0xC2:
        view.seek(place)
        code, length = struct.unpack(">xBH", view.read(4))
        place += 2 + length
    frame = view.read(length - 2)
    step = 8
    if frame[5] > 1:
        step *= max(frame[7 + 3 * number] & 15 for number in range(frame[5]))
    return place - length + 3, step
