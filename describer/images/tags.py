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
_NUMBERS = {1: "B", 3: "H", 4: "I", 13: "I", 16: "Q"}


@dataclass(frozen=True, slots=True)
class Layout:
    """How a file writes its numbers: byte order, and whether it is a BigTIFF with eight bytes an offset."""

    order: str
    big: bool

    @property
    def offset(self) -> struct.Struct:
        return struct.Struct(self.order + ("Q" if self.big else "I"))

    @property
    def count(self) -> struct.Struct:
        return struct.Struct(self.order + ("Q" if self.big else "H"))

    @property
    def entry(self) -> struct.Struct:
        return struct.Struct(self.order + ("HHQ8s" if self.big else "HHI4s"))


@dataclass(frozen=True, slots=True)
class Tag:
    """One entry of a directory, with its bytes as they stand in the file."""

    number: int
    kind: int
    count: int
    value: bytes
    raw: bytes


@dataclass(frozen=True, slots=True)
class Directory:
    """One directory: its tags by number, and where the next one starts (0: none)."""

    tags: dict[int, Tag]
    next: int


def layout_of(head: bytes) -> Layout | None:
    """The layout that the first bytes of a TIFF or EXIF block announce, or none."""
    order = {b"II": "<", b"MM": ">"}.get(head[:2])
    if order is None or len(head) < 8:
        return None
    version = struct.unpack(order + "H", head[2:4])[0]
    return Layout(order, version == 43) if version in (42, 43) else None


def first_directory(head: bytes, layout: Layout) -> int:
    """Where the first directory starts."""
    start = 8 if layout.big else 4
    return int(layout.offset.unpack(head[start : start + layout.offset.size])[0])


def read_directory(file: BinaryIO, at: int, layout: Layout) -> Directory:
    """Read one directory. Raises struct.error where the file ends too soon."""
    file.seek(at)
    number = layout.count.unpack(file.read(layout.count.size))[0]
    if number > 4096:
        raise ValueError("too many tags")
    block = file.read(number * layout.entry.size)
    following = layout.offset.unpack(file.read(layout.offset.size))[0]
    return Directory({tag.number: tag for tag in _tags(block, layout, number)}, following)


def _tags(block: bytes, layout: Layout, number: int) -> Iterator[Tag]:
    for place in range(number):
        raw = block[place * layout.entry.size : (place + 1) * layout.entry.size]
        kind, form, count, value = layout.entry.unpack(raw)
        yield Tag(kind, form, count, value, raw)


def numbers(file: BinaryIO, tag: Tag | None, layout: Layout, most: int = 16) -> tuple[int, ...]:
    """The first whole numbers of a tag; nothing where it is absent or holds something else."""
    if tag is None or tag.kind not in _NUMBERS:
        return ()
    count = min(tag.count, most)
    size = count * _SIZES[tag.kind]
    data = tag.value if tag.count * _SIZES[tag.kind] <= len(tag.value) else _far(file, tag, layout, size)
    return struct.unpack(f"{layout.order}{count}{_NUMBERS[tag.kind]}", data[:size])


def content(file: BinaryIO, tag: Tag | None, layout: Layout, most: int) -> bytes | None:
    """The bytes of a tag that lie elsewhere in the file, unless they are more than `most`."""
    size = tag.count * _SIZES.get(tag.kind, 0) if tag else 0
    if tag is None or not len(tag.value) < size <= most:
        return None
    return _far(file, tag, layout, size)


def _far(file: BinaryIO, tag: Tag, layout: Layout, size: int) -> bytes:
    file.seek(layout.offset.unpack(tag.value)[0])
    return file.read(size)
