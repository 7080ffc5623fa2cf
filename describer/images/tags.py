"""The directories of tags that TIFF files are made of, and in which EXIF keeps a picture's turn."""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

ORIENTATION = 274
_SIZES = {
    1: 1,
    2: 1,
    3: 2,
    4: 4,
    5: 8,
    6: 1,
    7: 1,
    8: 2,
    9: 4,
    10: 8,
    11: 4,
    12: 8,
    13: 4,
    16: 8,
    17: 8,
    18: 8,
}
_RATIO = 5
_NUMBERS = {1: "B", 3: "H", 4: "I", 13: "I", 16: "Q"}
# How a plain TIFF and a BigTIFF pack an offset, a number of tags and a tag.
_OFFSET = {False: "I", True: "Q"}
_COUNT = {False: "H", True: "Q"}
_ENTRY = {False: "HHI4s", True: "HHQ8s"}


@dataclass(frozen=True, slots=True)
class Layout:
    """How a file writes its numbers: byte order, and whether it is a BigTIFF with eight bytes an offset."""

    order: str
    big: bool

    @property
    def offset(self) -> struct.Struct:
        return struct.Struct(self.order + _OFFSET[self.big])

    @property
    def count(self) -> struct.Struct:
        return struct.Struct(self.order + _COUNT[self.big])

    @property
    def entry(self) -> struct.Struct:
        return struct.Struct(self.order + _ENTRY[self.big])


@dataclass(frozen=True, slots=True)
class DirectoryEntry:
    """One entry of a directory, with its bytes as they stand in the file."""

    number: int
    kind: int
    count: int
    value: bytes
    raw: bytes


@dataclass(frozen=True, slots=True)
class Directory:
    """One directory: its tags by number, and where the next one starts (0: none)."""

    tags: dict[int, DirectoryEntry]
    next: int


def layout_of(head: bytes) -> Layout | None:
    """Return the layout that the first bytes of a TIFF or EXIF block announce, or None."""
    order = {b"II": "<", b"MM": ">"}.get(head[:2])
    if order is None or len(head) < 8:
        return None
    version = struct.unpack(order + "H", head[2:4])[0]
    if version not in (42, 43):
        return None
    return Layout(order, version == 43)


def first_directory(head: bytes, layout: Layout) -> int:
    """Return where the first directory starts."""
    size = layout.offset.size
    # The offset stands at 4 in a plain TIFF and at 8 in a BigTIFF: as far in as its own size.
    (start,) = layout.offset.unpack(head[size : 2 * size])
    return int(start)


def read_directory(file: BinaryIO, at: int, layout: Layout) -> Directory:
    """Read one directory. Raises struct.error where the file ends too soon."""
    file.seek(at)
    number = layout.count.unpack(file.read(layout.count.size))[0]
    if number > 4096:
        raise ValueError("too many tags")
    block = file.read(number * layout.entry.size)
    following = layout.offset.unpack(file.read(layout.offset.size))[0]
    return Directory({tag.number: tag for tag in _tags(block, layout, number)}, following)


def _tags(block: bytes, layout: Layout, number: int) -> Iterator[DirectoryEntry]:
    for place in range(number):
        raw = block[place * layout.entry.size : (place + 1) * layout.entry.size]
        kind, form, count, value = layout.entry.unpack(raw)
        yield DirectoryEntry(kind, form, count, value, raw)


def numbers(file: BinaryIO, tag: DirectoryEntry | None, layout: Layout, most: int = 16) -> tuple[int, ...]:
    """Return the first whole numbers of a tag; () where the tag is absent or holds something else."""
    if tag is None or tag.kind not in _NUMBERS:
        return ()
    count = min(tag.count, most)
    size = count * _SIZES[tag.kind]
    data = tag.value
    if tag.count * _SIZES[tag.kind] > len(tag.value):
        data = _far(file, tag, layout, size)
    return struct.unpack(f"{layout.order}{count}{_NUMBERS[tag.kind]}", data[:size])


def ratio(file: BinaryIO, tag: DirectoryEntry | None, layout: Layout) -> float:
    """Return the first ratio of two whole numbers in a tag; 0 where there is none."""
    if tag is None or tag.kind != _RATIO or tag.count < 1:
        return 0.0
    data = tag.value
    if tag.count * _SIZES[_RATIO] > len(data):
        data = _far(file, tag, layout, _SIZES[_RATIO])
    above, below = struct.unpack(layout.order + "II", data[:8])
    if not below:
        return 0.0
    return float(above / below)


def content(file: BinaryIO, tag: DirectoryEntry | None, layout: Layout, most: int) -> bytes | None:
    """Return the bytes of a tag that lie elsewhere in the file, unless these are more than `most`."""
    if tag is None:
        return None
    size = tag.count * _SIZES.get(tag.kind, 0)
    if not len(tag.value) < size <= most:
        return None
    return _far(file, tag, layout, size)


def _far(file: BinaryIO, tag: DirectoryEntry, layout: Layout, size: int) -> bytes:
    file.seek(layout.offset.unpack(tag.value)[0])
    return file.read(size)
