"""A file made of parts of another file.

What is dangerous or private in a picture (positions, comments, previews, whatever follows its end) is not removed
after decoding but never read: the decoder is handed a view of the parts that hold the picture. Where that view is
already what a model can take, its bytes are the sent copy.
"""

import io
from bisect import bisect_right
from collections.abc import Iterable
from itertools import accumulate
from typing import BinaryIO

_Span = tuple[int, int]
Piece = _Span | bytes


class FileView(io.RawIOBase):
    """A readable, seekable file over pieces: bytes, or spans (start, stop) of the file beneath.

    No read runs over one of the `stops`, and those at which a read began are kept in `reached`: they tell how much
    of its file a decoder asked for.
    """

    def __init__(self, file: BinaryIO, pieces: Iterable[Piece]) -> None:
        self._file = file
        self.pieces = _joined(pieces)
        lengths = [_length(piece) for piece in self.pieces]
        self._ends = list(accumulate(lengths))
        self._at = 0
        self.length = sum(lengths)
        self.stops: tuple[int, ...] = ()
        self.reached: set[int] = set()

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        start = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self.length}[whence]
        self._at = max(0, start + offset)
        return self._at

    def read(self, size: int | None = -1) -> bytes:
        """Read `size` bytes exactly, unless the view ends or a stop comes before.

        Decoders take a short read for the end.
        """
        if self._at in self.stops:
            self.reached.add(self._at)
        stop = self.length
        if size is not None and size >= 0:
            stop = min(stop, self._at + size)
        for place in self.stops:
            if self._at < place < stop:
                stop = place
        parts = []
        while self._at < stop:
            part = self._part(stop)
            if not part:
                break
            parts.append(part)
            self._at += len(part)
        if len(parts) == 1:
            return parts[0]
        return b"".join(parts)

    def _part(self, stop: int) -> bytes:
        number = bisect_right(self._ends, self._at)
        piece, end = self.pieces[number], self._ends[number]
        inside = self._at - (end - _length(piece))
        size = min(stop, end) - self._at
        if isinstance(piece, bytes):
            return piece[inside : inside + size]
        self._file.seek(piece[0] + inside)
        return self._file.read(size)


def _length(piece: Piece) -> int:
    if isinstance(piece, bytes):
        return len(piece)
    start, stop = piece
    return stop - start


def _joined(pieces: Iterable[Piece]) -> list[Piece]:
    """Join neighbouring spans, so that a picture in thousands of chunks is still few pieces."""
    joined: list[Piece] = []
    last: Piece = b""
    for piece in pieces:
        if isinstance(piece, tuple) and isinstance(last, tuple) and last[1] == piece[0]:
            last = joined[-1] = (last[0], piece[1])
        elif _length(piece):
            last = piece
            joined.append(piece)
    return joined
