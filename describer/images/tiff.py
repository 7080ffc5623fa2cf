"""TIFF files (Adobe TIFF 6.0): the first page, and the signs of a camera's raw file."""

import struct
from collections.abc import Iterable
from operator import add
from typing import BinaryIO

from describer.images.header import Header, Raw, Unsupported
from describer.images.tags import (
    ORIENTATION,
    Directory,
    DirectoryEntry,
    Layout,
    content,
    first_directory,
    layout_of,
    numbers,
    ratio,
    read_directory,
)
from describer.images.view import FileView

_KIND, _WIDTH, _HEIGHT, _BITS, _COMPRESSION, _PHOTOMETRIC = 254, 256, 257, 258, 259, 262
_STRIPS, _SAMPLES, _ROWS, _STRIPS_BYTES, _PLANAR = 273, 277, 278, 279, 284
_ACROSS, _DOWN = 282, 283
_TILE_HEIGHT, _TILES, _TILES_BYTES, _PARTS, _FORMAT = 323, 324, 325, 330, 339
_PROFILE, _DNG = 34675, 50706
# What a decoder needs to draw the page. Turn, profile, EXIF, positions, XMP and other pages stay outside the view.
_SHAPE = {_WIDTH, _HEIGHT, _BITS, _COMPRESSION, _PHOTOMETRIC, _SAMPLES, _PLANAR, _FORMAT}
_PLACES = {_ROWS, _STRIPS, _STRIPS_BYTES, 322, _TILE_HEIGHT, _TILES, _TILES_BYTES}
_CODING = {266, 292, 293, 317, 320, 332, 334, 338, 340, 341, 347}
_JPEG, _YCBCR = {512, 513, 514, 519, 520, 521}, {529, 530, 531, 532}
_DRAWN = frozenset(_SHAPE | _PLACES | _CODING | _JPEG | _YCBCR)
_COMPRESSIONS = {1, 2, 3, 4, 5, 6, 7, 8, 32771, 32773, 32809, 32946, 34676, 34677, 34925, 50000, 50001}
_MOST_PROFILE = 4 << 20
_MOST_PAGES = 1000
_MOST_STRIPS = 500_000
# A fax has 204 dots an inch across and 98, 196 or 391 down. What differs by less is a slip, by more a mistake.
_LEAST_UNEQUAL, _MOST_UNEQUAL = 1.25, 4.5


def examine(file: BinaryIO) -> Header:
    """Read the first directory. Raises Raw, Unsupported, ValueError or struct.error."""
    file.seek(0)
    head = file.read(16)
    layout = layout_of(head)
    if layout is None:
        raise ValueError("no TIFF")
    start = first_directory(head, layout)
    page = read_directory(file, start, layout)
    if _is_raw(file, head, page, layout):
        raise Raw
    compression = numbers(file, page.tags.get(_COMPRESSION), layout)
    if compression and compression[0] not in _COMPRESSIONS:
        raise Unsupported("TIFF")
    return _tiff_header(file, page, layout, _pages(file, start, page, layout))


def _is_raw(file: BinaryIO, head: bytes, page: Directory, layout: Layout) -> bool:
    reduced = numbers(file, page.tags.get(_KIND), layout)[:1] == (1,)
    return head[8:10] == b"CR" or _DNG in page.tags or (reduced and _PARTS in page.tags)


def _pages(file: BinaryIO, start: int, page: Directory, layout: Layout) -> int:
    """Count the pages that can be read, up to a limit."""
    seen = {start}
    while page.next and page.next not in seen and len(seen) < _MOST_PAGES:
        seen.add(page.next)
        try:
            page = read_directory(file, page.next, layout)
        except (struct.error, ValueError, OverflowError):
            return len(seen) - 1
    return len(seen)


def _tiff_header(file: BinaryIO, page: Directory, layout: Layout, pages: int) -> Header:
    width = _first(file, page, layout, _WIDTH, 0)
    height = _first(file, page, layout, _HEIGHT, 0)
    bits = numbers(file, page.tags.get(_BITS), layout) or (1,)
    samples = _first(file, page, layout, _SAMPLES, 1)
    rows_of_strip = _first(file, page, layout, _ROWS, height)
    rows_of_tile = _first(file, page, layout, _TILE_HEIGHT, height)
    rows = min(height, rows_of_strip, rows_of_tile)
    if _reach(file, page, layout) > file.seek(0, 2):
        raise ValueError("cut off")
    view = _view(file, page, layout)
    kept = _pixel(bits, samples, _first(file, page, layout, _FORMAT, 1))
    return Header(
        format="TIFF",
        view=view,
        width=width,
        height=height,
        pixel=kept,
        kept=kept,
        # The strip or tile that is being unpacked, which may be the whole page.
        extra=width * rows * max(4, samples * max(bits) // 8),
        held=view.length,
        orientation=_turn(_first(file, page, layout, ORIENTATION, 1)),
        profile=content(file, page.tags.get(_PROFILE), layout, _MOST_PROFILE),
        frames=pages,
        top=2 ** min(max(bits), 16) - 1,
        aspect=_aspect(file, page, layout),
    )


def _reach(file: BinaryIO, page: Directory, layout: Layout) -> int:
    """Return where the last strip or tile ends; the view has bytes of ours behind the file's end."""
    starts = [*_values(file, page, layout, _STRIPS), *_values(file, page, layout, _TILES)]
    lengths = [*_values(file, page, layout, _STRIPS_BYTES), *_values(file, page, layout, _TILES_BYTES)]
    return max(map(add, starts, lengths), default=0)


def _values(file: BinaryIO, page: Directory, layout: Layout, number: int) -> tuple[int, ...]:
    return numbers(file, page.tags.get(number), layout, _MOST_STRIPS)


def _first(file: BinaryIO, page: Directory, layout: Layout, number: int, otherwise: int) -> int:
    return (numbers(file, page.tags.get(number), layout) or (otherwise,))[0]


def _aspect(file: BinaryIO, page: Directory, layout: Layout) -> float:
    """Return how much higher than wide a dot of the page is, by how many of them an inch has."""
    across, down = (ratio(file, page.tags.get(number), layout) for number in (_ACROSS, _DOWN))
    if not across or not down:
        return 1.0
    if _LEAST_UNEQUAL <= max(across / down, down / across) <= _MOST_UNEQUAL:
        return across / down
    return 1.0


def _turn(value: int) -> int:
    if 1 <= value <= 8:
        return value
    return 1


def _pixel(bits: tuple[int, ...], samples: int, form: int) -> float:
    """Return the bytes that Pillow takes for a pixel of so many bits a sample."""
    if samples != 1 or form != 1 or max(bits) > 16:
        return 4
    if max(bits) > 8:
        return 2
    return 1


def _view(file: BinaryIO, page: Directory, layout: Layout) -> FileView:
    """Return the file with a new first directory at its end: places that the tags speak of stay valid."""
    kept = [tag for number, tag in sorted(page.tags.items()) if number in _DRAWN]
    length = file.seek(0, 2)
    place = length + length % 2
    file.seek(0)
    # The offset of the first directory ends the head: twice its own size, 8 bytes or in a BigTIFF 16.
    head = file.read(2 * layout.offset.size)
    start = len(head) - layout.offset.size
    new_head = head[:start] + layout.offset.pack(place)
    return FileView(file, [new_head, (len(head), length), b"\0" * (length % 2), _directory(kept, layout)])


def _directory(tags: Iterable[DirectoryEntry], layout: Layout) -> bytes:
    entries = [tag.raw for tag in tags]
    return layout.count.pack(len(entries)) + b"".join(entries) + layout.offset.pack(0)
