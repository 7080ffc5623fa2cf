"""What a JSON text unfolds to, told before it is read: by signs in its bytes, in slices, without a pattern."""

from typing import Any

_SLICE = 65_536
_NO_STRUCTURE = bytes(set(range(256)) - set(b"{[,:"))


class JsonWeight:
    """Counts the elements of a JSON text as its bytes come. Other threads go on between two slices."""

    def __init__(self) -> None:
        self.elements = 0
        self._within_text = 0
        self._backslash = b""

    def add(self, data: bytes | bytearray | memoryview) -> None:
        """Count a piece, which may begin and end anywhere."""
        for start in range(0, len(data), _SLICE):
            self._count(bytes(data[start : start + _SLICE]))

    def _count(self, piece: bytes) -> None:
        piece = self._backslash + piece
        self._backslash = b""
        if (len(piece) - len(piece.rstrip(b"\\"))) % 2:
            piece, self._backslash = piece[:-1], b"\\"
        parts = piece.replace(b"\\\\", b"").replace(b'\\"', b"").split(b'"')
        outside = b"".join(parts[self._within_text :: 2])
        self.elements += len(outside.translate(None, _NO_STRUCTURE))
        self._within_text ^= (len(parts) - 1) % 2


def json_elements(data: bytes) -> int:
    """Count the elements of a whole JSON text."""
    weight = JsonWeight()
    weight.add(data)
    return weight.elements


def elements_of(value: Any) -> int:
    """Count the elements of a value that was read: each entry of a list, each key and value of an object."""
    count, level = 0, [value]
    while level:
        inner = level.pop()
        if isinstance(inner, dict):
            count += 1 + 2 * len(inner)
            level += [item for item in inner.values() if isinstance(item, dict | list)]
        elif isinstance(inner, list):
            count += 1 + len(inner)
            level += [item for item in inner if isinstance(item, dict | list)]
    return count
