"""Where the files of a form lie while it is read: in memory while all are small together, then in one file without a name.

Django's own temporary files have names: a killed process leaves them behind, and so does a disk that got full. One place
for each of a thousand small files would take memory for all of them, or a handle each.
"""

import io
from tempfile import SpooledTemporaryFile
from typing import Any, cast

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.core.files.uploadhandler import FileUploadHandler


class _Place(SpooledTemporaryFile[bytes]):
    """A file without a name that is closed with the last file of a form which lies in it, if nobody closed it before."""

    def __del__(self) -> None:
        self.close()


class SpooledUpload(FileUploadHandler):
    """Takes one file of a form after the other, each behind the one before."""

    place: _Place | None = None
    begin = 0

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        super().new_file(*args, **kwargs)
        if self.place is None:
            self.place = _Place(settings.FILE_UPLOAD_MAX_MEMORY_SIZE)
        self.begin = self.place.tell()

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        cast(_Place, self.place).write(raw_data)

    def file_complete(self, file_size: int) -> "UploadedFile[Any]":
        piece = _Piece(cast(_Place, self.place), self.begin, file_size)
        kind, extra = self.content_type, self.content_type_extra
        return UploadedFile(cast(Any, piece), self.file_name, kind, file_size, self.charset, extra)

    def upload_interrupted(self) -> None:
        """Let go of all files of the form: it is read, or its end will not come."""
        if self.place:
            self.place.close()


class _Piece(io.RawIOBase):
    """A file of a form as a file of its own, to be read: so many bytes of the place where all lie, from `begin` on.

    A form is read by one thread at a time.
    """

    def __init__(self, place: _Place, begin: int, size: int) -> None:
        super().__init__()
        self.place, self.begin, self.size = place, begin, size
        self.at = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def read(self, size: int | None = -1) -> bytes:
        """Read in one step: the stock way reads into a buffer and copies it."""
        left = max(0, self.size - self.at)
        if size is None or not 0 <= size <= left:
            size = left
        self.place.seek(self.begin + self.at)
        data = self.place.read(size)
        self.at += len(data)
        return data

    def readinto(self, buffer: Any) -> int:
        data = self.read(len(buffer))
        buffer[: len(data)] = data
        return len(data)

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self.at, io.SEEK_END: self.size}[whence]
        self.at = max(0, base + offset)
        return self.at

    def tell(self) -> int:
        return self.at
