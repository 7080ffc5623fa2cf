"""The coded pictures inside a HEIC file, looked at for scratches (ISO/IEC 14496-12, 14496-15 and ITU-T H.265)."""

import re
import struct
from collections.abc import Iterator
from typing import BinaryIO

from describer.images.view import FileView

_MOST_ITEMS = 5000
_ITEM = re.compile(rb"infe(?:\x02.{3}(?P<short>.{2})|\x03.{3}(?P<long>.{4})).{2}hvc1", re.DOTALL)
# How many bytes a length takes, less one; all encoders take four.
_CONFIGURATION = re.compile(rb"hvcC.{21}(.)", re.DOTALL)
# Coded data never holds these three bytes (H.265, 7.4.2): an encoder breaks each such row up by a 3.
_IMPOSSIBLE = re.compile(rb"\x00\x00[\x00-\x02]")

_Extent = tuple[int, int]


def check(file: BinaryIO, meta: bytes) -> None:
    """Raise ValueError where a coded picture of the file holds bytes that no encoder writes.

    The decoder conceals such places, goes on, and leaves a part of the picture undrawn, or draws what was
    not there.
    """
    if any(match[1][0] & 3 != 3 for match in _CONFIGURATION.finditer(meta)):
        return
    room = file.seek(0, 2)
    pictures = {int.from_bytes(match["short"] or match["long"], "big") for match in _ITEM.finditer(meta)}
    for item, extents in _places(meta):
        room -= sum(length for _, length in extents)
        if room < 0:
            raise ValueError("more data than the file holds")
        if item in pictures:
            spans = [(start, start + length) for start, length in extents]
            _check_units(FileView(file, spans).read())


def _check_units(data: bytes) -> None:
    """Walk over the units of one picture, each behind its length in four bytes."""
    place = 0
    while place < len(data):
        (length,) = struct.unpack(">I", data[place : place + 4])
        stop = place + 4 + length
        if stop > len(data) or _IMPOSSIBLE.search(data, place + 4, stop):
            raise ValueError("a coded picture is damaged")
        place = stop


def _places(meta: bytes) -> Iterator[tuple[int, list[_Extent]]]:
    """Yield the number of each item that the box `iloc` places in the file itself, and where its data lie."""
    start = meta.find(b"iloc") + 4
    if start < 4:
        return
    version = meta[start]
    (sizes,) = struct.unpack(">H", meta[start + 4 : start + 6])
    widths = [sizes >> 12, sizes >> 8 & 15, sizes >> 4 & 15, sizes & 15]
    if version == 0:
        widths[3] = 0
    number_width = {2: 4}.get(version, 2)
    reader = _Numbers(meta, start + 6)
    for _ in range(min(_MOST_ITEMS, reader.take(number_width))):
        item = reader.take(number_width)
        method = 0
        if version:
            method = reader.take(2) & 15
        reader.take(2)
        extents = _extents(reader, widths)
        if method == 0:
            yield item, extents


def _extents(reader: "_Numbers", widths: list[int]) -> list[_Extent]:
    offset_width, length_width, base_width, index_width = widths
    base = reader.take(base_width)
    extents = []
    for _ in range(reader.take(2)):
        reader.take(index_width)
        extents.append((base + reader.take(offset_width), reader.take(length_width)))
    return extents


class _Numbers:
    """Big-endian numbers, one after the other."""

    def __init__(self, data: bytes, place: int) -> None:
        self._data = data
        self._place = place

    def take(self, width: int) -> int:
        if self._place + width > len(self._data):
            raise ValueError("cut off")
        self._place += width
        return int.from_bytes(self._data[self._place - width : self._place], "big")
